"""What a run has met that the sandbox has no emulation of."""

import threading
from collections import Counter


class Ledger:
    """What the providers of one run have met. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._types: dict[str, set[str]] = {}
        self._functions: Counter[str] = Counter()
        self._recorded: set[str] = set()
        self._missing: frozenset[str] = frozenset()

    def note_type(self, token: str, urn: str) -> None:
        """A resource of a type that there is no emulation of."""
        with self._lock:
            self._types.setdefault(token, set()).add(urn)
            self._recorded.add(urn)

    def note_recorded(self, urn: str) -> None:
        """A resource that is recorded only, of whatever type."""
        with self._lock:
            self._recorded.add(urn)

    def note_function(self, token: str) -> None:
        """A call of a function that there is no emulation of."""
        with self._lock:
            self._functions[token] += 1

    def note_missing(self, id_: str) -> None:
        """What the program refers to by id, and the emulator does not have."""
        with self._lock:
            self._missing |= {id_}

    @property
    def missing(self) -> frozenset[str]:
        """Ids of what the program refers to and the emulator does not have."""
        return self._missing

    @property
    def recorded(self) -> frozenset[str]:
        """URNs of what is recorded only."""
        with self._lock:
            return frozenset(self._recorded)

    @property
    def calls(self) -> bool:
        """Whether the program called a function that there is no emulation of."""
        return bool(self._functions)

    def listing(self) -> tuple[str, ...]:
        """A line for each type and function, with how often it is used; empty: all is well."""
        with self._lock:
            types = {token: len(urns) for token, urns in self._types.items()}
            functions = dict(self._functions)
        return (
            *(f"{token} ({_count(n, 'resource')})" for token, n in sorted(types.items())),
            *(f"{token} ({_count(n, 'call')})" for token, n in sorted(functions.items())),
        )

    def unanswered(self) -> str:
        """What to tell of functions without an answer after a program failed."""
        with self._lock:
            functions = ", ".join(sorted(self._functions))
        return (
            f"The sandbox has no answer for {functions}. The _output form makes that an unknown "
            "value; a plain call gets nothing, and a program that uses it fails. Use the _output "
            "form, or the stock pulumi CLI against AWS."
        )

    def message(self) -> str:
        """The list as an error for the user."""
        return (
            "The sandbox does not have everything that the program uses:\n"
            + "".join(f"  {line}\n" for line in self.listing())
            + "Nothing was created. Run again with --record-unsupported to keep these as recorded "
            "only, with unknown outputs, or use the stock pulumi CLI against AWS."
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
