"""``seawall sandbox``: the program against emulated AWS, with nothing but Python."""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import typer

from seawall.cli import options, summary
from seawall.cli.display import LiveDisplay, PlainDisplay, wants_live_view
from seawall.cli.exits import INTERRUPTED
from seawall.cli.on_demand import loading
from seawall.cli.selection import DESTROYING, SELECTING, UPDATING, takes
from seawall.report import plan_as_markdown
from seawall.stack_check import check_stack
from seawall_sandbox import emulator, state_directory
from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.engine.options import Options
from seawall_sandbox.events import Display, RunResult, SilentDisplay
from seawall_sandbox.session import Session

app = typer.Typer(
    help="Run a stack against emulated AWS on this machine: no account, no Docker.",
    cls=loading(
        {
            "export": "seawall.cli.exchange:export",
            "import": "seawall.cli.exchange:import_",
            "coverage": "seawall.cli.coverage:command",
            "agree": "seawall.cli.agree:command",
        }
    ),
    no_args_is_help=True,
    add_completion=False,
)
emulator_app = typer.Typer(help="The emulator behind the sandbox.", no_args_is_help=True)
app.add_typer(emulator_app, name="emulator")
RecordUnsupported = Annotated[
    bool,
    typer.Option(
        "--record-unsupported",
        help="Keep what the sandbox has no emulation of as recorded only, with unknown outputs.",
    ),
]
_EVERYTHING: Final = Options()
_NO_CONFIG: Final[Mapping[str, str]] = MappingProxyType({})


def open_session(
    directory: Path,
    stack: str,
    state_dir: Path | None,
    display: Display,
    *,
    parallel: int = 1,
    how: Options = _EVERYTHING,
    config: Mapping[str, str] = _NO_CONFIG,
    prepare: bool = True,
    begins: bool = False,
    survey: bool = False,
    record_unsupported: bool = False,
) -> Session:
    """The session, and with ``prepare`` its state directory, so that no run fails for want of it.

    Raises ``UsageError`` for what is wrong with the project or with that directory.
    """
    place = _state_directory(directory, state_dir)
    try:
        session = Session(
            directory.resolve(),
            stack,
            state_dir=place,
            parallel=parallel,
            options=how,
            config=config,
            display=display,
            begins=begins,
            survey=survey,
            record_unsupported=record_unsupported,
        )
        if prepare:
            state_directory.prepare(place)
    except OSError as error:
        raise UsageError(_unusable(place, error)) from None
    return session


def _unusable(place: Path, error: OSError) -> str:
    return (
        f"{error.filename or place} cannot be used: {error.strerror}. Correct its permissions, or "
        "name another directory for the state with --state-dir."
    )


def _display(
    as_json: bool,  # noqa: FBT001  # one caller
    *,
    listing: bool,
) -> LiveDisplay | PlainDisplay | SilentDisplay:
    if as_json:
        return SilentDisplay()
    if wants_live_view(sys.stdout):
        return LiveDisplay(sys.stdout, listing=listing)
    return PlainDisplay(sys.stdout)


def _run(
    verb: str,
    directory: Path,
    stack: str,
    state_dir: Path | None,
    *,
    as_json: bool,
    parallel: int,
    how: Options,
    config: list[str] | None = None,
    markdown: Path | None = None,
    record_unsupported: bool = False,
) -> None:
    values = options.parse_config(config)
    if markdown is not None:
        options.writable_parent(markdown, "--markdown")
    # Of Seawall's own program it is known that the sandbox has all that it uses.
    by_others = verb in ("preview", "up") and check_stack(directory, stack, values) is None
    display = _display(as_json, listing=verb == "preview")
    session = open_session(
        directory,
        stack,
        state_dir,
        display,
        parallel=parallel,
        how=how,
        config=values,
        begins=by_others,
        survey=by_others,
        record_unsupported=record_unsupported,
    )
    try:
        with nullcontext() if isinstance(display, SilentDisplay) else display:
            result: RunResult = getattr(session, verb)()
    except KeyboardInterrupt:
        # The second one. Threads of the run still wait for the program or for a provider, and an
        # ordinary exit would wait for them: the journal has all that was done.
        typer.echo(f"error: {INTERRUPTED}", err=True)
        sys.stdout.flush()
        os._exit(1)
    if markdown is not None:
        told = summary.as_json(result)
        markdown.write_text(
            plan_as_markdown(stack, told["steps"], told["summary"]), encoding="utf-8"
        )
    if as_json:
        typer.echo(json.dumps(summary.as_json(result), indent=2))
        for line in summary.messages(result):
            typer.echo(line, err=True)
    else:
        report = options.command_line("report", stack, directory, state_dir)
        around = (
            summary.Surroundings(
                endpoint=session.emulator_endpoint,
                manifests=str(session.render_dir) if session.render_dir.is_dir() else "",
                report=report,
            )
            if verb == "up"
            else summary.Surroundings()
        )
        summary.show(verb, stack, result, around)
    if result.failed:
        raise typer.Exit(1)


@app.command()
@takes(*UPDATING)
def up(
    *,
    how: Options,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    as_json: options.AsJson = False,
    parallel: options.Parallel = 10,
    config: options.Config = None,
    record_unsupported: RecordUnsupported = False,
) -> None:
    """Create or update the stack's resources in the emulator."""
    _run(
        "up",
        cwd,
        stack,
        state_dir,
        as_json=as_json,
        parallel=parallel,
        how=how,
        config=config,
        record_unsupported=record_unsupported,
    )


@app.command()
@takes(*UPDATING)
def preview(
    *,
    how: Options,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    as_json: options.AsJson = False,
    parallel: options.Parallel = 10,
    config: options.Config = None,
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", help="Write the steps to this file, for a pull request."),
    ] = None,
    record_unsupported: RecordUnsupported = False,
) -> None:
    """Show what `up` would do, and do nothing."""
    _run(
        "preview",
        cwd,
        stack,
        state_dir,
        as_json=as_json,
        parallel=parallel,
        how=how,
        config=config,
        markdown=markdown,
        record_unsupported=record_unsupported,
    )


@app.command()
@takes(*DESTROYING)
def destroy(
    *,
    how: Options,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    as_json: options.AsJson = False,
    parallel: options.Parallel = 10,
) -> None:
    """Delete all of the stack's resources from the emulator."""
    _run("destroy", cwd, stack, state_dir, as_json=as_json, parallel=parallel, how=how)


@app.command()
@takes(*SELECTING)
def refresh(
    *,
    how: Options,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    as_json: options.AsJson = False,
    parallel: options.Parallel = 10,
) -> None:
    """Read every resource from the emulator and take what is found into the state."""
    _run("refresh", cwd, stack, state_dir, as_json=as_json, parallel=parallel, how=how)


@app.command()
def outputs(
    *,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    as_json: options.AsJson = False,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print secret outputs in plain text.")
    ] = False,
) -> None:
    """Show the stack's outputs as of the last `up`."""
    session = open_session(cwd, stack, state_dir, SilentDisplay(), prepare=False)
    values: dict[str, Any] = summary.printable(session.outputs(show_secrets=show_secrets))
    if not values:
        typer.echo(
            f"stack {stack} has no outputs. Bring it up: seawall sandbox up --stack {stack}",
            err=True,
        )
    if as_json:
        typer.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        typer.echo(f"{name}: {value if isinstance(value, str) else json.dumps(value)}")


def _state_directory(directory: Path, state_dir: Path | None) -> Path:
    return (state_dir or directory / state_directory.NAME).resolve()


@emulator_app.command()
def start(
    *,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
) -> None:
    """Start the emulator, or find the one that runs."""
    place = _state_directory(cwd, state_dir)
    try:
        state_directory.prepare(place)
    except OSError as error:
        raise UsageError(_unusable(place, error)) from None
    running = emulator.start(place)
    typer.echo(f"{'started' if running.started else 'runs already'}: {running.endpoint}")


@emulator_app.command()
def stop(
    *,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
) -> None:
    """Stop the emulator. What it held is gone with it."""
    stopped = emulator.stop(_state_directory(cwd, state_dir))
    typer.echo("stopped" if stopped else "it was not running")


@emulator_app.command()
def status(
    *,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
) -> None:
    """Say whether the emulator runs, and where. Exit code 1 if it does not."""
    running = emulator.status(_state_directory(cwd, state_dir))
    if running is None:
        typer.echo("not running")
        raise typer.Exit(1)
    typer.echo(f"endpoint   {running.endpoint}")
    typer.echo(f"instance   {running.instance_id}")
    typer.echo(
        f"to ask it  AWS_ENDPOINT_URL={running.endpoint} AWS_ACCESS_KEY_ID=test "
        "AWS_SECRET_ACCESS_KEY=test"
    )
