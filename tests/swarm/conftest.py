"""Real engines in namespaces: only for root, and only when `make test-swarm` says so."""

import os
from collections.abc import Generator, Iterator

import pytest

if SWARM := os.environ.get("SEAWALL_SWARM"):
    from bed.bed import Bed

collect_ignore_glob = [] if SWARM else ["test_*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/swarm/" in str(item.path):
            item.add_marker(pytest.mark.swarm)


@pytest.fixture
def bed() -> "Iterator[Bed]":
    """An empty bed with three slots."""
    with Bed() as made:
        yield made


@pytest.fixture(scope="module")
def swarm() -> "Iterator[Bed]":
    """Three managers and two workers. Every test leaves it whole."""
    with Bed() as made:
        made.launch(["1a", "2b", "3c"], ["a", "b"])
        made.await_whole()
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport]:
    """The logs of all instances with a test that failed."""
    report = yield
    arguments = getattr(item, "funcargs", {})
    made = arguments.get("bed") or arguments.get("swarm")
    if report.failed and made is not None:
        report.sections.append(("instances", "\n".join(each.logs() for each in made.machines)))
    return report
