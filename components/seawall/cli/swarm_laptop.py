"""``seawall swarm laptop``: the stack file for one engine."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from seawall.cli import options
from seawall.errors import InvalidInputError, Problem
from seawall.services.compose import load
from seawall.services.files import used_configs
from seawall.services.model import Application, FileSource
from seawall.services.swarm.checks import check_on_swarm
from seawall.services.swarm.laptop import check_laptop_secrets, laptop_options
from seawall.services.swarm.notation import as_text
from seawall.services.swarm.notes import swarm_notes
from seawall.services.swarm.render import render
from seawall.stack_check import check_stack
from seawall_sandbox.engine.errors import UsageError


def command(
    compose: Annotated[
        Path | None,
        typer.Argument(help="Render this Compose file.", exists=True, dir_okay=False),
    ] = None,
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Directory for stack.yaml and its configs.", file_okay=False
        ),
    ],
    stack: Annotated[
        str | None,
        typer.Option("--stack", "-s", help="Render this stack's Compose file, with its settings."),
    ] = None,
    cwd: options.Directory = options.HERE,
    dnsrr: Annotated[
        bool,
        typer.Option(
            "--dnsrr", help="Names resolve to tasks: for a kernel without IP_VS, such as in CI."
        ),
    ] = False,
) -> None:
    """Render the stack for one engine: no AWS, no registry, ``docker stack deploy`` alone."""
    application = _application(compose, stack, cwd)
    contents = _contents(application)
    wanted = laptop_options(application, contents, dnsrr=dnsrr)
    sizes = {name: len(content) for name, content in contents.items()}
    problems = [
        *check_on_swarm(application, wanted, config_sizes=sizes),
        *check_laptop_secrets(application),
    ]
    if problems:
        raise InvalidInputError(problems)
    for name, content in contents.items():
        file = output / wanted.configs[name].file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    output.mkdir(parents=True, exist_ok=True)
    (output / "stack.yaml").write_text(as_text(render(application, wanted)), encoding="utf-8")
    for note in (*application.notes, *swarm_notes(application, wanted)):
        typer.echo(f"  {note.fate.value}: {note.path}: {note.why}", err=True)
    for words in _commands(application, output, compose):
        typer.echo(shlex.join(words))


def _application(compose: Path | None, stack: str | None, cwd: Path) -> Application:
    if (compose is None) == (stack is None):
        message = "Name a Compose file or --stack, not both and not none."
        raise UsageError(message)
    if compose is not None:
        return load([compose], project_directory=compose.resolve().parent)
    inputs = check_stack(cwd, stack or "")
    if inputs is None:
        message = (
            f"stack {stack} is not a Seawall stack: it has no seawall:platform settings. Name "
            "another one with --stack."
        )
        raise UsageError(message)
    return inputs.application


def _contents(application: Application) -> Mapping[str, bytes]:
    sources = {source.name: source for source in application.configs}
    found: dict[str, bytes] = {}
    for name in used_configs(application):
        source = sources.get(name, FileSource(name))
        if source.content is not None:
            found[name] = source.content.encode()
        elif source.file is not None:
            found[name] = source.file.read_bytes()
        elif source.environment:
            found[name] = _variable(name, source.environment)
    return found


def _variable(name: str, variable: str) -> bytes:
    if variable not in os.environ:
        problem = Problem(
            "",
            f"configs.{name}.environment",
            f"the variable {variable} is not set.",
            "Set it, or give the config by file or content.",
        )
        raise InvalidInputError([problem])
    return os.environ[variable].encode()


def _commands(
    application: Application, output: Path, compose: Path | None
) -> list[tuple[str, ...]]:
    """What brings the stack up: images that are built here first."""
    file = str(output / "stack.yaml")
    build = ("docker", "compose", *(("-f", str(compose)) if compose else ()), "build")
    deploy = ("docker", "stack", "deploy", "--resolve-image", "never", "-c", file, application.name)
    built = any(service.build for service in application.services)
    return [*([build] if built else []), deploy]
