"""The full matrices on demand (``--faults-every 1``); otherwise a sample of them runs."""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Also for the fork server, which starts from a fresh interpreter.
for folder in (HERE, HERE.parent / "sandbox"):
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])

from cases import CASES, succeeded  # noqa: E402  # found where the path above leads
from runs import run  # noqa: E402
from snapshots import Cloud  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--faults-every",
        type=int,
        default=61,
        metavar="N",
        help="kill and break at every N-th point (1: at all of them)",
    )


@pytest.fixture(scope="session")
def sample(request: pytest.FixtureRequest) -> int:
    """Every how many points one is tried."""
    return int(request.config.getoption("--faults-every"))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with nothing in it."""
    with Cloud.new(tmp_path_factory.mktemp("faults") / "empty") as cloud:
        yield cloud


@pytest.fixture(scope="session")
def full(empty: Cloud) -> Iterator[Cloud]:
    """With the stack local up."""
    with empty.copy(empty.directory.with_name("full")) as cloud:
        succeeded(run("up", cloud.directory))
        yield cloud


@pytest.fixture
def start(request: pytest.FixtureRequest, case: str) -> Cloud:
    """The cloud in which the case begins."""
    return request.getfixturevalue("full" if CASES[case].is_up else "empty")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How often what was broken, over all tests and workers."""
    counts: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.when == "call" and "faults" in report.nodeid:
                counts.update({str(name): int(str(n)) for name, n in report.user_properties})
    if counts:
        terminalreporter.section("faults")
    for name, count in sorted(counts.items()):
        terminalreporter.write_line(f"{count:6} {name}")
    if counts:
        terminalreporter.write_line(f"{sum(counts.values()):6} in all")
