"""The provider of dynamic resources. Implements ``seawall_sandbox.protocol.Provider``.

What a call means, and what is made of an answer, is that of provider_plugin.go in
pkg/resource/plugin of pulumi/pulumi, for a plugin that takes no secrets and no previews.
"""

import threading
from collections.abc import Callable
from typing import Any, Final

import grpc
from pulumi.runtime.proto import provider_pb2

from seawall_sandbox.dynamic.process import Plugins
from seawall_sandbox.protocol import (
    CheckResult,
    DiffResult,
    Failure,
    InvokeResult,
    ProviderError,
    ResourceState,
)
from seawall_sandbox.values import Properties
from seawall_sandbox.wire import from_struct, to_struct

PACKAGE: Final = "pulumi-python"
"""The package of the resources whose providers a program brings along."""
_TYPES: Final = (f"{PACKAGE}:dynamic:", f"{PACKAGE}:dynamic/")


class DynamicProvider:
    """Hands resources to the code that the program brings along with them."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._config: Properties = {}
        self._lock = threading.Lock()
        self._started: Any = None

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:  # noqa: ARG002
        """The program's configuration is taken as it is."""
        return CheckResult(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:  # noqa: ARG002
        """A change replaces nothing."""
        diffs = tuple(sorted(key for key in olds | news if olds.get(key) != news.get(key)))
        return DiffResult(changed=bool(diffs), diffs=diffs)

    def configure(self, config: Properties) -> None:
        """Keep it for the plugin."""
        self._config = config

    def check(
        self,
        urn: str,
        type_: str,
        olds: Properties | None,
        news: Properties,
        seed: bytes,  # noqa: ARG002
    ) -> CheckResult:
        """The program's ``check``."""
        request = provider_pb2.CheckRequest(
            urn=urn, olds=to_struct(olds or {}), news=to_struct(news)
        )
        answer = self._call("check", urn, type_, lambda plugin: plugin.Check(request))
        failures = tuple(Failure(each.property, each.reason) for each in answer.failures)
        return CheckResult(from_struct(answer.inputs), failures)

    def diff(
        self,
        urn: str,
        type_: str,
        old: ResourceState,
        news: Properties,
        ignore_changes: tuple[str, ...],
    ) -> DiffResult:
        """The program's ``diff``; inputs decide if it does not say whether anything changed."""
        request = provider_pb2.DiffRequest(
            id=old.id,
            urn=urn,
            olds=to_struct(old.outputs),
            news=to_struct(news),
            ignoreChanges=ignore_changes,
        )
        answer = self._call("compare", urn, type_, lambda plugin: plugin.Diff(request))
        changed = _changed(old.inputs or {}, news, ignore_changes)
        if answer.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN:
            some = bool(changed)
        else:
            some = answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        if some and not changed:
            # The program compares with what was read: the plugin does not say which it means.
            known = {key: value for key, value in old.outputs.items() if key in news}
            changed = _changed(known, news, ignore_changes)
        return DiffResult(
            changed=some or bool(answer.replaces),
            replaces=tuple(answer.replaces),
            diffs=changed if some else (),
            delete_before_replace=answer.deleteBeforeReplace,
        )

    def create(
        self, urn: str, type_: str, inputs: Properties, *, preview: bool, timeout: float
    ) -> ResourceState:
        """The program's ``create``; in a preview the inputs, as nothing more is known."""
        if preview:
            return ResourceState("", inputs)
        request = provider_pb2.CreateRequest(urn=urn, properties=to_struct(inputs), timeout=timeout)
        answer = self._call("create", urn, type_, lambda plugin: plugin.Create(request))
        if not answer.id:
            raise ProviderError(
                f"Could not create {_resource(urn, type_)}: its provider's create() gave no id. "
                "Return CreateResult with one."
            )
        return ResourceState(answer.id, from_struct(answer.properties))

    def read(
        self, urn: str, type_: str, id_: str, inputs: Properties, outputs: Properties
    ) -> ResourceState:
        """The program's ``read``."""
        if not inputs and not outputs:
            raise ProviderError(
                f"Could not import {_resource(urn, type_)}: the code that reads it is among its "
                "inputs, and it has none yet. Remove the import option."
            )
        request = provider_pb2.ReadRequest(
            id=id_, urn=urn, properties=to_struct(outputs), inputs=to_struct(inputs)
        )
        answer = self._call("read", urn, type_, lambda plugin: plugin.Read(request))
        given = from_struct(answer.inputs) if answer.HasField("inputs") else inputs
        return ResourceState(answer.id, from_struct(answer.properties), given)

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
        """The program's ``update``; in a preview the inputs."""
        if preview:
            return ResourceState(old.id, news)
        request = provider_pb2.UpdateRequest(
            id=old.id,
            urn=urn,
            olds=to_struct(old.outputs),
            news=to_struct(news),
            timeout=timeout,
            ignoreChanges=ignore_changes,
        )
        answer = self._call("update", urn, type_, lambda plugin: plugin.Update(request))
        return ResourceState(old.id, from_struct(answer.properties))

    def delete(self, urn: str, type_: str, old: ResourceState, *, timeout: float) -> None:
        """The program's ``delete``."""
        request = provider_pb2.DeleteRequest(
            id=old.id, urn=urn, properties=to_struct(old.outputs), timeout=timeout
        )
        self._call("delete", urn, type_, lambda plugin: plugin.Delete(request))

    def invoke(self, token: str, args: Properties) -> InvokeResult:  # noqa: ARG002
        """Dynamic providers have no functions."""
        raise ProviderError(f"A dynamic provider has no function {token}.")

    def supports(self, token: str) -> bool:
        """Whether ``token`` is that of a dynamic resource."""
        return token.startswith(_TYPES)

    def supported(self) -> tuple[str, ...]:
        """The forms of their tokens."""
        return tuple(f"{start}*" for start in _TYPES)

    def _plugin(self) -> Any:
        with self._lock:
            if self._started is None:
                plugin: Any = self._plugins.start()
                plugin.Configure(provider_pb2.ConfigureRequest(args=to_struct(self._config)))
                self._started = plugin
            return self._started

    def _call(self, verb: str, urn: str, type_: str, call: Callable[[Any], Any]) -> Any:
        try:
            return call(self._plugin())
        except grpc.RpcError as error:
            details: Any = getattr(error, "details", None)
            told = (details() if details is not None else str(error)).strip()
            reason = told.rpartition("\n")[2] or "its process ended"
            raise ProviderError(
                f"Could not {verb} {_resource(urn, type_)}: the program's own provider failed with "
                f"{reason}. Correct that code.\n{told}"
            ) from None


def _changed(before: Properties, after: Properties, ignored: tuple[str, ...]) -> tuple[str, ...]:
    names = before.keys() | after.keys()
    differ = {name for name in names if before.get(name) != after.get(name)}
    return tuple(sorted(differ.difference(ignored)))


def _resource(urn: str, type_: str) -> str:
    return f"{type_} {urn.rpartition('::')[2]!r}"
