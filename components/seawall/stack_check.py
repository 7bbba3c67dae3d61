"""Checks a stack of a project on disk, for the command."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from seawall.errors import InvalidInputError
from seawall.overrides import attributed, overridden
from seawall.stack_file import PLATFORM_KEY, project_name, read_stack_file

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
    stack_file = read_stack_file(project, stack)
    own = project_name(project)
    values = {key if ":" in key else f"{own}:{key}": text for key, text in config.items()}
    with_platform = stack_file.platform is not None or PLATFORM_KEY in values
    if not with_platform and not (project / "components" / "seawall").is_dir():
        return None
    # Settings and Compose reader take 20 MiB, which another program's run has no use for.
    from seawall.program import resolve  # noqa: PLC0415

    try:
        return resolve(overridden(stack_file, values), project)
    except InvalidInputError as error:
        raise InvalidInputError(attributed(error.problems, values)) from None
