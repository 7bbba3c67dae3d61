"""How what our engine made of a case differs from what the stock engine made of it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

_DELETIONS: Final = frozenset({"delete", "delete-replaced", "discard"})
_HIDDEN: Final = frozenset({"remove-pending-replace"})
"""What the stock engine's event log has and no user sees."""
_NOT_OURS: Final = frozenset({"engine", "exports"})


def differences(
    stock: Mapping[str, Any],
    ours: Mapping[str, Any],
    *,
    names: tuple[str, str] = ("stock", "the sandbox"),
) -> list[str]:
    """One line per difference, with its place; empty when both agree.

    ``names``: what the two recordings are called in the lines.
    """
    return list(_differing(_comparable(stock), _comparable(ours), "", names))


def unexplained(found: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """The differences that match none of the patterns, and the patterns that match none of them."""
    lines = list(found)
    known = list(patterns)
    unused = [pattern for pattern in known if not any(re.search(pattern, one) for one in lines)]
    return [
        *(line for line in lines if not any(re.search(pattern, line) for pattern in known)),
        *(f"differs no more, so take it out of the case: {pattern}" for pattern in unused),
    ]


def _comparable(recording: Mapping[str, Any]) -> dict[str, Any]:
    """A recording with what may come in any order sorted."""
    before: dict[str, list[dict[str, Any]]] = {}
    runs: list[dict[str, Any]] = []
    for run in cast("list[dict[str, Any]]", recording["runs"]):
        runs.append(_run(run, before.get(run["stack"], [])))
        before[run["stack"]] = run.get("state", before.get(run["stack"], []))
    return {
        **{key: value for key, value in recording.items() if key not in _NOT_OURS},
        "runs": runs,
    }


def _run(run: Mapping[str, Any], before: list[dict[str, Any]]) -> dict[str, Any]:
    """A run by resource: those that do not depend on each other come in the order of a race."""
    by_urn: dict[str, list[Any]] = {}
    # How far a run looked around before it was refused is a race too.
    refused = run["failed"] and not run["calls"]
    for step in () if refused else cast("list[dict[str, Any]]", run["steps"]):
        if step["op"] not in _HIDDEN:
            # A heading; the reasons are those of the create-replacement that it stands above.
            heading = step["op"] == "replace"
            shown = {key: value for key, value in step.items() if key != "reasons" or not heading}
            by_urn.setdefault(step["urn"], []).append(shown)
    state: dict[str, Any] = {}
    for entry in cast("list[dict[str, Any]]", run.get("state", [])):
        name = entry["urn"] + (" (to be deleted)" if entry.get("delete") else "")
        # Several old selves of one resource may wait to be deleted.
        while name in state:
            name += "'"
        state[name] = {key: value for key, value in entry.items() if value}
    return {
        **run,
        "steps": by_urn,
        "calls": sorted(run["calls"]),
        "deleted too early": _too_early(run, before),
        "state": state,
    }


def _too_early(run: Mapping[str, Any], before: list[dict[str, Any]]) -> list[str]:
    """What was deleted before something that needs it, by the state before the run."""
    steps = cast("list[dict[str, Any]]", run["steps"])
    deleted = [step["urn"] for step in steps if step["op"] in _DELETIONS]
    place = {urn: index for index, urn in enumerate(deleted)}
    return sorted(
        f"{urn} before {entry['urn']}"
        for entry in before
        for urn in _needs(entry)
        if place.get(urn, len(place)) < place.get(entry["urn"], -1)
    )


def _needs(entry: Mapping[str, Any]) -> set[str]:
    needed = {entry.get("parent", ""), entry.get("provider", "").rpartition("::")[0]}
    needed.update(entry.get("dependencies", ()))
    for urns in entry.get("propertyDependencies", {}).values():
        needed.update(urns)
    return needed


def _differing(stock: Any, ours: Any, place: str, names: tuple[str, str]) -> Iterator[str]:
    if isinstance(stock, dict) and isinstance(ours, dict):
        left, right = cast("dict[str, Any]", stock), cast("dict[str, Any]", ours)
        for key in sorted({*left, *right}):
            where = f"{place} > {key}" if place else key
            if key not in right:
                yield f"{where}: only {names[0]} has it: {left[key]!r}"
            elif key not in left:
                yield f"{where}: only {names[1]} has it: {right[key]!r}"
            else:
                yield from _differing(left[key], right[key], where, names)
    elif (
        isinstance(stock, list)
        and isinstance(ours, list)
        and len(cast("list[Any]", stock)) == len(cast("list[Any]", ours))
    ):
        left, right = cast("list[Any]", stock), cast("list[Any]", ours)
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _differing(one, other, f"{place}[{index}]", names)
    elif stock != ours or isinstance(stock, bool) != isinstance(ours, bool):
        yield f"{place}: {names[0]} {stock!r}, {names[1]} {ours!r}"
