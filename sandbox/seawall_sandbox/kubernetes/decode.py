"""``kubernetes:yaml:decode``: the objects in a YAML text, for ``ConfigFile`` and ``ConfigGroup``.

As ``decodeYaml`` of provider/pkg/provider/invoke_decode_yaml.go in pulumi/pulumi-kubernetes.
"""

import datetime as dt
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from seawall_sandbox.kubernetes.kinds import Kind
from seawall_sandbox.protocol import ProviderError
from seawall_sandbox.values import Properties

DECODE: Final = "kubernetes:yaml:decode"


def decode(args: Properties) -> Properties:
    """The objects, one after the other; documents that are none are left out."""
    try:
        documents: list[Any] = list(
            YAML(typ="safe", pure=True).load_all(str(args.get("text") or ""))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        )
    except YAMLError as error:
        raise ProviderError(f"The text is no valid YAML: {error}. Correct it there.") from None
    objects = [
        each for each in (_dict(_plain(document)) for document in documents) if _is_object(each)
    ]
    namespace = args.get("defaultNamespace")
    if namespace:
        for each in objects:
            metadata = each.setdefault("metadata", {})
            if _is_namespaced(each) and not metadata.get("namespace"):
                metadata["namespace"] = namespace
    return {"result": objects}


def _is_object(document: dict[str, Any]) -> bool:
    return bool(document.get("kind") and document.get("apiVersion"))


def _is_namespaced(document: dict[str, Any]) -> bool:
    group, _, version = str(document["apiVersion"]).rpartition("/")
    return not Kind(group, version, str(document["kind"])).cluster_wide


def _dict(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    """JSON's own types: Kubernetes reads YAML as JSON, in which a date is a text."""
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value)
        return {str(key): _plain(item) for key, item in items.items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return value
