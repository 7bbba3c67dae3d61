"""Names and labels of objects: how they are made, and what the API server takes."""

import hashlib
import re
from typing import Any, cast

from seawall_sandbox.kubernetes.kinds import Kind
from seawall_sandbox.kubernetes.paths import write
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

AUTONAMED = "pulumi.com/autonamed"
"""The annotation by which the real provider knows names that it made itself."""
_RANDOM_DIGITS = 8
"""``resource.NewUniqueName`` of pulumi/pulumi, as the real provider calls it."""

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_FREE = frozenset({"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})
"""Kinds whose names may hold what a path segment may, such as colons."""

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and .../labels/
_MAX_LABEL = 63
_MAX_NAME = 253


def automatic(name: str, seed: bytes) -> str:
    """``<name>-<8 hex>``, the same for the same seed."""
    digest = hashlib.sha256(seed + name.encode()).hexdigest()
    return f"{name}-{digest[:_RANDOM_DIGITS]}"


def failures(content: Properties, kind: Kind) -> list[Failure]:
    """Names, label keys and label values that an API server would refuse."""
    metadata = content.get("metadata")
    if not isinstance(metadata, dict):
        return []
    fields = cast("dict[str, Any]", metadata)
    found = [_name(fields.get("name"), kind)]
    namespace = fields.get("namespace")
    if isinstance(namespace, str) and not _is_label(namespace):
        found.append(
            Failure("metadata.namespace", f"{namespace!r} is no valid namespace. {_LABEL_RULE}")
        )
    for place in ("labels", "annotations"):
        entries = fields.get(place)
        if isinstance(entries, dict):
            for key, value in cast("dict[str, Any]", entries).items():
                found.append(_key(place, key))
                if place == "labels":
                    found.append(_label_value(key, value))
    return [failure for failure in found if failure is not None]


_LABEL_RULE = "Use at most 63 lower-case letters, digits and hyphens, no hyphen at either end."
_NAME_RULE = (
    "Use at most 253 lower-case letters, digits, hyphens and dots, a letter or digit at both ends."
)


def _name(name: Value, kind: Kind) -> Failure | None:
    if not isinstance(name, str) or not kind.built_in:
        return None
    if kind.name in _FREE:
        valid, rule = name not in ("", ".", "..") and not set("/%") & set(name), "No / and no %."
    elif kind.name == "Namespace":
        valid, rule = _is_label(name), _LABEL_RULE
    elif kind.name == "Service" and not kind.group:
        valid = len(name) <= _MAX_LABEL and _SERVICE.fullmatch(name) is not None
        rule = f"{_LABEL_RULE} It must begin with a letter."
    else:
        valid = len(name) <= _MAX_NAME and _SUBDOMAIN.fullmatch(name) is not None
        rule = _NAME_RULE
    if valid:
        return None
    return Failure("metadata.name", f"{name!r} is no valid name of a {kind.name}. {rule}")


def _is_label(text: str) -> bool:
    return len(text) <= _MAX_LABEL and _LABEL.fullmatch(text) is not None


def _key(place: str, key: str) -> Failure | None:
    prefix, slash, name = key.rpartition("/")
    if (
        len(name) <= _MAX_LABEL
        and _QUALIFIED.fullmatch(name)
        and (not slash or (len(prefix) <= _MAX_NAME and _SUBDOMAIN.fullmatch(prefix)))
    ):
        return None
    return Failure(
        write(("metadata", place, key)),
        f"{key!r} is no valid key. Use [prefix/]name: the prefix a DNS name, the name at most 63 "
        "letters, digits, '-', '_' and '.', a letter or digit at both ends.",
    )


def _label_value(key: str, value: Value) -> Failure | None:
    if not isinstance(value, str) or not value:
        return None
    if len(value) <= _MAX_LABEL and _QUALIFIED.fullmatch(value):
        return None
    return Failure(
        write(("metadata", "labels", key)),
        "This is no valid value of a label. Use at most 63 letters, digits, '-', '_' and '.', a "
        "letter or digit at both ends; an annotation takes any text.",
    )
