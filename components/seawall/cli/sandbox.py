"""``seawall sandbox``: the program against emulated AWS, with nothing but Python."""

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli import options, summary
from seawall.cli.display import LiveDisplay, PlainDisplay, wants_live_view
from seawall.program import check_stack
from seawall.report import plan_as_markdown
from seawall_sandbox import emulator
from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.events import Display, RunResult, SilentDisplay
from seawall_sandbox.session import Session

app = typer.Typer(
    help="Run a stack against emulated AWS on this machine: no account, no Docker.",
    no_args_is_help=True,
)
emulator_app = typer.Typer(help="The emulator behind the sandbox.", no_args_is_help=True)
app.add_typer(emulator_app, name="emulator")


def parse_config(pairs: list[str] | None) -> dict[str, str]:
    """``KEY=VALUE`` pairs as a mapping. Raises ``UsageError`` for anything else."""
    config: dict[str, str] = {}
    for pair in pairs or ():
        key, sign, value = pair.partition("=")
        if not sign or ":" not in key:
            message = (
                f"--config {pair!r} is not of the form NAMESPACE:KEY=VALUE. "
                "Write for example --config aws:region=eu-west-1."
            )
            raise UsageError(message)
        config[key] = value
    return config


def _session(
    directory: Path,
    stack: str,
    state_dir: Path | None,
    display: Display,
    *,
    parallel: int,
    config: list[str] | None,
) -> Session:
    return Session(
        directory.resolve(),
        stack,
        state_dir=state_dir.resolve() if state_dir else None,
        parallel=parallel,
        config=parse_config(config),
        display=display,
    )


def _display(as_json: bool) -> AbstractContextManager[Display]:  # noqa: FBT001  # one caller
    if as_json:
        return nullcontext(SilentDisplay())
    return LiveDisplay(sys.stdout) if wants_live_view(sys.stdout) else PlainDisplay(sys.stdout)


def _run(
    verb: str,
    directory: Path,
    stack: str,
    state_dir: Path | None,
    *,
    as_json: bool,
    parallel: int,
    config: list[str] | None,
    markdown: Path | None = None,
) -> None:
    if verb in ("preview", "up"):
        check_stack(directory, stack)
    with _display(as_json) as display:
        session = _session(directory, stack, state_dir, display, parallel=parallel, config=config)
        result: RunResult = getattr(session, verb)()
    if markdown is not None:
        values = summary.as_json(result)
        markdown.write_text(
            plan_as_markdown(stack, values["steps"], values["summary"]), encoding="utf-8"
        )
    if as_json:
        typer.echo(json.dumps(summary.as_json(result), indent=2))
        for diagnostic in result.diagnostics:
            if diagnostic.severity in ("error", "warning"):
                typer.echo(f"{diagnostic.severity.value}: {diagnostic.message}", err=True)
    else:
        summary.show(verb, stack, session, result)
    if result.failed:
        raise typer.Exit(1)


@app.command()
def up(
    *,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    as_json: options.AsJson = False,
    parallel: options.Parallel = 10,
    config: options.Config = None,
) -> None:
    """Create or update the stack's resources in the emulator."""
    _run("up", cwd, stack, state_dir, as_json=as_json, parallel=parallel, config=config)


@app.command()
def preview(
    *,
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
) -> None:
    """Show what `up` would do, and do nothing."""
    _run(
        "preview",
        cwd,
        stack,
        state_dir,
        as_json=as_json,
        parallel=parallel,
        config=config,
        markdown=markdown,
    )


@app.command()
def destroy(
    *,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    as_json: options.AsJson = False,
    parallel: options.Parallel = 10,
) -> None:
    """Delete all of the stack's resources from the emulator."""
    _run("destroy", cwd, stack, state_dir, as_json=as_json, parallel=parallel, config=None)


@app.command()
def refresh(
    *,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    as_json: options.AsJson = False,
    parallel: options.Parallel = 10,
) -> None:
    """Read every resource from the emulator and take what is found into the state."""
    _run("refresh", cwd, stack, state_dir, as_json=as_json, parallel=parallel, config=None)


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
    session = _session(cwd, stack, state_dir, SilentDisplay(), parallel=1, config=None)
    values: dict[str, Any] = summary.printable(session.outputs(show_secrets=show_secrets))
    if as_json:
        typer.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        typer.echo(f"{name}: {value if isinstance(value, str) else json.dumps(value)}")


def _state_directory(directory: Path, state_dir: Path | None) -> Path:
    return (state_dir or directory / ".seawall").resolve()


@emulator_app.command()
def start(
    *,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
) -> None:
    """Start the emulator, or find the one that runs."""
    running = emulator.start(_state_directory(cwd, state_dir))
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
