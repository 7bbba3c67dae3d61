"""The systemd units under which the agent runs.

prepare, before Docker: the slot's address and volume. boot, after it: into the swarm. watch: from
then on. No unit gives up: what is not there yet is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PREPARE, BOOT, WATCH = (f"seawall-node-{name}.service" for name in ("prepare", "boot", "watch"))
DIRECTORY = Path("/etc/systemd/system")
STARTED = (PREPARE, "docker.service", BOOT, WATCH)
"""What is started at each boot, in this order."""


def units(command: str) -> Mapping[str, str]:
    """Content of each file below ``DIRECTORY``. ``command`` is how the agent is called."""
    return {
        PREPARE: _unit(
            "Attach what belongs to this node, before Docker starts",
            unit=("After=network-online.target", "Wants=network-online.target",
                  "Before=docker.service"),
            service=("Type=oneshot", "RemainAfterExit=yes", f"ExecStart={command} prepare",
                     "Restart=on-failure", "RestartSec=2", "TimeoutStartSec=infinity"),
        ),
        "docker.service.d/seawall.conf": (
            f"[Unit]\nRequires={PREPARE}\nAfter={PREPARE}\n"
        ),
        # Wants, not Requires: a stop of Docker, as for a backup, must not stop the agent.
        BOOT: _unit(
            "Bring this node into the swarm",
            unit=("After=docker.service", "Wants=docker.service"),
            service=("Type=oneshot", "RemainAfterExit=yes", f"ExecStart={command} boot",
                     "Restart=on-failure", "RestartSec=2", "TimeoutStartSec=infinity"),
        ),
        WATCH: _unit(
            "Keep this node, and on the leader all nodes, as they should be",
            unit=(f"After={BOOT}", f"Wants={BOOT}"),
            service=("Type=simple", f"ExecStart={command} watch", "Restart=always", "RestartSec=2"),
        ),
    }  # fmt: skip


def _unit(description: str, unit: tuple[str, ...], service: tuple[str, ...]) -> str:
    lines = [
        "[Unit]", f"Description={description}", *unit, "StartLimitIntervalSec=0", "",
        "[Service]", *service, "", "[Install]", "WantedBy=multi-user.target",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
