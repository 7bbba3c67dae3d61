"""The program's transforms: functions that may change what it registers or invokes.

A resource's own come first, then those of its parents from the nearest outwards, then the
stack's. What they are handed and what becomes of their answers is as in ``RegisterResource`` and
``Invoke`` of pkg/resource/deploy/source_eval.go of pulumi/pulumi. One trait of it is kept on
purpose: dependencies that a transform adds count only when the resource has a transform of its own.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime.proto import alias_pb2, callback_pb2, resource_pb2

from seawall_sandbox.engine.callbacks import Callbacks
from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.values import (
    OUTPUT_SIGNATURE,
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN_STRINGS,
)
from seawall_sandbox.wire import from_value

_SAME_NAMES: Final = {
    "ignoreChanges": "ignore_changes",
    "replaceOnChanges": "replace_on_changes",
    "additionalSecretOutputs": "additional_secret_outputs",
    "replace_with": "replace_with",
    "hideDiffs": "hide_diff",
    "providers": "providers",
    "pluginChecksums": "plugin_checksums",
    "protect": "protect",
    "retainOnDelete": "retain_on_delete",
    "deletedWith": "deleted_with",
    "version": "version",
    "pluginDownloadURL": "plugin_download_url",
    "provider": "provider",
    "importId": "import",
    "customTimeouts": "custom_timeouts",
    "replacement_trigger": "replacement_trigger",
    "hooks": "hooks",
}
"""Fields of a request, and of a transform's options, that mean the same."""


class Transforms:
    """The transforms of one run. Thread safe."""

    def __init__(self, callbacks: Callbacks, parent_of: Callable[[str], str]) -> None:
        self._callbacks = callbacks
        self._parent_of = parent_of
        self._lock = threading.Lock()
        self._stack: list[callback_pb2.Callback] = []
        self._invokes: list[callback_pb2.Callback] = []
        self._own: dict[str, Sequence[callback_pb2.Callback]] = {}

    def add_stack(self, callback: callback_pb2.Callback) -> None:
        """Take a transform for every resource registered from now on."""
        with self._lock:
            self._stack.append(callback)

    def add_invoke(self, callback: callback_pb2.Callback) -> None:
        """Take a transform for every function called from now on."""
        with self._lock:
            self._invokes.append(callback)

    def settled(self, urn: str, own: Sequence[callback_pb2.Callback]) -> None:
        """Remember a resource's own transforms, which are its children's too."""
        if own:
            with self._lock:
                self._own[urn] = own

    def of(self, request: resource_pb2.RegisterResourceRequest) -> list[callback_pb2.Callback]:
        """The transforms that apply, in their order."""
        found = own_transforms(request)
        with self._lock:
            urn = request.parent if self._own else ""
            while urn:
                found.extend(self._own.get(urn, ()))
                urn = self._parent_of(urn)
            return found + self._stack

    def apply(
        self,
        request: resource_pb2.RegisterResourceRequest,
        transforms: Iterable[callback_pb2.Callback],
    ) -> None:
        """Change ``request`` to what the transforms make of it."""
        own = bool(own_transforms(request))
        if not request.propertyDependencies:
            for key in request.object.fields:
                request.propertyDependencies[key].urns.extend(request.dependencies)
        properties = struct_pb2.Struct()
        for key, value in request.object.fields.items():
            upgraded = _as_output(value)
            if own and key in request.propertyDependencies:
                upgraded = _depending(upgraded, request.propertyDependencies[key].urns)
            properties.fields[key].CopyFrom(upgraded)
        options = _options(request)
        for callback in transforms:
            message = resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=properties,
                options=options,
            )
            answer = resource_pb2.TransformResponse.FromString(
                self._call(callback, message.SerializeToString(), f"A transform of {request.name}")
            )
            if answer.HasField("properties"):
                properties = answer.properties
            if answer.HasField("options"):
                options = answer.options
        request.object.CopyFrom(properties)
        _take(request, options)
        if own:
            del request.dependencies[:]
            request.dependencies.extend(options.depends_on)
            request.propertyDependencies.clear()
        for key, value in properties.fields.items():
            dependencies: set[str] = set()
            from_value(value, dependencies=dependencies)
            found = request.propertyDependencies[key]
            found.urns.extend(sorted(dependencies.difference(found.urns)))

    def apply_to_invoke(self, request: resource_pb2.ResourceInvokeRequest) -> None:
        """Change ``request`` to what the transforms of invokes make of it."""
        with self._lock:
            transforms = list(self._invokes)
        for callback in transforms:
            message = resource_pb2.TransformInvokeRequest(
                token=request.tok,
                args=request.args,
                options=resource_pb2.TransformInvokeOptions(
                    provider=request.provider,
                    version=request.version,
                    plugin_download_url=request.pluginDownloadURL,
                    plugin_checksums=request.pluginChecksums,
                ),
            )
            answer = resource_pb2.TransformInvokeResponse.FromString(
                self._call(callback, message.SerializeToString(), f"A transform of {request.tok}")
            )
            if answer.HasField("args"):
                request.args.CopyFrom(answer.args)
            if answer.HasField("options"):
                request.provider = answer.options.provider
                request.version = answer.options.version
                request.pluginDownloadURL = answer.options.plugin_download_url

    def _call(self, callback: callback_pb2.Callback, message: bytes, what: str) -> bytes:
        try:
            return self._callbacks.invoke(callback, message)
        except EngineError as error:
            raise EngineError(f"{what} failed: {error.message}") from error


def own_transforms(
    request: resource_pb2.RegisterResourceRequest,
) -> list[callback_pb2.Callback]:
    """The transforms that the resource itself has."""
    return list(_open(request).transforms)


def _options(
    request: resource_pb2.RegisterResourceRequest,
) -> resource_pb2.TransformResourceOptions:
    options = resource_pb2.TransformResourceOptions(depends_on=request.dependencies)
    for field, name in _SAME_NAMES.items():
        _copy(request, field, options, name)
    if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace:
        options.delete_before_replace = request.deleteBeforeReplace
    aliases = _open(options).aliases
    aliases.extend(alias_pb2.Alias(urn=urn) for urn in request.aliasURNs)
    aliases.extend(_open(request).aliases)
    return options


def _take(
    request: resource_pb2.RegisterResourceRequest, options: resource_pb2.TransformResourceOptions
) -> None:
    for field, name in _SAME_NAMES.items():
        request.ClearField(field)  # pyright: ignore[reportArgumentType]  # names of the table
        _copy(options, name, request, field)
    request.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    request.deleteBeforeReplace = options.delete_before_replace
    del request.aliasURNs[:]
    aliases = _open(request).aliases
    del aliases[:]
    aliases.extend(_open(options).aliases)


def _copy(source: Any, name: str, target: Any, field: str) -> None:
    """Copy one field between messages, unless it is not set."""
    value = getattr(source, name)
    descriptor = source.DESCRIPTOR.fields_by_name[name]
    if descriptor.is_repeated:
        if descriptor.message_type is not None and descriptor.message_type.GetOptions().map_entry:
            getattr(target, field).update(value)
        else:
            getattr(target, field).extend(value)
    elif descriptor.message_type is not None:
        if source.HasField(name):
            getattr(target, field).CopyFrom(value)
    elif not descriptor.has_presence or source.HasField(name):
        setattr(target, field, value)


def _open(message: object) -> Any:
    """The message without its stub, which leaves the type of some elements open."""
    return message


def _as_output(value: struct_pb2.Value) -> struct_pb2.Value:
    """``value`` with unknowns and secrets at any depth as output values."""
    kind = value.WhichOneof("kind")
    result = struct_pb2.Value()
    if kind == "string_value" and value.string_value in UNKNOWN_STRINGS:
        result.struct_value.fields[SIGNATURE_KEY].string_value = OUTPUT_SIGNATURE
        return result
    if kind == "list_value":
        result.list_value.SetInParent()
        for item in value.list_value.values:
            result.list_value.values.add().CopyFrom(_as_output(item))
        return result
    if kind != "struct_value":
        return value
    fields = value.struct_value.fields
    signature = fields[SIGNATURE_KEY].string_value if SIGNATURE_KEY in fields else ""
    if signature == SECRET_SIGNATURE:
        result = _as_output(fields["value"])
        if not _is_output(result):
            result = _output(result)
        result.struct_value.fields["secret"].bool_value = True
        return result
    if signature:
        return value
    result.struct_value.SetInParent()
    for key, item in fields.items():
        result.struct_value.fields[key].CopyFrom(_as_output(item))
    return result


def _depending(value: struct_pb2.Value, urns: Iterable[str]) -> struct_pb2.Value:
    """``value`` as an output value that depends on ``urns`` too."""
    known: set[str] = set()
    from_value(value, dependencies=known)
    wanted = set(urns)
    if wanted <= known:
        return value
    result = value if _is_output(value) else _output(value)
    values = result.struct_value.fields["dependencies"].list_value.values
    wanted.update(item.string_value for item in values)
    del values[:]
    for urn in sorted(wanted):
        values.add().string_value = urn
    return result


def _is_output(value: struct_pb2.Value) -> bool:
    fields = value.struct_value.fields
    return SIGNATURE_KEY in fields and fields[SIGNATURE_KEY].string_value == OUTPUT_SIGNATURE


def _output(value: struct_pb2.Value) -> struct_pb2.Value:
    result = struct_pb2.Value()
    fields = result.struct_value.fields
    fields[SIGNATURE_KEY].string_value = OUTPUT_SIGNATURE
    fields["value"].CopyFrom(value)
    return result
