"""Docker's answers about a swarm as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INACTIVE, PENDING, ACTIVE, LOCKED, ERROR = "inactive", "pending", "active", "locked", "error"
"""A node's own state: no swarm; starting or joining; in it; locked raft state; broken."""

INSTANCE_LABEL = "seawall.instance"
ZONE_LABEL = "seawall.zone"
POOL_LABEL = "seawall.pool"
SLOT_LABEL = "seawall.slot"


@dataclass(frozen=True)
class SwarmState:
    """The ``Swarm`` part of ``docker info``."""

    state: str
    node_id: str = ""
    cluster_id: str = ""
    """Known to managers that have a leader; else empty."""
    control: bool = False
    """Whether the engine answers for the swarm: a manager that has a leader."""
    error: str = ""

    @staticmethod
    def of(info: Mapping[str, Any]) -> SwarmState:
        """From the answer to ``GET /info``."""
        swarm: Mapping[str, Any] = info["Swarm"]
        cluster: Mapping[str, Any] = swarm.get("Cluster") or {}
        return SwarmState(
            state=swarm.get("LocalNodeState") or INACTIVE,
            node_id=swarm.get("NodeID") or "",
            cluster_id=cluster.get("ID") or "",
            # The engine says so of every manager; without a leader it knows no cluster.
            control=bool(swarm.get("ControlAvailable") and cluster.get("ID")),
            error=swarm.get("Error") or "",
        )


@dataclass(frozen=True)
class Node:
    """One entry of ``docker node ls``."""

    id: str
    hostname: str
    role: str
    """As wanted: ``manager`` or ``worker``."""
    availability: str
    """``active``, ``pause`` or ``drain``."""
    state: str
    """``ready``, ``down``, ``disconnected`` or ``unknown``."""
    address: str
    """Where the node's connection comes from, as the manager sees it."""
    created_at: str
    """ISO 8601, which sorts."""
    engine: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Set by managers."""
    engine_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """The node's own word."""
    leader: bool = False
    reachability: str = ""
    """Of managers: ``reachable``, ``unreachable`` or ``unknown``; else empty."""
    manager_address: str = ""
    """Of managers: the address that raft uses, with port; else empty."""

    @staticmethod
    def of(answer: Mapping[str, Any]) -> Node:
        """From one element of the answer to ``GET /nodes``."""
        spec: Mapping[str, Any] = answer["Spec"]
        status: Mapping[str, Any] = answer.get("Status") or {}
        description: Mapping[str, Any] = answer.get("Description") or {}
        engine: Mapping[str, Any] = description.get("Engine") or {}
        manager: Mapping[str, Any] = answer.get("ManagerStatus") or {}
        return Node(
            id=answer["ID"],
            hostname=description.get("Hostname") or "",
            role=spec["Role"],
            availability=spec["Availability"],
            state=status.get("State") or "unknown",
            address=status.get("Addr") or "",
            created_at=answer.get("CreatedAt") or "",
            engine=engine.get("EngineVersion") or "",
            labels=dict(spec.get("Labels") or {}),
            engine_labels=dict(engine.get("Labels") or {}),
            leader=bool(manager.get("Leader")),
            reachability=manager.get("Reachability") or "",
            manager_address=manager.get("Addr") or "",
        )

    @property
    def is_member(self) -> bool:
        """Whether the node counts for the quorum."""
        return bool(self.reachability) or self.role == "manager"

    @property
    def instance(self) -> str:
        """The EC2 instance: by the manager's label, else by the node's own word; else empty."""
        return self.labels.get(INSTANCE_LABEL) or self.engine_labels.get(INSTANCE_LABEL, "")


def quorum(managers: int) -> int:
    """How many of ``managers`` must be there for the swarm to take a decision."""
    return managers // 2 + 1
