"""Break the engine's rules one at a time, and see that a test notices: ``make test-mutations``.

Each mutation is made in a copy of the package ``seawall_sandbox`` in a temporary directory, which
comes first on the path of a test run of its own: the checkout is never touched. The tests are
those that need no emulator: the engine's, and the recordings of the stock engine.
"""

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from table import MUTATIONS, Mutation, mutated

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "sandbox" / "seawall_sandbox"
TESTS = ("tests/sandbox/test_agreement.py", "tests/unit/engine", "tests/unit/session")
SECONDS = 900.0
"""For the tests to end: some mutations make them wait for each other for good."""

_PASSED, _FAILED, _STRANGER = 0, 1, 99
"""Exit codes of pytest, and one of ours; all but the first two tell of a run that was none."""

_fresh = multiprocessing.get_context("forkserver")
# Each run is a copy of a process that has loaded these, and nothing of what is tested.
_fresh.set_forkserver_preload(["hypothesis", "pulumi", "pytest"])


@dataclass(frozen=True)
class Outcome:
    """What the tests made of a copy: which one failed first, or that none did."""

    name: str
    caught_by: str
    seconds: float


class BrokenRunError(Exception):
    """The tests did not run, so that nothing can be said."""


class EndlessRunError(Exception):
    """The tests did not end in time: what was broken keeps them waiting."""


def judge(mutation: Mutation | None, tests: Sequence[str] = TESTS) -> Outcome:
    """Run the tests on a copy with the mutation. Raises ``BrokenRunError`` and ``StaleError``."""
    name = mutation.name if mutation else "nothing"
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"seawall-mutation-{name}-") as directory:
        place = Path(directory)
        copy = place / "path" / PACKAGE.name
        shutil.copytree(PACKAGE, copy)
        if mutation is not None:
            module = copy / "engine" / mutation.module
            source = mutated(mutation, module.read_text(encoding="utf-8"))
            module.write_text(source, encoding="utf-8")
        caught_by = _first_failure(place, copy, tests)
    return Outcome(name, caught_by, time.monotonic() - began)


def _first_failure(place: Path, copy: Path, tests: Sequence[str]) -> str:
    """The first test that fails, and fails again by itself: one that does not is only unsteady."""
    unsteady: list[str] = []
    while True:
        try:
            found = _run(place, copy, [*tests, *(f"--deselect={test}" for test in unsteady)])
            if not found or _run(place, copy, [found]):
                return found
        except EndlessRunError as error:
            return str(error)
        unsteady.append(found)


def _run(place: Path, copy: Path, arguments: Sequence[str]) -> str:
    """The first test that fails, or nothing. Raises ``EndlessRunError`` and ``BrokenRunError``."""
    options = ["-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--no-header", "-rfE"]
    options += ["--tb=no", "-n", "0", f"--basetemp={place / 'tmp'}"]
    told = place / "told"
    process = _fresh.Process(target=_tests, args=([*options, *arguments], copy, told))
    process.start()
    process.join(SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
        raise EndlessRunError(f"tests that did not end within {SECONDS:.0f} s")
    if process.exitcode == _PASSED:
        return ""
    text = told.read_text(encoding="utf-8", errors="replace")
    failed = [line for line in text.splitlines() if line.startswith("FAILED ")]
    if process.exitcode != _FAILED or not failed:
        raise BrokenRunError(f"The tests did not run:\n{text[-3000:]}")
    return failed[0].removeprefix("FAILED ").partition(" - ")[0]


def _tests(arguments: list[str], copy: Path, told: Path) -> None:
    """Run pytest on the copy; the process ends with its exit code."""
    output = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = str(copy.parent)  # for processes that tests start
    sys.path.insert(0, str(copy.parent))
    code = int(pytest.main(arguments))
    tested = Path(import_module(PACKAGE.name).__file__ or "").parent
    if tested != copy:
        print(f"{PACKAGE.name} came from {tested}, not from {copy}.")  # noqa: T201  # see above
        code = _STRANGER
    sys.stdout.flush()
    os._exit(code)


def main() -> int:
    """Judge the mutations; 1 when one is not caught, or the tests fail without any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="mutations; default: all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time")
    arguments = parser.parse_args()
    known = {mutation.name: mutation for mutation in MUTATIONS}
    if unknown := sorted(set(arguments.names).difference(known)):
        parser.error(f"no mutation {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [known[name] for name in arguments.names or known]
    escaped: list[Mutation] = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        # The whole as well: a test that fails anyway would seem to catch everything.
        whole = pool.submit(judge, None)
        judged = {pool.submit(judge, mutation): mutation for mutation in chosen}
        for future in as_completed(judged):
            mutation, outcome = judged[future], future.result()
            verdict = f"caught by {outcome.caught_by}" if outcome.caught_by else "NOT CAUGHT"
            _say(f"{mutation.name}: {verdict} ({outcome.seconds:.0f} s)")
            if not outcome.caught_by:
                escaped.append(mutation)
    sound = whole.result()
    if sound.caught_by:
        _say(f"All this means nothing: with nothing broken, {sound.caught_by} fails. Mend it.")
        return 1
    _say(f"{len(chosen) - len(escaped)} of {len(chosen)} broken rules are caught")
    for mutation in escaped:
        _say(f"No test noticed that this does not hold any more: {mutation.rule}.")
    return 1 if escaped else 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # the product of this program


if __name__ == "__main__":
    sys.exit(main())
