"""What the API server refuses although the schema allows it."""

import base64
import binascii
from typing import Any, cast

from seawall_sandbox.kubernetes.kinds import Kind
from seawall_sandbox.kubernetes.paths import write
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import UNKNOWN, Properties, Value

_WITH_SELECTOR = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


def failures(content: Properties, kind: Kind) -> list[Failure]:
    """What is wrong between the fields of an object; what is unknown is not judged."""
    if (kind.group, kind.name) == ("", "Secret"):
        return _secret(content)
    if kind.group == "apps" and kind.name in _WITH_SELECTOR:
        return _selector(content)
    return []


def _secret(content: Properties) -> list[Failure]:
    return [
        Failure(
            write(("data", key)),
            "This is no base64. Encode the value, or put it under stringData as it is.",
        )
        for key, value in _map(content.get("data")).items()
        if isinstance(value, str) and not _is_base64(value)
    ]


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _selector(content: Properties) -> list[Failure]:
    spec = _map(content.get("spec"))
    wanted = _map(_map(spec.get("selector")).get("matchLabels"))
    template = spec.get("template")
    metadata = _map(template).get("metadata")
    labels = _map(metadata).get("labels")
    if UNKNOWN in (template, metadata, labels):
        return []
    given = _map(labels)
    return [
        Failure(
            write(("spec", "selector", "matchLabels", key)),
            "The selector does not match the labels of the pod template: give "
            f"spec.template.metadata.labels the same value of {key!r}.",
        )
        for key, value in wanted.items()
        if value is not UNKNOWN and given.get(key) is not UNKNOWN and value != given.get(key)
    ]


def _map(value: Value) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
