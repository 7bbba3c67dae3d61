"""``seawall sandbox export`` and ``import``: stacks from and to the stock CLI."""

from pathlib import Path
from typing import Annotated

import typer

from seawall.cli import options, sandbox
from seawall_sandbox.events import SilentDisplay


def export(
    *,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Write to this file instead of stdout.")
    ] = None,
) -> None:
    """Write the stack as `pulumi stack import` takes it; secrets stay sealed."""
    if file is not None:
        options.writable_parent(file, "--file")
    session = sandbox.open_session(cwd, stack, state_dir, SilentDisplay(), prepare=False)
    text = session.export()
    if file is None:
        typer.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")


def import_(
    file: Annotated[Path, typer.Argument(help="What `pulumi stack export` wrote.")],
    *,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    state_dir: options.StateDirectory = None,
) -> None:
    """Take over a stack that the stock CLI made in this sandbox's emulator."""
    session = sandbox.open_session(cwd, stack, state_dir, SilentDisplay())
    done = session.import_(file)
    typer.echo(f"imported {done.resources} resources into the stack {stack}")
    if done.aside is not None:
        typer.echo(f"the state before is kept as {done.aside}")
    if not done.emulated:
        typer.echo(
            "The emulator does not run, so it holds none of them: `seawall sandbox refresh` takes "
            "them out of the state again.",
            err=True,
        )
    preview = options.command_line("sandbox preview", stack, cwd, state_dir)
    typer.echo(f"see what differs: {preview}")
