"""Takes resources through the provider as an engine would, and checks what must always hold."""

import hashlib
from typing import Any

import pytest

from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.protocol import ProviderError, ResourceState
from seawall_sandbox.values import UNKNOWN


class Lifecycle:
    """A stack of resources in one region, made in order and deleted in reverse."""

    def __init__(self, endpoint: str, region: str) -> None:
        self.provider = AwsProvider(endpoint)
        self.provider.configure({"region": region})
        self.region = region
        self._resources: dict[tuple[str, str], ResourceState] = {}

    def create(self, type_: str, name: str, /, **inputs: Any) -> ResourceState:
        """Create it. The preview was right, and there is nothing to change afterwards."""
        urn = _urn(type_, name)
        checked = self._check(type_, name, None, inputs)
        preview = self.provider.create(urn, type_, checked, preview=True, timeout=0)
        made = self.provider.create(urn, type_, checked, preview=False, timeout=0)
        self._resources[type_, name] = state = ResourceState(made.id, made.outputs, checked)
        for key, promised in preview.outputs.items():
            if key != "id" and promised is not UNKNOWN and not isinstance(promised, dict | list):
                there = made.outputs[key]
                same = self.provider._type(type_).same(key, there, promised)
                assert there == promised or same, key
        self._assert_settled(type_, name)
        return state

    def update(self, type_: str, name: str, /, *changed: str, **inputs: Any) -> ResourceState:
        """Update it in place. Exactly these top-level properties differ, and none afterwards."""
        urn, old = _urn(type_, name), self._resources[type_, name]
        checked = self._check(type_, name, old, inputs)
        diff = self.provider.diff(urn, type_, old, checked, ())
        assert (diff.replaces, set(diff.diffs)) == ((), set(changed))
        made = self.provider.update(
            urn, type_, old, checked, ignore_changes=(), preview=False, timeout=0
        )
        assert made.id == old.id
        self._resources[type_, name] = state = ResourceState(made.id, made.outputs, checked)
        self._assert_settled(type_, name)
        return state

    def replaced_by(self, type_: str, name: str, /, **inputs: Any) -> tuple[str, ...]:
        """Which properties would need a new resource."""
        urn, old = _urn(type_, name), self._resources[type_, name]
        checked = self._check(type_, name, old, inputs)
        return self.provider.diff(urn, type_, old, checked, ()).replaces

    def refused(self, type_: str, name: str, /, **inputs: Any) -> str:
        """Why it is not created. Nothing of it stays."""
        checked = self._check(type_, name, None, inputs)
        with pytest.raises(ProviderError) as caught:
            self.provider.create(_urn(type_, name), type_, checked, preview=False, timeout=0.5)
        assert caught.value.state is None
        return caught.value.message

    def deletion_refused(self, type_: str, name: str) -> str:
        """Why it is not deleted."""
        old = self._resources[type_, name]
        with pytest.raises(ProviderError) as caught:
            self.provider.delete(_urn(type_, name), type_, old, timeout=0.5)
        return caught.value.message

    def found_again(self, type_: str, name: str) -> bool:
        """Whether a create that was interrupted would find what it has made."""
        old = self._resources[type_, name]
        found = self.provider.find(_urn(type_, name), type_, old.inputs or {}, frozenset())
        return found is not None and found.id == old.id

    def delete(self, type_: str, name: str) -> None:
        """Delete it. It is gone, and deleting it once more is a success."""
        urn, old = _urn(type_, name), self._resources.pop((type_, name))
        self.provider.delete(urn, type_, old, timeout=2)
        gone = self.provider.read(urn, type_, old.id, old.inputs or {}, old.outputs)
        assert gone.id == "", f"{type_} {name} is still there"
        self.provider.delete(urn, type_, old, timeout=2)

    def delete_all(self) -> None:
        """Delete everything, last made first."""
        for type_, name in reversed(list(self._resources)):
            self.delete(type_, name)

    def _check(
        self, type_: str, name: str, old: ResourceState | None, inputs: dict[str, Any]
    ) -> dict[str, Any]:
        olds = old.inputs if old else None
        seed = hashlib.sha256(f"{self.region}{type_}{name}".encode()).digest()
        checked = self.provider.check(_urn(type_, name), type_, olds, inputs, seed)
        assert checked.failures == ()
        return checked.inputs

    def _assert_settled(self, type_: str, name: str) -> None:
        """Neither the same inputs nor a refresh give a reason to change anything."""
        urn, state = _urn(type_, name), self._resources[type_, name]
        inputs = state.inputs or {}
        assert dict(self.provider.diff(urn, type_, state, inputs, ()).detailed) == {}
        read = self.provider.read(urn, type_, state.id, inputs, state.outputs)
        assert read.id == state.id
        refreshed = ResourceState(read.id, read.outputs, read.inputs)
        again = self.provider.diff(urn, type_, refreshed, inputs, ())
        changes = dict(again.detailed)
        assert not changes, changes


def _urn(type_: str, name: str) -> str:
    return f"urn:pulumi:test::seawall::{type_}::{name}"
