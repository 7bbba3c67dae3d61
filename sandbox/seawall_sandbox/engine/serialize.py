"""Deployments as JSON: Pulumi's format, which ``pulumi stack import`` takes.

``DeploymentV3`` and ``ResourceV3`` in sdk/go/common/apitype/core.go of pulumi/pulumi.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.resource import State
from seawall_sandbox.values import (
    ARCHIVE_SIGNATURE,
    ASSET_SIGNATURE,
    RESOURCE_SIGNATURE,
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    UNKNOWN_STRING,
    Asset,
    Properties,
    ResourceReference,
    Secret,
)

PENDING_KINDS: Final = ("creating", "updating", "deleting", "reading", "importing")


@dataclass(slots=True)
class Pending:
    """An operation that had begun and is not known to have ended."""

    kind: str
    state: State


@dataclass(slots=True)
class Deployment:
    """The resources of a stack in dependency order, and the operations that were cut short."""

    resources: list[State] = field(default_factory=list[State])
    pending: list[Pending] = field(default_factory=list[Pending])


class Codec:
    """Writes and reads entries; ``seal`` and ``unseal`` turn text into ciphertext and back.

    A secret that did not change keeps its ciphertext, so that a state file changes only where the
    stack did. That is remembered by resource, so that equal ciphertexts tell nothing of other
    resources.
    """

    def __init__(self, seal: Callable[[str], str], unseal: Callable[[str], str]) -> None:
        self._seal = seal
        self._unseal = unseal
        self._known: dict[tuple[str, str], str] = {}

    def resource(self, state: State) -> dict[str, Any]:
        """``ResourceV3``; empty fields are left out, as the stock engine does."""
        urn = state.urn
        fields: dict[str, Any] = {
            "urn": urn,
            "custom": state.custom,
            "delete": state.delete,
            "id": state.id,
            "type": state.type,
            "inputs": self.properties(state.inputs, urn),
            "outputs": self.properties(state.outputs, urn),
            "parent": state.parent,
            "protect": state.protect,
            "taint": state.taint,
            "external": state.external,
            "dependencies": list(state.dependencies),
            "initErrors": list(state.init_errors),
            "provider": state.provider,
            "propertyDependencies": {k: list(v) for k, v in state.property_dependencies.items()},
            "pendingReplacement": state.pending_replacement,
            "additionalSecretOutputs": list(state.additional_secret_outputs),
            "aliases": list(state.aliases),
            "customTimeouts": dict(state.timeouts),
            "importID": state.import_id,
            "retainOnDelete": state.retain_on_delete,
            "deletedWith": state.deleted_with,
            "replaceWith": list(state.replace_with),
            "created": state.created,
            "modified": state.modified,
            "ignoreChanges": list(state.ignore_changes),
            "replaceOnChanges": list(state.replace_on_changes),
            "replacementTrigger": self.value(state.replacement_trigger, urn),
            "resourceHooks": {kind: list(names) for kind, names in state.hooks.items()},
            **state.rest,
        }
        return {
            key: value for key, value in fields.items() if value or key in ("urn", "custom", "type")
        }

    def state(self, fields: Mapping[str, Any]) -> State:
        """The entry that ``resource`` wrote, or a stock engine."""
        rest = dict(fields)
        take = rest.pop
        urn = str(take("urn"))
        return State(
            urn=urn,
            type=str(take("type")),
            custom=bool(take("custom")),
            delete=bool(take("delete", None)),
            id=str(take("id", "")),
            inputs=self.read_properties(take("inputs", {}), urn),
            outputs=self.read_properties(take("outputs", {}), urn),
            parent=str(take("parent", "")),
            protect=bool(take("protect", None)),
            taint=bool(take("taint", None)),
            external=bool(take("external", None)),
            dependencies=_texts(take("dependencies", None)),
            init_errors=_texts(take("initErrors", None)),
            provider=str(take("provider", "")),
            property_dependencies=_named(take("propertyDependencies", None)),
            pending_replacement=bool(take("pendingReplacement", None)),
            additional_secret_outputs=_texts(take("additionalSecretOutputs", None)),
            aliases=_texts(take("aliases", None)),
            timeouts=take("customTimeouts", None) or {},
            import_id=str(take("importID", "")),
            retain_on_delete=bool(take("retainOnDelete", None)),
            deleted_with=str(take("deletedWith", "")),
            replace_with=_texts(take("replaceWith", None)),
            created=str(take("created", "")),
            modified=str(take("modified", "")),
            ignore_changes=_texts(take("ignoreChanges", None)),
            replace_on_changes=_texts(take("replaceOnChanges", None)),
            replacement_trigger=self.read_value(take("replacementTrigger", None), urn),
            hooks=_named(take("resourceHooks", None)),
            rest=rest,
        )

    def properties(self, properties: Properties, urn: str) -> dict[str, Any]:
        """Properties in the deployment's JSON."""
        return {key: self.value(value, urn) for key, value in properties.items()}

    def value(self, value: Any, urn: str) -> Any:
        """One value in the deployment's JSON; secrets only as ciphertext."""
        if isinstance(value, (str, bool, int, float)) or value is None:
            return value
        if isinstance(value, dict):
            return self.properties(cast("dict[str, Any]", value), urn)
        if isinstance(value, list):
            return [self.value(item, urn) for item in cast("list[Any]", value)]
        if isinstance(value, Secret):
            text = json.dumps(self.value(value.value, urn), separators=(",", ":"))
            sealed = self._known.get((urn, text))
            if sealed is None:
                sealed = self._known[urn, text] = self._seal(text)
            return {SIGNATURE_KEY: SECRET_SIGNATURE, "ciphertext": sealed}
        if isinstance(value, ResourceReference):
            fields = {SIGNATURE_KEY: RESOURCE_SIGNATURE, "urn": value.urn}
            if value.id is not None:
                fields["id"] = self.value(value.id, urn)
            return {**fields, "packageVersion": value.version}
        if isinstance(value, Asset):
            signature = ARCHIVE_SIGNATURE if value.archive else ASSET_SIGNATURE
            return {SIGNATURE_KEY: signature, **self.properties(dict(value.fields), urn)}
        if value is UNKNOWN:
            return UNKNOWN_STRING
        raise EngineError(
            f"A property of {urn} is a {type(value).__name__}, which a deployment cannot hold: the "
            "provider must return JSON values.",
            urn=urn,
        )

    def read_properties(self, properties: Mapping[str, Any] | None, urn: str) -> Properties:
        """Properties from the deployment's JSON."""
        return {key: self.read_value(value, urn) for key, value in (properties or {}).items()}

    def read_value(self, value: Any, urn: str) -> Any:
        """One value from the deployment's JSON."""
        if isinstance(value, list):
            return [self.read_value(item, urn) for item in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return UNKNOWN if value == UNKNOWN_STRING else value
        fields = cast("dict[str, Any]", value)
        signature = fields.get(SIGNATURE_KEY)
        if signature is None:
            return self.read_properties(fields, urn)
        if signature == SECRET_SIGNATURE:
            return self._read_secret(fields, urn)
        content = {
            key: self.read_value(item, urn) for key, item in fields.items() if key != SIGNATURE_KEY
        }
        if signature == RESOURCE_SIGNATURE:
            return ResourceReference(
                content["urn"], content.get("id"), content.get("packageVersion", "")
            )
        if signature in (ASSET_SIGNATURE, ARCHIVE_SIGNATURE):
            return Asset(content, archive=signature == ARCHIVE_SIGNATURE)
        raise EngineError(
            f"The state of {urn} holds a value of the unknown kind {signature!r}: it was written "
            "by a newer engine. Use that one.",
            urn=urn,
        )

    def _read_secret(self, fields: Mapping[str, Any], urn: str) -> Secret:
        # Plain text is what ``pulumi stack export --show-secrets`` writes.
        text = fields.get("plaintext")
        if text is None:
            sealed = str(fields.get("ciphertext", ""))
            text = self._unseal(sealed)
            self._known[urn, text] = sealed
        return Secret(self.read_value(json.loads(text), urn))


def without_aliases(states: Sequence[State]) -> list[State]:
    """``states`` with each reference to a resource's former URN turned to its present one.

    The aliases themselves have then done their work. Entries that need no change stay the same.
    """
    present = {alias: state.urn for state in states for alias in state.aliases}
    if not present:
        return list(states)

    def many(urns: Iterable[str]) -> tuple[str, ...]:
        return tuple(present.get(urn, urn) for urn in urns)

    def provider(reference: str) -> str:
        urn, _, id_ = reference.rpartition("::")
        return f"{present[urn]}::{id_}" if urn in present else reference

    return [
        state.changed(
            aliases=(),
            parent=present.get(state.parent, state.parent),
            dependencies=many(state.dependencies),
            property_dependencies={
                key: many(urns) for key, urns in state.property_dependencies.items()
            },
            provider=provider(state.provider),
            deleted_with=present.get(state.deleted_with, state.deleted_with),
            replace_with=many(state.replace_with),
        )
        for state in states
    ]


def _texts(value: list[str] | None) -> tuple[str, ...]:
    return tuple(value or ())


def _named(value: Mapping[str, list[str] | None] | None) -> dict[str, tuple[str, ...]]:
    return {key: tuple(names or ()) for key, names in (value or {}).items()}


def order(states: Sequence[State]) -> list[State]:
    """``states`` with each after what it needs; otherwise in the order given.

    A stock engine refuses a deployment in which a resource comes before its parent, provider or
    dependency.
    """
    places = {state.urn: state for state in reversed(states) if not state.delete}
    done: set[int] = set()
    result: list[State] = []

    def visit(start: State) -> None:
        stack: list[tuple[State, bool]] = [(start, False)]
        while stack:
            state, ready = stack.pop()
            if ready:
                result.append(state)
                continue
            if id(state) in done:
                continue
            done.add(id(state))
            stack.append((state, True))
            needed = [*state.needs(), *([state.parent] if state.parent else [])]
            stack.extend((places[urn], False) for urn in reversed(needed) if urn in places)

    for state in states:
        visit(state)
    return result
