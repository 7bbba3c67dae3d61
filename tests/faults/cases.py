"""What is broken in these tests: an up from nothing, an update, a replacement and a destroy."""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from platforms import platform_settings
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
    """What is broken, and how the stack is before it."""

    verb: str
    is_up: bool
    """Whether the stack is up before."""
    change: Callable[[dict[str, Any]], None] | None = None

    def settings(self) -> dict[str, Any]:
        platform = copy.deepcopy(platform_settings("local"))
        if self.change is not None:
            self.change(platform)
        return platform


CASES = {
    "up": Case("up", is_up=False),
    "update": Case("up", is_up=True, change=changed),
    "replace": Case("up", is_up=True, change=replaced),
    "destroy": Case("destroy", is_up=True),
}
UNSURE = re.compile("may exist|could not be looked into")
"""In messages that leave work to the user: not for any type of this stack."""


def is_tried(point: int, part: int, sample: int) -> bool:
    """Whether a point of a part of a case is among those of the sample."""
    return point % SLICES == part and (point // SLICES) % sample == (part * 7) % sample


def succeeded(result: Result) -> Result:
    assert not result.killed
    assert not result.failed, result.messages
    return result


def settled(cloud: Cloud, case: Case) -> None:
    """What is there is what the state says, and that is what the program wants."""
    assert succeeded(run("refresh", cloud.directory)).changes == []
    assert succeeded(run("up", cloud.directory, case.settings())).changes == []


def undisturbed(start: Cloud, case: Case, name: str) -> tuple[Result, dict[str, int], list[str]]:
    """What there is to break, and what is there at the end of a run that nobody breaks."""
    with start.copy(start.directory.with_name(f"{name}-clean")) as cloud:
        result = succeeded(run(case.verb, cloud.directory, case.settings()))
        return result, cloud.inventory(), files(cloud)


def files(cloud: Cloud) -> list[str]:
    """What lies in the state directory; automatic names differ between lives of a stack."""
    paths = (path.relative_to(cloud.directory) for path in cloud.directory.rglob("*"))
    return sorted(re.sub(r"-[0-9a-f]{8}\.yaml$", "-*.yaml", str(path)) for path in paths)


def difference(expected: dict[str, int], found: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Where two inventories differ: expected, found."""
    return {
        name: (expected.get(name, 0), found.get(name, 0))
        for name in expected.keys() | found.keys()
        if expected.get(name, 0) != found.get(name, 0)
    }
