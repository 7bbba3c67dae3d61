"""Checks a stack of a project on disk, for the command."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from seawall.errors import InvalidInputError
from seawall.overrides import attributed, overridden
from seawall.stack_file import (
    PLATFORM_KEY,
    has_stack_file,
    project_name,
    read_stack_file,
    stack_directory,
)

if TYPE_CHECKING:
    from seawall.program import Inputs

_NO_CONFIG: Final[Mapping[str, str]] = MappingProxyType({})


def check_stack(
    project: Path, stack: str, config: Mapping[str, str] = _NO_CONFIG
) -> "Inputs | None":
    """Check a stack of a project on disk; None if the project's program is not Seawall's.

    ``config``: texts by key that stand above those of the stack file; a key without a namespace is
    in the project's own. Raises ``InvalidInputError`` with every problem found.
    """
    if (project / "Pulumi.yml").is_file():
        return None  # Seawall's is Pulumi.yaml
    ours = (project / "components" / "seawall").is_dir() or _has_platform(project)
    if not ours and not has_stack_file(project, stack):
        return None  # stacks of programs by others need no settings
    stack_file = read_stack_file(project, stack)
    own = project_name(project)
    values = {key if ":" in key else f"{own}:{key}": text for key, text in config.items()}
    if not ours and PLATFORM_KEY not in values:
        return None
    # Settings and Compose reader take 20 MiB, which another program's run has no use for.
    from seawall.program import resolve  # noqa: PLC0415

    try:
        return resolve(overridden(stack_file, values), project)
    except InvalidInputError as error:
        raise InvalidInputError(attributed(error.problems, values)) from None


def _has_platform(project: Path) -> bool:
    """Whether any stack of the project has Seawall's settings."""
    for file in stack_directory(project).glob("Pulumi.*.y*ml"):
        try:
            if f"{PLATFORM_KEY}:".encode() in file.read_bytes():
                return True
        except OSError:
            continue  # who needs this one is told when it is read
    return False
