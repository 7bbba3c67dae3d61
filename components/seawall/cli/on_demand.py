"""Sub-commands whose modules are imported when they are asked for.

Each needs other libraries, and a preview must not pay, in memory and time, for those of the report.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command


def loading(places: Mapping[str, str]) -> type[TyperGroup]:
    """A group with these sub-commands after its own, for ``typer.Typer(cls=...)``.

    ``places``: for each name, ``module:attribute`` of a command's function or of a ``typer.Typer``.
    A name is known, also to "did you mean", without its module; ``--help`` imports all of them.
    """

    class Loading(TyperGroup):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.commands = _Commands(self.commands, places)

    return Loading


class _Commands(MutableMapping[str, Any]):
    """Commands by name; what is not loaded yet is imported when it is looked up."""

    def __init__(self, loaded: Mapping[str, Any], places: Mapping[str, str]) -> None:
        self._loaded: Final = dict(loaded)
        self._places: Final = {**dict.fromkeys(loaded, ""), **places}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = _load(name, self._places[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._places.setdefault(name, "")
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _load(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        found = alone
    command = get_command(found)
    # A group made by itself has none, and the help shows it.
    command.name = name
    return command
