"""``python -m benchmarks``: measure everything and print a table for docs/performance.md.

Figures of a busy machine mean little alone, so what is compared runs in turns: mocks, sandbox,
stock CLI, mocks again, and the median of each is taken.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import programs, stock
from benchmarks.measure import Figures, median, run
from seawall_sandbox import emulator, state_directory
from seawall_sandbox.emulator.process import OWNER_VARIABLE

_ROOT = Path(__file__).resolve().parent.parent
_HERE = _ROOT / "benchmarks"
_SEAWALL = str(Path(sys.executable).with_name("seawall"))
_NO_STOCK = "no stock CLI here"
_CREATE_SECONDS = 0.1

Job = Callable[[], Figures]


def main() -> int:
    """Measure, and print Markdown."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="seawall-bench-") as name:
        bench = _Bench(Path(name))
        try:
            _say(_machine())
            previews = _previews(bench, arguments.sizes, arguments.repeat, arguments.repeat_large)
            _growth(previews, arguments.sizes)
            _ups(bench, arguments.up_size, arguments.repeat_up)
            _platform(bench, arguments.repeat_up)
        finally:
            bench.close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 5000], help="resources")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each preview, first size")
    parser.add_argument("--repeat-large", type=int, default=3, help="the same, other sizes")
    parser.add_argument("--up-size", type=int, default=100, help="resources of the `up` runs")
    parser.add_argument("--repeat-up", type=int, default=3, help="runs of each `up`")
    return parser.parse_args()


class _Bench:
    """A temporary place with an emulator of its own, and the commands that are measured there."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.state = place / "state"
        state_directory.prepare(self.state)
        self._emulators = [self.state]
        self.environment = dict(os.environ)
        # Every emulator ends with this process, also when that is killed.
        self.environment[OWNER_VARIABLE] = str(os.getpid())
        endpoint = emulator.start(self.state, owner_pid=os.getpid()).endpoint
        # Without bytecode each start would compile the SDKs anew, and nothing else be seen.
        self.environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.environment["PULUMI_CONFIG_PASSPHRASE"] = "bench"  # noqa: S105  # of a throwaway stack
        self.stock_version = stock.version()
        self._stock_environment = (
            stock.environment(self.environment, place / "pulumi", endpoint)
            if self.stock_version
            else None
        )

    def close(self) -> None:
        """End what was started."""
        for state in self._emulators:
            emulator.stop(state)

    def own_emulator(self, name: str) -> Path:
        """A state directory whose emulator is yet to be started, and is ended with the rest."""
        state = self.place / name
        self._emulators.append(state)
        return state

    def previews(self, project: Path) -> dict[str, Job]:
        """The ways to preview a project, by name."""
        jobs: dict[str, Job] = {
            "SDK mocks": lambda: self._run(
                [sys.executable, str(_HERE / "under_mocks.py")], project
            ),
            "sandbox": lambda: self.sandbox("preview", project, self.state),
        }
        environment = self._stock_environment
        if environment is not None:
            stock.make_stack(project, environment)
            jobs["stock CLI"] = lambda: run(stock.PREVIEW, project, environment)
            return jobs
        return jobs

    def sandbox(
        self, verb: str, project: Path, state: Path, stack: str = programs.STACK
    ) -> Figures:
        """One run of our command."""
        where = ["--cwd", str(project), "--state-dir", str(state), "--stack", stack]
        # The log lies in the working directory, and that need not be the project's.
        return self._run([_SEAWALL, "sandbox", verb, *where], self.place)

    def distant_up(self, project: Path, parallel: int) -> Figures:
        """``up`` of a new stack where each create takes a while longer."""
        script = str(_HERE / "distant_cloud.py")
        rest = [str(self.state), str(parallel), str(_CREATE_SECONDS)]
        return self._run([sys.executable, script, *rest], project)

    def _run(self, command: Sequence[str], cwd: Path) -> Figures:
        return run(command, cwd, self.environment)


def _previews(
    bench: _Bench, sizes: Sequence[int], repeat: int, repeat_large: int
) -> dict[tuple[str, int], Figures]:
    results: dict[tuple[str, int], Figures] = {}
    # Once unmeasured: bytecode is written, files come into memory.
    _in_turns(bench.previews(programs.write(bench.place / "warm", programs.PER_GROUP)), 1)
    for size in sizes:
        jobs = bench.previews(programs.write(bench.place / f"of-{size}", size))
        count = repeat if size == sizes[0] else repeat_large
        medians = _in_turns(jobs, count)
        results |= {(name, size): figures for name, figures in medians.items()}
        _say(f"\n### Preview of {size:,} resources, medians of {count} runs in turns\n")
        rows = _rows(medians)
        if bench.stock_version is None:
            rows.append(("stock CLI", _NO_STOCK, "", "", ""))
        _table(rows)
        _ratios(medians)
    return results


def _ratios(medians: dict[str, Figures]) -> None:
    ours = medians["sandbox"]
    for other, goals in (("SDK mocks", (1.5, 1.3)), ("stock CLI", (0.5, None))):
        if other not in medians:
            continue
        than = medians[other]
        time_goal, memory_goal = goals
        _say(
            f"\nSandbox to {other}: {ours.wall / than.wall:.2f} of its wall time, "
            f"{ours.user / than.user:.2f} of its user CPU (goal: at most {time_goal}), "
            f"{ours.peak / than.peak:.2f} of its peak memory"
            + (f" (goal: at most {memory_goal})." if memory_goal else ".")
        )


def _growth(results: dict[tuple[str, int], Figures], sizes: Sequence[int]) -> None:
    if len(sizes) < 2:
        return
    small, large = sizes[0], sizes[-1]
    _say(f"\n### Growth from {small:,} to {large:,} resources, {large / small:.1f} times as many\n")
    rows = [("", "wall", "user CPU", "peak memory")]
    for name in dict.fromkeys(name for name, _ in results):
        one, many = results[name, small], results[name, large]
        rows.append(
            (
                name,
                f"x {many.wall / one.wall:.2f}",
                f"x {many.user / one.user:.2f}",
                f"x {many.peak / one.peak:.2f}",
            )
        )
    _table(rows)


def _ups(bench: _Bench, size: int, repeat: int) -> None:
    project = programs.write(bench.place / "up", size)
    _say(
        f"\n### First `up` of {size:,} resources, each create {_CREATE_SECONDS * 1000:.0f} ms "
        f"longer than the emulator takes, medians of {repeat} runs in turns\n"
    )
    medians = _in_turns(
        {
            "1 call at a time": lambda: bench.distant_up(project, 1),
            "10 calls at a time": lambda: bench.distant_up(project, 10),
        },
        repeat,
    )
    _table(_rows(medians))
    one, ten = medians.values()
    _say(f"\nTen at a time take {ten.wall / one.wall:.2f} of the wall time of one at a time.")


def _platform(bench: _Bench, repeat: int) -> None:
    runs: dict[str, list[Figures]] = {"cold: starts the emulator": [], "second: no change": []}
    for number in range(repeat):
        state = bench.own_emulator(f"local-{number}")
        for figures in runs.values():
            figures.append(bench.sandbox("up", _ROOT, state, "local"))
        emulator.stop(state)
        shutil.rmtree(state)
    _say(f"\n### `make up` of the stack local, medians of {repeat} runs\n")
    _table(_rows({name: median(figures) for name, figures in runs.items()}))


def _in_turns(jobs: dict[str, Job], count: int) -> dict[str, Figures]:
    runs: dict[str, list[Figures]] = {name: [] for name in jobs}
    for _ in range(count):
        for name, job in jobs.items():
            runs[name].append(job())
    return {name: median(figures) for name, figures in runs.items()}


def _rows(medians: dict[str, Figures]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("", "wall", "user CPU", "system CPU", "peak memory")]
    for name, f in medians.items():
        rows.append(
            (name, f"{f.wall:.2f} s", f"{f.user:.2f} s", f"{f.system:.2f} s", f"{f.peak:.0f} MiB")
        )
    return rows


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    head, *body = rows
    for row in (head, ("---",) + ("--:",) * (len(head) - 1), *body):
        _say(f"| {' | '.join(row)} |")


def _machine() -> str:
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("pulumi", "pulumi-aws", "grpcio", "moto")
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; Python "
        f"{platform.python_version()}, {packages}; stock CLI: {stock.version() or _NO_STOCK}"
    )


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # the product of this program


if __name__ == "__main__":
    sys.exit(main())
