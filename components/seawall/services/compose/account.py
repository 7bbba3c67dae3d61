"""Accounts for every key: taken, noted or refused. See ``keys``."""

from collections.abc import Mapping

from seawall.errors import did_you_mean
from seawall.services.compose.keys import IGNORED, REFUSED, TAKEN
from seawall.services.compose.node import Node, Problems, render
from seawall.services.model import Fate, Note

_ALL = (*TAKEN, *IGNORED, *REFUSED)
_PREFIXES = frozenset(
    ".".join(keys[:length])
    for keys in (pattern.split(".") for pattern in _ALL)
    for length in range(1, len(keys))
)
_X_PLACES = "services.*.x-seawall, volumes.*.x-seawall"

Path = tuple[str | int, ...]


def account(document: Node, problems: Problems) -> tuple[Note, ...]:
    """The notes about keys that are ignored; what is refused or unknown becomes a problem."""
    notes: list[Note] = []
    _visit(document, (), (), problems, notes)
    return tuple(notes)


def _visit(
    node: Node, path: Path, pattern: tuple[str, ...], problems: Problems, notes: list[Note]
) -> None:
    for key, below in _children(node):
        place = (*path, key)
        found, rule = _match(pattern, str(key) if isinstance(key, str) else "*")
        empty = below.value is None or below.value in ((), {}, "")
        if isinstance(key, str) and key.startswith("x-") and not rule:
            _extension(key, below, place, problems, notes)
        elif rule in REFUSED:
            refusal = REFUSED[rule]
            if not empty and below.text().lower() not in refusal.harmless:
                what = f"'{render(place[-1:])}' is not carried over. {refusal.why}"
                problems.add(below, what, refusal.cure)
        elif rule in IGNORED:
            if not (empty and rule not in _FLAGS):
                notes.append(Note(render(place), Fate.IGNORED, IGNORED[rule]))
        elif rule not in TAKEN and rule in _PREFIXES:
            _visit(below, place, found, problems, notes)
        elif rule not in TAKEN and not empty:
            problems.add(
                below,
                f"'{render(place[-1:])}' is not known to Seawall, so it would be lost.",
                "Remove it.",
            )


_FLAGS = frozenset(pattern for pattern in IGNORED if pattern.startswith("services.*.tmpfs."))
"""Mount options that stand without a value, such as ``nosuid``."""


def _children(node: Node) -> list[tuple[str | int, Node]]:
    if isinstance(node.value, Mapping):
        return list(node.value.items())
    return list(enumerate(node.sequence()))


def _match(pattern: tuple[str, ...], key: str) -> tuple[tuple[str, ...], str]:
    """The pattern of a child and its text if any rule is at or below it, else an empty text."""
    for step in (key, "*"):
        found = (*pattern, step)
        text = ".".join(found)
        if text in TAKEN or text in IGNORED or text in REFUSED or text in _PREFIXES:
            return found, text
    return (*pattern, key), ""


def _extension(key: str, node: Node, place: Path, problems: Problems, notes: list[Note]) -> None:
    if key == "x-seawall":
        problems.add(
            node,
            "'x-seawall' has no meaning here.",
            f"It is known at {_X_PLACES}.",
        )
    elif key.startswith("x-seawal"):
        problems.add(node, f"'{key}' is not known.", did_you_mean(key, ["x-seawall"]))
    else:
        why = "An extension that Seawall does not read."
        notes.append(Note(render(place), Fate.IGNORED, why))
