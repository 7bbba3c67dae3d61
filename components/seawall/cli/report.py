"""``seawall report``: what exists or will exist, which ports are open and why."""

import json
from pathlib import Path
from typing import Annotated

import typer

from seawall.cli import options
from seawall.cli.summary import printable
from seawall.program import check_stack
from seawall.report import Report, Resource, as_json, as_markdown, make_report
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.events import RunResult, SilentDisplay
from seawall_sandbox.session import Session


def command(
    *,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Directory for report.md and report.json."),
    ] = None,
) -> None:
    """Write the report of a stack, from a preview in the sandbox; changes nothing."""
    inputs = check_stack(cwd, stack)
    session = Session(
        cwd.resolve(),
        stack,
        state_dir=state_dir.resolve() if state_dir else None,
        display=SilentDisplay(),
    )
    result = session.preview()
    if result.failed:
        reasons = "\n".join(item.message for item in result.diagnostics)
        message = f"the preview of stack {stack} failed, so there is nothing to report.\n{reasons}"
        raise EngineError(message)
    notes = inputs.application.notes if inputs is not None else ()
    report = make_report(
        stack,
        _resources(result),
        recorded_only=result.recorded_only,
        notes=((note.path, note.fate.value, note.why) for note in notes),
    )
    _write(report, output or session.state_path.parent / f"{stack}-report")


def _resources(result: RunResult) -> list[Resource]:
    return [
        Resource(
            urn=item.urn,
            type=item.type,
            parent=item.parent,
            inputs=printable(dict(item.inputs)),
            custom=item.custom,
        )
        for item in result.resources
    ]


def _write(report: Report, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    markdown = directory / "report.md"
    markdown.write_text(as_markdown(report), encoding="utf-8")
    (directory / "report.json").write_text(
        json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    typer.echo(as_markdown(report), nl=False)
    typer.echo(f"\nwritten: {markdown} and report.json beside it", err=True)
