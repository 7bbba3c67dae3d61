"""What the swarm's leader does for all nodes, one look at a time.

It keeps nothing that matters: another leader goes on where this one was. Before each change it asks
the engine again whether it still leads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seawall_node import labels, reaper, registry
from seawall_node.boot import Node as Here
from seawall_node.cloud import Cloud, Instance
from seawall_node.drainer import Drainer
from seawall_node.errors import CloudError
from seawall_node.login import refresh_login
from seawall_node.orders import Orders
from seawall_node.publish import publish
from seawall_node.record import INITIALISED
from seawall_node.removal import remove
from seawall_node.swarm import Node

_EC2_SECONDS = 15.0
"""How often EC2 is asked when nothing is new."""
_EC2_SOON_SECONDS = 2.0
_LOGIN_SECONDS = 6 * 3600.0
"""Half of the time that a login of the registry lasts."""


class Leader:
    """The duties of the leader. ``tick`` does nothing on any other node."""

    def __init__(self, here: Here, cloud: Cloud) -> None:
        self._here = here
        self._cloud = cloud
        self._drainer = Drainer(here, cloud)
        self._orders = Orders(here)
        self._forget()

    def _forget(self) -> None:
        self._instances: dict[str, Instance] | None = None
        self._asked = float("-inf")
        self._down_since: dict[str, float] = {}
        self._published = -1
        self._logged_in = float("-inf")
        self._said = ""
        self._unlabelled = False

    @property
    def is_busy(self) -> bool:
        """Whether a drain is under way or a node has no labels yet: the next look comes soon."""
        return self._drainer.is_busy or self._unlabelled

    def leads(self) -> bool:
        """Whether this node is the leader of the recorded swarm, now."""
        swarm = self._here.engine.state()
        if not swarm.control:
            return False
        return self._here.engine.node(swarm.node_id).leader

    def tick(self, now: float) -> None:
        """Look once and do what is to be done."""
        here = self._here
        if not self.leads():
            self._forget()
            return
        record = here.table.record()
        swarm = here.engine.swarm()
        if record is None or record.phase != INITIALISED or record.cluster_id != swarm["ID"]:
            return
        nodes = here.engine.nodes()
        self._note_down(nodes, now)
        self._label(nodes, now)
        items = here.table.all()
        self._reap(nodes, items, now)
        self._register(items, now)
        self._drainer.tick(items, now)
        self._orders.tick(items, now)
        if self._published != swarm["Version"]["Index"]:
            publish(here.engine, here.vault, here.log)
            self._published = swarm["Version"]["Index"]
        if now - self._logged_in >= _LOGIN_SECONDS:
            refresh_login(here, self._cloud)
            self._logged_in = now

    def _note_down(self, nodes: Sequence[Node], now: float) -> None:
        down = {node.id for node in nodes if node.state != "ready"}
        self._down_since = {each: self._down_since.get(each, now) for each in down}

    def _label(self, nodes: Sequence[Node], now: float) -> None:
        unknown = bool(labels.foreign(nodes, self._instances or {}))
        self._unlabelled = any(node.state == "ready" and not node.labels for node in nodes)
        if now - self._asked >= (_EC2_SOON_SECONDS if unknown else _EC2_SECONDS):
            self._asked = now
            try:
                self._instances = self._cloud.instances()
            except CloudError as error:
                self._instances = None
                self._say(f"EC2 did not answer: {error}")
        known = self._instances or {}
        for change in labels.plan(nodes, known):
            if not self.leads():
                return
            self._here.engine.node_update(change.node.id, labels=change.labels)
            self._here.log("labelled", node=change.node.id, **dict(change.labels))
        strangers = [node.id for node in labels.foreign(nodes, known)] if known else []
        if strangers:
            self._say(f"nodes on no instance of this cluster: {', '.join(strangers)}")

    def _reap(self, nodes: Sequence[Node], items: Mapping[str, Any], now: float) -> None:
        if not self._down_since:
            return
        evictions = {
            str(item["nodeId"]) for name, item in items.items() if name.startswith("evict#")
        }
        plan = reaper.plan(
            nodes,
            self._instances,
            self._here.instance.id,
            down_since=self._down_since,
            now=now,
            evictions=evictions,
        )
        for removal in plan.removals:
            if not self.leads():
                return
            self._here.log("remove", node=removal.node.id, reason=removal.reason)
            remove(self._here, removal.node)
        if plan.held:
            self._say(f"not reaped: {plan.held}")

    def _register(self, items: Mapping[str, Any], now: float) -> None:
        """After the reaping, so that what was removed is noted at once."""
        zones = {each.id: each.zone for each in (self._instances or {}).values()}
        nodes = self._here.engine.nodes()
        if not self.leads():
            return
        changes = registry.plan(nodes, self._here.config.managers, items, zones, now)
        registry.write(self._here.table, changes)

    def _say(self, words: str) -> None:
        if words != self._said:
            self._here.log("leader", note=words)
            self._said = words
