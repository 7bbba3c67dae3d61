"""Fulfil what nodes ask for: drain, pause, take tasks again. Decided in ``drain``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seawall_node import drain, requests
from seawall_node.boot import Node as Here
from seawall_node.cloud import Cloud
from seawall_node.drain import Service, Target
from seawall_node.errors import CloudError
from seawall_node.requests import NodeRequest
from seawall_node.swarm import Node

_STEPS = 10
"""More steps than a drain has without waiting in between."""


class Drainer:
    """Runs on the leader."""

    def __init__(self, here: Here, cloud: Cloud) -> None:
        self._here = here
        self._cloud = cloud
        self._said: dict[str, str] = {}
        self.is_busy = False
        """Whether a drain is under way."""

    def tick(self, items: Mapping[str, Any], now: float) -> None:
        """Bring each request one wait further."""
        engine = self._here.engine
        asked = [requests.parse(name, item) for name, item in items.items()]
        open_requests = [each for each in asked if each and each.status != requests.DONE]
        nodes = {node.instance: node for node in engine.nodes() if node.instance}
        draining: list[str] = []
        for request in open_requests:
            node = nodes.get(request.instance)
            if node is None:
                # It is off the list already; nothing runs there.
                self._here.table.delete(request.item_id)
            elif request.wanted == requests.DRAIN:
                draining.append(node.id)
                self._drain(node, request, now)
            else:
                if node.availability != request.wanted:
                    engine.node_update(node.id, availability=request.wanted)
                    self._here.log("availability", node=node.id, wanted=request.wanted)
                self._finish(request)
        self.is_busy = bool(draining)
        for service, node_id in drain.leftovers(engine.services(), draining):
            self._scale(str(service["ID"]), node_id, None)

    def _drain(self, node: Node, request: NodeRequest, now: float) -> None:
        groups = self._target_groups()
        for _ in range(_STEPS):
            engine = self._here.engine
            step = drain.decide(
                engine.node(node.id),
                drain.views(engine.services(), engine.tasks({}), node.id),
                self._targets(groups, request.instance),
                request.drain,
                now,
            )
            words = f"{type(step).__name__} {getattr(step, 'reason', '')}".strip()
            if self._said.get(node.id) != words:
                self._here.log("drain", node=node.id, instance=request.instance, step=words)
                self._said[node.id] = words
            if isinstance(step, drain.Waiting):
                return
            if isinstance(step, drain.Empty):
                self._finish(request)
                self._complete(request.instance)
                return
            self._perform(step, node, request.instance)

    def _perform(self, step: drain.Step, node: Node, instance: str) -> None:
        engine = self._here.engine
        if isinstance(step, drain.SetAvailability):
            engine.node_update(node.id, availability=step.availability)
        elif isinstance(step, drain.Raise):
            for service in step.services:
                self._scale(service.id, node.id, service.here)
        elif isinstance(step, drain.Deregister):
            for group in step.groups:
                self._cloud.deregister(group, instance)
        elif isinstance(step, drain.DrainAndLower):
            engine.node_update(node.id, availability="drain")
            self._lower(step.services, node.id)
        elif isinstance(step, drain.Lower):
            self._lower(step.services, node.id)

    def _lower(self, services: Iterable[Service], node_id: str) -> None:
        for service in services:
            self._scale(service.id, node_id, None)

    def _scale(self, service_id: str, node_id: str, by: int | None) -> None:
        """Raise the replicas ``by`` so many for a drain; lower them again with None."""
        service = self._here.engine.service(service_id)
        spec = service["Spec"]
        changed = drain.lowered(spec, node_id) if by is None else drain.raised(spec, node_id, by)
        # Where somebody else changes the service at this moment, the next look finds it undone.
        self._here.engine.service_update(service, changed)

    def _target_groups(self) -> list[str]:
        try:
            return self._cloud.target_groups()
        except CloudError as error:
            self._here.log("drain-without-load-balancer", why=str(error))
            return []

    def _targets(self, groups: Iterable[str], instance: str) -> list[Target]:
        targets: list[Target] = []
        for group in groups:
            states = self._cloud.targets(group)
            others = sum(state == "healthy" for each, state in states.items() if each != instance)
            targets.append(Target(group, states.get(instance, ""), others))
        return targets

    def _finish(self, request: NodeRequest) -> None:
        self._here.table.put(request.item_id, request.item(requests.DONE))

    def _complete(self, instance: str) -> None:
        try:
            self._cloud.complete_termination(instance)
        except CloudError as error:
            # The hook ends by itself when its time is over.
            self._here.log("hook-not-completed", instance=instance, why=str(error))
