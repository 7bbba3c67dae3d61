"""What an engine asks of a provider: Pulumi's ``ResourceProvider`` service in plain values.

The engine calls these objects in its own process; ``serve`` offers the same objects to the stock
engine over gRPC. Neither side imports the other. Inputs handed to a provider hold no ``Secret``
(the engine unwraps them, and marks an output secret when the input of the same name was); they hold
``UNKNOWN`` in previews. A provider never keeps or changes the dicts it is given. Calls arrive from
several threads at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from seawall_sandbox.values import Properties


class DiffKind(StrEnum):
    """How one property differs, and whether that replaces the resource."""

    ADD = "add"
    ADD_REPLACE = "add-replace"
    DELETE = "delete"
    DELETE_REPLACE = "delete-replace"
    UPDATE = "update"
    UPDATE_REPLACE = "update-replace"


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why inputs are refused.

    ``property`` is a path such as ``routes[0].cidrBlock``, or empty.
    """

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The inputs with defaults and automatic names filled in, or why they are refused."""

    inputs: Properties
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class DiffResult:
    """What would change between the recorded state and new inputs."""

    changed: bool
    replaces: tuple[str, ...] = ()
    """Top-level properties whose change needs a new resource."""
    diffs: tuple[str, ...] = ()
    """Top-level properties that change."""
    detailed: Mapping[str, DiffKind] = field(default_factory=dict[str, DiffKind])
    """Change by property path."""
    stables: tuple[str, ...] = ()
    """Outputs that an update certainly keeps."""
    delete_before_replace: bool = False


@dataclass(frozen=True, slots=True)
class ResourceState:
    """A resource as the provider knows it. An empty ``id`` from ``read`` says that it is gone."""

    id: str
    outputs: Properties
    inputs: Properties | None = None
    """From ``read`` alone: the inputs that would make the resource as it is now."""
    secret_outputs: frozenset[str] = frozenset()
    """Top-level outputs that are secret whatever the inputs were."""


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """What a provider function answered."""

    outputs: Properties
    failures: tuple[Failure, ...] = ()
    secret_outputs: frozenset[str] = frozenset()


class ProviderError(Exception):
    """A provider call that failed.

    The text is shown to the user as it is: what, where, why, cure.

    ``state`` is set when the resource exists all the same (created or updated in part): the engine
    keeps it, with the text as an init error, and tries an update next time.

    ``uncertain`` is set when a create may have made the resource, and nobody knows its id: the
    engine keeps the operation as pending, and looks for the resource next time.
    """

    def __init__(
        self, message: str, *, state: ResourceState | None = None, uncertain: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.state = state
        self.uncertain = uncertain


class Provider(Protocol):
    """One configured instance of a provider."""

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:
        """Check the provider's own configuration."""
        ...

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:
        """Compare configurations; ``replaces`` when the old one's resources are out of reach."""
        ...

    def configure(self, config: Properties) -> None:
        """Take the checked configuration.

        Called once, before any resource call. May hold ``UNKNOWN`` in previews.
        """
        ...

    def check(
        self, urn: str, type_: str, olds: Properties | None, news: Properties, seed: bytes
    ) -> CheckResult:
        """Validate inputs and fill in defaults.

        ``olds``: the inputs recorded last. ``seed``: makes automatic names repeatable.
        """
        ...

    def diff(
        self,
        urn: str,
        type_: str,
        old: ResourceState,
        news: Properties,
        ignore_changes: tuple[str, ...],
    ) -> DiffResult:
        """Compare the recorded state (``old.inputs`` is set) with checked inputs."""
        ...

    def create(
        self, urn: str, type_: str, inputs: Properties, *, preview: bool, timeout: float
    ) -> ResourceState:
        """Create, or in a preview say what is known of the outcome (the id is then empty).

        ``timeout`` in seconds, 0: default.
        """
        ...

    def read(
        self, urn: str, type_: str, id_: str, inputs: Properties, outputs: Properties
    ) -> ResourceState:
        """The resource as it is now.

        With empty ``inputs`` and ``outputs`` it is an import by id.
        """
        ...

    def update(
        self,
        urn: str,
        type_: str,
        old: ResourceState,
        news: Properties,
        *,
        ignore_changes: tuple[str, ...],
        preview: bool,
        timeout: float,
    ) -> ResourceState:
        """Change the resource in place, or in a preview say what is known of the outcome."""
        ...

    def delete(self, urn: str, type_: str, old: ResourceState, *, timeout: float) -> None:
        """Delete. A resource that is gone already is a success."""
        ...

    def invoke(self, token: str, args: Properties) -> InvokeResult:
        """Call a function such as ``aws:index/getAvailabilityZones:getAvailabilityZones``."""
        ...

    def supports(self, token: str) -> bool:
        """Whether this provider has a resource type or function of that token."""
        ...

    def supported(self) -> tuple[str, ...]:
        """All tokens it has, sorted: for messages."""
        ...


ProviderFactory = Callable[[], Provider]
"""Makes an unconfigured instance: one per provider resource, default or explicit."""
