"""Which module has which resource types and functions; a module is imported when first needed."""

import importlib
import threading
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties

Function = Callable[[Context, Properties], Properties]
"""A provider function: arguments in, outputs out."""

Secrets = Callable[[Properties], frozenset[str]]
"""Which of a function's outputs are secret, from these."""

MODULES: Final[Mapping[str, str]] = {
    "acm": "acm",
    "autoscaling": "autoscaling",
    "cloudtrail": "cloudtrail",
    "cloudwatch": "logs",
    "ebs": "ebs",
    "ec2": "ec2",
    "ecr": "ecr",
    "ecs": "ecs",
    "eks": "eks",
    "iam": "iam",
    "index": "account",
    "kms": "kms",
    "lb": "elbv2",
    "route53": "route53",
    "s3": "s3",
    "ssm": "ssm",
    "vpc": "ec2",
}
"""Module of this package by the service part of a token. A module has ``RESOURCES``, a tuple of
resource classes, ``FUNCTIONS``, functions by token, and ``SECRETS``, what of their outputs is
secret, by token; any may be missing."""

_lock = threading.RLock()


@cache
def _module(name: str) -> ModuleType:
    with _lock:
        return importlib.import_module(f"{__package__}.{name}")


@cache
def _resources(name: str) -> Mapping[str, ResourceType]:
    classes: tuple[type[ResourceType], ...] = getattr(_module(name), "RESOURCES", ())
    return {class_.token: class_() for class_ in classes}


def _functions(name: str) -> Mapping[str, Function]:
    found: Any = getattr(_module(name), "FUNCTIONS", {})
    return found


def _module_of(token: str) -> str | None:
    package, _, rest = token.partition(":")
    return MODULES.get(rest.partition("/")[0]) if package == "aws" else None


def resource(token: str) -> ResourceType | None:
    """The resource type of a token, or ``None``."""
    name = _module_of(token)
    return _resources(name).get(token) if name else None


def function(token: str) -> Function | None:
    """The function of a token, or ``None``."""
    name = _module_of(token)
    return _functions(name).get(token) if name else None


def secret_outputs(token: str, outputs: Properties) -> frozenset[str]:
    """Which outputs of a function are secret, whatever its arguments were."""
    name = _module_of(token)
    found: Mapping[str, Secrets] = getattr(_module(name), "SECRETS", {}) if name else {}
    return found[token](outputs) if token in found else frozenset()


def resources() -> tuple[ResourceType, ...]:
    """All resource types, by token."""
    found = {t.token: t for name in set(MODULES.values()) for t in _resources(name).values()}
    return tuple(found[token] for token in sorted(found))


def functions() -> tuple[str, ...]:
    """The tokens of all functions, sorted."""
    return tuple(sorted(token for name in set(MODULES.values()) for token in _functions(name)))
