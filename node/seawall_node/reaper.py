"""Which nodes to remove from the list, without side effects.

A node goes when its instance is terminated, by the instance's id: addresses are used again. Nothing
is ever concluded from an answer that failed, that is empty, or in which the asking node is missing.
Managers are not reaped so: their slot brings the same node back. They go when their slot asks for
it, or when another node has taken their place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from seawall_node.cloud import Instance
from seawall_node.swarm import Node, quorum

GRACE_SECONDS = 30.0
"""How long a node must be seen down first: an answer of EC2 may be older than the node."""
WORKERS_PERCENT = 25
"""Share of the workers that one run may remove, but always one."""
MANAGERS = 1
"""How many managers one run may remove."""


@dataclass(frozen=True)
class Removal:
    """Take a node off the list; a manager is demoted first."""

    node: Node
    reason: str


@dataclass(frozen=True)
class Plan:
    """What to do, and why not more."""

    removals: tuple[Removal, ...] = ()
    held: str = ""
    """Why nothing is done, or not all of it; empty if nothing is held back."""


def plan(
    nodes: Sequence[Node],
    instances: Mapping[str, Instance] | None,
    me: str,
    *,
    down_since: Mapping[str, float],
    now: float,
    evictions: Collection[str] = (),
) -> Plan:
    """What one run removes.

    ``instances`` is EC2's answer, None when it failed; ``me`` the instance that asks,
    ``down_since`` when each node was first seen down, ``evictions`` the ids of managers whose slots
    ask to be rid of them.
    """
    if not instances:
        return Plan(held="EC2 gave no instances" if instances is not None else "EC2 did not answer")
    if me not in instances:
        return Plan(held=f"EC2's answer lacks {me}, which asked: it is not complete")
    down = [
        node
        for node in nodes
        if node.state != "ready" and now - down_since.get(node.id, now) >= GRACE_SECONDS
    ]
    workers = _workers(nodes, down, instances)
    share = sum(not node.is_member for node in nodes) * WORKERS_PERCENT // 100
    allowed = workers[: max(1, share)]
    managers, held = _managers(nodes, down, evictions)
    if len(allowed) < len(workers):
        held = held or f"{len(workers)} workers are to go, {len(allowed)} at a time"
    return Plan((*managers[:MANAGERS], *allowed), held)


def _workers(
    nodes: Sequence[Node], down: Sequence[Node], instances: Mapping[str, Instance]
) -> list[Removal]:
    removals: list[Removal] = []
    for node in down:
        if node.is_member or not node.instance:
            continue
        instance = instances.get(node.instance)
        if instance is None or instance.is_gone:
            removals.append(Removal(node, f"its instance {node.instance} is terminated"))
        elif any(_supersedes(other, node) for other in nodes):
            removals.append(Removal(node, f"its instance {node.instance} is there as a new node"))
    return removals


def _managers(
    nodes: Sequence[Node], down: Sequence[Node], evictions: Collection[str]
) -> tuple[list[Removal], str]:
    removals: list[Removal] = []
    for node in down:
        if not node.is_member or node.reachability == "reachable":
            continue
        if any(_took_place(other, node) for other in nodes):
            removals.append(Removal(node, "another node has its address"))
        elif node.id in evictions:
            # Who asks holds the slot's address and volume: the node that had them is no more.
            removals.append(Removal(node, "its slot starts with an empty disk"))
    if not removals:
        return [], ""
    members = [node for node in nodes if node.is_member]
    reachable = sum(node.reachability == "reachable" for node in members)
    if reachable < quorum(len(members)):
        return [], "there is no quorum: managers are not removed"
    return removals, ""


def _supersedes(other: Node, node: Node) -> bool:
    return (
        other.state == "ready"
        and other.id != node.id
        and other.instance == node.instance
        and other.created_at > node.created_at
    )


def _took_place(other: Node, node: Node) -> bool:
    return (
        other.state == "ready"
        and other.id != node.id
        and other.is_member
        and bool(node.manager_address)
        and other.manager_address == node.manager_address
    )
