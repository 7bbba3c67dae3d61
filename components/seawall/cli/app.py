"""The command's entry: its sub-commands, and what errors look like."""

import gc
import io
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from seawall.cli.exits import DONE, FAILED, INTERRUPTED, INVALID
from seawall.cli.on_demand import loading
from seawall.errors import InvalidInputError, SeawallError
from seawall_sandbox.emulator import EmulatorError
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.protocol import ProviderError

_INTERRUPTED = 130
"""What typer returns for Ctrl-C: 128 and the signal's number, as shells have it."""

_COLLECT_AFTER = 1_000_000
"""Containers between two runs of the garbage collector; Python's own default is 700."""

app = typer.Typer(
    help="Seawall: a hardened microservice platform on AWS, with Pulumi.",
    cls=loading(
        {
            "check": "seawall.cli.check:command",
            "report": "seawall.cli.report:command",
            "images": "seawall.cli.images:command",
            "schema": "seawall.cli.schema:command",
            "swarm": "seawall.cli.swarm:app",
            "sandbox": "seawall.cli.sandbox:app",
        }
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(value: bool) -> None:  # noqa: FBT001  # typer calls it so
    if value:
        from importlib.metadata import version  # noqa: PLC0415  # slow, and only for this flag

        typer.echo(f"seawall {version('seawall')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[  # the callback does it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Seawall: a hardened microservice platform on AWS, with Pulumi."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command with these arguments, by default the process's own; the exit code."""
    try:
        code: Any = app(arguments, prog_name="seawall", standalone_mode=False)
    except typer.TyperException as error:
        return _misused(error)
    except InvalidInputError as error:
        return _invalid(error)
    except UsageError as error:
        _say(str(error))
        return INVALID
    except (EmulatorError, EngineError, ProviderError, SeawallError) as error:
        _say(str(error))
        return FAILED
    except OSError as error:
        # A full disk, or permissions that changed meanwhile.
        place = f" {error.filename}" if error.filename else ""
        _say(f"{error.strerror or error}{place}. Mend that and run the command again.")
        return FAILED
    if code == _INTERRUPTED:
        _say(INTERRUPTED)
        return FAILED
    return code if isinstance(code, int) else DONE


def main() -> None:
    """Run the command and leave with its exit code."""
    stream: Any = sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        # A terminal without UTF-8 shows a question mark instead of ending the run.
        stream.reconfigure(errors="replace")
    # The SDKs are a million objects that stay. To walk them again and again, and once more at the
    # end, would take a third of the command's time; what a command drops is little beside them.
    gc.set_threshold(_COLLECT_AFTER)
    code = run()
    gc.freeze()
    sys.exit(code)


def _misused(error: typer.TyperException) -> int:
    """Tell in one line what is wrong with the command line."""
    text = error.format_message().strip()
    if not text:
        # A group without a sub-command: typer has printed its help.
        return INVALID
    context: Any = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "seawall"
    end = "" if text.endswith((".", "?", ")")) else "."
    _say(f"{text[0].lower()}{text[1:]}{end} See: {command} --help")
    return INVALID


def _invalid(error: InvalidInputError) -> int:
    for problem in error.problems:
        # One line each, whatever a message quotes from a file.
        _say(" ".join(str(problem).split()))
    count = len(error.problems)
    typer.echo(f"{count} error{'s' if count > 1 else ''}; nothing was touched.", err=True)
    return INVALID


def _say(message: str) -> None:
    typer.echo(f"error: {message}", err=True)
