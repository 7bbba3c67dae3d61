"""A run that is killed anywhere is finished by the next one: nothing twice, nothing lost.

The points are all that ``runs`` knows, of an ``up`` from nothing, an update, a replacement and a
destroy of the stack local: after each provider call, between the requests to AWS within one, after
each line of the journal and each move of a file, and with a line of the journal half written.
"""

import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from platforms import leftovers, platform_settings
from runs import Result, run
from snapshots import Cloud

SLICES = 4
"""The points of a case are shared out among that many tests, which can run side by side."""


def changed(platform: dict[str, Any]) -> None:
    """A new release, more replicas, and NAT gateways in one zone instead of three."""
    platform["services"]["release"] = "2026.11.23-1"
    platform["services"]["replicas"] = {"web": 4}
    platform["network"]["nat"] = "single"


def replaced(platform: dict[str, Any]) -> None:
    """Other nodes and repositories with another key: all of these are replaced."""
    platform["cluster"]["nodes"] = {"instanceTypes": ["m7i.large"]}
    platform["registry"] = {**platform.get("registry", {}), "encryption": "kms"}


@dataclass(frozen=True)
class Case:
    """What is killed, and how the stack is before it."""

    verb: str
    is_up: bool
    """Whether the stack is up before."""
    change: Callable[[dict[str, Any]], None] | None = None

    def settings(self) -> dict[str, Any]:
        platform = copy.deepcopy(platform_settings("local"))
        if self.change is not None:
            self.change(platform)
        return platform


UNSURE = re.compile("may exist|could not be looked into")
"""In messages that leave work to the user: not for any type of this stack."""
KINDS = {
    "call": "after a provider call",
    "between": "between the requests of a call",
    "write": "after a line of the journal",
    "half": "within a line of the journal",
    "before": "before a file is moved or deleted",
}

CASES = {
    "up": Case("up", is_up=False),
    "update": Case("up", is_up=True, change=changed),
    "replace": Case("up", is_up=True, change=replaced),
    "destroy": Case("destroy", is_up=True),
}


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
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


def succeeded(result: Result) -> Result:
    assert not result.killed
    assert not result.failed, result.messages
    return result


def unkilled(start: Cloud, case: Case, name: str) -> tuple[Result, dict[str, int], list[str]]:
    """What there is to kill, and what is there at the end of a run that nobody kills."""
    with start.copy(start.directory.with_name(f"{name}-clean")) as cloud:
        result = succeeded(run(case.verb, cloud.directory, case.settings()))
        return result, cloud.inventory(), files(cloud)


def files(cloud: Cloud) -> list[str]:
    """What lies in the state directory; automatic names differ between lives of a stack."""
    paths = (path.relative_to(cloud.directory) for path in cloud.directory.rglob("*"))
    return sorted(re.sub(r"-[0-9a-f]{8}\.yaml$", "-*.yaml", str(path)) for path in paths)


@pytest.mark.parametrize("part", range(SLICES))
@pytest.mark.parametrize("case", CASES)
def test_the_next_run_finishes_a_killed_one(case, part, start, sample, record_property):
    what, label = CASES[case], f"{case}-{part}"
    whole, inventory, left = unkilled(start, what, label)
    assert len(whole.points) > 300
    tried: Counter[str] = Counter()
    for point in range(part, len(whole.points), SLICES):
        if (point // SLICES) % sample != (part * 7) % sample:
            continue
        with start.copy(start.directory.with_name(f"{label}-{point}")) as cloud:
            killed = run(what.verb, cloud.directory, what.settings(), kill_at=point)
            if not killed.killed:
                continue  # fewer points this time: threads meet differently in each run
            where = f"{case}, point {point}: {killed.points[-1]}"
            tried[killed.points[-1].split()[0]] += 1
            told = run(what.verb, cloud.directory, what.settings())
            assert not told.failed, (where, told.messages)
            assert not [m for m in told.messages if UNSURE.search(m)], where
            assert difference(inventory, cloud.inventory()) == {}, where
            assert files(cloud) == left, where
            if what.verb == "destroy":
                assert leftovers(cloud.endpoint) == {}, where
            elif point % 5 == 0:
                # What is there is what the state says, and that is what the program wants.
                assert succeeded(run("refresh", cloud.directory)).changes == [], where
                assert succeeded(run("up", cloud.directory, what.settings())).changes == [], where
    for kind, count in tried.items():
        record_property(f"{case}: killed {KINDS[kind]}", count)


def test_a_duplicate_would_be_seen(empty):
    """The matrix bites: without the look for what a killed run left, there is one address more."""
    _, inventory, _ = unkilled(empty, CASES["up"], "blind")
    with empty.copy(empty.directory.with_name("blind")) as cloud:
        where = "call create shop-nat-1a"
        assert run("up", cloud.directory, kill_at=where, parallel=1).killed
        succeeded(run("up", cloud.directory, blind=True))
        assert difference(inventory, cloud.inventory()) == {"ec2 ElasticAddress": (3, 4)}


def difference(expected: dict[str, int], found: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Where two inventories differ: expected, found."""
    return {
        name: (expected.get(name, 0), found.get(name, 0))
        for name in expected.keys() | found.keys()
        if expected.get(name, 0) != found.get(name, 0)
    }
