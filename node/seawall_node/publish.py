"""Keep what is published equal to what the swarm has: join tokens and unlock key.

A rotation that was cut off between the swarm and the publication is put right by this.
"""

from __future__ import annotations

from seawall_node.engine import Engine
from seawall_node.log import Log
from seawall_node.vault import Vault


def publish(engine: Engine, vault: Vault, log: Log) -> None:
    """Publish the swarm's tokens and key where they differ from what is there."""
    swarm = engine.swarm()
    locked = swarm["Spec"].get("EncryptionConfig", {}).get("AutoLockManagers")
    # First the key: with a wrong one a manager does not come back from a reboot.
    if locked and vault.publish_unlock_key(engine.unlock_key()):
        log("unlock-key-published")
    for role in ("manager", "worker"):
        if vault.publish_token(role, swarm["JoinTokens"][role.capitalize()]):
            log("token-published", role=role)


def publish_if_manager(engine: Engine, vault: Vault, log: Log) -> None:
    """``publish`` on a manager that has a leader; nothing on any other node."""
    if engine.state().control:
        publish(engine, vault, log)
