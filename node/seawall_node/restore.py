"""Bring the swarm back when its quorum is lost for good. Only by explicit order.

On one manager, the one whose state is to be the swarm: its own, or a backup laid in its place.
The cluster record says meanwhile that nobody else may act; the other managers' ids are noted as
removed before it says otherwise, so that their old state never comes to life again.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seawall_node import host, identity, record, registry
from seawall_node.backup import await_engine
from seawall_node.boot import Node as Here
from seawall_node.config import SWARM_PORT
from seawall_node.errors import AgentError, EngineError, RefusedError
from seawall_node.publish import publish
from seawall_node.record import ClusterRecord
from seawall_node.removal import remove
from seawall_node.rotation import rotate
from seawall_node.snapshots import Snapshot, Snapshots, unpack
from seawall_node.swarm import LOCKED, Node, SwarmState

OWN_STATE = "own-state"
"""In the place of a backup's name: the state that this manager has."""
_LEADER_SECONDS = 60.0


def why_not(
    swarm: SwarmState, noted: ClusterRecord | None, snapshot: Snapshot | None, me: str, now: float
) -> str | None:
    """Why this must not be done; None when it may be."""
    mine = noted is not None and noted.phase == record.RESTORING and noted.owner == me
    if swarm.control and not mine:
        return (
            "This manager has a leader, so the quorum is not lost. To remove dead managers, let "
            "their slots come back, or demote them."
        )
    if noted is None or noted.cluster_id is None:
        return "No swarm was ever recorded: there is nothing to restore."
    if noted.phase == record.RESTORING and not mine and now < noted.lease_expires:
        return f"{noted.owner} is restoring. Only one manager may."
    if snapshot is not None and snapshot.cluster_id != noted.cluster_id:
        return f"The backup is of the swarm {snapshot.cluster_id}, not of {noted.cluster_id}."
    return None


def others(nodes: Sequence[Node], me: str) -> list[Node]:
    """The managers in the restored list but for this one: none is a member any more."""
    return [node for node in nodes if node.is_member and node.id != me]


def restore(here: Here, snapshots: Snapshots, name: str) -> None:
    """Restore from the backup ``name``, or from ``OWN_STATE``. Raises ``RefusedError``."""
    snapshot = None if name == OWN_STATE else snapshots.find(name)
    noted, now = here.table.record(), time.time()
    swarm = here.engine.state() if here.engine.is_up() else SwarmState("inactive")
    refusal = why_not(swarm, noted, snapshot, here.instance.id, now)
    if refusal is not None or noted is None:
        raise RefusedError(refusal or "")
    slot = here.config.slot or ""
    fenced = record.restoring(noted, here.instance.id, slot, now, 15 * 60)
    here.table.replace_record(noted, fenced)
    here.log("restore", source=name)
    _lay(here, snapshots, snapshot)
    _force(here, snapshot)
    services = len(here.engine.services())
    if snapshot is not None and services != snapshot.services:
        raise AgentError(
            f"The restored swarm has {services} services, the backup had {snapshot.services}. "
            "Nothing else was changed; the record still says that the swarm is being restored."
        )
    _remove_others(here)
    cluster_id = here.engine.swarm()["ID"]
    here.table.replace_record(fenced, record.initialised(fenced, cluster_id))
    publish(here.engine, here.vault, here.log)
    # The backup lay somewhere for a while: what is in it opens nothing any more.
    rotate(here, "tokens")
    if here.config.autolock:
        rotate(here, "unlock-key")
    here.log("restored", cluster=cluster_id, services=services)


def _lay(here: Here, snapshots: Snapshots, snapshot: Snapshot | None) -> None:
    """The engine with the state that is to be the swarm, unlocked."""
    if snapshot is not None:
        with tempfile.TemporaryDirectory(prefix="seawall-restore-") as directory:
            archive = Path(directory) / "swarm.tar.gz"
            snapshots.fetch(snapshot, archive)
            host.stop_docker()
            identity.SWARM_DIRECTORY.mkdir(parents=True, exist_ok=True)
            host.clear(identity.SWARM_DIRECTORY)
            unpack(archive, identity.SWARM_DIRECTORY)
        host.start_docker()
    elif not here.engine.is_up():
        host.start_docker()
    await_engine(here)
    if here.engine.state().state == LOCKED:
        keys = here.vault.unlock_keys()
        if snapshot is not None and snapshot.unlock_key_version is not None:
            keys.insert(0, here.vault.unlock_key_of(snapshot.unlock_key_version))
        _unlock(here, keys)


def _unlock(here: Here, keys: Iterable[str]) -> None:
    for key in keys:
        try:
            here.engine.swarm_unlock(key)
        except EngineError as error:
            # With the right key it waits for a quorum that is lost, and gives up on that.
            here.log("unlock-answer", message=str(error))
        if here.engine.state().state != LOCKED:
            return
    raise AgentError(
        "No key in the secret opens the state. If an older one is known, run `docker swarm unlock` "
        "here, then the restore again with own-state."
    )


def _force(here: Here, snapshot: Snapshot | None) -> None:
    address = here.config.slot_address or here.instance.address
    if snapshot is not None and snapshot.address != address:
        # Workers know the managers by their addresses.
        here.log("restore-elsewhere", was=snapshot.address, now=address)
    here.engine.swarm_init(
        ForceNewCluster=True, AdvertiseAddr=address, ListenAddr=f"{address}:{SWARM_PORT}"
    )
    deadline = time.monotonic() + _LEADER_SECONDS
    while not here.engine.state().control:
        if time.monotonic() > deadline:
            raise AgentError("The restored manager does not become the leader. See Docker's log.")
        time.sleep(0.2)


def _remove_others(here: Here) -> None:
    """Remove the managers that were, and note each node that is not in the list any more."""
    now = time.time()
    for node in others(here.engine.nodes(), here.engine.state().node_id):
        here.log("remove", node=node.id, reason="no member of the restored swarm")
        here.table.put(*registry.tombstone(node.id, now))
        remove(here, node, force=True)
    items: Mapping[str, Any] = here.table.all()
    changes = registry.plan(here.engine.nodes(), here.config.managers, items, {}, now)
    registry.write(here.table, changes)
