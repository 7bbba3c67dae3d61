"""Open JSON, taken for the list or object that it should be."""

from typing import Any, cast


def as_dict(value: Any) -> dict[str, Any]:
    """The value if it is an object or map, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []
