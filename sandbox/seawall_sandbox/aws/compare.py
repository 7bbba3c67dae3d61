"""How values differ, path by path: the pure part of Diff."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import DEFAULTS_KEY, ResourceType
from seawall_sandbox.aws.same_json import same_document
from seawall_sandbox.aws.schema import Type
from seawall_sandbox.protocol import DiffKind
from seawall_sandbox.values import UNKNOWN, Properties, Value, is_known

_ANY = Type("any")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``path`` has indexes, ``place`` is the same without."""

    path: str
    place: str
    kind: DiffKind


class At(NamedTuple):
    """Where a value stands: with list indexes, and without."""

    path: str
    place: str

    def key(self, key: str) -> "At":
        """A key of the object or map here. One that is no plain name stands in brackets."""
        path = f"{self.path}.{key}" if key.isidentifier() else f'{self.path}["{key}"]'
        return At(path, f"{self.place}.{key}")

    def item(self, index: int) -> "At":
        """An item of the list here."""
        return At(f"{self.path}[{index}]", self.place)

    def changed(self, kind: DiffKind) -> Change:
        """The value here differs."""
        return Change(self.path, self.place, kind)


@dataclass(frozen=True, slots=True)
class Values:
    """What AWS said, what the program wants, and what it asked for last time."""

    old: Value
    new: Value
    given: Value = None

    def changed(self) -> DiffKind:
        """The kind of difference, when there is one."""
        return DiffKind.ADD if self.old is None else DiffKind.UPDATE


@dataclass(frozen=True, slots=True)
class Comparer:
    """Compares by the rules of one resource type."""

    type_: ResourceType

    def compare(self, of: Type, values: Values, at: At) -> Iterator[Change]:
        """All differences between the old and the new value."""
        new = values.new
        if new is UNKNOWN:
            yield at.changed(values.changed())
        elif of.kind in {"object", "map"} and isinstance(new, dict):
            yield from self._entries(of, values, at)
        elif of.kind == "list" and isinstance(new, list):
            element = of.element or _ANY
            if at.place in self.type_.sets:
                yield from self._sets(element, as_list(values.old), as_list(new), at)
            else:
                yield from self._lists(element, values, at)
        elif at.place in self.type_.hashed and values.given == new:
            return
        elif not self._same(values.old, new, at.place) and not (
            values.old is None and is_empty(new)
        ):
            yield at.changed(values.changed())

    def _entries(self, of: Type, values: Values, at: At) -> Iterator[Change]:
        before, after, last = as_dict(values.old), as_dict(values.new), as_dict(values.given)
        for key, value in after.items():
            if key == DEFAULTS_KEY or value is None:
                continue
            element = of.element if of.kind == "map" else None
            if of.kind == "object" and key in of.properties:
                element = of.properties[key].type
            was = before[key] if key in before else last.get(key)
            inner = Values(was, value, last.get(key))
            yield from self.compare(element or _ANY, inner, at.key(key))
        for key in before if of.kind == "map" else last:
            gone = key != DEFAULTS_KEY and after.get(key) is None
            computed = at.key(key).place in self.type_.computed
            if gone and not computed and not is_empty(before.get(key)):
                yield at.key(key).changed(DiffKind.DELETE)

    def _lists(self, element: Type, values: Values, at: At) -> Iterator[Change]:
        before, after, last = as_list(values.old), as_list(values.new), as_list(values.given)
        for index, value in enumerate(after):
            if index >= len(before):
                yield at.item(index).changed(DiffKind.ADD)
                continue
            given = last[index] if index < len(last) else None
            yield from self.compare(element, Values(before[index], value, given), at.item(index))
        for index in range(len(after), len(before)):
            yield at.item(index).changed(DiffKind.DELETE)

    def _sets(self, element: Type, before: list[Any], after: list[Any], at: At) -> Iterator[Change]:
        if not all(is_known(item) for item in after):
            yield at.changed(DiffKind.UPDATE if before else DiffKind.ADD)
            return
        left = dict(enumerate(before))
        added: list[int] = []
        for index, value in enumerate(after):
            match = next(
                (i for i, old in left.items() if self._equal(element, old, value, at)), None
            )
            if match is None:
                added.append(index)
            else:
                del left[match]
        for index in added:
            kind = DiffKind.UPDATE if left.pop(index, None) is not None else DiffKind.ADD
            yield at.item(index).changed(kind)
        for index in left:
            yield at.item(index).changed(DiffKind.DELETE)

    def _equal(self, of: Type, old: Value, new: Value, at: At) -> bool:
        """Whether two items of a set are the same one. Zero values count as absent ones."""
        if not isinstance(old, dict) or not isinstance(new, dict):
            return not any(True for _ in self.compare(of, Values(old, new, old), at))
        a, b = _given_entries(as_dict(old)), _given_entries(as_dict(new))
        known = {k: v for k, v in a.items() if k in b or at.key(k).place not in self.type_.computed}
        differ = any(True for _ in self.compare(of, Values(known, b, known), at))
        return known.keys() == b.keys() and not differ

    def _same(self, old: Value, new: Value, place: str) -> bool:
        if place in self.type_.documents and isinstance(old, str) and isinstance(new, str):
            return same_document(old, new)
        if self.type_.same(place, old, new):
            return True
        if isinstance(old, bool) != isinstance(new, bool):
            return str(old).lower() == str(new).lower()
        return old == new or (old is not None and new is not None and str(old) == str(new))


def is_empty(value: Value) -> bool:
    """Whether Terraform would call it a zero value, which is the same as none at all."""
    return value is None or value is False or value in ("", 0, [], {})


def _given_entries(values: Properties) -> Properties:
    return {k: v for k, v in values.items() if k != DEFAULTS_KEY and not is_empty(v)}
