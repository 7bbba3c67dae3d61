"""Names, labels and selectors of Kubernetes objects.

Rules: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and
https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from seawall.services.model import Port

Manifest = dict[str, Any]
"""A Kubernetes object, keys as in the API."""

Text = Any
"""A string, or a Pulumi output of one: pure code only passes it on."""

SERVICE_NAME_LIMIT: Final = 52
"""Longest name of a service.

A StatefulSet's pods carry a label of its name, a hyphen and ten characters, and a label's value
has at most 63.
"""

_DNS_1035: Final = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_PORT_NAME: Final = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?")
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_QUALIFIED_NAME: Final = re.compile(
    rf"(?!.{{254,}}/)({_LABEL}(\.{_LABEL})*/)?[A-Za-z0-9]([A-Za-z0-9_.-]{{0,61}}[A-Za-z0-9])?"
)
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")


def is_service_name(name: str) -> bool:
    """Whether a Service may have this name (RFC 1035 label), which is then its DNS name."""
    return bool(_DNS_1035.fullmatch(name))


def is_qualified_name(key: str) -> bool:
    """Whether an annotation or a label may have this key."""
    return bool(_QUALIFIED_NAME.fullmatch(key))


def is_label_value(value: str) -> bool:
    """Whether a label may have this value."""
    return bool(_LABEL_VALUE.fullmatch(value))


def digest(content: str | bytes, length: int = 8) -> str:
    """A short name for this content: so many hexadecimal digits of its SHA-256."""
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()[:length]


def object_name(name: str) -> str:
    """The object name of a Compose volume, secret or config, whose own may hold ``_`` or capitals.

    Two names may meet in one; ``checks`` refuses that.
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or digest(name)


def path_name(kind: str, path: str) -> str:
    """The name of a pod's volume for a path in the container: readable, and one for each path."""
    slug = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:30].strip("-")
    return "-".join(part for part in (kind, slug, digest(path, 6)) if part)


def port_name(port: Port) -> str:
    """The port's own name where Kubernetes takes it, else one from protocol and number."""
    if port.name and _PORT_NAME.fullmatch(port.name):
        return port.name
    return f"{port.protocol}-{port.target}"


def named_ports(ports: Iterable[Port]) -> tuple[tuple[str, Port], ...]:
    """The ports by target and protocol, each once, with names that differ from each other."""
    named: dict[str, Port] = {}
    seen: set[tuple[int, str]] = set()
    for port in sorted(ports, key=lambda each: (each.target, each.protocol, each.name)):
        if (port.target, port.protocol) in seen:
            continue
        seen.add((port.target, port.protocol))
        name = port_name(port)
        named[f"{port.protocol}-{port.target}" if name in named else name] = port
    return tuple(named.items())


def selector(service: str) -> dict[str, str]:
    """The labels by which a Service or a policy finds the pods. They never change."""
    return {"app.kubernetes.io/name": service}


def labels(application: str, service: str = "") -> dict[str, str]:
    """The labels of every object (https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/)."""
    part_of = {"app.kubernetes.io/part-of": application} if is_label_value(application) else {}
    own = selector(service) if service else {}
    return {**own, **part_of, "app.kubernetes.io/managed-by": "seawall"}


def annotations(compose_labels: Mapping[str, str]) -> dict[str, str]:
    """Compose labels as annotations, which take any value.

    A key that Kubernetes does not take (``a.b/c/d``) is kept with its hash as the name, and its
    full text with the value.
    """
    return {
        (key if is_qualified_name(key) else f"label.seawall/{digest(key)}"): (
            value if is_qualified_name(key) else f"{key}={value}"
        )
        for key, value in sorted(compose_labels.items())
    }


def metadata(
    name: Text,
    namespace: Text,
    application: str,
    service: str = "",
    annotated: Mapping[str, Text] | None = None,
) -> Manifest:
    """An object's metadata."""
    result: Manifest = {
        "name": name,
        "namespace": namespace,
        "labels": labels(application, service),
    }
    if annotated:
        result["annotations"] = dict(sorted(annotated.items()))
    return result
