"""``seawall check``: settings and Compose file, all errors at once, nothing touched."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from seawall.cli import options
from seawall.errors import InvalidInputError, Problem
from seawall.services.compose import load
from seawall.services.kubernetes.notes import kubernetes_notes
from seawall.services.model import Note
from seawall.stack_check import check_stack
from seawall.stack_file import known_stacks


def command(
    compose: Annotated[
        Path | None,
        typer.Argument(help="Check this Compose file alone.", exists=True, dir_okay=False),
    ] = None,
    *,
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", help="Check this stack (default: all).")
    ] = None,
    cwd: options.Directory = options.HERE,
) -> None:
    """Check the settings and Compose files; touches nothing."""
    if compose is not None:
        application = load([compose], project_directory=compose.resolve().parent)
        typer.echo(f"{compose}: {len(application.services)} services, no errors")
        _tell_notes((*application.notes, *kubernetes_notes(application)))
        return
    problems: dict[Problem, None] = {}
    for name in [stack] if stack else known_stacks(cwd):
        try:
            inputs = check_stack(cwd, name)
        except InvalidInputError as error:
            problems |= dict.fromkeys(error.problems)
            continue
        if inputs is None:
            typer.echo(f"{name}: not a Seawall stack, nothing to check")
            continue
        typer.echo(f"{name}: {len(inputs.application.services)} services, no errors")
        _tell_notes(inputs.notes)
    if problems:
        raise InvalidInputError(problems)


def _tell_notes(notes: Iterable[Note]) -> None:
    for note in notes:
        typer.echo(f"  {note.fate.value}: {note.path}: {note.why}")
