"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

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
