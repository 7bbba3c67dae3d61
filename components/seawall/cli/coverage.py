"""``seawall sandbox coverage``: what stands behind each resource type that the stacks use."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from seawall.cli import options, summary
from seawall_sandbox import emulator
from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.events import SilentDisplay
from seawall_sandbox.session import Session

if TYPE_CHECKING:
    from seawall_sandbox.coverage import Row

_SHARED: Final = ("dev", "local")
"""Stacks of which at most a tenth may be recorded only."""


def command(
    *,
    cwd: options.Directory = options.HERE,
    as_json: options.AsJson = False,
    types: Annotated[
        bool,
        typer.Option("--types", help="Print facts about every resource type, in Markdown."),
    ] = False,
) -> None:
    """List what each resource type of all stacks rests on; fail on one without tests."""
    # It loads schemas that no other command needs.
    from seawall_sandbox import coverage  # noqa: PLC0415

    if types:
        typer.echo("\n".join(coverage.type_table()))
        return
    used = _used(cwd.resolve())
    every = coverage.rows(token for tokens in used.values() for token in tokens)
    problems = coverage.problems(every, most_recorded=1.0)
    shares = {stack: coverage.recorded_share(coverage.rows(t)) for stack, t in used.items()}
    for stack in sorted(used.keys() & set(_SHARED)):
        found = coverage.problems(coverage.rows(used[stack]))
        problems += [f"Stack {stack}: {p}" for p in found if p not in problems]
    if as_json:
        told = {"types": [asdict(row) for row in every], "recordedOnly": shares}
        typer.echo(json.dumps({**told, "problems": problems}, indent=2))
    else:
        _show(every, shares)
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    if problems:
        raise typer.Exit(1)


def _used(directory: Path) -> dict[str, list[str]]:
    """The types of all resources of each stack, from previews in an emulator of their own."""
    stacks = sorted(p.name.split(".")[1] for p in directory.glob("stacks/Pulumi.*.yaml"))
    if not stacks:
        raise UsageError(
            f"{directory} has no stacks: no file stacks/Pulumi.<stack>.yaml. Name the project's "
            "directory with --cwd."
        )
    with tempfile.TemporaryDirectory(prefix="seawall-coverage-") as place:
        state = Path(place)
        try:
            return {stack: _types(directory, stack, state) for stack in stacks}
        finally:
            emulator.stop(state)


def _types(directory: Path, stack: str, state: Path) -> list[str]:
    session = Session(directory, stack, state_dir=state, display=SilentDisplay())
    result = session.preview()
    if result.failed:
        raise UsageError(
            f"stack {stack} cannot be previewed: {'; '.join(summary.messages(result))}. "
            f"See: seawall sandbox preview --stack {stack}"
        )
    return [step.type for step in result.steps]


def _show(every: "tuple[Row, ...]", shares: dict[str, float]) -> None:
    width = max((len(row.token) for row in every), default=0)
    for row in every:
        tested = "" if row.tested else "  NOT TESTED"
        typer.echo(f"{row.token:<{width}}  {row.uses:>4}  {row.status}{tested}")
    for stack, share in sorted(shares.items()):
        typer.echo(f"stack {stack}: {share:.1%} recorded only")
