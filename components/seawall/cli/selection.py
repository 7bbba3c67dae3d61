"""Options that say which resources a run may change, and how: those of the stock CLI, by its names.

Several commands take the same ones, so they stand here once: a command lists the names it takes,
and is handed the outcome as ``how``.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from seawall_sandbox.engine.options import Options

SELECTING: Final = ("target", "target_dependents", "exclude", "exclude_dependents")
"""What every command takes."""
UPDATING: Final = (
    *SELECTING,
    "replace",
    "target_replace",
    "refresh",
    "continue_on_error",
    "policy_pack",
    "policy_pack_config",
)
"""What commands take that run the program."""
DESTROYING: Final = (*SELECTING, "refresh", "continue_on_error", "run_program")
"""What a destroy takes."""

_Urns = list[str] | None
_Paths = list[Path] | None
_PATTERNS: Final = "Several times for several; * stands for a part of a URN, ** for anything."
_FIELDS: Final[dict[str, Any]] = {
    "target": Annotated[
        _Urns,
        typer.Option("--target", "-t", metavar="URN", help=f"Change this alone. {_PATTERNS}"),
    ],
    "target_dependents": Annotated[
        bool, typer.Option("--target-dependents", help="And what depends on the targets.")
    ],
    "exclude": Annotated[
        _Urns,
        typer.Option("--exclude", "-x", metavar="URN", help=f"Change all but this. {_PATTERNS}"),
    ],
    "exclude_dependents": Annotated[
        bool, typer.Option("--exclude-dependents", help="Nor what depends on the excluded.")
    ],
    "replace": Annotated[
        _Urns,
        typer.Option("--replace", metavar="URN", help=f"Replace this, changed or not. {_PATTERNS}"),
    ],
    "target_replace": Annotated[
        _Urns,
        typer.Option("--target-replace", metavar="URN", help="--target and --replace in one."),
    ],
    "refresh": Annotated[
        bool, typer.Option("--refresh", "-r", help="First read every resource as it is now.")
    ],
    "continue_on_error": Annotated[
        bool,
        typer.Option(
            "--continue-on-error", help="After a failure, go on with what does not depend on it."
        ),
    ],
    "run_program": Annotated[
        bool,
        typer.Option(
            "--run-program", help="Run the program, for its delete hooks and its providers."
        ),
    ],
    "policy_pack": Annotated[
        _Paths,
        typer.Option(
            "--policy-pack",
            metavar="DIRECTORY",
            help="Ask this policy pack (in Python) about each resource. Several times for several.",
        ),
    ],
    "policy_pack_config": Annotated[
        _Paths,
        typer.Option(
            "--policy-pack-config",
            metavar="FILE",
            help="JSON that configures the policies of a pack; one for each pack, or none.",
        ),
    ],
}


def takes(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take these options; it is handed them as ``how``."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        own = [item for item in signature.parameters.values() if item.name != "how"]
        more = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=False if _FIELDS[name].__origin__ is bool else None,
                annotation=_FIELDS[name],
            )
            for name in names
        ]

        @wraps(command)
        def run(**given: Any) -> None:
            chosen = {name: given.pop(name) for name in names}
            command(**given, how=_options(chosen))

        # What typer reads.
        parameters = [*own, *more]
        run.__annotations__ = {item.name: item.annotation for item in parameters}
        run.__dict__["__signature__"] = signature.replace(parameters=parameters)
        return run

    return decorate


def _options(chosen: dict[str, Any]) -> Options:
    def listed(*names: str) -> tuple[Any, ...]:
        return tuple(item for name in names for item in chosen.get(name) or ())

    return Options(
        targets=listed("target", "target_replace"),
        target_dependents=chosen.get("target_dependents", False),
        excludes=listed("exclude"),
        exclude_dependents=chosen.get("exclude_dependents", False),
        replace=listed("replace", "target_replace"),
        refresh=chosen.get("refresh", False),
        continue_on_error=chosen.get("continue_on_error", False),
        run_program=chosen.get("run_program", False),
        policy_packs=listed("policy_pack"),
        policy_configs=listed("policy_pack_config"),
    )
