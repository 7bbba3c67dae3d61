"""How a stack file writes values. Pure.

``docker stack deploy`` replaces ``${NAME}`` in every value, and Swarm fills in ``{{.Templates}}``
in environment, host name and mounts. What a Compose file means literally is escaped.
"""

import io
import re
from collections.abc import Mapping
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

StackFile = dict[str, Any]
"""A stack file, or a part of it, keys as in its schema."""

_HEADER: Final = (
    "# Made by Seawall from the Compose file; changes here are lost with the next one.\n"
)
_PLAIN_KEY: Final = re.compile(r"[a-z][a-z0-9_.-]*")
_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
"""What a reader of YAML may take for a truth value, or for nothing."""
_WIDTH: Final = 1 << 30
"""Lines are never folded."""


def duration(seconds: float) -> str:
    """A duration as Go reads it: ``20s``, ``500ms``; never less exact than a nanosecond."""
    nanoseconds = round(seconds * 1e9)
    for size, unit in ((10**9, "s"), (10**6, "ms")):
        if nanoseconds % size == 0:
            return f"{nanoseconds // size}{unit}"
    return f"{nanoseconds}ns"


def memory(size: int) -> str:
    """Bytes with the largest unit that divides them; units are binary, as in Compose."""
    for unit, suffix in ((1024**3, "G"), (1024**2, "M"), (1024, "K")):
        if size and size % unit == 0:
            return f"{size // unit}{suffix}"
    return str(size)


def cpus(cores: float) -> str:
    """CPU cores: at most nine digits after the point, which is all that Docker takes."""
    text = f"{cores:.9f}".rstrip("0").rstrip(".")
    return text or "0"


def literal(text: str) -> str:
    """Text in which Swarm finds no template."""
    return text.replace("{{", '{{"{{"}}')


def as_text(stack_file: StackFile) -> str:
    """The stack file as YAML, the same for every reader.

    All texts are quoted: the docker client reads bare words such as ``on`` as truth values.
    """
    yaml = YAML()
    yaml.width = _WIDTH  # pyright: ignore[reportAttributeAccessIssue]  # untyped library
    yaml.indent(mapping=2, sequence=4, offset=2)  # pyright: ignore[reportUnknownMemberType]
    out = io.StringIO()
    yaml.dump(_quoted(stack_file), out)  # pyright: ignore[reportUnknownMemberType]
    return _HEADER + out.getvalue()


def _quoted(value: Any) -> Any:
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        return {_key(key): _quoted(below) for key, below in entries.items()}
    if isinstance(value, (list, tuple)):
        return [_quoted(item) for item in cast("list[Any]", value)]
    if isinstance(value, str):
        return DoubleQuotedScalarString(value.replace("$", "$$"))
    return value


def _key(key: str) -> str:
    if _PLAIN_KEY.fullmatch(key) and key not in _WORDS:
        return key
    return DoubleQuotedScalarString(key)
