"""What a node sees of the cluster, as one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seawall_node.boot import Node as Here
from seawall_node.swarm import POOL_LABEL, SLOT_LABEL, ZONE_LABEL, Node, quorum


def status(here: Here) -> dict[str, Any]:
    """The cluster by this node; what only managers with a leader know is null elsewhere."""
    engine, record = here.engine, here.table.record()
    swarm = engine.state()
    nodes = engine.nodes() if swarm.control else None
    return {
        "cluster": here.config.cluster,
        "clusterId": None if record is None else record.cluster_id,
        "phase": None if record is None else record.phase,
        "node": {
            "instance": here.instance.id,
            "role": here.config.role,
            "slot": here.config.slot,
            "zone": here.instance.zone,
            "nodeId": swarm.node_id or None,
            "state": swarm.state,
            "error": swarm.error or None,
            "engine": engine.version(),
        },
        "quorum": None if nodes is None else quorum_of(nodes),
        "nodes": None if nodes is None else [_node(each) for each in sorted(nodes, key=_order)],
        "services": None if nodes is None else services(engine.services(), engine.tasks({})),
    }


def quorum_of(nodes: Sequence[Node]) -> dict[str, int]:
    """How many managers there are, answer and must answer."""
    members = [node for node in nodes if node.is_member]
    return {
        "managers": len(members),
        "reachable": sum(node.reachability == "reachable" for node in members),
        "needed": quorum(len(members)),
    }


def services(
    found: Sequence[Mapping[str, Any]], tasks: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Each service with the number of its tasks that run and that should."""
    rows: list[dict[str, Any]] = []
    for service in sorted(found, key=lambda each: each["Spec"]["Name"]):
        own = [
            task
            for task in tasks
            if task["ServiceID"] == service["ID"] and task["DesiredState"] == "running"
        ]
        replicated = service["Spec"]["Mode"].get("Replicated")
        update: Mapping[str, Any] = service.get("UpdateStatus") or {}
        rows.append(
            {
                "name": service["Spec"]["Name"],
                "running": sum(task["Status"]["State"] == "running" for task in own),
                "desired": len(own) if replicated is None else replicated["Replicas"],
                "update": update.get("State"),
            }
        )
    return rows


def _node(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "hostname": node.hostname,
        "instance": node.instance or None,
        "zone": node.labels.get(ZONE_LABEL),
        "pool": node.labels.get(POOL_LABEL),
        "slot": node.labels.get(SLOT_LABEL),
        "role": node.role,
        "state": node.state,
        "availability": node.availability,
        "leader": node.leader,
        "reachability": node.reachability or None,
        "address": node.address,
        "engine": node.engine,
    }


def _order(node: Node) -> tuple[str, str, str]:
    return node.role, node.labels.get(ZONE_LABEL, ""), node.hostname


def table(document: dict[str, Any]) -> str:
    """The document as lines for a person."""
    node, quorum_now = document["node"], document["quorum"]
    lines = [
        f"{document['cluster']}  {document['phase'] or 'no swarm yet'}  "
        f"{document['clusterId'] or ''}".rstrip(),
        f"this node: {node['instance']} {node['role']} {node['state']}",
    ]
    if quorum_now is not None:
        lines.append(
            f"managers: {quorum_now['reachable']} of {quorum_now['managers']} reachable, "
            f"{quorum_now['needed']} needed"
        )
    nodes: list[dict[str, Any]] = document["nodes"] or []
    for each in nodes:
        rank = "leader" if each["leader"] else each["reachability"] or ""
        cells = (each["zone"] or "?", each["slot"] or each["pool"] or "", each["hostname"])
        lines.append(
            f"  {cells[0]:<12} {cells[1]:<10} {cells[2]:<20} {each['role']:<8} {each['state']:<8} "
            f"{each['availability']:<7} {rank:<12} {each['engine']}"
        )
    rows: list[dict[str, Any]] = document["services"] or []
    lines += [f"  {each['name']:<30} {each['running']}/{each['desired']}" for each in rows]
    return "\n".join(lines)
