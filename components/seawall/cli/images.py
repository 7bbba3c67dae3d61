"""``seawall images``: what must be in the registry, and the commands that bring it there."""

import re
import shlex
import subprocess
import sys
from typing import Annotated, Final

import typer

from seawall.cli import options
from seawall.errors import SeawallError
from seawall.images import Image, images
from seawall.program import Inputs
from seawall.services.model import Application
from seawall.stack_check import check_stack
from seawall_sandbox.engine.errors import UsageError

_REGISTRY: Final = re.compile(
    r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-][a-z0-9]+)*)*"
)
"""Host, port and the first parts of a repository's name.

https://github.com/distribution/reference/blob/main/reference.go
"""


def commands(
    application: Application, image: Image, registry: str, platforms: str
) -> list[list[str]]:
    """The docker commands that put one image into its repository."""
    target = f"{registry}:{image.tag}"
    build = application.service(image.service).build
    if build is None:
        # Copies all architectures and keeps the digest, unlike pull, tag and push.
        return [["docker", "buildx", "imagetools", "create", "--tag", target, image.upstream]]
    words = ["docker", "buildx", "build", "--push", "--platform", platforms, "--tag", target]
    words += ["--file", str(build.dockerfile)]
    words += ["--target", build.target] if build.target else []
    for key, value in sorted(build.args.items()):
        words += ["--build-arg", f"{key}={value}"]
    return [[*words, str(build.context)]]


def command(
    registry: Annotated[
        str,
        typer.Option(
            "--registry",
            help="Registry and prefix, such as 111122223333.dkr.ecr.us-east-1.amazonaws.com/shop.",
        ),
    ],
    *,
    stack: options.Stack = options.DEFAULT_STACK,
    cwd: options.Directory = options.HERE,
    push: Annotated[
        bool, typer.Option("--push", help="Run the commands instead of printing them.")
    ] = False,
) -> None:
    """Print, or run, the commands that build or copy every image into the registry."""
    if not _REGISTRY.fullmatch(registry):
        message = (
            f"--registry {registry!r} is not a registry and a prefix, both in small letters and "
            "without a scheme. Write for example 111122223333.dkr.ecr.us-east-1.amazonaws.com/shop."
        )
        raise UsageError(message)
    inputs: Inputs | None = check_stack(cwd, stack)
    if inputs is None:
        message = (
            f"stack {stack} is not a Seawall stack: it has no seawall:platform settings. Name "
            "another one with --stack."
        )
        raise UsageError(message)
    nodes = inputs.settings.platform.cluster.nodes
    platforms = "linux/arm64" if nodes.architecture == "arm64" else "linux/amd64"
    application = inputs.application
    for image in images(application, inputs.settings.platform.services.release):
        for words in commands(application, image, f"{registry}/{image.service}", platforms):
            typer.echo(shlex.join(words))
            if push:
                # Before docker's own output, also where standard output is not a terminal.
                sys.stdout.flush()
                _run(words)


def _run(words: list[str]) -> None:
    try:
        done = subprocess.run(words, check=False)  # noqa: S603  # no shell; words built above
    except FileNotFoundError:
        message = f"{words[0]} is not installed. Install Docker with buildx, or run without --push."
        raise SeawallError(message) from None
    if done.returncode != 0:
        message = (
            f"'{shlex.join(words[:3])} ...' ended with exit code {done.returncode}; see above."
        )
        raise SeawallError(message)
