"""Properties on the wire: protobuf ``Struct`` to the values of ``seawall_sandbox.values`` and back.

The tags are the protocol's (``sdk/proto`` and ``sdk/python/lib/pulumi/runtime/rpc.py`` of
pulumi/pulumi). Engine and providers share this module; it knows neither. Written without
``json_format``, which is several times slower.
"""

from collections.abc import Mapping
from typing import Any, cast

from google.protobuf import struct_pb2

from seawall_sandbox.values import (
    ARCHIVE_SIGNATURE,
    ASSET_SIGNATURE,
    OUTPUT_SIGNATURE,
    RESOURCE_SIGNATURE,
    SECRET_SIGNATURE,
    SIGNATURE_KEY,
    UNKNOWN,
    UNKNOWN_STRING,
    UNKNOWN_STRINGS,
    Asset,
    Properties,
    ResourceReference,
    Secret,
    Value,
    without_secrets,
)


class WireError(ValueError):
    """A message that breaks the protocol, or a value that it cannot carry."""


def from_struct(
    struct: struct_pb2.Struct, *, dependencies: set[str] | None = None, secrets: bool = True
) -> Properties:
    """The properties in ``struct``.

    ``dependencies``: takes the URNs that output values at any depth name. ``secrets=False``: what
    a secret holds stands in its place, as a provider wants it. Whole numbers become ``int``.
    An output value becomes its value, ``Secret`` or ``UNKNOWN``. Raises ``WireError`` on a
    malformed wrapper.
    """
    return {
        key: from_value(value, dependencies=dependencies, secrets=secrets)
        for key, value in struct.fields.items()
    }


def from_value(
    value: struct_pb2.Value, *, dependencies: set[str] | None = None, secrets: bool = True
) -> Value:
    """One property value: see ``from_struct``."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in UNKNOWN_STRINGS else text
    if kind == "struct_value":
        fields = value.struct_value.fields
        # Reading a missing key of a protobuf map would add it.
        if SIGNATURE_KEY in fields:
            return _wrapper(value.struct_value, dependencies, secrets=secrets)
        return {
            key: from_value(item, dependencies=dependencies, secrets=secrets)
            for key, item in fields.items()
        }
    if kind == "list_value":
        return [
            from_value(item, dependencies=dependencies, secrets=secrets)
            for item in value.list_value.values
        ]
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None


def to_struct(properties: Mapping[str, Value], *, secrets: bool = True) -> struct_pb2.Struct:
    """``properties`` as a ``Struct``; ``secrets=False`` writes what secrets hold in plain.

    Raises ``WireError`` for a value that the protocol cannot carry, naming its path.
    """
    struct = struct_pb2.Struct()
    _fill_fields(struct, properties, secrets=secrets, path="")
    return struct


def to_value(value: Value, *, secrets: bool = True) -> struct_pb2.Value:
    """One property value: see ``to_struct``."""
    message = struct_pb2.Value()
    _fill(message, value, secrets=secrets, path="")
    return message


def _wrapper(struct: struct_pb2.Struct, dependencies: set[str] | None, *, secrets: bool) -> Value:
    fields = struct.fields
    signature = fields[SIGNATURE_KEY].string_value
    if signature == SECRET_SIGNATURE:
        if "value" not in fields:
            raise WireError("A secret on the wire has no value: the sender breaks the protocol.")
        held = from_value(fields["value"], dependencies=dependencies, secrets=False)
        return Secret(held) if secrets else held
    if signature == OUTPUT_SIGNATURE:
        if dependencies is not None and "dependencies" in fields:
            urns = fields["dependencies"].list_value.values
            dependencies.update(item.string_value for item in urns)
        secret = secrets and "secret" in fields and fields["secret"].bool_value
        if "value" not in fields:
            return Secret(UNKNOWN) if secret else UNKNOWN
        held = from_value(
            fields["value"], dependencies=dependencies, secrets=secrets and not secret
        )
        return Secret(held) if secret else held
    rest = {
        key: from_value(item, dependencies=dependencies, secrets=secrets)
        for key, item in fields.items()
        if key != SIGNATURE_KEY
    }
    if signature == RESOURCE_SIGNATURE:
        if not isinstance(rest.get("urn"), str):
            raise WireError("A resource reference on the wire has no URN.")
        return ResourceReference(
            urn=rest["urn"], id=rest.get("id"), version=str(rest.get("packageVersion") or "")
        )
    if signature in (ASSET_SIGNATURE, ARCHIVE_SIGNATURE):
        return Asset(fields=rest, archive=signature == ARCHIVE_SIGNATURE)
    raise WireError(f"A value on the wire has the unknown signature {signature!r}.")


def _fill_fields(
    struct: struct_pb2.Struct, items: Mapping[str, Value], *, secrets: bool, path: str
) -> None:
    fields = struct.fields
    for key, item in items.items():
        if type(item) is str:
            fields[key].string_value = item
        else:
            _fill(fields[key], item, secrets=secrets, path=f"{path}.{key}" if path else key)


def _fill(message: struct_pb2.Value, value: Value, *, secrets: bool, path: str) -> None:
    # The order of the tests is by how often each kind occurs; bool is an int to Python.
    if isinstance(value, str):
        message.string_value = value
    elif value is None:
        message.null_value = struct_pb2.NULL_VALUE
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, (int, float)):
        message.number_value = value
    elif isinstance(value, dict):
        struct = message.struct_value
        struct.SetInParent()
        _fill_fields(struct, cast("dict[str, Any]", value), secrets=secrets, path=path)
    elif isinstance(value, (list, tuple)):
        values = message.list_value
        values.SetInParent()
        for index, item in enumerate(cast("list[Any]", value)):
            _fill(values.values.add(), item, secrets=secrets, path=f"{path}[{index}]")
    elif value is UNKNOWN:
        message.string_value = UNKNOWN_STRING
    elif isinstance(value, Secret):
        held = without_secrets(value.value)
        if secrets:
            _tagged(message, SECRET_SIGNATURE, {"value": held}, secrets=False, path=path)
        else:
            _fill(message, held, secrets=False, path=path)
    elif isinstance(value, ResourceReference):
        content: dict[str, Any] = {"urn": value.urn}
        if value.id is not None:
            content["id"] = value.id
        if value.version:
            content["packageVersion"] = value.version
        _tagged(message, RESOURCE_SIGNATURE, content, secrets=secrets, path=path)
    elif isinstance(value, Asset):
        signature = ARCHIVE_SIGNATURE if value.archive else ASSET_SIGNATURE
        _tagged(message, signature, value.fields, secrets=secrets, path=path)
    else:
        raise WireError(
            f"The value of {path or 'the property'} is a {type(value).__name__}, which the Pulumi "
            "protocol cannot carry: use text, numbers, booleans, lists, dictionaries or assets."
        )


def _tagged(
    message: struct_pb2.Value,
    signature: str,
    content: Mapping[str, Value],
    *,
    secrets: bool,
    path: str,
) -> None:
    struct = message.struct_value
    struct.fields[SIGNATURE_KEY].string_value = signature
    _fill_fields(struct, content, secrets=secrets, path=path)
