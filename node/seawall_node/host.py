"""The host under the agent: its disks, its addresses and its services."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from seawall_node.bootstrap import Attempt
from seawall_node.errors import AgentError
from seawall_node.identity import SWARM_DIRECTORY

DAEMON_SETTINGS = Path("/etc/docker/daemon.json")
_ATTEMPT = SWARM_DIRECTORY / "seawall-attempt.json"
"""On the volume with the swarm's state, which ``swarm leave`` empties: the note goes with it."""
_BY_ID = Path("/dev/disk/by-id")
_EBS = "nvme-Amazon_Elastic_Block_Store_"
_FILE_SYSTEM = "ext4"
_MARKS_BYTES = 1024 * 1024
_DIAL_SECONDS = 1.0
_SIOCGIFADDR = 0x8915


def attempt() -> Attempt | None:
    """What was begun and is not known to be complete."""
    try:
        noted: Any = json.loads(_ATTEMPT.read_text(encoding="utf-8"))
        return Attempt(str(noted["kind"]), float(noted["since"]))
    except FileNotFoundError:
        return None


def note_attempt(noted: Attempt | None) -> None:
    """Note what begins, for good before it does; None when it is complete."""
    if noted is None:
        _ATTEMPT.unlink(missing_ok=True)
    else:
        SWARM_DIRECTORY.mkdir(parents=True, exist_ok=True)
        write(_ATTEMPT, json.dumps({"kind": noted.kind, "since": noted.since}))
    _sync(SWARM_DIRECTORY)


def write(path: Path, text: str, mode: int = 0o600) -> bool:
    """Write a file whole or not at all; whether its content is new."""
    try:
        if path.read_text(encoding="utf-8") == text:
            return False
    except OSError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode)
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return True


def _sync(directory: Path) -> None:
    if directory.is_dir():
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def addresses() -> set[str]:
    """The IPv4 addresses of this host's interfaces."""
    found: set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
            except OSError:
                continue  # it has none
            found.add(socket.inet_ntoa(answer[20:24]))
    return found


def answering(addresses: Iterable[str], port: int) -> tuple[str, ...]:
    """Those of ``addresses`` on whose TCP ``port`` somebody accepts a connection."""
    wanted = list(addresses)
    if not wanted:
        return ()
    with ThreadPoolExecutor(len(wanted)) as pool:
        up = pool.map(_dial, wanted, [port] * len(wanted))
        return tuple(address for address, answers in zip(wanted, up) if answers)


def _dial(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=_DIAL_SECONDS):
            return True
    except OSError:
        return False


def volume_device(volume_id: str) -> Path | None:
    """The block device of an EBS volume, once the kernel has it.

    https://docs.aws.amazon.com/ebs/latest/userguide/nvme-ebs-volumes.html
    """
    device = _BY_ID / (_EBS + volume_id.replace("-", ""))
    return device.resolve() if device.exists() else None


def mount_swarm_volume(device: Path) -> None:
    """Mount ``device`` where Swarm keeps its state; a new one gets a file system first."""
    if os.path.ismount(SWARM_DIRECTORY):
        return
    if _is_blank(device):
        # Nothing reserved for root: the volume has one user.
        _run([f"mkfs.{_FILE_SYSTEM}", "-q", "-m", "0", "-L", "seawall-swarm", str(device)])
    SWARM_DIRECTORY.mkdir(parents=True, exist_ok=True)
    _run(["mount", "-o", "noatime,nodev,nosuid,noexec", str(device), str(SWARM_DIRECTORY)])


def _is_blank(device: Path) -> bool:
    """Whether the start of ``device``, where every kind of file system has its mark, is zeros.

    A new EBS volume is, one that was ever used is not: so nothing that holds data is formatted.
    """
    with device.open("rb") as file:
        start = file.read(_MARKS_BYTES)
    return len(start) == _MARKS_BYTES and not any(start)


def used_percent(path: Path) -> int | None:
    """How full the file system at ``path`` is, as ``df`` counts it; None when it is not there."""
    try:
        room = os.statvfs(path)
    except FileNotFoundError:
        return None
    used = room.f_blocks - room.f_bfree
    return -(-100 * used // max(1, used + room.f_bavail))


def systemctl(*arguments: str) -> str:
    """Run systemctl; what it printed."""
    return _run(["systemctl", *arguments])


def stop_docker() -> None:
    """Stop the engine, and what would start it again when somebody calls."""
    if "docker.socket" in _run(["systemctl", "list-unit-files", "docker.socket"], (1,)):
        systemctl("stop", "docker.socket")
    systemctl("stop", "docker.service")


def start_docker() -> None:
    """Start the engine."""
    systemctl("start", "docker.service")


def clear(directory: Path) -> None:
    """Remove everything in ``directory``, which may be a mount."""
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _run(command: Sequence[str], allowed: Sequence[int] = ()) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0 and done.returncode not in allowed:
        raise AgentError(
            f"`{' '.join(command)}` failed with {done.returncode}: {done.stderr.strip()}"
        )
    return done.stdout
