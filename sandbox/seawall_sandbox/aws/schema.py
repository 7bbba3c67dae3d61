"""Property types of resources, read from pulumi_aws's own typed classes.

The generated classes say all that the sandbox needs: the arguments' names, types and which are
required stand in ``<Name>Args.__init__``; an output whose type is not ``Optional`` though its
argument is optional is one that AWS fills in when the program does not (Terraform's "Optional and
Computed"): https://github.com/pulumi/pulumi-terraform-bridge, ``pkg/tfgen``.
"""

import enum
import importlib
import inspect
import keyword
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, ForwardRef, Union, cast, get_args, get_origin


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a property value.

    ``kind`` is string, integer, number, boolean, list, map, object, document (JSON as a text or as
    an object) or any. ``element`` is the type of a list's items or a map's values; ``properties``
    are an object's.
    """

    kind: str
    element: "Type | None" = None
    properties: "Mapping[str, Property]" = field(default_factory=dict[str, "Property"])

    def describe(self) -> str:
        """The type in words, for messages."""
        if self.kind == "list" and self.element is not None:
            return f"a list, each item {self.element.describe()}"
        if self.kind == "map" and self.element is not None:
            return f"a map, each value {self.element.describe()}"
        article = "an" if self.kind[0] in "aeiou" else "a"
        return "any value" if self.kind == "any" else f"{article} {self.kind}"


@dataclass(frozen=True, slots=True)
class Property:
    """An argument: its type, whether it must be given, whether AWS fills it in when it is not."""

    name: str
    type: Type
    required: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True)
class Schema:
    """Arguments and outputs of one resource type, by their camelCase names."""

    token: str
    inputs: Mapping[str, Property]
    outputs: frozenset[str]


def parse_token(token: str) -> tuple[str, str, str]:
    """``aws:ec2/vpc:Vpc`` as package, module file and class: ``("ec2", "vpc", "Vpc")``.

    A name that Python has for itself ends in ``_`` there: ``lambda_``.
    """
    package, member, name = token.split(":")
    service, _, module = member.partition("/")
    if package != "aws" or not module:
        raise ValueError(f"{token!r} is not a resource type of the aws package.")
    return _snake(service), _snake(module), name


@cache
def resource_schema(token: str) -> Schema:
    """The schema of a resource type. Raises ``ValueError`` if pulumi_aws has no such type."""
    service, module_name, name = parse_token(token)
    try:
        module = _module(f"pulumi_aws.{service}", module_name)
        args, resource = getattr(module, f"{name}Args"), getattr(module, name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"pulumi_aws has no resource type {token!r}.") from error
    outputs = _getters(resource)
    computed = {key for key, annotation in outputs.items() if not _optional(annotation)}
    inputs = _properties(args, computed)
    return Schema(token, inputs, frozenset(outputs))


@cache
def function_schema(token: str) -> Mapping[str, Property]:
    """The arguments of a function such as ``aws:ec2/getVpc:getVpc``.

    Raises ``ValueError`` if pulumi_aws has no such function.
    """
    service, module_name, _ = parse_token(token)
    place = "pulumi_aws" if service == "index" else f"pulumi_aws.{service}"
    try:
        module = _module(place, module_name)
        parameters = inspect.signature(getattr(module, module_name)).parameters
    except (ImportError, AttributeError) as error:
        raise ValueError(f"pulumi_aws has no function {token!r}.") from error
    return {
        camel: Property(camel, _type(parameter.annotation, module))
        for name, parameter in parameters.items()
        if name != "opts"
        for camel in [re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)]
    }


@cache
def config_schema() -> Mapping[str, Property]:
    """The arguments of the provider itself."""
    return _properties(importlib.import_module("pulumi_aws.provider").ProviderArgs, set())


def _module(package: str, name: str) -> ModuleType:
    """A module of the SDK, after its package.

    The SDK loads the package of a service at the first look at one of its names. If the module came
    first, that look would fall in the middle of it, and the package would never get its classes.
    """
    hasattr(importlib.import_module(package), name)
    return importlib.import_module(f"{package}.{name}")


def _snake(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"{snake}_" if keyword.iskeyword(snake) else snake


def _getters(class_: type) -> dict[str, Any]:
    """What a generated class's getters return, by camelCase name."""
    found: dict[str, Any] = {}
    for name, member in vars(class_).items():
        if isinstance(member, property) and member.fget is not None:
            key = getattr(member.fget, "_pulumi_name", name)
            found[key] = inspect.get_annotations(member.fget).get("return")
    return found


def _optional(annotation: Any) -> bool:
    inner = get_args(annotation)
    return bool(inner) and get_origin(inner[0]) is Union and type(None) in get_args(inner[0])


def _properties(args: type, computed: Iterable[str]) -> dict[str, Property]:
    """The arguments of an ``Args`` class."""
    computed = frozenset(computed)
    initializer = cast("Callable[..., Any]", args.__init__)
    module = sys.modules[args.__module__]
    keys = {name: key for key, name in _python_names(args).items()}
    properties: dict[str, Property] = {}
    for name, parameter in inspect.signature(initializer).parameters.items():
        if name == "__self__":
            continue
        key = keys.get(name, name)
        required = parameter.default is inspect.Parameter.empty
        type_ = _type(parameter.annotation, module)
        properties[key] = Property(key, type_, required, not required and key in computed)
    return properties


def _python_names(class_: type) -> dict[str, str]:
    """Python name by camelCase name, as the ``pulumi.getter`` decorators have it."""
    names: dict[str, str] = {}
    for name, member in vars(class_).items():
        if isinstance(member, property) and member.fget is not None:
            names[getattr(member.fget, "_pulumi_name", name)] = name
    return names


_LOADING_SECONDS = 30.0
"""Longer than the SDK's largest module takes on a busy machine."""

_SCALARS: Mapping[Any, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def _type(annotation: Any, module: ModuleType) -> Type:
    annotation = _resolve(annotation, module)
    if annotation in _SCALARS:
        return Type(_SCALARS[annotation])
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Union:
        choices = [a for a in arguments if a is not type(None) and not _deferred(a)]
        types = [_type(choice, module) for choice in choices]
        if {"string", "object"} <= {t.kind for t in types}:
            return Type("document")  # a policy, as text or as an object
        # An enum or a plain string; an Args class or its TypedDict: the first says it all.
        return next((t for t in types if t.kind == "object"), types[0])
    if origin is not None and isinstance(origin, type):
        if issubclass(origin, Mapping):
            return Type("map", _type(arguments[1], module))
        if issubclass(origin, Sequence):
            return Type("list", _type(arguments[0], module))
    if isinstance(annotation, type):
        class_ = cast("type[Any]", annotation)
        if issubclass(class_, enum.Enum):
            return Type("string")
        if getattr(class_, "_pulumi_input_type", False):
            return _object(class_)
    return Type("any")


@cache
def _object(class_: type) -> Type:
    try:
        return Type("object", None, _properties(class_, ()))
    except RecursionError:  # a few types (WAF statements) contain themselves
        return Type("any")


def _resolve(annotation: Any, module: ModuleType) -> Any:
    """A forward reference, looked up where the class stands."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        for part in annotation.split("."):
            module = _member(module, part)
        return module
    return annotation


def _member(module: Any, name: str) -> Any:
    """A name of a module that another thread may be loading right now.

    The SDK loads the packages of its services lazily (``lazy_import`` in pulumi/_utils.py), and
    nothing locks one while it executes: other threads see it half made, so the name may come a
    moment later.
    """
    deadline = time.monotonic() + _LOADING_SECONDS
    while not hasattr(module, name) and time.monotonic() < deadline:
        time.sleep(0.01)
    return getattr(module, name)


def _deferred(annotation: Any) -> bool:
    """Whether this member of ``pulumi.Input`` is the awaitable or the output form."""
    if isinstance(annotation, ForwardRef):
        return annotation.__forward_arg__.startswith("Output[")
    origin = get_origin(annotation)
    return origin is not None and getattr(origin, "__name__", "") in {"Awaitable", "Output"}
