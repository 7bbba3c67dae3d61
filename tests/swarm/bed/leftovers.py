"""What a bed leaves when it is killed, and how the next one removes it.

Processes, networks and mounts end with their bed by the kernel's doing. What is left are files,
loop devices over them and empty control groups, all named by the bed's process.
"""

import contextlib
import os
import shutil
import time
from pathlib import Path

from bed.namespaces import run

_ROOT = Path("/tmp/seawall-swarm-beds")  # noqa: S108  # root makes it, with mode 0700
_GROUPS = Path("/sys/fs/cgroup")
_GROUP = "seawall-bed-"


def directory() -> Path:
    """The directory of this process's bed."""
    _ROOT.mkdir(mode=0o700, exist_ok=True)
    path = _ROOT / f"{os.getpid()}-{time.time_ns()}"
    path.mkdir()
    return path


def control_group() -> str:
    """The parent of all control groups of containers."""
    return f"/{_GROUP}{os.getpid()}"


def remove() -> None:
    """Remove what beds left whose process is gone."""
    if _ROOT.is_dir():
        for path in _ROOT.iterdir():
            if not _runs(int(path.name.partition("-")[0])):
                clear(path)
    for group in _GROUPS.glob(f"*/{_GROUP}*"):
        if not _runs(int(group.name.removeprefix(_GROUP))):
            _remove_group(group)


def clear(path: Path) -> None:
    """Remove the files of a bed, and the loop devices over them."""
    for line in run(
        ["losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE"]
    ).splitlines():
        name, _, file = line.partition(" ")
        if file.strip().startswith(f"{path}/"):
            run(["losetup", "--detach", name], check=False)
    shutil.rmtree(path, ignore_errors=True)
    for group in _GROUPS.glob(f"*/{_GROUP}{path.name.partition('-')[0]}"):
        _remove_group(group)


def _remove_group(group: Path) -> None:
    """Remove an empty control group and those below it."""
    for path, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            Path(path).rmdir()


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
