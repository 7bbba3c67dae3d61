"""Diff: what would change, path by path, and whether that needs a new resource.

New inputs are held against what AWS last said (the outputs), as the real provider does, so that
drift which a refresh found is put right. What was never asked for is AWS's own business.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from seawall_sandbox.aws.resource import DEFAULTS_KEY, ResourceType, get
from seawall_sandbox.aws.schema import Type
from seawall_sandbox.protocol import DiffKind, DiffResult, ResourceState
from seawall_sandbox.values import UNKNOWN, Properties, Value, is_known

_REPLACING = {
    DiffKind.ADD: DiffKind.ADD_REPLACE,
    DiffKind.DELETE: DiffKind.DELETE_REPLACE,
    DiffKind.UPDATE: DiffKind.UPDATE_REPLACE,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``path`` has indexes, ``place`` is the same without."""

    path: str
    place: str
    kind: DiffKind


def compare(
    type_: ResourceType, old: ResourceState, news: Properties, ignore: tuple[str, ...] = ()
) -> DiffResult:
    """The difference between the recorded state and checked inputs."""
    old_inputs = old.inputs or {}
    always = type_.force_new | ({"region"} if type_.regional else set[str]())
    force_new = always | type_.force_new_on({**old_inputs, **old.outputs}, news)
    ignored = tuple(path.replace('["', ".").replace('"]', "") for path in ignore)
    changes = [
        change
        for change in _compare_inputs(type_, old.outputs, old_inputs, news)
        if not _ignored(change.path, ignored)
    ]
    detailed: dict[str, DiffKind] = {}
    replaces: set[str] = set()
    for change in changes:
        replacing = any(_within(change.place, path) for path in force_new)
        detailed[change.path] = _REPLACING[change.kind] if replacing else change.kind
        if replacing:
            replaces.add(_top(change.path))
    stables = {path for path in always if "." not in path} & type_.schema.inputs.keys()
    return DiffResult(
        changed=bool(detailed),
        replaces=tuple(sorted(replaces)),
        diffs=tuple(sorted({_top(path) for path in detailed})),
        detailed=detailed,
        stables=tuple(sorted(stables - replaces)),
        delete_before_replace=bool(replaces) and _blocks_name(type_, old_inputs, news),
    )


def changed_properties(result: DiffResult) -> frozenset[str]:
    """The top-level names that differ."""
    return frozenset(result.diffs)


def same_document(old: str, new: str) -> bool:
    """Whether two JSON texts mean the same: order of keys and of sets does not count."""
    try:
        return _canonical(json.loads(old)) == _canonical(json.loads(new))
    except ValueError:
        return old == new


_ORDERLESS = frozenset({"Action", "NotAction", "Resource", "NotResource"})
"""Elements of a policy statement that are sets, where one item needs no brackets."""


def _canonical(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        if key == "Principal":
            return {k: _as_set(v) for k, v in entries.items()}
        return {k: _canonical(v, k) for k, v in entries.items()}
    if key in _ORDERLESS:
        return _as_set(value)
    if key == "Statement" and not isinstance(value, list):
        value = [value]
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return [_canonical(item) for item in items]
    return value


def _as_set(value: Any) -> Any:
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    return sorted(json.dumps(item, sort_keys=True) for item in items)


def _compare_inputs(
    type_: ResourceType, outputs: Properties, old_inputs: Properties, news: Properties
) -> Iterator[Change]:
    for key, wanted in type_.schema.inputs.items():
        before = outputs[key] if key in outputs else old_inputs.get(key)
        if key not in news or news[key] is None:
            given = not _empty(old_inputs.get(key)) and not _empty(before)
            usual = before in (type_.defaults.get(key), type_.implied.get(key))
            if given and not wanted.computed and not usual:
                yield Change(key, key, DiffKind.DELETE)
        elif key == "region" and before is None:
            continue  # state of version 6: it was in the provider's region all along
        else:
            yield from _compare(
                type_, wanted.type, before, news[key], old_inputs.get(key), key, key
            )
    if type_.taggable and "tagsAll" in news and "tagsAll" in outputs:
        of = type_.schema.inputs["tags"].type
        yield from _compare(
            type_, of, outputs["tagsAll"], news["tagsAll"], outputs["tagsAll"], "tagsAll", "tagsAll"
        )
    elif type_.taggable and "tagsAll" not in news and not _empty(outputs.get("tagsAll")):
        yield Change("tagsAll", "tagsAll", DiffKind.DELETE)


def _compare(
    type_: ResourceType, of: Type, old: Value, new: Value, given: Value, path: str, place: str
) -> Iterator[Change]:
    """``old``: what AWS said; ``given``: what the program asked for last time."""
    if new is UNKNOWN:
        yield Change(path, place, DiffKind.UPDATE if old is not None else DiffKind.ADD)
    elif of.kind in {"object", "map"} and isinstance(new, dict):
        yield from _compare_entries(type_, of, old, cast("Properties", new), given, path, place)
    elif of.kind == "list" and isinstance(new, list):
        before = cast("list[Any]", old) if isinstance(old, list) else []
        after = cast("list[Any]", new)
        last = cast("list[Any]", given) if isinstance(given, list) else []
        if place in type_.sets:
            yield from _compare_sets(type_, of, before, after, path, place)
        else:
            yield from _compare_lists(type_, of, before, after, last, path, place)
    elif not _same(type_, old, new, place):
        if old is None and _empty(new):
            return
        yield Change(path, place, DiffKind.ADD if old is None else DiffKind.UPDATE)


def _compare_entries(
    type_: ResourceType, of: Type, old: Value, new: Properties, given: Value, path: str, place: str
) -> Iterator[Change]:
    before = cast("Properties", old) if isinstance(old, dict) else {}
    last = cast("Properties", given) if isinstance(given, dict) else {}
    for key, value in new.items():
        if key == DEFAULTS_KEY or value is None:
            continue
        element = of.element if of.kind == "map" else None
        if of.kind == "object" and key in of.properties:
            element = of.properties[key].type
        was = before[key] if key in before else last.get(key)
        inner = f"{place}.{key}"
        yield from _compare(
            type_, element or Type("any"), was, value, last.get(key), _join(path, key), inner
        )
    for key in before if of.kind == "map" else last:
        missing = key != DEFAULTS_KEY and new.get(key) is None
        if missing and f"{place}.{key}" not in type_.computed and not _empty(before.get(key)):
            yield Change(_join(path, key), f"{place}.{key}", DiffKind.DELETE)


def _compare_lists(
    type_: ResourceType,
    of: Type,
    before: list[Any],
    after: list[Any],
    last: list[Any],
    path: str,
    place: str,
) -> Iterator[Change]:
    element = of.element or Type("any")
    for index, value in enumerate(after):
        inner = f"{path}[{index}]"
        if index >= len(before):
            yield Change(inner, place, DiffKind.ADD)
            continue
        given = last[index] if index < len(last) else None
        yield from _compare(type_, element, before[index], value, given, inner, place)
    for index in range(len(after), len(before)):
        yield Change(f"{path}[{index}]", place, DiffKind.DELETE)


def _compare_sets(
    type_: ResourceType, of: Type, before: list[Any], after: list[Any], path: str, place: str
) -> Iterator[Change]:
    if not all(is_known(item) for item in after):
        yield Change(path, place, DiffKind.UPDATE if before else DiffKind.ADD)
        return
    element = of.element or Type("any")
    left = dict(enumerate(before))
    added: list[int] = []
    for index, value in enumerate(after):
        match = next(
            (i for i, old in left.items() if _equal_items(type_, element, old, value, place)), None
        )
        if match is None:
            added.append(index)
        else:
            del left[match]
    for index in added:
        kind = DiffKind.UPDATE if left.pop(index, None) is not None else DiffKind.ADD
        yield Change(f"{path}[{index}]", place, kind)
    for index in left:
        yield Change(f"{path}[{index}]", place, DiffKind.DELETE)


def _equal_items(type_: ResourceType, of: Type, old: Value, new: Value, place: str) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        zeros = type_.zeros.get(place, {})
        a = {k: v for k, v in {**zeros, **cast("Properties", old)}.items() if not _empty(v)}
        b = {k: v for k, v in {**zeros, **cast("Properties", new)}.items() if not _empty(v)}
        a.pop(DEFAULTS_KEY, None)
        b.pop(DEFAULTS_KEY, None)
        known = {k: v for k, v in a.items() if k in b or f"{place}.{k}" not in type_.computed}
        return known.keys() == b.keys() and not any(
            True for _ in _compare(type_, of, known, b, known, place, place)
        )
    return not any(True for _ in _compare(type_, of, old, new, old, place, place))


def _same(type_: ResourceType, old: Value, new: Value, place: str) -> bool:
    if place in type_.documents and isinstance(old, str) and isinstance(new, str):
        return same_document(old, new)
    if type_.same(place, old, new):
        return True
    if isinstance(old, bool) != isinstance(new, bool):
        return str(old).lower() == str(new).lower()
    return old == new or (old is not None and new is not None and str(old) == str(new))


def _empty(value: Value) -> bool:
    """Whether Terraform would call it a zero value, which is the same as none at all."""
    return value is None or value is False or value in ("", 0, [], {})


def _blocks_name(type_: ResourceType, old: Properties, news: Properties) -> bool:
    """Whether the replacement must wait, because it would have the very name of the old one."""
    if type_.delete_before_replace:
        return True
    key = type_.name_property
    automatic = key in (news.get(DEFAULTS_KEY) or ())
    return (
        key in type_.schema.inputs
        and not automatic
        and key in news
        and (get(old, key) == news[key])
    )


def _ignored(path: str, ignored: tuple[str, ...]) -> bool:
    return any(_within(path, other) or other == "*" for other in ignored)


def _within(path: str, outer: str) -> bool:
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def _top(path: str) -> str:
    return path.split(".", 1)[0].split("[", 1)[0]


def _join(path: str, key: str) -> str:
    """A property path in Pulumi's notation: keys that are no plain name stand in brackets."""
    return f"{path}.{key}" if key.isidentifier() else f'{path}["{key}"]'
