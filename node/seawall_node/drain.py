"""How a node is emptied without a lost request, without side effects.

Swarm's own drain stops the tasks of a node at once and starts others afterwards. So, before it:

1. pause the node: no new task comes to it;
2. raise the replicas of each of its services by what it has of them, and wait until these run
   elsewhere;
3. take the node out of its target groups once others there are healthy, and wait for the last
   connections;
4. drain it, and lower the replicas again in the same breath: Swarm gives up those that do not run,
   which are the replacements of the stopped ones.

How far a drain got is told by the node's availability and by a label on each service, so that a new
leader goes on where the last one was. Global services have a task on each node and only stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from seawall_node.swarm import Node

SURGE_LABEL = "seawall.surge."
"""With the node's id behind it: by how much the replicas of a service are raised for its drain."""
SURGE_SHARE, TARGETS_SHARE = 0.5, 0.85
"""When waiting for replicas and for target groups ends, as share of the time that there is."""
_UNUSED = ("unused", "")
_ALIVE = ("assigned", "accepted", "preparing", "ready", "starting", "running")


@dataclass(frozen=True)
class Service:
    """A service, as far as a drain goes."""

    id: str
    name: str
    replicas: int | None
    """None for global ones."""
    labels: Mapping[str, str]
    here: int
    """How many of its tasks run on the node."""
    elsewhere: int
    """How many run on other nodes."""

    def surge(self, node_id: str) -> int:
        """By how much its replicas are raised for the drain of ``node_id``; 0 if they are not."""
        return surge_of(self.labels, node_id)


@dataclass(frozen=True)
class Target:
    """The node's instance in one target group."""

    group: str
    state: str
    """As Elastic Load Balancing has it; empty when it is not in the group."""
    healthy_others: int


@dataclass(frozen=True)
class Request:
    """That a node be emptied."""

    instance: str
    begun: float
    deadline: float
    """When the instance ends, whether it is empty or not."""

    def passed(self, share: float, now: float) -> bool:
        """Whether ``share`` of the time is over."""
        return now >= self.begun + share * (self.deadline - self.begun)


@dataclass(frozen=True)
class SetAvailability:
    """Set the node's availability."""

    availability: str


@dataclass(frozen=True)
class Raise:
    """Raise the replicas of these services."""

    services: tuple[Service, ...]


@dataclass(frozen=True)
class Deregister:
    """Take the instance out of these target groups."""

    groups: tuple[str, ...]


@dataclass(frozen=True)
class DrainAndLower:
    """Drain the node, and lower the replicas of these services right behind it."""

    services: tuple[Service, ...]


@dataclass(frozen=True)
class Lower:
    """Lower the replicas of these services: the node is drained or gone."""

    services: tuple[Service, ...]


@dataclass(frozen=True)
class Waiting:
    """Look again."""

    reason: str


@dataclass(frozen=True)
class Empty:
    """Nothing runs on the node any more."""


Step = Union[SetAvailability, Raise, Deregister, DrainAndLower, Lower, Waiting, Empty]


def decide(
    node: Node,
    services: Sequence[Service],
    targets: Sequence[Target],
    request: Request,
    now: float,
) -> Step:
    """The next step of a drain."""
    surged = tuple(service for service in services if service.surge(node.id))
    if node.availability == "drain":
        if surged:
            return Lower(surged)
        busy = [service.name for service in services if service.here]
        return Waiting(f"tasks of {', '.join(busy)} are stopping") if busy else Empty()
    if node.availability == "active":
        return SetAvailability("pause")
    fresh = tuple(
        service
        for service in services
        if service.here and service.replicas is not None and not service.surge(node.id)
    )
    if fresh and not request.passed(SURGE_SHARE, now):
        return Raise(fresh)
    late = [
        service.name
        for service in surged
        if service.elsewhere < (service.replicas or 0) - service.surge(node.id)
    ]
    if late and not request.passed(SURGE_SHARE, now):
        return Waiting(f"{', '.join(late)} start elsewhere")
    serving = [each for each in targets if each.state not in (*_UNUSED, "draining")]
    hurry = request.passed(TARGETS_SHARE, now)
    free = tuple(each.group for each in serving if each.healthy_others or hurry)
    if free:
        return Deregister(free)
    if serving:
        return Waiting("the load balancer has no other healthy target yet")
    if any(each.state == "draining" for each in targets) and not hurry:
        return Waiting("the load balancer ends the last connections")
    return DrainAndLower(surged)


def surge_of(labels: Mapping[str, str], node_id: str) -> int:
    """What the label of a service says about ``node_id``."""
    text = labels.get(SURGE_LABEL + node_id, "0")
    return int(text) if text.isdigit() else 0


def raised(spec: Mapping[str, Any], node_id: str, by: int) -> dict[str, Any]:
    """The specification of a service with ``by`` replicas more for the drain of ``node_id``."""
    return _scaled(spec, by, {**(spec.get("Labels") or {}), SURGE_LABEL + node_id: str(by)})


def lowered(spec: Mapping[str, Any], node_id: str) -> dict[str, Any]:
    """The specification of a service as it was before ``raised``."""
    labels = dict(spec.get("Labels") or {})
    by = surge_of(labels, node_id)
    labels.pop(SURGE_LABEL + node_id, None)
    return _scaled(spec, -by, labels)


def _scaled(spec: Mapping[str, Any], by: int, labels: Mapping[str, str]) -> dict[str, Any]:
    # Nothing in TaskTemplate changes, so no task is restarted.
    mode = spec["Mode"]
    replicas = max(0, mode["Replicated"]["Replicas"] + by)
    return {
        **spec,
        "Labels": dict(labels),
        "Mode": {**mode, "Replicated": {**mode["Replicated"], "Replicas": replicas}},
    }


def leftovers(
    services: Iterable[Mapping[str, Any]], draining: Iterable[str]
) -> list[tuple[Mapping[str, Any], str]]:
    """Services raised for a drain that is no more, each with the node's id.

    ``draining`` are the ids of the nodes that are being drained.
    """
    current = set(draining)
    found: list[tuple[Mapping[str, Any], str]] = []
    for service in services:
        labels: Mapping[str, str] = service["Spec"].get("Labels") or {}
        for label in labels:
            node_id = label[len(SURGE_LABEL) :]
            if label.startswith(SURGE_LABEL) and node_id not in current:
                found.append((service, node_id))
    return found


def views(
    services: Iterable[Mapping[str, Any]], tasks: Iterable[Mapping[str, Any]], node_id: str
) -> list[Service]:
    """Docker's services and running tasks as a drain of ``node_id`` sees them."""
    here: dict[str, int] = {}
    elsewhere: dict[str, int] = {}
    for task in tasks:
        state, on = task["Status"]["State"], task.get("NodeID")
        if on == node_id and state in _ALIVE:
            here[task["ServiceID"]] = here.get(task["ServiceID"], 0) + 1
        elif on != node_id and state == "running" and task["DesiredState"] == "running":
            elsewhere[task["ServiceID"]] = elsewhere.get(task["ServiceID"], 0) + 1
    return [
        Service(
            id=service["ID"],
            name=service["Spec"]["Name"],
            replicas=service["Spec"]["Mode"].get("Replicated", {}).get("Replicas"),
            labels=service["Spec"].get("Labels") or {},
            here=here.get(service["ID"], 0),
            elsewhere=elsewhere.get(service["ID"], 0),
        )
        for service in services
    ]
