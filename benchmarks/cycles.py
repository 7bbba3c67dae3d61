"""``python -m benchmarks.cycles``: does the sandbox stay flat while a stack comes and goes?

One process brings the stack ``local`` up and destroys it again and again through the public
``Session``, on one emulator, and prints what both hold. It ends with 1 when something grows. Linux
alone, as it reads ``/proc``.
"""

import argparse
import gc
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression
from typing import Any, Final

from seawall_sandbox import emulator, state_directory
from seawall_sandbox.emulator import Emulator
from seawall_sandbox.events import RunResult
from seawall_sandbox.session import Session

_ROOT = Path(__file__).resolve().parent.parent
_POLL_SECONDS = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")

WARM_UP: Final = 10
"""Cycles until caches are full: botocore's of endpoints are after eight. Less of a short run."""

HELD_BY_DESIGN: Final = frozenset({"kms.Key"})
"""What AWS too keeps of a stack that is gone: a key waits 7 to 30 days for its deletion
(https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html)."""

MOST_OBJECTS: Final = 200
"""Python objects per cycle, while a stack is thousands of them: a kept KMS key is 44, and caches
that are yet to be filled take a hundred or so in the first cycles."""
MOST_HANDLES: Final = 2
"""Open files or threads more at the end than after the warm-up: connections come and go."""
MOST_BYTES: Final = 1024
"""Of the state directory, per cycle."""
MOST_KIB: Final = 64
"""Resident memory per cycle. Judged in long runs: allocators keep and return it by megabytes."""
LONG: Final = 100
"""Cycles of a long run."""


@dataclass(frozen=True, slots=True)
class Process:
    """What a process holds: resident KiB, open files, threads; and its CPU seconds so far."""

    resident: int
    files: int
    threads: int
    cpu: float


@dataclass(frozen=True, slots=True)
class Sample:
    """What there is after so many cycles, garbage collected."""

    cycle: int
    sandbox: Process
    emulator: Process
    objects: int
    """Of this process, as Python's garbage collector counts them."""
    emulator_objects: int
    emulator_entries: int
    """In the emulator's lists, sets and dictionaries."""
    held: Mapping[str, int]
    """The emulator's models and entries by name, also of what was deleted."""
    state: int
    """Bytes in the state directory."""


def sampled(
    cycle: Callable[[], object], running: Emulator, state_dir: Path, count: int, every: int
) -> Iterator[Sample]:
    """Run ``cycle`` so often; a sample after the first and after each ``every`` of them."""
    # What it loads in the background would look like growth.
    while not _asked(running, "health")["motoLoaded"]:
        time.sleep(_POLL_SECONDS)
    for number in range(1, count + 1):
        cycle()
        if number == 1 or number % every == 0 or number == count:
            yield _sample(number, running, state_dir)


def growth(samples: Sequence[Sample]) -> list[str]:
    """What grows, as sentences; empty when all is flat. ``samples`` begin after the first cycle."""
    warm = samples[-1].cycle // 4 if samples[-1].cycle < 4 * WARM_UP else WARM_UP
    rest = [sample for sample in samples if sample.cycle > warm]
    if len(rest) < 2:
        raise ValueError("Too few samples after the warm-up: run more cycles, or sample often.")
    first, last = rest[0], rest[-1]
    found: list[str] = []

    def slope(what: str, unit: str, value: Callable[[Sample], int], most: int) -> None:
        grows = linear_regression([s.cycle for s in rest], [value(s) for s in rest]).slope
        if grows > most:
            found.append(f"{what} grow by {grows:.1f} {unit} per cycle, of which {most} are fine.")

    def handles(what: str, value: Callable[[Sample], int]) -> None:
        if value(last) > value(first) + MOST_HANDLES:
            found.append(f"{what} grew from {value(first)} to {value(last)}.")

    slope("The sandbox's objects", "objects", lambda s: s.objects, MOST_OBJECTS)
    slope("The emulator's objects", "objects", lambda s: s.emulator_objects, MOST_OBJECTS)
    slope("The emulator's entries", "entries", lambda s: s.emulator_entries, MOST_OBJECTS)
    slope("The state directory's files", "bytes", lambda s: s.state, MOST_BYTES)
    if last.cycle >= LONG:
        slope("The sandbox's pages in memory", "KiB", lambda s: s.sandbox.resident, MOST_KIB)
        slope("The emulator's pages in memory", "KiB", lambda s: s.emulator.resident, MOST_KIB)
    handles("The sandbox's open files", lambda s: s.sandbox.files)
    handles("The sandbox's threads", lambda s: s.sandbox.threads)
    handles("The emulator's open files", lambda s: s.emulator.files)
    handles("The emulator's threads", lambda s: s.emulator.threads)
    found += [
        f"The emulator keeps {name}: {first.held.get(name, 0)} after cycle {first.cycle}, "
        f"{count} after cycle {last.cycle}."
        for name, count in sorted(last.held.items())
        if count > first.held.get(name, 0) and name not in HELD_BY_DESIGN
    ]
    return found


def up_and_down(directory: Path, stack: str, state_dir: Path) -> None:
    """One cycle. Raises ``RuntimeError`` with the diagnostics when a run fails."""
    _succeeded(Session(directory, stack, state_dir=state_dir).up())
    _succeeded(Session(directory, stack, state_dir=state_dir).destroy())


def _succeeded(result: RunResult) -> None:
    if result.failed:
        raise RuntimeError("\n".join(item.message for item in result.diagnostics))


def _sample(cycle: int, running: Emulator, state_dir: Path) -> Sample:
    held = _asked(running, "inventory")
    gc.collect()
    return Sample(
        cycle=cycle,
        sandbox=_process(os.getpid()),
        emulator=_process(running.pids[0]),
        objects=len(gc.get_objects()),
        emulator_objects=held["objects"],
        emulator_entries=held["entries"],
        held={**held["moto"], **held["ministack"]},
        state=sum(file.stat().st_size for file in state_dir.rglob("*") if file.is_file()),
    )


def _asked(running: Emulator, what: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{running.endpoint}/_seawall/{what}") as answer:  # noqa: S310
        return json.load(answer)


def _process(pid: int) -> Process:
    place = Path(f"/proc/{pid}")
    lines = (place / "status").read_text(encoding="utf-8").splitlines()
    status = dict(line.split(":\t", 1) for line in lines)
    times = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return Process(
        resident=int(status["VmRSS"].split()[0]),
        files=sum(1 for _ in (place / "fd").iterdir()),
        threads=int(status["Threads"]),
        cpu=(int(times[11]) + int(times[12])) / _TICKS,
    )


def main() -> int:
    """Measure, print Markdown and a verdict."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cycles", description=__doc__)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--every", type=int, default=10, help="cycles between two samples")
    arguments = parser.parse_args()
    os.environ["PULUMI_CONFIG_PASSPHRASE"] = "cycles"  # noqa: S105  # of a throwaway stack
    with tempfile.TemporaryDirectory(prefix="seawall-cycles-") as name:
        state_dir = state_directory.prepare(Path(name) / "state")
        running = emulator.start(state_dir, owner_pid=os.getpid())
        try:
            samples = list(_told(running, state_dir, arguments.cycles, arguments.every))
        finally:
            emulator.stop(state_dir)
    problems = growth(samples)
    _say("\nFlat." if not problems else "\nNot flat:\n" + "\n".join(problems))
    return 1 if problems else 0


def _told(running: Emulator, state_dir: Path, count: int, every: int) -> Iterator[Sample]:
    head = (
        *("cycles", "sandbox MiB", "objects", "files", "threads", "CPU s/cycle"),
        *("emulator MiB", "objects", "files", "threads", "CPU s/cycle"),
        *("models and entries", "state KiB"),
    )
    _say(f"| {' | '.join(head)} |\n|{' --: |' * len(head)}")
    before: Sample | None = None
    cycle = _ROOT, "local", state_dir
    for sample in sampled(lambda: up_and_down(*cycle), running, state_dir, count, every):
        passed = sample.cycle - (before.cycle if before else 0)
        row = (
            str(sample.cycle),
            *_columns(sample.sandbox, sample.objects, before and before.sandbox, passed),
            *_columns(sample.emulator, sample.emulator_objects, before and before.emulator, passed),
            f"{sum(sample.held.values()):,}",
            f"{sample.state // 1024:,}",
        )
        _say(f"| {' | '.join(row)} |")
        before = sample
        yield sample


def _columns(now: Process, objects: int, before: Process | None, passed: int) -> tuple[str, ...]:
    spent = (now.cpu - (before.cpu if before else 0.0)) / passed
    numbers = (str(now.files), str(now.threads))
    return (f"{now.resident // 1024:,}", f"{objects:,}", *numbers, f"{spent:.1f}")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # the product of this program


if __name__ == "__main__":
    sys.exit(main())
