"""Before Docker starts: the slot's address and volume, and Docker's own settings.

A manager is its slot: a network interface with an address that stays, and a volume with the raft
state. Both are attached to one instance at a time, so that no two hosts ever run one manager. The
agent waits for as long as the previous instance holds them; it never takes them away from it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Union

from seawall_node import host, identity
from seawall_node.boot import Node
from seawall_node.cloud import Attachment, Cloud
from seawall_node.config import NodeConfig
from seawall_node.errors import AgentError, CloudError
from seawall_node.log import Log
from seawall_node.record import RESTORING
from seawall_node.swarm import INSTANCE_LABEL

_POLL_SECONDS = 0.25
_HELD_SECONDS = 2.0
_LOG_SETTINGS = {"max-size": "20m", "max-file": "3"}


@dataclass(frozen=True)
class Attach:
    """It is free: attach it."""


@dataclass(frozen=True)
class Ready:
    """It is attached here."""


@dataclass(frozen=True)
class Held:
    """Another instance has it."""

    instance: str


def decide(attachment: Attachment, me: str) -> Union[Attach, Ready, Held]:
    """What to do about an interface or a volume of the slot."""
    if attachment.instance is None or attachment.state == "detached":
        return Attach()
    if attachment.instance == me:
        return Ready()
    return Held(attachment.instance)


def daemon_settings(config: NodeConfig, instance: str) -> dict[str, Any]:
    """Docker's ``daemon.json``: what the platform wants, and what only the node knows."""
    settings: dict[str, Any] = {
        # A live restore is refused in swarm mode.
        "live-restore": False,
        "log-driver": "json-file",
        "log-opts": _LOG_SETTINGS,
        **config.engine,
    }
    labels = [label for label in settings.get("labels", []) if not _is_ours(label)]
    settings["labels"] = [*labels, f"{INSTANCE_LABEL}={instance}"]
    return settings


def _is_ours(label: str) -> bool:
    return label.partition("=")[0] == INSTANCE_LABEL


def prepare(here: Node, cloud: Cloud) -> None:
    """Make the host ready for Docker. Waits for as long as it takes."""
    config, instance, log = here.config, here.instance, here.log
    settings = json.dumps(daemon_settings(config, instance.id), indent=2, sort_keys=True) + "\n"
    if host.write(host.DAEMON_SETTINGS, settings, mode=0o644):
        log("docker-settings-written", path=str(host.DAEMON_SETTINGS))
    interface, volume, address = (
        config.slot_interface_id,
        config.slot_volume_id,
        config.slot_address,
    )
    if interface is not None:
        _attach(interface, cloud.interface, cloud.attach_interface, instance.id, log)
    if volume is not None:
        _attach(volume, cloud.volume, cloud.attach_volume, instance.id, log)
        device = _await(f"the device of {volume}", lambda: host.volume_device(volume), log)
        host.mount_swarm_volume(device)
        log("swarm-volume-mounted", volume=volume, device=str(device))
    if address is not None:
        _await(f"the address {address}", lambda: address in host.addresses() or None, log)
    if config.is_manager:
        _clear_if_removed(here)


def _clear_if_removed(here: Node) -> None:
    """Wait while another manager restores the swarm, and forget a swarm that went on without us.

    Before Docker starts: two managers with an old state could otherwise be a quorum between them.
    """
    said = False
    while True:
        try:
            record = here.table.record()
            if record is None or record.phase != RESTORING or record.owner == here.instance.id:
                break
            if not said:
                here.log("waiting-for-restore", owner=record.owner)
                said = True
        except CloudError as error:
            here.log("waiting-for-record", why=str(error))
        time.sleep(_HELD_SECONDS)
    mine = identity.read()
    if mine is not None and here.table.get(f"removed#{mine.node_id}") is not None:
        here.log("forget", node=mine.node_id, reason="it is no longer in the list of nodes")
        host.clear(identity.SWARM_DIRECTORY)


def _attach(
    what: str,
    look: Callable[[str], Attachment],
    attach: Callable[[str, str], None],
    me: str,
    log: Log,
) -> None:
    said: Mapping[str, Any] | None = None
    while True:
        try:
            step = decide(look(what), me)
            if isinstance(step, Ready):
                return
            if isinstance(step, Attach):
                attach(what, me)
                log("attached", what=what)
                continue
            reason: dict[str, Any] = {"held": step.instance}
        except CloudError as error:
            reason = {"error": str(error)}
        if reason != said:
            log("waiting-for-slot", what=what, **reason)
            said = reason
        time.sleep(_HELD_SECONDS)


def _await(what: str, look: Callable[[], Any], log: Log, seconds: float = 300) -> Any:
    """What ``look`` gives, once it gives something."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            log("not-there", what=what)
            raise AgentError(
                f"After {seconds:.0f} s this host does not have {what}. See the system log for the "
                "device, and for an address whether the image configures second interfaces."
            )
        time.sleep(_POLL_SECONDS)
