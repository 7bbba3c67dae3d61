"""Reads typed values out of nodes; a value that does not fit becomes a problem and a default."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar, final

from seawall.services.compose.node import Node, Problems
from seawall.services.compose.units import (
    parse_cpus,
    parse_duration,
    parse_size,
    parse_truth,
    parse_whole,
)
from seawall.services.model import Fate, Note

_Value = TypeVar("_Value")


@final
@dataclass(slots=True)
class Reader:
    """What the conversion of one Compose file shares: variables, problems, notes."""

    environment: Mapping[str, str]
    problems: Problems
    name_of: Callable[[Path], str]
    notes: list[Note] = field(default_factory=list[Note])

    def note(self, path: str, why: str, fate: Fate = Fate.APPROXIMATED) -> None:
        """Say that a key does not carry over as it is."""
        self.notes.append(Note(path, fate, why))

    def parsed(self, node: Node | None, parse: Callable[[str], _Value], default: _Value) -> _Value:
        """A scalar through a parser that raises ``ValueError``; the default if it is not given."""
        if node is None:
            return default
        try:
            return parse(node.text())
        except ValueError as error:
            key = next((str(k) for k in reversed(node.path) if isinstance(k, str)), "value")
            self.problems.add(node, f"{error}.", f"Correct '{key}'.")
            return default

    def truth(self, node: Node | None, *, default: bool = False) -> bool:
        """True or false."""
        return self.parsed(node, parse_truth, default)

    def whole(self, node: Node | None, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        number = self.parsed(node, parse_whole, default)
        if node is not None and not low <= number <= high:
            self.problems.add(
                node,
                f"The number {number} is out of range.",
                f"Use {low} to {high}.",
            )
            return default
        return number

    def maybe_whole(self, node: Node | None, low: int, high: int) -> int | None:
        """A whole number within bounds, or None if it is not given."""
        return None if node is None else self.whole(node, low, low, high)

    def duration(self, node: Node | None, default: float) -> float:
        """Seconds."""
        return self.parsed(node, parse_duration, default)

    def size(self, node: Node | None) -> int | None:
        """Bytes."""
        return None if node is None else self.parsed(node, parse_size, 0)

    def cpus(self, node: Node | None) -> float | None:
        """CPU cores."""
        return None if node is None else self.parsed(node, parse_cpus, 0.0)

    def one_of(self, node: Node | None, known: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        if node is None:
            return default
        if node.text() not in known:
            words = ", ".join(known)
            self.problems.add(node, f"'{node.text()}' is not known here.", f"Use one of: {words}.")
            return default
        return node.text()


def text(node: Node | None) -> str:
    """A scalar's text; empty if it is not given."""
    return node.text() if node is not None else ""


def texts(node: Node | None) -> tuple[str, ...]:
    """A list of texts; a single text is a list of one."""
    if node is None:
        return ()
    if isinstance(node.value, tuple):
        return tuple(item.text() for item in node.value)
    return (node.text(),)


def text_map(node: Node | None) -> Mapping[str, str]:
    """A mapping of texts, by key, frozen."""
    if node is None:
        return MappingProxyType(dict[str, str]())
    entries = node.mapping()
    return MappingProxyType({key: entries[key].text() for key in sorted(entries)})
