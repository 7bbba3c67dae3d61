"""The command's entry.

Sub-commands, exit codes.

Exit codes: 0 done; 1 failed (state kept, the message says what to do); 2 wrong usage or invalid
input (nothing touched).
"""

import sys
from typing import Annotated

import typer

from seawall.cli import check, images, report, sandbox, schema
from seawall.errors import InvalidInputError, SeawallError
from seawall_sandbox.emulator import EmulatorError
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.protocol import ProviderError

app = typer.Typer(
    help="Seawall: a hardened microservice platform on AWS, with Pulumi.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(sandbox.app, name="sandbox")
app.command("check")(check.command)
app.command("report")(report.command)
app.command("images")(images.command)
app.command("schema")(schema.command)


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


def main() -> None:
    """Run the command and leave with its exit code."""
    try:
        app()
    except InvalidInputError as error:
        for problem in error.problems:
            typer.echo(f"error: {problem}", err=True)
        count = len(error.problems)
        typer.echo(f"{count} error{'s' if count > 1 else ''}; nothing was touched.", err=True)
        sys.exit(2)
    except UsageError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(2)
    except (EmulatorError, EngineError, ProviderError, SeawallError) as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("interrupted; state is kept, run the command again to go on.", err=True)
        sys.exit(1)
