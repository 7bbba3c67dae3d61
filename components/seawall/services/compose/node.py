"""The values of a Compose file, each with the place it came from.

A tree of nodes survives merging, ``extends`` and ``include``: whatever is wrong later is still
reported at the file, path and line where it was written.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import final

from seawall.errors import InvalidInputError, Problem

Scalar = str | int | float | bool | None
PathKey = str | int


def render(path: tuple[PathKey, ...]) -> str:
    """A path as problems show it: ``services.web.ports[0]``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


@final
@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, list or mapping, and where it was written."""

    value: "Scalar | tuple[Node, ...] | Mapping[str, Node]"
    file: str = ""
    path: tuple[PathKey, ...] = ()
    line: int = 0
    tag: str = ""
    """``reset`` or ``override``: how this value meets the one of an earlier file."""

    def with_value(self, value: "Scalar | tuple[Node, ...] | Mapping[str, Node]") -> "Node":
        """Another value at the same place."""
        return replace(self, value=value)

    def mapping(self) -> "Mapping[str, Node]":
        """The entries of a mapping; empty for anything else."""
        return self.value if isinstance(self.value, Mapping) else {}

    def sequence(self) -> "tuple[Node, ...]":
        """The items of a list; empty for anything else."""
        return self.value if isinstance(self.value, tuple) else ()

    def get(self, *keys: str) -> "Node | None":
        """The node below, or None if it is missing or null."""
        node: Node | None = self
        for key in keys:
            node = node.mapping().get(key) if node is not None else None
        return None if node is None or node.value is None else node

    def entries(self, *keys: str) -> "Mapping[str, Node]":
        """The entries of a mapping below; empty if it is not there."""
        node = self.get(*keys)
        return node.mapping() if node is not None else {}

    def items(self, *keys: str) -> "tuple[Node, ...]":
        """The items of a list below; empty if it is not there."""
        node = self.get(*keys)
        return node.sequence() if node is not None else ()

    def text(self) -> str:
        """A scalar as Compose writes it into a container (Go's notation); empty for null."""
        return scalar_text(self.value) if not isinstance(self.value, Mapping | tuple) else ""

    def plain(self) -> object:
        """The value as ordinary Python data."""
        if isinstance(self.value, Mapping):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        return self.value

    def walk(self) -> "Iterator[Node]":
        """The node and all below it."""
        yield self
        for below in self.mapping().values():
            yield from below.walk()
        for below in self.sequence():
            yield from below.walk()


def scalar_text(value: Scalar) -> str:
    """A YAML scalar as text: ``true``, ``1.1`` for 1.10, ``1e+06`` for a million as a float."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _go_float(value)
    return str(value)


_GO_WHOLE_DIGITS = 6
_GO_LEADING_ZEROS = -4


def _go_float(value: float) -> str:
    """Go's shortest form (``strconv.FormatFloat`` with ``g``): an exponent from a million up."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    sign, digits, shift = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    power = len(text) + int(shift) - 1
    minus = "-" if sign else ""
    if value == 0:
        return f"{minus}0"
    if _GO_LEADING_ZEROS <= power < _GO_WHOLE_DIGITS:
        return minus + format(Decimal(repr(abs(value))).normalize(), "f")
    point = f".{text[1:]}" if len(text) > 1 else ""
    return f"{minus}{text[0]}{point}e{power:+03d}"


@final
@dataclass(slots=True)
class Problems:
    """Collects what is wrong, so that all of it is reported at once."""

    found: list[Problem] = field(default_factory=list[Problem])
    spoilt: set[tuple[str, tuple[PathKey, ...]]] = field(
        default_factory=set[tuple[str, tuple[PathKey, ...]]],
    )
    """Places that have no value to judge: what they lack is recorded already."""

    def add(self, node: Node, message: str, cure: str, *keys: PathKey) -> None:
        """Record a problem at a node, or at a key below it; a spoilt one has enough of them."""
        if (node.file, node.path) in self.spoilt:
            return
        self.found.append(
            Problem(node.file, render((*node.path, *keys)), message, cure, node.line),
        )

    def spoil(self, node: Node, message: str, cure: str) -> None:
        """Record a problem that leaves a node without a value, so that no other follows from it."""
        self.add(node, message, cure)
        self.spoilt.add((node.file, node.path))

    def stop(self) -> None:
        """Raise all problems found so far, if there are any, in the order of the files."""
        if self.found:
            unique = dict.fromkeys(self.found)
            files = list(dict.fromkeys(problem.file for problem in unique))
            raise InvalidInputError(
                sorted(unique, key=lambda problem: (files.index(problem.file), problem.line)),
            )
