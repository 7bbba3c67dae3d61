"""Break the engine's rules one at a time, and see that a test notices: ``make test-mutations``.

Each mutation is made in a copy of the package ``seawall_sandbox`` in a temporary directory, which
comes first on the path of a test run of its own: the checkout is never touched. The tests are
those that need no emulator: the engine's, and the recordings of the stock engine.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from table import MUTATIONS, Mutation, mutated

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "sandbox" / "seawall_sandbox"
TESTS = ("tests/sandbox/test_agreement.py", "tests/unit/engine", "tests/unit/session")
SECONDS = 900.0
"""For the tests to end: some mutations make them wait for each other for good."""

_PASSED, _FAILED = 0, 1
"""Exit codes of pytest; the others tell of a run that was none."""


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
    _check_place(copy)
    unsteady: list[str] = []
    while True:
        try:
            found = _run(place, copy, [*tests, *(f"--deselect={test}" for test in unsteady)])
            if not found or _run(place, copy, [found]):
                return found
        except EndlessRunError as error:
            return str(error)
        unsteady.append(found)


def _check_place(copy: Path) -> None:
    """Raise ``BrokenRunError`` if other code than the copy would be tested."""
    environment = {**os.environ, "PYTHONPATH": str(copy.parent)}
    where = [sys.executable, "-c", f"import {PACKAGE.name} as p; print(p.__file__)"]
    told = subprocess.run(  # noqa: S603  # our own interpreter
        where, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    if Path(told.stdout.strip()).parent != copy:
        raise BrokenRunError(f"{PACKAGE.name} came from {told.stdout.strip()}, not from {copy}.")


def _run(place: Path, copy: Path, arguments: Sequence[str]) -> str:
    """The first test that fails, or nothing. Raises ``EndlessRunError`` and ``BrokenRunError``."""
    environment = {**os.environ, "PYTHONPATH": str(copy.parent)}
    options = ["-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--no-header", "-rfE"]
    options += ["--tb=no", "-n", "0", f"--basetemp={place / 'tmp'}"]
    command = [sys.executable, "-m", "pytest", *options, *arguments]
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter
            command,
            cwd=ROOT,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise EndlessRunError(f"tests that did not end within {SECONDS:.0f} s") from error
    if done.returncode == _PASSED:
        return ""
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED ")]
    if done.returncode != _FAILED or not failed:
        raise BrokenRunError(f"The tests did not run:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return failed[0].removeprefix("FAILED ").partition(" - ")[0]


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
        for mutation, outcome in zip(chosen, pool.map(judge, chosen), strict=True):
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
