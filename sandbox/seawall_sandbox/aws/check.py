"""Check: arguments against pulumi_aws's types, then defaults, automatic names, region and tags."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, cast

from seawall_sandbox.aws import documents, tags
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import DEFAULTS_KEY, ResourceType
from seawall_sandbox.aws.schema import Property, Type
from seawall_sandbox.protocol import CheckResult, Failure
from seawall_sandbox.values import UNKNOWN, Asset, Properties, Value, is_known


def check_inputs(
    type_: ResourceType,
    name: str,
    olds: Properties | None,
    news: Properties,
    seed: bytes,
    *,
    region: Value,
    default_tags: Mapping[str, str],
) -> CheckResult:
    """The inputs with everything filled in, or what is wrong with them.

    ``olds`` keep automatic names and earlier defaults stable.
    """
    schema = type_.schema
    inputs, failures = conform(news, schema.inputs, type_.token)
    if failures:
        return CheckResult(inputs, tuple(failures))
    if type_.regional and inputs.get("region") is None:
        inputs["region"] = region
    if type_.taggable:
        merged = tags.merge(default_tags, inputs.get("tags"))
        if merged is UNKNOWN or merged:
            inputs["tagsAll"] = merged
    filled = _fill(type_, inputs, schema.inputs, "", olds or {})
    try:
        filled[DEFAULTS_KEY] = sorted(
            [*filled.get(DEFAULTS_KEY, []), *_name(type_, name, olds or {}, filled, seed)]
        )
    except ValueError as error:
        reason = (
            f"{type_.token} {name!r}: {error}. Give the resource a shorter name, or set"
            f" {type_.name_property!r} yourself."
        )
        return CheckResult(filled, (Failure(type_.name_property, reason),))
    found = tuple(type_.validate({k: v for k, v in filled.items() if k != DEFAULTS_KEY}))
    return CheckResult(dict(sorted(filled.items())), found)


def conform(
    values: Mapping[str, Value], properties: Mapping[str, Property], what: str, path: str = ""
) -> tuple[Properties, list[Failure]]:
    """Values converted to their types, and every way in which they do not fit."""
    result: Properties = {}
    failures: list[Failure] = []
    for key, value in values.items():
        if key == DEFAULTS_KEY or value is None:
            continue
        place = f"{path}.{key}" if path else key
        if key not in properties:
            failures.append(Failure(place, _unknown(key, properties, what, path)))
            continue
        converted = _convert(value, properties[key].type, what, place, failures)
        result[key] = converted
    for key, wanted in properties.items():
        if wanted.required and values.get(key) is None:
            place = f"{path}.{key}" if path else key
            reason = f"{what} needs {place!r} ({wanted.type.describe()}), which is missing. Set it."
            failures.append(Failure(place, reason))
    return result, failures


def _unknown(key: str, properties: Mapping[str, Property], what: str, path: str) -> str:
    where = f" within {path!r}" if path else ""
    close = difflib.get_close_matches(key, properties, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"It has: {', '.join(sorted(properties))}."
    return f"{what} has no property {key!r}{where}. {hint}"


def _convert(value: Value, type_: Type, what: str, place: str, failures: list[Failure]) -> Value:
    """One value as its type wants it; what does not fit is added to the failures."""
    if value is UNKNOWN or type_.kind == "any":
        return value
    if type_.kind == "list" and isinstance(value, list):
        element = type_.element or Type("any")
        return [
            _convert(item, element, what, f"{place}[{index}]", failures)
            for index, item in enumerate(as_list(value))
        ]
    if type_.kind == "object" and isinstance(value, dict):
        inner, found = conform(as_dict(value), type_.properties, what, place)
        failures.extend(found)
        return inner
    if type_.kind == "map" and isinstance(value, dict):
        element = type_.element or Type("any")
        return {
            key: _convert(item, element, what, f"{place}.{key}", failures)
            for key, item in as_dict(value).items()
            if key != DEFAULTS_KEY and item is not None
        }
    if type_.kind == "document" and isinstance(value, dict):
        return _document(cast("dict[str, Any]", value))
    scalar = _scalar(value, "string" if type_.kind == "document" else type_.kind)
    if scalar is None:
        shown = type(cast("object", value)).__name__
        reason = (
            f"{what} needs {type_.describe()} for {place!r}, but got a {_WORDS.get(shown, shown)}."
        )
        failures.append(Failure(place, f"{reason} Correct the value."))
        return value
    return scalar


def _unknown_item(of: Type | None) -> Value:
    """The one item by which the real provider tells a list of unknown length.

    An object has its required properties, each unknown:
    https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/tfbridge/schema.go
    (``makeTerraformUnknown``).
    """
    if of is None or of.kind != "object":
        return UNKNOWN
    required = (p for p in of.properties.values() if p.required)
    return {p.name: UNKNOWN for p in required} or UNKNOWN


def _document(value: dict[str, Any]) -> Value:
    """A policy that was given as an object, as the JSON text that AWS takes."""
    return documents.normal(value) if is_known(value) else UNKNOWN


_WORDS = {
    "str": "string",
    "bool": "boolean",
    "int": "number",
    "float": "number",
    "dict": "map",
    "list": "list",
}


def _scalar(value: Value, kind: str) -> Value:
    """The value as that scalar, by the conversions that the real provider makes, or ``None``."""
    if kind == "string":
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return f"{value:g}" if isinstance(value, float) else str(value)
        return value if isinstance(value, str | Asset) else None
    if kind == "boolean":
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}.get(value) if isinstance(value, str) else None
    if kind in {"integer", "number"}:
        return _number(value, whole=kind == "integer")
    return None


def _number(value: Value, *, whole: bool) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if number.is_integer():
        return int(number)
    return None if whole else number


def _fill(
    type_: ResourceType,
    values: Properties,
    properties: Mapping[str, Property],
    path: str,
    olds: Mapping[str, Any],
) -> Properties:
    """Defaults at this level and below, each noted in ``__defaults`` beside it."""
    result: Properties = {}
    for key, value in values.items():
        wanted = properties.get(key)
        place = f"{path}{key}"
        result[key] = _fill_value(
            type_, value, wanted.type if wanted else None, place, olds.get(key)
        )
    noted: list[str] = []
    remembered = olds.get(DEFAULTS_KEY) or ()
    for key, default in _defaults_at(type_, path):
        if key not in result:
            result[key] = olds[key] if key in remembered and key in olds else default
            noted.append(key)
    result[DEFAULTS_KEY] = sorted(noted)
    return result


def _fill_value(
    type_: ResourceType, value: Value, of: Type | None, place: str, old: Value
) -> Value:
    if of is None:
        return value
    if of.kind == "list" and value is UNKNOWN:
        return [_unknown_item(of.element)]
    if of.kind == "object" and isinstance(value, dict):
        return _fill(type_, as_dict(value), of.properties, f"{place}.", as_dict(old))
    if of.kind == "list" and isinstance(value, list):
        return [_fill_value(type_, item, of.element, place, None) for item in as_list(value)]
    return value


def _defaults_at(type_: ResourceType, path: str) -> Iterator[tuple[str, Value]]:
    for place, default in type_.defaults.items():
        if place.startswith(path) and "." not in place[len(path) :]:
            yield place[len(path) :], default


def _name(
    type_: ResourceType, name: str, olds: Mapping[str, Any], inputs: Properties, seed: bytes
) -> list[str]:
    """Give the resource its automatic name, if it needs one: which property was filled in."""
    key = type_.name_property
    if key not in type_.schema.inputs or key in inputs or type_.name_prefix_property in inputs:
        return []
    remembered = olds.get(DEFAULTS_KEY) or ()
    keep = key in remembered and isinstance(olds.get(key), str)
    inputs[key] = olds[key] if keep else type_.automatic_name(name, seed)
    return [key]
