"""What is known of a resource's outputs before it is created or updated.

As the real provider answers: an output that is not known at the top level is left out (the SDK
takes it as unknown), one further down is ``UNKNOWN``, and ``id`` is empty until there is one.
"""

from collections.abc import Mapping
from typing import Any, cast

from seawall_sandbox.aws.hashes import sha1_of
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.ordering import in_order
from seawall_sandbox.aws.resource import DEFAULTS_KEY, ResourceType
from seawall_sandbox.aws.schema import Property, Type
from seawall_sandbox.aws.shapes import zero_of
from seawall_sandbox.values import UNKNOWN, Properties, Value, is_known


def created_outputs(type_: ResourceType, inputs: Properties) -> Properties:
    """The outputs that a create will certainly have."""
    implied = {key: value for key, value in type_.implied.items() if "." not in key}
    return {"id": "", **implied, **_planned(type_, inputs)}


def updated_outputs(
    type_: ResourceType, old: Properties, inputs: Properties, changed: frozenset[str]
) -> Properties:
    """The outputs that an update will certainly have: the old ones, overlaid by the new inputs."""
    planned = _planned(type_, inputs)
    changing = type_.changing_on(changed, inputs)
    result: Properties = {}
    for key, value in old.items():
        wanted = type_.schema.inputs.get(key)
        removed = wanted is not None and key not in inputs and not wanted.computed
        if key in {"tags", "tagsAll"} and key not in inputs:
            removed = True
        if removed or key in changing or inputs.get(key) is UNKNOWN:
            continue
        result[key] = value
    for key, value in planned.items():
        result[key] = _keep_nested(type_, key, old.get(key), value)
    return {key: value for key, value in result.items() if key not in inputs or key in planned}


def complete(type_: ResourceType, path: str, value: Value) -> Value:
    """Objects at ``path`` with the keys that outputs always carry there."""
    zeros = type_.zeros.get(path)
    if zeros is None or not isinstance(value, list):
        return value
    items = cast("list[Any]", value)
    return [
        {**zeros, **cast("dict[str, Any]", item)} if isinstance(item, dict) else item
        for item in items
    ]


def told(type_: ResourceType, key: str, value: Value) -> Value:
    """An input as the outputs repeat it: objects in it carry every key."""
    if key not in type_.schema.inputs:
        return value
    return _without_unknown(_nested(type_, type_.schema.inputs[key].type, value, key))


def _without_unknown(value: Value) -> Value:
    """What AWS fills in, and the emulator does not, as nothing."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {k: None if v is UNKNOWN else _without_unknown(v) for k, v in entries.items()}
    if isinstance(value, list):
        return [_without_unknown(item) for item in cast("list[Any]", value)]
    return value


def strip_defaults(value: Value) -> Value:
    """A copy without the ``__defaults`` notes, at any depth."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {k: strip_defaults(v) for k, v in entries.items() if k != DEFAULTS_KEY}
    if isinstance(value, list):
        return [strip_defaults(item) for item in cast("list[Any]", value)]
    return value


def _planned(type_: ResourceType, inputs: Properties) -> Properties:
    """The inputs as outputs, less what is unknown."""
    planned: Properties = {}
    inapplicable = type_.inapplicable(inputs)
    for key, value in inputs.items():
        if key in inapplicable:
            continue
        of = type_.schema.inputs[key].type if key in type_.schema.inputs else Type("any")
        output = complete(type_, key, _nested(type_, of, value, key))
        output = in_order(type_, of, output, key)
        if key in type_.hashed and isinstance(output, str) and output:
            output = sha1_of(output)
        if output is UNKNOWN or (of.kind == "map" and not is_known(output)):
            continue
        planned[key] = output
    return planned


def _nested(type_: ResourceType, of: Type, value: Value, place: str) -> Value:
    """One value, with what AWS will fill in marked as unknown."""
    if isinstance(value, list):
        items = [
            _nested(type_, of.element or Type("any"), item, place)
            for item in cast("list[Any]", value)
        ]
        return UNKNOWN if place in type_.sets and not is_known(items) else items
    if of.kind == "object" and isinstance(value, dict):
        inner = {
            key: _nested(type_, _type_of(of.properties, key), item, f"{place}.{key}")
            for key, item in as_dict(value).items()
        }
        if not inner and not type_.framework and not _fills(type_, place):
            return None  # Terraform's older SDK keeps no block in which nothing is set
        for key, wanted in of.properties.items():
            if key in inner:
                continue
            if f"{place}.{key}" in type_.computed:
                inner[key] = UNKNOWN
            elif f"{place}.{key}" in type_.implied:
                inner[key] = type_.implied[f"{place}.{key}"]
            elif not type_.framework:
                inner[key] = zero_of(wanted.type)
        return inner
    return value


def _fills(type_: ResourceType, place: str) -> bool:
    return any(path.rpartition(".")[0] == place for path in type_.computed)


def _keep_nested(type_: ResourceType, place: str, old: Value, new: Value) -> Value:
    """Nested values that AWS filled in stay as they are when an update does not set them."""
    before, after = as_dict(old), as_dict(new)
    if not before or not after:
        return new
    return {
        key: before[key]
        if value is UNKNOWN and f"{place}.{key}" in type_.computed and key in before
        else value
        for key, value in after.items()
    }


def _type_of(properties: Mapping[str, Property], key: str) -> Type:
    return properties[key].type if key in properties else Type("any")
