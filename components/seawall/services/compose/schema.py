"""Checks a document against the Compose specification's own JSON schema.

The schema is the one that check-jsonschema ships (Apache-2.0). Its service definition is a union of
parts with ``unevaluatedProperties``; it is flattened here into one closed object, so that an
unknown key is one error instead of one for every part.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from seawall.errors import did_you_mean
from seawall.services.compose.node import Node, PathKey, Problems

_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}

Schema = dict[str, Any]


@cache
def load_schema() -> Schema:
    """The Compose schema, flattened."""
    # Found, not imported: the package would load its whole command line.
    package = find_spec("check_jsonschema")
    if package is None or package.origin is None:
        message = "check-jsonschema, which brings the Compose schema, is not installed."
        raise ModuleNotFoundError(message)
    file = Path(package.origin).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = cast("Schema", json.loads(file.read_text(encoding="utf-8")))
    definitions = cast("dict[str, Schema]", schema.get("$defs", schema.get("definitions", {})))
    for definition in definitions.values():
        _flatten(definition, definitions)
    return schema


def _flatten(definition: Schema, definitions: Mapping[str, Schema]) -> None:
    if "unevaluatedProperties" not in definition:
        return
    del definition["unevaluatedProperties"]
    properties = cast("Schema", definition.setdefault("properties", {}))
    for part in cast("list[dict[str, str]]", definition.pop("allOf", [])):
        source = definitions[part["$ref"].rsplit("/", 1)[-1]]
        for key, value in cast("Schema", source["properties"]).items():
            properties.setdefault(key, value)
    definition["patternProperties"] = {"^x-": {}}
    definition["additionalProperties"] = False


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(load_schema())


def check(document: Node, problems: Problems) -> Node | None:
    """The document without its unknown keys, each of which is a problem.

    A value of a wrong type is a problem too, and then there is no document to go on with. Values
    tagged ``!reset`` are not judged: they only remove.
    """
    unknown: set[tuple[PathKey, ...]] = set()
    fits = True
    judged: Any = _without_resets(document).plain()
    for error in _validator().iter_errors(judged):  # pyright: ignore[reportUnknownMemberType]  # untyped library
        for leaf in _leaves(error):
            path = tuple(cast("Iterator[PathKey]", leaf.absolute_path))
            if leaf.validator == "additionalProperties":
                for key in _extras(leaf):
                    unknown.add((*path, key))
                    _report_unknown(document, path, key, leaf, problems)
            else:
                fits = False
                problems.add(_find(document, path), *_sentence(leaf, path))
    if not fits:
        return None
    return _without(document, unknown, ()) if unknown else document


def _without_resets(node: Node) -> Node:
    value = node.value
    if isinstance(value, Mapping):
        kept = {key: _without_resets(n) for key, n in value.items() if n.tag != "reset"}
        return node.with_value(kept)
    return node


def _without(node: Node, unknown: set[tuple[PathKey, ...]], path: tuple[PathKey, ...]) -> Node:
    value = node.value
    if isinstance(value, Mapping):
        return node.with_value(
            {
                key: _without(below, unknown, (*path, key))
                for key, below in value.items()
                if (*path, key) not in unknown
            },
        )
    if isinstance(value, tuple):
        return node.with_value(
            tuple(_without(below, unknown, (*path, i)) for i, below in enumerate(value)),
        )
    return node


def _find(document: Node, path: tuple[PathKey, ...]) -> Node:
    node = document
    for key in path:
        node = node.sequence()[key] if isinstance(key, int) else node.mapping()[key]
    return node


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """The errors to report: those of the alternative that the value was meant to be."""
    if error.validator not in ("oneOf", "anyOf") or not error.context:
        yield error
        return
    branches: dict[object, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    depth = len(error.absolute_path)
    fitting = [
        branch
        for branch in branches.values()
        if not any(e.validator == "type" and len(e.absolute_path) == depth for e in branch)
    ]
    if len(fitting) != 1:
        yield error
        return
    for inner in fitting[0]:
        yield from _leaves(inner)


def _extras(error: ValidationError) -> list[str]:
    schema = cast("Schema", error.schema)
    patterns = [re.compile(p) for p in cast("Schema", schema.get("patternProperties", {}))]
    known = cast("Schema", schema.get("properties", {}))
    return [
        key
        for key in cast("dict[str, object]", error.instance)
        if key not in known and not any(p.search(key) for p in patterns)
    ]


def _report_unknown(
    document: Node, path: tuple[PathKey, ...], key: str, error: ValidationError, problems: Problems
) -> None:
    node = _find(document, (*path, key))
    known = cast("Schema", cast("Schema", error.schema).get("properties", {}))
    if known:
        what = f"The key '{key}' is not known to Compose here."
        problems.add(node, what, did_you_mean(key, known))
    else:
        what = f"The name '{key}' has characters that Compose does not allow."
        problems.add(node, what, "Use letters, digits, '.', '_' and '-'.")


def _sentence(error: ValidationError, path: tuple[PathKey, ...]) -> tuple[str, str]:
    """Message and cure for one schema error."""
    name = next((key for key in reversed(path) if isinstance(key, str)), "the file")
    item = f"An item of '{name}'" if path and isinstance(path[-1], int) else f"'{name}'"
    schema = cast("Schema", error.schema)
    match str(error.validator):
        case "type" | "oneOf" | "anyOf":
            wanted = _wanted(schema)
            got = _got(error.instance)
            quotes = " Put it in quotes." if "text" in wanted and "number" in got else ""
            return f"{item} is {got}, but takes {wanted}.", f"Write {wanted}.{quotes}"
        case "required":
            lacking = [k for k in cast("list[str]", error.validator_value) if k not in _keys(error)]
            lacks = ", ".join(f"'{key}'" for key in lacking)
            return f"{item} lacks {lacks}.", f"Add {lacks}."
        case "enum":
            values = [str(value) for value in cast("list[object]", error.validator_value)]
            return f"{item} cannot be '{error.instance}'.", did_you_mean(
                str(error.instance), values
            )
        case "uniqueItems":
            return f"{item} lists the same value twice.", "Remove one of the two."
        case "pattern":
            return (
                f"{item} cannot be '{error.instance}'.",
                f"Use a value that matches {error.validator_value}.",
            )
        case _:
            return f"{item} is not valid: {error.message}.", "Correct the value."


def _keys(error: ValidationError) -> Mapping[str, object]:
    return cast("Mapping[str, object]", error.instance)


def _wanted(schema: Schema) -> str:
    kinds: list[str] = []
    pending = [schema]
    while pending:
        part = pending.pop(0)
        if "$ref" in part:
            definitions = load_schema()["$defs"]
            part = cast("Schema", definitions[str(part["$ref"]).rsplit("/", 1)[-1]])
        kind = part.get("type", [])
        kinds += [kind] if isinstance(kind, str) else cast("list[str]", kind)
        pending += cast("list[Schema]", part.get("oneOf", [])) + part.get("anyOf", [])
    words = list(dict.fromkeys(_KINDS[kind] for kind in kinds if kind != "null"))
    return " or ".join(words) or "another value"


def _got(instance: object) -> str:
    match instance:
        case None:
            return "empty"
        case bool():
            return f"the truth value {str(instance).lower()}"
        case int() | float():
            return f"the number {instance}"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "a mapping"
