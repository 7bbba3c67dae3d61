"""``seawall report``: what will exist, which ports are open and why."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown

from seawall.cli import options, sandbox, summary
from seawall.firewall import Ledger
from seawall.flows import entry_cidrs, platform_flows
from seawall.program import Inputs
from seawall.report import Report, Resource, as_json, as_markdown, make_report
from seawall.stack_check import check_stack
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.events import RunResult, SilentDisplay


def command(
    *,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Directory for report.md and report.json (default: beside the stack's state).",
            file_okay=False,
        ),
    ] = None,
) -> None:
    """Write the report of a stack, from a preview in the sandbox; changes nothing."""
    inputs = check_stack(cwd, stack)
    session = sandbox.open_session(cwd, stack, state_dir, SilentDisplay())
    directory = output or session.state_path.with_name(f"{stack}.report")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"--output {directory} cannot be made: {error.strerror}. Name another directory."
        raise UsageError(message) from None
    result = session.preview()
    if result.failed:
        reasons = "\n".join(summary.messages(result))
        message = f"the preview of stack {stack} failed, so there is nothing to report.\n{reasons}"
        raise EngineError(message)
    _write(report_of(stack, result, inputs), directory)


def report_of(stack: str, result: RunResult, inputs: Inputs | None) -> Report:
    """The report of a run's resources; ``inputs`` is None for a stack that is not Seawall's."""
    resources = [
        Resource(
            urn=item.urn,
            type=item.type,
            parent=item.parent,
            inputs=summary.printable(dict(item.inputs)),
            custom=item.custom,
        )
        for item in result.resources
    ]
    if inputs is None:
        return make_report(stack, resources, recorded_only=result.recorded_only)
    notes = inputs.notes
    return make_report(
        stack,
        resources,
        ledger=Ledger(platform_flows(inputs.settings.platform, inputs.application)),
        balancer=entry_cidrs(inputs.settings),
        recorded_only=result.recorded_only,
        notes=((note.path, note.fate.value, note.why) for note in notes),
    )


def _write(report: Report, directory: Path) -> None:
    markdown = as_markdown(report)
    (directory / "report.md").write_text(markdown, encoding="utf-8")
    (directory / "report.json").write_text(
        json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    if sys.stdout.isatty():
        Console().print(Markdown(markdown))
    else:
        # For a step summary, or any other reader of Markdown.
        typer.echo(markdown, nl=False)
    typer.echo(f"written: {directory / 'report.md'} and report.json beside it", err=True)
