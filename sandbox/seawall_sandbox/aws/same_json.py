"""Whether two JSON documents mean the same to AWS."""

import json
from typing import Any, cast

_SETS = frozenset({"Action", "NotAction", "Resource", "NotResource"})
"""Elements of a policy statement that are sets, where one item needs no brackets."""


def same_document(old: str, new: str) -> bool:
    """Whether two JSON texts mean the same: the order of keys, and of sets, does not count."""
    try:
        return _canonical(json.loads(old)) == _canonical(json.loads(new))
    except ValueError:
        return old == new


def _canonical(value: Any, key: str = "") -> Any:
    if key == "Statement" and not isinstance(value, list):
        value = [value]
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        if key in {"Principal", "NotPrincipal"}:
            return {kind: _as_set(item) for kind, item in entries.items()}
        return {name: _canonical(item, name) for name, item in entries.items()}
    if key in _SETS:
        return _as_set(value)
    if isinstance(value, list):
        return [_canonical(item) for item in cast("list[Any]", value)]
    return value


def _as_set(value: Any) -> Any:
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    return sorted(json.dumps(item, sort_keys=True) for item in items)
