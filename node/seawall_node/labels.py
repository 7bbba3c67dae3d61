"""Which labels the nodes should have, without side effects.

Labels are set by managers, from what EC2 says about the instance, never from what a node says about
itself. A node names its instance by an engine label; that is believed only if the instance has the
address that the node's connection comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seawall_node.cloud import POOL_TAG, SLOT_TAG, Instance
from seawall_node.swarm import (
    INSTANCE_LABEL,
    POOL_LABEL,
    SLOT_LABEL,
    ZONE_LABEL,
    Node,
)

OURS = (INSTANCE_LABEL, ZONE_LABEL, POOL_LABEL, SLOT_LABEL)


@dataclass(frozen=True)
class Relabel:
    """Give a node these labels: all that it is to have, those of others too."""

    node: Node
    labels: Mapping[str, str]


def instance_of(node: Node, instances: Mapping[str, Instance]) -> Instance | None:
    """The instance that ``node`` runs on, proven by its address."""
    instance = instances.get(node.engine_labels.get(INSTANCE_LABEL, ""))
    if instance is None or instance.is_gone:
        return None
    seen = {node.address, node.manager_address.rpartition(":")[0]} - {""}
    return instance if seen & set(instance.addresses) else None


def wanted(instance: Instance) -> dict[str, str]:
    """Our labels for a node on ``instance``."""
    labels = {INSTANCE_LABEL: instance.id, ZONE_LABEL: instance.zone}
    for label, tag in ((POOL_LABEL, POOL_TAG), (SLOT_LABEL, SLOT_TAG)):
        if tag in instance.tags:
            labels[label] = instance.tags[tag]
    return labels


def plan(nodes: Iterable[Node], instances: Mapping[str, Instance]) -> list[Relabel]:
    """The nodes whose labels are not what they should be. Labels that are not ours stay."""
    changes: list[Relabel] = []
    for node in nodes:
        instance = instance_of(node, instances) if node.state == "ready" else None
        if instance is None:
            continue
        others = {name: value for name, value in node.labels.items() if name not in OURS}
        labels = {**others, **wanted(instance)}
        if labels != dict(node.labels):
            changes.append(Relabel(node, labels))
    return changes


def foreign(nodes: Iterable[Node], instances: Mapping[str, Instance]) -> list[Node]:
    """Nodes that are there, but on no instance of this cluster: somebody else's."""
    return [
        node for node in nodes if node.state == "ready" and instance_of(node, instances) is None
    ]
