"""Objects as inputs and as outputs: what is filled in, checked, and known after an update."""

import base64
from typing import Any, cast

from seawall_sandbox.kubernetes import naming, rules, schemas
from seawall_sandbox.kubernetes.kinds import Kind
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Secret, Value, without_secrets

_READ_ONLY = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
"""Fields of metadata that the API server alone writes; given as inputs they are dropped."""


def complete(
    news: Properties,
    olds: Properties | None,
    kind: Kind,
    *,
    resource_name: str,
    seed: bytes,
    namespace: str | None,
) -> Properties:
    """The object with apiVersion, kind, a name and a namespace.

    Without a name it keeps the automatic one it has, or gets ``<resource name>-<8 hex>``, marked by
    an annotation as the real provider does. ``namespace``: the default; None for kinds without one.
    """
    content = {**news, "apiVersion": kind.api_version, "kind": kind.name}
    given = news.get("metadata")
    if isinstance(given, Secret) and isinstance(given.value, dict):
        # A name cannot be kept secret: it is part of the id.
        fields = map_of(given)
        open_ones = ("name", "namespace")
        given = {k: v if k in open_ones else Secret(v) for k, v in fields.items()}
    if given is not None and not isinstance(given, dict):
        return content  # Unknown as a whole, or wrong: the schema says so.
    metadata = {k: v for k, v in map_of(given).items() if k not in _READ_ONLY}
    content["metadata"] = metadata
    if not metadata.get("name") and not metadata.get("generateName"):
        old = map_of((olds or {}).get("metadata"))
        automatic = map_of(old.get("annotations")).get(naming.AUTONAMED) == "true"
        metadata["name"] = (
            old["name"] if automatic and "name" in old else naming.automatic(resource_name, seed)
        )
        annotations = metadata.get("annotations")
        if annotations is None or isinstance(annotations, dict):
            metadata["annotations"] = {**map_of(annotations), naming.AUTONAMED: "true"}
    if namespace is not None and not metadata.get("namespace"):
        metadata["namespace"] = namespace
    return content


def failures(content: Properties, news: Properties, kind: Kind, version: str) -> list[Failure]:
    """Everything for which an API server would refuse the object."""
    plain = cast("Properties", without_secrets(content))
    found = [
        Failure(field, f"It must be {plain[field]!r} for this resource type; leave it out.")
        for field in ("apiVersion", "kind")
        if news.get(field) not in (None, plain[field])
    ]
    if map_of(plain.get("metadata")).get("generateName"):
        found.append(
            Failure(
                "metadata.generateName",
                "The real provider refuses generateName in server-side apply mode. Leave name and "
                "generateName out for an automatic name.",
            )
        )
    found += schemas.failures(plain, kind, version)
    found += naming.failures(plain, kind)
    found += rules.failures(plain, kind)
    return found


def outputs(content: Properties, kind: Kind, status: dict[str, Any] | None) -> Properties:
    """The object as the API server would show it, as far as the sandbox knows.

    Identifiers and times that a server makes (uid, resourceVersion, creationTimestamp, clusterIP)
    are left out.
    """
    shown = dict(content)
    if is_secret(kind) and "stringData" in shown:
        # The API server keeps one map, encoded.
        texts = map_of(without_secrets(shown.pop("stringData")))
        encoded = {key: base64.b64encode(str(t).encode()).decode() for key, t in texts.items()}
        shown["data"] = {**map_of(without_secrets(shown.get("data"))), **encoded}
    if status is not None:
        shown["status"] = status
    return shown


def is_secret(kind: Kind) -> bool:
    """Whether it is the kind whose data is secret by itself."""
    return (kind.group, kind.name) == ("", "Secret")


def identity(content: Properties) -> tuple[str, str]:
    """Namespace, empty for none, and name."""
    metadata = map_of(without_secrets(content.get("metadata")))
    return str(metadata.get("namespace") or ""), str(metadata["name"])


def identifier(namespace: str, name: str) -> str:
    """The id of the resource: ``namespace/name``, or ``name``."""
    return f"{namespace}/{name}" if namespace else name


def map_of(value: Value) -> dict[str, Any]:
    """A map, or an empty one for any other value."""
    held = value.value if isinstance(value, Secret) else value
    return cast("dict[str, Any]", held) if isinstance(held, dict) else {}
