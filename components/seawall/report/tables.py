"""Markdown that GitHub renders as meant. Pure."""

import re
from collections.abc import Sequence

_ACTIVE = re.compile(r"([\\`*_\[\]<>|])")


def text(value: str) -> str:
    """Plain text, with what Markdown would take for markup made literal."""
    return _ACTIVE.sub(r"\\\1", value).replace("\n", " ")


def code(value: str) -> str:
    """A name in a fixed-width face."""
    # In a table, GitHub takes a bar for the end of the cell within code, too.
    return f"`{value.replace('|', chr(92) + '|')}`"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table of cells that are Markdown already."""
    return [_row(head), _row(["---"] * len(head)), *(_row(cells) for cells in rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
