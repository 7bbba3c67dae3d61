"""Property paths such as ``spec.containers[0].image`` or ``tags["a.b"]``, and what they select.

The syntax is Pulumi's (sdk/go/common/resource/properties_path.go of pulumi/pulumi); ``*`` stands
for every key or index.
"""

import copy
from functools import lru_cache
from typing import Any, Final, cast

from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.marks import secret
from seawall_sandbox.values import Properties, Secret

Path = tuple[str | int, ...]
_MISSING: Final = object()


@lru_cache(maxsize=4096)
def parse(text: str) -> Path:
    """The keys and indexes of a path; raises ``EngineError`` when brackets or quotes are open."""
    parts: list[str | int] = []
    rest = text
    while rest:
        if rest[0] == ".":
            rest = rest[1:]
        elif rest[0] == "[":
            part, rest = _bracket(rest[1:], text)
            parts.append(part)
        else:
            end = min((i for i in (rest.find("."), rest.find("[")) if i >= 0), default=len(rest))
            parts.append(rest[:end])
            rest = rest[end:]
    return tuple(parts)


def _bracket(rest: str, text: str) -> tuple[str | int, str]:
    if rest.startswith('"'):
        key = ""
        index = 1
        while index < len(rest) and rest[index] != '"':
            if rest[index] == "\\" and rest[index + 1 : index + 2] == '"':
                index += 1
            key += rest[index]
            index += 1
        if rest[index : index + 2] == '"]':
            return key, rest[index + 2 :]
    else:
        inner, closed, after = rest.partition("]")
        if closed and (inner == "*" or inner.isdecimal()):
            return (inner if inner == "*" else int(inner)), after
    raise EngineError(
        f"The property path {text!r} is malformed: write keys as a.b, indexes as a[0], keys with "
        'dots as a["b.c"], and * for all.'
    )


def contains(path: Path, other: Path) -> bool:
    """Whether ``other`` is what ``path`` selects, or lies below it."""
    return len(other) >= len(path) and all(
        part in ("*", found) for part, found in zip(path, other, strict=False)
    )


def reset(
    news: Properties, olds: Properties, ignored: tuple[str, ...]
) -> tuple[Properties, tuple[str, ...]]:
    """``news`` with the ``ignored`` paths as in ``olds``, and the paths where that cannot be done.

    A path cannot be kept where it runs through an element that was added to or removed from a list.
    """
    if not ignored:
        return news, ()
    result = copy.deepcopy(news)
    failed = tuple(text for text in ignored if not _reset(parse(text), olds, result, sealed=False))
    return result, failed


def _reset(path: Path, old: Any, new: Any, *, sealed: bool) -> bool:
    # ``sealed``: the old value lies in a secret that the new one does not have.
    if isinstance(old, Secret):
        sealed = not isinstance(new, Secret)
        old = old.value
    if isinstance(new, Secret):
        sealed = False
        new = new.value
    if not path:
        return False
    head, rest = path[0], path[1:]
    if head == "*":
        return _reset_all(rest, old, new, sealed=sealed)
    if isinstance(head, int):
        return _reset_index(head, rest, old, new, sealed=sealed)
    return _reset_key(head, rest, old, new, sealed=sealed)


def _kept(value: Any, *, sealed: bool) -> Any:
    return secret(value) if sealed else value


def _reset_key(key: str, rest: Path, old: Any, new: Any, *, sealed: bool) -> bool:
    old_items = cast("dict[str, Any]", old) if isinstance(old, dict) else None
    new_items = cast("dict[str, Any]", new) if isinstance(new, dict) else None
    if not rest:
        value = _MISSING if old_items is None else old_items.get(key, _MISSING)
        if value is not _MISSING:
            if new_items is None:
                return False
            new_items[key] = _kept(value, sealed=sealed)
        elif new_items is not None:
            new_items.pop(key, None)
        return True
    if old_items is None or new_items is None:
        return old_items is None and new_items is None
    if key not in old_items and key not in new_items:
        return True
    if key not in new_items:
        return False
    return _reset(rest, old_items.get(key), new_items[key], sealed=sealed)


def _reset_index(index: int, rest: Path, old: Any, new: Any, *, sealed: bool) -> bool:
    if not isinstance(old, list) or not isinstance(new, list):
        return not isinstance(old, list) and not isinstance(new, list)
    old_items, new_items = cast("list[Any]", old), cast("list[Any]", new)
    if index >= len(old_items) or index >= len(new_items):
        return not rest and index >= len(old_items) and index >= len(new_items)
    if rest:
        return _reset(rest, old_items[index], new_items[index], sealed=sealed)
    new_items[index] = _kept(old_items[index], sealed=sealed)
    return True


def _reset_all(rest: Path, old: Any, new: Any, *, sealed: bool) -> bool:
    if isinstance(new, dict):
        new_map = cast("dict[str, Any]", new)
        old_map = cast("dict[str, Any]", old) if isinstance(old, dict) else None
        if rest:
            return old_map is not None and all(
                key in new_map and _reset(rest, value, new_map[key], sealed=sealed)
                for key, value in old_map.items()
            )
        if old_map is not None:
            new_map.clear()
            new_map.update({k: _kept(v, sealed=sealed) for k, v in old_map.items()})
        return True
    if isinstance(new, list):
        new_list = cast("list[Any]", new)
        if not isinstance(old, list):
            return not rest
        old_list = cast("list[Any]", old)
        for index, value in enumerate(old_list[: len(new_list)]):
            if not rest:
                new_list[index] = _kept(value, sealed=sealed)
            elif not _reset(rest, value, new_list[index], sealed=sealed):
                return False
        return len(old_list) == len(new_list)
    return False
