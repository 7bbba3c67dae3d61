"""Property values to and from AWS's own structures, driven by boto3's model of a call.

pulumi_aws names most properties as AWS does but for the case: ``vcpuCount`` is ``VCpuCount``. What
is named or built otherwise is said in ``renames`` and by the caller.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from seawall_sandbox.aws.documents import rfc3339
from seawall_sandbox.aws.schema import Type
from seawall_sandbox.values import Properties, Value

Renames = Mapping[str, str]
"""AWS member by property path (dotted, without indexes), where the names differ."""


def input_shape(client: Any, operation: str, member: str) -> Any:
    """boto3's model of one member of a call's arguments."""
    return client.meta.service_model.operation_model(operation).input_shape.members[member]


def to_aws(shape: Any, of: Type, value: Value, renames: Renames, path: str = "") -> Any:
    """A value as a call takes it. Empty texts and absent values are left out."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        result: dict[str, Any] = {}
        for key, item in cast("Properties", value).items():
            place = f"{path}.{key}" if path else key
            member = renames.get(place) or members.get(key.lower())
            if member is None or item in (None, "", [], {}):
                continue
            inner = of.properties[key].type if key in of.properties else Type("any")
            result[member] = to_aws(shape.members[member], inner, item, renames, place)
        return result
    if shape.type_name == "list" and isinstance(value, list):
        element = of.element or Type("any")
        items = [
            to_aws(shape.member, element, item, renames, path) for item in cast("list[Any]", value)
        ]
        single = _single_member(shape.member)
        wrap = single is not None and element.kind != "object"
        return [{single: item} for item in items] if wrap else items
    return _scalar_to_aws(shape.type_name, value)


def from_aws(shape: Any, of: Type, value: Any, renames: Renames, path: str = "") -> Value:
    """An answer as outputs: objects carry every key of their type, as the real provider's do."""
    if of.kind == "object":
        if not value:
            return None
        members = {name.lower(): name for name in shape.members}
        result: Properties = {}
        for key, wanted in of.properties.items():
            place = f"{path}.{key}" if path else key
            member = renames.get(place) or members.get(key.lower())
            if member is None or member not in shape.members:
                result[key] = zero_of(wanted.type)
            else:
                found = value.get(member)
                result[key] = from_aws(shape.members[member], wanted.type, found, renames, place)
        return result
    if of.kind == "list":
        element = of.element or Type("any")
        single = _single_member(shape.member)
        wrapped = single is not None and element.kind != "object"
        return [
            item[single] if wrapped else from_aws(shape.member, element, item, renames, path)
            for item in value or ()
        ]
    return zero_of(of) if value is None else _scalar_from_aws(of, value)


def zero_of(of: Type) -> Value:
    """What the real provider answers for a property without a value."""
    zeros: dict[str, Value] = {
        "string": "",
        "boolean": False,
        "integer": 0,
        "number": 0,
        "list": list[Value](),
        "map": dict[str, Value](),
    }
    return zeros.get(of.kind)


def whole(of: Type, value: Value) -> Value:
    """A value in which every object has all keys of its type, as Terraform's older SDK tells it."""
    if of.kind == "object" and isinstance(value, dict):
        given = cast("Properties", value)
        known = {key: whole(p.type, given[key]) for key, p in of.properties.items() if key in given}
        return {key: zero_of(p.type) for key, p in of.properties.items()} | given | known
    if of.kind == "list" and isinstance(value, list) and of.element is not None:
        element = of.element
        return [whole(element, item) for item in cast("list[Any]", value)]
    return cast("Value", value)


def _single_member(shape: Any) -> str | None:
    """The one member of a structure that only wraps a text, such as ``Ipv6Address``."""
    if shape.type_name != "structure":
        return None
    texts = [name for name, member in shape.members.items() if member.type_name == "string"]
    return texts[0] if len(texts) == 1 else None


def _scalar_to_aws(kind: str, value: Value) -> Any:
    if kind == "boolean" and isinstance(value, str):
        return value.lower() in {"true", "1"}
    return value


def _scalar_from_aws(of: Type, value: Any) -> Value:
    if of.kind == "string":
        if isinstance(value, bool):
            return "true" if value else "false"
        return rfc3339(value) if isinstance(value, datetime) else str(value)
    return value
