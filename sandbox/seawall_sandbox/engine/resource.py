"""A resource as the state records it, and as the program asks for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.values import Properties


@dataclass(slots=True, eq=False)
class State:
    """One entry of a deployment (``ResourceV3`` of sdk/go/common/apitype of pulumi/pulumi).

    Two entries may share a URN: a resource and a predecessor that waits for its deletion. So
    entries are told apart by identity, and a changed resource is a new entry. Times are ISO 8601
    in UTC, ``timeouts`` in seconds by operation.
    """

    urn: str
    type: str
    custom: bool
    id: str = ""
    inputs: Properties = field(default_factory=dict[str, Any])
    outputs: Properties = field(default_factory=dict[str, Any])
    parent: str = ""
    provider: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )
    protect: bool = False
    taint: bool = False
    external: bool = False
    delete: bool = False
    pending_replacement: bool = False
    init_errors: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    timeouts: Mapping[str, float] = field(default_factory=dict[str, float])
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    replacement_trigger: Any = None
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The names of the program's hooks for this resource, by kind: see ``hooks``."""
    created: str = ""
    modified: str = ""
    rest: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What a stock engine recorded and this one has no use for: written back as it was."""

    def changed(self, **changes: Any) -> "State":
        """A new entry with some fields changed."""
        return replace(self, **changes)

    def provider_urn(self) -> str:
        """The URN of the provider resource, or nothing for a component."""
        return urns.parse_reference(self.provider).urn if self.provider else ""

    def needs(self) -> Iterator[str]:
        """The URNs that must exist before this resource, its parent aside."""
        yield from self.dependencies
        for names in self.property_dependencies.values():
            yield from names
        yield from self.replace_with
        if self.deleted_with:
            yield self.deleted_with
        if self.provider:
            yield self.provider_urn()


@dataclass(frozen=True, slots=True)
class Alias:
    """An earlier name of a resource: a whole ``urn``, or the parts in which it differed."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(slots=True)
class Goal:
    """What the program asks for in one registration. ``None``: the program does not say."""

    type: str
    name: str
    custom: bool
    inputs: Properties
    parent: str = ""
    provider: str = ""
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    replacement_trigger: Any = None
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    import_id: str = ""
    timeouts: Mapping[str, float] = field(default_factory=dict[str, float])
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def state(self, urn: str, old: State | None) -> State:
        """The entry to fill in, before the provider has seen it."""
        return State(
            urn=urn,
            type=self.type,
            custom=self.custom,
            inputs=self.inputs,
            parent=self.parent,
            provider=self.provider,
            dependencies=self.dependencies,
            property_dependencies=self.property_dependencies,
            protect=bool(self.protect),
            retain_on_delete=bool(self.retain_on_delete),
            deleted_with=self.deleted_with,
            replace_with=self.replace_with,
            ignore_changes=self.ignore_changes,
            replace_on_changes=self.replace_on_changes,
            replacement_trigger=self.replacement_trigger,
            additional_secret_outputs=self.additional_secret_outputs,
            import_id=self.import_id,
            timeouts=self.timeouts,
            hooks=self.hooks,
            created=old.created if old else "",
            modified=old.modified if old else "",
        )
