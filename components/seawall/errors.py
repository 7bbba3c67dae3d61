"""What goes wrong, as full sentences: what, where, why, cure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final


class SeawallError(Exception):
    """Base of every error that Seawall raises on purpose."""


@final
@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with the user's input."""

    file: str
    """The file as the user knows it, relative to the project where possible.

    Empty if there is none.
    """
    path: str
    """Where in the file.

    Keys joined by dots, list items by index, such as ``services.web.ports[0]``.
    """
    message: str
    """What is wrong and why: one sentence."""
    cure: str = ""
    """What to do about it: one sentence."""
    line: int = 0
    """Line in the file, counted from 1; 0 if not known."""

    def __str__(self) -> str:
        place = self.file + (f":{self.line}" if self.file and self.line else "")
        where = " ".join(part for part in (place, self.path) if part)
        text = f"{self.message} {self.cure}".strip()
        return f"{where}: {text}" if where else text


@final
class InvalidInputError(SeawallError):
    """The settings or the Compose file are wrong.

    Holds every problem found, in the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A cure for a misspelt word: the nearest known ones, or else the whole list."""
    import difflib  # noqa: PLC0415  # only needed on the way to an error

    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=2, cutoff=0.6)
    if near:
        return "Did you mean " + " or ".join(f"'{item}'" for item in near) + "?"
    return "Known here: " + ", ".join(words) + "." if words else ""
