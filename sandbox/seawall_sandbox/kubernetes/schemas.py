"""Objects against the schemas of Kubernetes, strictly: a field that it does not know is an error.

The schemas are those of ``kubernetes-validate`` (generated from Kubernetes' own OpenAPI). Its
``validate`` stops at the first error and reads two megabytes for each object; here the schemas are
read once and all errors are found. No message repeats a value: it may be secret.
"""

import difflib
import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, cast

import kubernetes_validate  # pyright: ignore[reportMissingTypeStubs]
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from seawall_sandbox.kubernetes.kinds import Kind
from seawall_sandbox.kubernetes.paths import Token, write
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import UNKNOWN, Properties, is_known

_BRANCHES = frozenset({"oneOf", "anyOf", "not"})
"""Keywords whose verdict on a value with unknown parts says nothing."""
_TYPE_NAMES: dict[type, str] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}
"""What JSON Schema calls the types of Python."""


@cache
def versions() -> tuple[str, ...]:
    """The minor versions of Kubernetes that there are schemas for, oldest first: ``1.28`` ..."""
    return tuple(
        kubernetes_validate.utils.major_minor(version)
        for version in dict.fromkeys(kubernetes_validate.utils.all_versions())
    )


def fitting(wanted: str | None) -> str:
    """The newest version not newer than ``wanted``, such as ``1.34``; by default the newest.

    Raises ``ValueError`` when ``wanted`` is older than all, or no version.
    """
    if not wanted:
        return versions()[-1]
    major, _, minor = wanted.removeprefix("v").partition(".")
    limit = (int(major), int(minor.split(".")[0]))
    fit = [v for v in versions() if tuple(map(int, v.split("."))) <= limit]
    if not fit:
        raise ValueError(
            f"There are no schemas of Kubernetes {wanted}; the oldest here is {versions()[0]}."
        )
    return fit[-1]


def has(kind: Kind, version: str) -> bool:
    """Whether that version of Kubernetes has this kind."""
    return kind.built_in and _file(kind, version).is_file()


def failures(content: Properties, kind: Kind, version: str) -> list[Failure]:
    """Everything wrong with an object, sorted by place; what is unknown is not judged.

    Custom resources have no schema here: of them, only what all objects share is checked elsewhere.
    """
    if not kind.built_in:
        return []
    if not has(kind, version):
        return [Failure("", f"Kubernetes {version} has no {kind}.{_elsewhere(kind, version)}")]
    validator: Any = _validator(kind, version)  # Its types do not know our wrappers.
    errors: Iterator[ValidationError] = validator.iter_errors(content)
    found = (
        error
        for error in errors
        if error.instance is not UNKNOWN
        and not (error.validator in _BRANCHES and not is_known(error.instance))
    )
    # One error comes for each missing field, and each is told of all of them: once is enough.
    once = dict.fromkeys(failure for error in found for failure in _failures(error))
    return sorted(once, key=lambda failure: failure.property)


def _failures(error: ValidationError) -> list[Failure]:
    path: tuple[Token, ...] = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        schema = cast("dict[str, Any]", error.schema)
        known = list(schema.get("properties", {}))
        extra = sorted(set(cast("dict[str, Any]", error.instance)) - set(known))
        return [Failure(write((*path, name)), _no_field(name, known)) for name in extra]
    return [Failure(write(path), _reason(error))]


def _no_field(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"There is no field {name} here." + (f" Did you mean {near[0]}?" if near else "")


def _reason(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    if error.validator == "required":
        missing = [name for name in wanted if name not in cast("dict[str, Any]", error.instance)]
        return f"The required field {' and '.join(missing)} is missing."
    if error.validator == "type":
        names: list[str] = [wanted] if isinstance(wanted, str) else list(wanted)
        kinds = " or ".join(name for name in names if name != "null")
        return f"It must be of type {kinds}, not {_kind_of(error.instance)}."
    if error.validator == "enum":
        return f"It must be one of {', '.join(map(str, wanted))}."
    if error.validator == "oneOf":
        return f"It must be text or an integer, not {_kind_of(error.instance)}."
    return f"It does not keep to the schema: {error.validator} {json.dumps(wanted)[:200]}."


def _kind_of(value: object) -> str:
    return _TYPE_NAMES.get(type(value), type(value).__name__)


def _elsewhere(kind: Kind, version: str) -> str:
    """Where else a kind of that name is."""
    # Files are named <kind>-<first label of the group>-<version>.json.
    prefix = f"{kind.name.lower()}-"
    names = sorted(
        file.name.removeprefix(prefix).removesuffix(".json").replace("-", "/")
        for file in _directory(version).iterdir()
        if file.name.startswith(prefix)
    )
    return f" It has {kind.name} in {', '.join(names)}." if names else ""


@cache
def _validator(kind: Kind, version: str) -> Draft202012Validator:
    schema: dict[str, Any] = json.loads(_file(kind, version).read_text(encoding="utf-8"))
    return Draft202012Validator(schema, registry=_definitions(version))


@cache
def _definitions(version: str) -> Registry[Any]:
    file = _directory(version) / "_definitions.json"
    definitions: Resource[Any] = Resource.from_contents(json.loads(file.read_text("utf-8")))
    registry: Registry[Any] = Registry()
    return definitions @ registry


def _file(kind: Kind, version: str) -> Traversable:
    group = f"{kind.group.partition('.')[0]}-" if kind.group else ""
    return _directory(version) / f"{kind.name.lower()}-{group}{kind.version}.json"


@cache
def _directory(version: str) -> Traversable:
    base = resources.files("kubernetes_validate") / "kubernetes-json-schema"
    return base / f"v{version}.0-local-strict"
