"""What happens during a run, as the engine tells it to a display, a log or a test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Op(StrEnum):
    """Step operations, by the names of the stock engine's JSON output."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    REFRESH = "refresh"
    DISCARD = "discard"
    DISCARD_REPLACED = "discard-replaced"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"
    """Forgets what an earlier step deleted. Not shown: to the user it is gone already."""
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"


class Severity(StrEnum):
    """How bad a diagnostic is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class StepInfo:
    """One step of a plan, as shown and as written by ``--json``."""

    op: Op
    urn: str
    type: str
    parent: str = ""
    custom: bool = True
    replace_reasons: tuple[str, ...] = ()
    """Properties that force a replacement."""
    changed: tuple[str, ...] = ()
    """Top-level properties that change, names only: values may be secret."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message of the program, a provider or the engine. ``message`` holds no secret."""

    severity: Severity
    message: str
    urn: str = ""


@dataclass(frozen=True, slots=True)
class ResourceInfo:
    """A resource as it will be or is at the end of a run.

    Inputs may hold ``Secret`` and ``UNKNOWN``.
    """

    urn: str
    type: str
    parent: str
    custom: bool
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunResult:
    """The outcome of a preview, up, refresh or destroy."""

    steps: tuple[StepInfo, ...]
    outputs: Mapping[str, Any]
    """Stack outputs: plain values, ``Secret`` and ``UNKNOWN`` included."""
    seconds: float
    diagnostics: tuple[Diagnostic, ...] = ()
    failed: bool = False
    resources: tuple[ResourceInfo, ...] = ()
    """All resources of the stack at the end (of a preview: as they would be), in order."""
    recorded_only: tuple[str, ...] = ()
    """URNs of resources that the emulator does not have: kept by the provider, not emulated."""
    notices: tuple[str, ...] = ()
    """Sentences to show at the end, such as that the emulator had lost its memory."""

    def counts(self) -> dict[str, int]:
        """Steps by kind; a replacement counts once, as replace."""
        names: dict[Op, str | None] = {
            Op.CREATE_REPLACEMENT: None,
            Op.DELETE_REPLACED: None,
            Op.DISCARD_REPLACED: None,
            Op.IMPORT_REPLACEMENT: None,
            Op.READ: "same",
        }
        counts: dict[str, int] = dict.fromkeys(("create", "update", "replace", "delete", "same"), 0)
        for step in self.steps:
            name = names.get(step.op, step.op.value)
            if name is not None:
                counts[name] = counts.get(name, 0) + 1
        return counts


class Display(Protocol):
    """Where a run shows itself.

    Calls arrive from several threads; an implementation locks for itself.
    """

    def step_started(self, step: StepInfo) -> None:
        """A step began."""
        ...

    def step_done(self, step: StepInfo, *, seconds: float, error: str | None) -> None:
        """A step ended; ``error`` says why it failed."""
        ...

    def diagnostic(self, diagnostic: Diagnostic) -> None:
        """The program, a provider or the engine has something to say."""
        ...


@dataclass(slots=True)
class SilentDisplay:
    """Shows nothing and keeps the diagnostics: for tests and ``--json``."""

    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def step_started(self, step: StepInfo) -> None:
        """Show nothing."""

    def step_done(self, step: StepInfo, *, seconds: float, error: str | None) -> None:
        """Show nothing."""

    def diagnostic(self, diagnostic: Diagnostic) -> None:
        """Keep it."""
        self.diagnostics.append(diagnostic)
