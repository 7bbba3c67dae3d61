"""Take a backup of the swarm: stop this manager's engine, copy its state, start it again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from seawall_node import host, identity
from seawall_node.boot import Boot
from seawall_node.boot import Node as Here
from seawall_node.errors import AgentError, RefusedError
from seawall_node.snapshots import Snapshot, Snapshots, digest, pack
from seawall_node.swarm import Node, quorum

ENGINE_SECONDS = 120.0


def why_not(nodes: Sequence[Node], me: str) -> str | None:
    """Why the manager with node id ``me`` must not be stopped for a backup; None when it may be.

    A swarm with one manager has no other to take it from; its API is away for some seconds.
    """
    members = [node for node in nodes if node.is_member]
    if len(members) == 1:
        return None
    if any(node.leader and node.id == me for node in members):
        return "This manager is the leader. Take the backup on another one."
    reachable = sum(node.reachability == "reachable" for node in members)
    if reachable <= quorum(len(members)):
        return (
            f"Only {reachable} of {len(members)} managers are reachable: without this one there "
            "would be no quorum. Bring the others back first."
        )
    return None


def backup(here: Here, snapshots: Snapshots) -> str:
    """Take a backup; its name. Raises ``RefusedError`` when that would endanger the quorum."""
    state = here.engine.state()
    if not state.control:
        raise RefusedError("Only a manager that has a leader can take a backup.")
    refusal = why_not(here.engine.nodes(), state.node_id)
    if refusal is not None:
        raise RefusedError(refusal)
    now = time.time()
    stamp = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H-%M-%SZ")
    swarm = here.engine.swarm()
    locked = swarm["Spec"].get("EncryptionConfig", {}).get("AutoLockManagers")
    services, engine = len(here.engine.services()), here.engine.version()
    with tempfile.TemporaryDirectory(prefix="seawall-backup-") as directory:
        archive = Path(directory) / "swarm.tar.gz"
        host.stop_docker()
        try:
            pack(identity.SWARM_DIRECTORY, archive)
        finally:
            host.start_docker()
        await_engine(here)
        Boot(here).run()
        snapshot = Snapshot(
            name=f"{stamp}-{here.config.slot}",
            cluster_id=swarm["ID"],
            node_id=state.node_id,
            slot=here.config.slot or "",
            address=here.config.slot_address or here.instance.address,
            engine=engine,
            taken_at=now,
            services=services,
            sha256=digest(archive),
            unlock_key_version=here.vault.unlock_key_version() if locked else None,
        )
        snapshots.store(snapshot, archive)
    here.log("backup", name=snapshot.name, services=services)
    return snapshot.name


def await_engine(here: Here) -> None:
    """Wait until the engine answers."""
    deadline = time.monotonic() + ENGINE_SECONDS
    while not here.engine.is_up():
        if time.monotonic() > deadline:
            raise AgentError(
                f"Docker does not answer {ENGINE_SECONDS:.0f} s after its start. "
                "See `journalctl -u docker`."
            )
        time.sleep(0.2)
