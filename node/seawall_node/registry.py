"""What the leader writes into the table about the nodes.

The list of nodes in the swarm is the truth; the table is what nodes and people see that cannot ask
the swarm: workers, and managers whose own state is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seawall_node.config import ManagerSlot
from seawall_node.swarm import Node
from seawall_node.table import Table

SEEN_SECONDS = 600.0
"""How often an unchanged node is written again, so that ``seen`` says something."""
TOMBSTONE_SECONDS = 180 * 86400.0
"""Longer than the 90 days after which a node's certificate is void anyway."""

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Changes:
    """Items to write and to delete."""

    put: Mapping[str, Values] = field(default_factory=dict[str, Values])
    delete: tuple[str, ...] = ()


def plan(
    nodes: Sequence[Node],
    slots: Iterable[ManagerSlot],
    known: Mapping[str, Values],
    zones: Mapping[str, str],
    now: float,
) -> Changes:
    """What to change in the table, whose items are ``known``.

    ``zones`` is the zone of each instance.
    """
    put: dict[str, Values] = {}
    delete: list[str] = []
    names = {slot.address: slot.slot for slot in slots}
    present = {node.id for node in nodes}
    listed = {f"node#{node.instance}": node for node in sorted(nodes, key=_age) if node.instance}
    for item_id, node in listed.items():
        values = {
            "nodeId": node.id,
            "role": node.role,
            "zone": zones.get(node.instance),
            "slot": names.get(node.manager_address.rpartition(":")[0]),
            "engine": node.engine,
            "state": node.state,
        }
        values = {name: value for name, value in values.items() if value is not None}
        old = known.get(item_id, {})
        changed = any(old.get(name) != value for name, value in values.items())
        if changed or now - old.get("seen", 0) >= SEEN_SECONDS:
            put[item_id] = {**values, "seen": now}
    members = {
        names[address]: node.id
        for node in sorted(nodes, key=_age)
        if (address := node.manager_address.rpartition(":")[0]) in names
    }
    for slot, node_id in members.items():
        if known.get(f"slot#{slot}", {}).get("nodeId") != node_id:
            put[f"slot#{slot}"] = {"nodeId": node_id}
    for item_id, old in known.items():
        kind, _, name = item_id.partition("#")
        if kind in ("node", "slot") and old.get("nodeId") and old["nodeId"] not in present:
            name_of_it, values = tombstone(old["nodeId"], now)
            if name_of_it not in known:
                put[name_of_it] = values
            if item_id not in put:
                delete.append(item_id)
        elif _is_past(kind, name, old, present, members) or (
            # An instance whose node goes by another instance's name now: a replaced slot.
            kind == "node" and item_id not in listed
        ):
            delete.append(item_id)
    return Changes(put, tuple(delete))


def _is_past(
    kind: str, name: str, old: Values, present: Collection[str], members: Collection[str]
) -> bool:
    """Whether a request for an eviction is fulfilled, or a slot has no member any more."""
    if kind == "evict":
        return old.get("nodeId") not in present
    return kind == "slot" and name not in members


def tombstone(node_id: str, now: float) -> tuple[str, dict[str, float]]:
    """The item that says that a node's id is no longer in the list."""
    return f"removed#{node_id}", {"at": now, "expires": now + TOMBSTONE_SECONDS}


def write(table: Table, changes: Changes) -> None:
    """Make the changes: tombstones first, so that none is lost when this is cut off."""
    for item_id in sorted(changes.put, key=lambda name: not name.startswith("removed#")):
        table.put(item_id, changes.put[item_id])
    for item_id in changes.delete:
        table.delete(item_id)


def _age(node: Node) -> tuple[bool, str]:
    """Last is who counts where two nodes claim the same place: the one that is there, the newer."""
    return node.state == "ready", node.created_at
