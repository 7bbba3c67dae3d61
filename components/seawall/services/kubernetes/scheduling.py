"""On which nodes pods run.

Compose's own terms (``node.labels.disk == ssd``) become node affinity.
"""

import re
from typing import Final

from seawall.services.kubernetes.names import Manifest, is_label_value, is_qualified_name, selector
from seawall.services.model import Mode, Service

ZONE: Final = "topology.kubernetes.io/zone"
HOSTNAME: Final = "kubernetes.io/hostname"

_TERM: Final = re.compile(r"\s*(?P<key>[\w.\-/]+)\s*(?P<operator>==|!=)\s*(?P<value>.+?)\s*")
_KEYS: Final = {
    "node.hostname": HOSTNAME,
    "node.platform.os": "kubernetes.io/os",
    "node.platform.arch": "kubernetes.io/arch",
}
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_LABELS: Final = "node.labels."


def constraint(text: str) -> Manifest | None:
    """A placement constraint as a node selector requirement; None where there is no equivalent.

    There is none for ``node.role``, ``node.id`` and ``engine.labels``: an EKS node has no role.
    """
    match = _TERM.fullmatch(text)
    if not match:
        return None
    key = topology_key(match["key"])
    value = match["value"]
    if key == "kubernetes.io/arch":
        value = _ARCHITECTURES.get(value, value)
    if key is None or not is_label_value(value):
        return None
    return {
        "key": key,
        "operator": "In" if match["operator"] == "==" else "NotIn",
        "values": [value],
    }


def topology_key(key: str) -> str | None:
    """The label of Kubernetes nodes for a key of Compose; None where there is none."""
    if key in _KEYS:
        return _KEYS[key]
    name = key.removeprefix(_LABELS)
    return name if name != key and is_qualified_name(name) else None


def architecture(platform: str) -> str | None:
    """The processor architecture of ``platform: linux/arm64``; None: any."""
    parts = platform.split("/")
    if not platform or len(parts) < 2:
        return None
    return _ARCHITECTURES.get(parts[1], parts[1])


def scheduling(service: Service) -> Manifest:
    """The pod's node selector, affinity and spread."""
    result: Manifest = {}
    arch = architecture(service.platform)
    if arch:
        result["nodeSelector"] = {"kubernetes.io/arch": arch}
    affinity = _affinity(service)
    if affinity:
        result["affinity"] = affinity
    spread = _spread(service)
    if spread:
        result["topologySpreadConstraints"] = spread
    return result


def _affinity(service: Service) -> Manifest:
    result: Manifest = {}
    terms = [
        term for text in service.placement.constraints if (term := constraint(text)) is not None
    ]
    if terms:
        result["nodeAffinity"] = {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": terms}]
            }
        }
    if service.placement.max_replicas_per_node == 1 and service.mode is Mode.REPLICATED:
        result["podAntiAffinity"] = {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {
                    "labelSelector": {"matchLabels": selector(service.name)},
                    "topologyKey": HOSTNAME,
                }
            ]
        }
    return result


def _spread(service: Service) -> list[Manifest]:
    if service.mode is not Mode.REPLICATED or service.replicas < 2:
        return []
    asked = [topology_key(key) for key in service.placement.spread]
    keys = dict.fromkeys((*(key for key in asked if key), ZONE, HOSTNAME))
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            # A zone that is down must not keep the pods of the others from starting.
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(service.name)},
            # Tasks of the old version, which are about to go, do not count.
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key in keys
    ]
