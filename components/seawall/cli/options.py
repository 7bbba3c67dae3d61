"""Options that several commands share."""

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from seawall_sandbox.engine.errors import UsageError

Stack = Annotated[str, typer.Option("--stack", "-s", help="Name of the stack.")]
Directory = Annotated[
    Path,
    typer.Option("--cwd", help="Directory of the Pulumi project.", exists=True, file_okay=False),
]
StateDirectory = Annotated[
    Path | None,
    typer.Option("--state-dir", help="Where state is kept (default: .seawall in the project)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Parallel = Annotated[
    int, typer.Option("--parallel", "-p", min=1, max=256, help="Provider calls at a time.")
]
Config = Annotated[
    list[str] | None,
    typer.Option("--config", "-c", metavar="KEY=VALUE", help="Config for this run only."),
]
DEFAULT_STACK = "local"
HERE = Path()


def parse_config(pairs: list[str] | None) -> dict[str, str]:
    """``KEY=VALUE`` pairs as a mapping; later ones win. Raises ``UsageError`` for anything else."""
    config: dict[str, str] = {}
    for pair in pairs or ():
        key, sign, value = pair.partition("=")
        if not sign or not key.strip(": "):
            # What has no key is not quoted: it may be the value, and that may be secret.
            shown = f" {key!r}" if key and not sign else ""
            message = (
                f"--config{shown} is not of the form KEY=VALUE. "
                "Write for example --config aws:region=eu-west-1."
            )
            raise UsageError(message)
        config[key] = value
    return config


def writable_parent(path: Path, option: str) -> None:
    """Raise ``UsageError`` unless a file can be written there."""
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        message = (
            f"{option} {path} cannot be written: name a file in a directory that exists and that "
            "you may write to."
        )
        raise UsageError(message)


def command_line(command: str, stack: str, directory: Path, state_dir: Path | None) -> str:
    """A command on the same stack as the present one, as the user can type it here."""
    # A checkout's own environment need not be on the PATH: `make up` calls .venv/bin/seawall.
    program = "seawall" if shutil.which("seawall") else os.path.relpath(sys.argv[0])
    words = [program, *command.split(), "--stack", stack]
    words += ["--cwd", str(directory)] if directory != HERE else []
    words += ["--state-dir", str(state_dir)] if state_dir is not None else []
    return shlex.join(words)
