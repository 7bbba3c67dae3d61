"""Reads a stack file: what concerns Seawall, and on which line it stands.

Pure but for reading the file. Knows no setting: it also tells whether a project is Seawall's at
all, which another program's run has to ask and must not pay for (``settings_file`` loads pydantic).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, final

from seawall.errors import InvalidInputError, Problem, did_you_mean
from seawall.services.compose.node import Node, PathKey, Problems
from seawall.services.compose.yaml_reader import read

Location = tuple[PathKey, ...]

PLATFORM_KEY = "seawall:platform"
SECRETS_KEY = "seawall:secrets"
REGION_KEY = "aws:region"


@final
@dataclass(frozen=True, slots=True)
class StackFile:
    """``stacks/Pulumi.<stack>.yaml`` as read: what concerns Seawall, and where it stands."""

    stack: str
    file: str
    """Name for messages, relative to the project."""
    region: Any
    platform: Any
    """``seawall:platform``; None if the stack has none (a project that is not Seawall's)."""
    secret_names: frozenset[str]
    """Names under ``seawall:secrets``; the values stay where they are."""
    lines: Mapping[Location, int]


def read_yaml(path: Path, name: str) -> Node:
    """The mapping at the top of a YAML file. Raises ``InvalidInputError``."""
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}."
        raise InvalidInputError([Problem(name, "", message, "Correct its permissions.")]) from None
    problems = Problems()
    documents = read(data, name, problems)
    problems.stop()
    return documents[0]


def project_name(project: Path) -> str:
    """The project's name: the namespace of configuration keys that have none."""
    name = _project_file(project).get("name")
    return name.text() if name is not None else ""


def stack_directory(project: Path) -> Path:
    """Where the stack files are: ``stackConfigDir`` of Pulumi.yaml, or beside it."""
    folder = _project_file(project).get("stackConfigDir")
    return project / folder.text() if folder is not None else project


def _project_file(project: Path) -> Node:
    file = project / "Pulumi.yaml"
    if not file.is_file():
        raise InvalidInputError(
            [
                Problem(
                    str(file.name),
                    "",
                    f"{project} has no Pulumi.yaml, so it is no Pulumi project.",
                    "Run the command in the project, or name it by --cwd.",
                )
            ]
        )
    return read_yaml(file, file.name)


def known_stacks(project: Path) -> tuple[str, ...]:
    """Names of the project's stacks, sorted."""
    names = (file.name for file in stack_directory(project).glob("Pulumi.*.yaml"))
    return tuple(sorted(name.removeprefix("Pulumi.").removesuffix(".yaml") for name in names))


def has_stack_file(project: Path, stack: str) -> bool:
    """Whether the stack has a settings file."""
    return (stack_directory(project) / f"Pulumi.{stack}.yaml").is_file()


def read_stack_file(project: Path, stack: str) -> StackFile:
    """Read the stack's file. Raises ``InvalidInputError`` if it is missing or no mapping."""
    path = stack_directory(project) / f"Pulumi.{stack}.yaml"
    name = os.path.relpath(path, project)
    if not path.is_file():
        cure = did_you_mean(stack, known_stacks(project))
        raise InvalidInputError([Problem(name, "", f"there is no stack '{stack}'.", cure)])
    document = read_yaml(path, name)
    lines = {node.path: node.line for node in document.walk()}
    top = cast("dict[str, Any]", document.plain())
    config = _mapping(top.get("config", {}), name, "config")
    unknown = [
        Problem(
            name,
            f"config.{key}",
            f"'{key}' is not a setting of Seawall.",
            did_you_mean(key, (PLATFORM_KEY, SECRETS_KEY)),
            lines.get(("config", key), 0),
        )
        for key in config
        if key.startswith("seawall:") and key not in (PLATFORM_KEY, SECRETS_KEY)
    ]
    if unknown:
        raise InvalidInputError(unknown)
    secrets = _mapping(config.get(SECRETS_KEY, {}), name, f"config.{SECRETS_KEY}")
    open_secrets = [
        Problem(
            name,
            f"config.{SECRETS_KEY}.{key}",
            "each secret is encrypted by itself, and this value is not.",
            f"Set it with: pulumi config set --secret --path '{SECRETS_KEY}.{key}'.",
            lines.get(("config", SECRETS_KEY, key), 0),
        )
        for key, value in secrets.items()
        if not (isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"secure"})
    ]
    if open_secrets:
        raise InvalidInputError(open_secrets)
    return StackFile(
        stack=stack,
        file=name,
        region=config.get(REGION_KEY),
        platform=config.get(PLATFORM_KEY),
        secret_names=frozenset(secrets),
        lines=lines,
    )


def _mapping(value: object, file: str, path: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    kind = type(value).__name__ if value is not None else "nothing"
    raise InvalidInputError(
        [
            Problem(
                file, path, f"a mapping is expected here, not {kind}.", "See the README's example."
            )
        ]
    )
