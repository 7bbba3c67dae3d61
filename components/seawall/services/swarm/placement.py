"""On which nodes tasks run, in Swarm's terms. Pure.

Grammar: https://github.com/moby/swarmkit/blob/master/manager/constraint/constraint.go
"""

import re
from typing import Final

from seawall.services.model import Mode, Service
from seawall.services.swarm.notation import StackFile
from seawall.services.swarm.options import Options
from seawall.services.swarm.storage import pins

ZONE_LABEL: Final = "node.labels.seawall.zone"
"""The availability zone of a node, set by a manager."""

_ZONE_ON_KUBERNETES: Final = "node.labels.topology.kubernetes.io/zone"
_TERM: Final = re.compile(r"\s*(?P<key>[^=!]+?)\s*(?P<operator>==|!=)\s*(?P<value>.+?)\s*")
_KEY: Final = re.compile(
    r"node\.(?:id|hostname|ip|role|platform\.os|platform\.arch)"
    r"|(?:node|engine)\.labels\.[A-Za-z0-9_.\-]+"
)
_VALUE: Final = re.compile(r"[A-Za-z0-9:\-_\s.*()?+\[\]\\^$|/]+")
_ARCHITECTURES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
"""Nodes call themselves by the kernel's name."""


def constraint(text: str) -> str | None:
    """A placement constraint as Swarm takes it; None where it would not.

    The zone label of Kubernetes becomes Swarm's, so that one Compose file fits both.
    """
    match = _TERM.fullmatch(text)
    if not match:
        return None
    key, value = spread_key(match["key"]), match["value"]
    if key is None or not _VALUE.fullmatch(value):
        return None
    if key == "node.platform.arch":
        value = _ARCHITECTURES.get(value, value)
    return f"{key} {match['operator']} {value}"


def spread_key(key: str) -> str | None:
    """What tasks are spread over, as Swarm takes it; None where it would not."""
    if key == _ZONE_ON_KUBERNETES:
        return ZONE_LABEL
    return key if _KEY.fullmatch(key) else None


def placement(service: Service, options: Options) -> StackFile:
    """The ``placement`` of a service: asked constraints, its volumes' node, and the zones.

    On a laptop there is one node, and nothing to place.
    """
    if options.laptop:
        return {}
    constraints = [
        *(found for text in service.placement.constraints if (found := constraint(text))),
        *_platform(service.platform),
        *pins(service, options),
    ]
    result: StackFile = {}
    if constraints:
        result["constraints"] = list(dict.fromkeys(constraints))
    if service.mode is not Mode.GLOBAL:
        asked = [spread_key(key) for key in service.placement.spread]
        keys = dict.fromkeys((*(key for key in asked if key), ZONE_LABEL))
        result["preferences"] = [{"spread": key} for key in keys]
        if service.placement.max_replicas_per_node is not None:
            result["max_replicas_per_node"] = service.placement.max_replicas_per_node
    return result


def _platform(platform: str) -> list[str]:
    parts = platform.split("/")
    if not platform:
        return []
    result = [f"node.platform.os == {parts[0]}"]
    if len(parts) > 1:
        result.append(f"node.platform.arch == {_ARCHITECTURES.get(parts[1], parts[1])}")
    return result
