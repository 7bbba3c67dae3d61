"""The long-running part: what each node does for itself, and the leader for all."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from seawall_node import host, identity, requests, upkeep
from seawall_node.boot import Boot
from seawall_node.boot import Node as Here
from seawall_node.bootstrap import Done
from seawall_node.cloud import Cloud
from seawall_node.errors import AgentError
from seawall_node.leader import Leader
from seawall_node.metadata import Metadata
from seawall_node.prepare import prepare
from seawall_node.prune import prune
from seawall_node.record import RESTORING
from seawall_node.requests import NodeRequest
from seawall_node.swarm import ACTIVE

TICK_SECONDS = 5.0
_BUSY_SECONDS = 1.0
_DISK_SECONDS = 60.0
_RECORD_SECONDS = 60.0
"""How often a worker that is fine looks whether it still is by the record: each look costs."""
DRAIN_SECONDS = {"lifecycle": 1800.0, "spot": 110.0, "rebalance": 600.0}
"""How long a drain may take, by the reason. A spot instance ends two minutes after the notice."""
_DISKS = (Path("/var/lib/docker"), identity.SWARM_DIRECTORY)


class Watch:
    """Runs on every node."""

    def __init__(self, here: Here, cloud: Cloud, metadata: Metadata) -> None:
        self._here = here
        self._cloud = cloud
        self._metadata = metadata
        self._boot = Boot(here)
        self._leader = Leader(here, cloud)
        self._due: dict[str, float] = {}
        self._notice = ""
        self._paused = False
        self._pruned: str | None = None

    def run(self) -> None:
        """For ever."""
        while True:
            self.tick()
            time.sleep(_BUSY_SECONDS if self._leader.is_busy else TICK_SECONDS)

    def tick(self) -> None:
        """Each duty once. One that fails is told, and does not keep the others from theirs."""
        self._try("membership", self._keep_membership)
        self._try("notice", self._heed_notice)
        self._try("disk", self._guard_disk)
        self._try("prune", self._prune)
        if self._here.config.is_manager:
            self._try("leader", lambda: self._leader.tick(time.time()))

    def _try(self, duty: str, act: Callable[[], object]) -> None:
        try:
            act()
        except (AgentError, OSError) as error:
            self._here.log("duty-failed", duty=duty, why=str(error))

    def _keep_membership(self) -> None:
        """As at boot: an engine that was restarted is locked, a node may have been removed."""
        fine = self._here.engine.state().state == ACTIVE
        manager = self._here.config.is_manager
        if fine and not manager and not self._is_due("record", _RECORD_SECONDS):
            return
        record = self._here.table.record()
        if (
            record is not None
            and record.phase == RESTORING
            and record.owner != self._here.instance.id
            and manager
        ):
            self._step_aside()
        if not isinstance(self._boot.step(), Done):
            self._boot.run()

    def _step_aside(self) -> None:
        """Stop the engine while another manager restores: the old raft must not come to life."""
        self._here.log("stopped-for-restore")
        host.stop_docker()
        prepare(self._here, self._cloud)
        host.start_docker()

    def _heed_notice(self) -> None:
        notice = self._metadata.notice()
        if notice is None or notice.reason == self._notice:
            return
        self._here.log("notice", reason=notice.reason, at=notice.at or None)
        self.ask(requests.DRAIN, notice.reason, DRAIN_SECONDS[notice.reason])
        self._notice = notice.reason

    def ask(self, wanted: str, reason: str, seconds: float) -> NodeRequest:
        """Ask the leader for something."""
        return ask(self._here, self._cloud, wanted, reason, seconds)

    def _guard_disk(self) -> None:
        if not self._is_due("disk", _DISK_SECONDS):
            return
        used = {str(path): host.used_percent(path) or 0 for path in _DISKS}
        state = upkeep.disk(max(used.values()), paused=self._paused)
        if state.warn:
            self._here.log("disk-filling", **used)
        if state.wanted is not None and not self._notice:
            paused = state.wanted == requests.PAUSE
            if paused != self._paused:
                self.ask(state.wanted, "disk", 600.0)
                self._paused = paused

    def _prune(self) -> None:
        now = datetime.now(timezone.utc)
        if upkeep.prune_due(self._here.config.prune, self._here.instance.id, now, self._pruned):
            prune(self._here)
            self._pruned = now.date().isoformat()

    def _is_due(self, duty: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(duty, float("-inf")):
            return False
        self._due[duty] = now + seconds
        return True


def ask(here: Here, cloud: Cloud, wanted: str, reason: str, seconds: float) -> NodeRequest:
    """Write this node's request."""
    now = time.time()
    request = NodeRequest(
        item_id=requests.item_id(cloud.user_id()),
        instance=here.instance.id,
        wanted=wanted,
        reason=reason,
        begun=now,
        deadline=now + seconds,
        status="requested",
    )
    here.table.put(request.item_id, request.item(request.status))
    return request
