"""Bring this node into the swarm: look, decide, do one step, look again.

What to do is decided in ``bootstrap``. Each step is safe to be cut off and to be done twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seawall_node import bootstrap, claims, host, identity, publish, record
from seawall_node.bootstrap import JOINED, MADE, Attempt, Observation, Step
from seawall_node.config import SWARM_PORT, NodeConfig
from seawall_node.engine import Engine
from seawall_node.errors import AgentError, CloudError, EngineError
from seawall_node.log import Log
from seawall_node.metadata import Instance
from seawall_node.record import ClusterRecord
from seawall_node.swarm import INACTIVE, LOCKED
from seawall_node.table import Table
from seawall_node.vault import Vault

_QUICK_SECONDS = 0.2
_LONGEST_SECONDS = 10.0


@dataclass(frozen=True)
class Node:
    """All that a command needs to know and to call."""

    config: NodeConfig
    instance: Instance
    engine: Engine
    table: Table
    vault: Vault
    log: Log


class Boot:
    """Runs the state machine on one node."""

    def __init__(self, node: Node, clock: Callable[[], float] = time.time) -> None:
        self._node = node
        self._clock = clock

    def run(self) -> None:
        """Until the node is where it belongs, however long that takes."""
        said, pause = "", _QUICK_SECONDS
        while True:
            try:
                step = self.step()
                if isinstance(step, bootstrap.Done):
                    return
                words = _words(step)
                wait = getattr(step, "seconds", _QUICK_SECONDS)
                pause = _QUICK_SECONDS
            except (AgentError, OSError) as error:
                words = f"{type(error).__name__}: {error}"
                pause = min(_LONGEST_SECONDS, pause * 1.5)
                wait = pause
            if words != said:
                self._node.log("boot", step=words)
                said = words
            time.sleep(min(wait, _LONGEST_SECONDS))

    def step(self) -> Step:
        """Look once and do what is to be done; what that was."""
        step = bootstrap.decide(self.observe())
        self._perform(step)
        return step

    def observe(self) -> Observation:
        """What there is to see."""
        node, config = self._node, self._node.config
        swarm = node.engine.state()
        noted = node.table.record()
        mine = identity.read()
        answering: tuple[str, ...] = ()
        predecessor: str | None = None
        if swarm.state == INACTIVE and config.is_manager and noted is not None:
            if noted.is_open and noted.owner != node.instance.id:
                answering = host.answering(self._others(), SWARM_PORT)
            elif not noted.is_open and config.slot is not None:
                member = node.table.get(f"slot#{config.slot}")
                predecessor = None if member is None else member.get("nodeId")
        removed = (
            swarm.state != INACTIVE
            and mine is not None
            and node.table.get(f"removed#{mine.node_id}") is not None
        )
        return Observation(
            me=node.instance.id,
            manager=config.is_manager,
            now=self._clock(),
            swarm=swarm,
            identity=mine,
            attempt=host.attempt(),
            record=noted,
            answering=answering,
            removed=removed,
            predecessor=predecessor,
        )

    def _perform(self, step: Step) -> None:
        node = self._node
        if isinstance(step, bootstrap.Claim):
            self._claim(step.what)
        elif isinstance(step, bootstrap.Initialise):
            self._initialise()
        elif isinstance(step, bootstrap.Publish):
            self._publish(step.record)
        elif isinstance(step, bootstrap.Adopt):
            self._adopt()
        elif isinstance(step, bootstrap.Complete):
            host.note_attempt(None)
            publish.publish_if_manager(node.engine, node.vault, node.log)
        elif isinstance(step, bootstrap.Unlock):
            self._unlock()
        elif isinstance(step, bootstrap.Leave):
            node.log("leave", reason=step.reason)
            node.engine.swarm_leave()
        elif isinstance(step, bootstrap.JoinSwarm):
            self._join()
        elif isinstance(step, bootstrap.AskEviction):
            node.table.put(
                f"evict#{node.config.slot}",
                {"nodeId": step.node_id, "by": node.instance.id, "at": self._clock()},
            )
        elif isinstance(step, bootstrap.Stuck):
            node.log("stuck", reason=step.reason, cure=step.cure)

    def _claim(self, what: claims.Create | claims.Take) -> None:
        node, config, now = self._node, self._node.config, self._clock()
        slot = config.slot or ""
        if isinstance(what, claims.Create):
            node.table.create_record(
                record.first_claim(node.instance.id, slot, now, config.lease_seconds)
            )
        else:
            renewed = record.claim_again(
                what.record, node.instance.id, slot, now, config.lease_seconds
            )
            node.table.replace_record(what.record, renewed)
        node.log("claimed", slot=slot)

    def _initialise(self) -> None:
        node, config = self._node, self._node.config
        network = config.network
        host.note_attempt(Attempt(MADE, self._clock()))
        node.log("init", address=config.slot_address)
        node.engine.swarm_init(
            **self._place(),
            DefaultAddrPool=list(network.address_pools),
            SubnetSize=network.subnet_size,
            DataPathPort=network.data_path_port,
            Spec={
                "Labels": {"seawall.cluster": config.cluster},
                "EncryptionConfig": {"AutoLockManagers": config.autolock},
            },
        )

    def _publish(self, claimed: ClusterRecord) -> None:
        node = self._node
        swarm = node.engine.swarm()
        if node.config.autolock:
            # Before the swarm is recorded: from then on nobody makes another one, so that it must
            # never be locked with a key that is nowhere.
            node.vault.publish_unlock_key(node.engine.unlock_key())
        node.table.replace_record(claimed, record.initialised(claimed, swarm["ID"]))
        node.log("recorded", cluster=swarm["ID"])
        publish.publish(node.engine, node.vault, node.log)
        host.note_attempt(None)

    def _adopt(self) -> None:
        node, now = self._node, self._clock()
        cluster_id = node.engine.state().cluster_id
        claimed = record.first_claim(node.instance.id, node.config.slot or "", now, 0)
        noted = node.table.record()
        if noted is None:
            node.table.create_record(record.initialised(claimed, cluster_id))
        else:
            node.table.replace_record(noted, record.initialised(noted, cluster_id))
        node.log("adopted", cluster=cluster_id)

    def _unlock(self) -> None:
        node = self._node
        keys = node.vault.unlock_keys()
        for number, key in enumerate(keys):
            try:
                node.engine.swarm_unlock(key)
            except EngineError as error:
                node.log("unlock-failed", key="current" if number == 0 else "previous", why=error)
            if node.engine.state().state != LOCKED:
                node.log("unlocked", key="current" if number == 0 else "previous")
                return
        raise CloudError(
            f"The manager is locked, and none of the {len(keys)} keys in "
            f"{node.config.unlock_secret} opens it. If an older key is known, run `docker swarm "
            "unlock` here."
        )

    def _join(self) -> None:
        node, config = self._node, self._node.config
        token = node.vault.token(config.role)
        if token is None:
            node.log("no-token-yet", role=config.role)
            return
        others = self._others()
        if config.is_manager and not others:
            raise AgentError("There is a swarm, but node.json names no other manager to join.")
        up = host.answering(others, SWARM_PORT)
        if not up:
            node.log("no-manager-answers", managers=others)
            return
        # All nodes would ask the same manager otherwise.
        first = up[int(self._clock() * 1000) % len(up)]
        host.note_attempt(Attempt(JOINED, self._clock()))
        node.log("join", manager=first)
        try:
            node.engine.swarm_join(
                **self._place(), RemoteAddrs=[f"{first}:{SWARM_PORT}"], JoinToken=token
            )
        except EngineError as error:
            # It may be joining all the same: the state tells.
            node.log("join-answer", message=str(error))

    def _place(self) -> dict[str, Any]:
        """Where this node listens, and whether it takes tasks."""
        config = self._node.config
        address = config.slot_address or self._node.instance.address
        drained = config.is_manager and config.has_workers
        return {
            "ListenAddr": f"{address}:{SWARM_PORT}",
            "AdvertiseAddr": address,
            "Availability": "drain" if drained else "active",
        }

    def _others(self) -> list[str]:
        mine = self._node.config.slot_address
        return [each.address for each in self._node.config.managers if each.address != mine]


def _words(step: Step) -> str:
    reason = getattr(step, "reason", "")
    return type(step).__name__ + (f": {reason}" if reason else "")
