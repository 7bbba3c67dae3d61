"""EBS volumes: files behind loop devices, shown to one instance at a time."""

import os
import stat
import time
from pathlib import Path

from bed.namespaces import CommandError, run

SIZE_MIB = 512
"""More than the 128 MiB that raft's log lays out ahead. The file is sparse."""
_DETACH_SECONDS = 15.0


class Volume:
    """One volume. Its content lasts; its device is there while it is attached."""

    def __init__(self, directory: Path, volume_id: str) -> None:
        self.id = volume_id
        self._file = directory / f"{volume_id}.img"
        with self._file.open("wb") as file:
            file.truncate(SIZE_MIB << 20)
        self._loop: str | None = None

    def attach(self, devices: Path) -> None:
        """Show the volume in the ``/dev`` of an instance, as Nitro does: by its id."""
        if self._loop is None:
            self._loop = run(["losetup", "--find", "--show", str(self._file)]).strip()
        numbers = Path(self._loop).stat().st_rdev
        node = devices / "nvme1n1"
        node.unlink(missing_ok=True)
        os.mknod(node, 0o600 | stat.S_IFBLK, numbers)
        link = (
            devices / "disk/by-id" / f"nvme-Amazon_Elastic_Block_Store_{self.id.replace('-', '')}"
        )
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to("../../nvme1n1")

    def detach(self) -> None:
        """Take the device away; the instance that had it mounted is gone."""
        if self._loop is None:
            return
        loop, self._loop = self._loop, None
        deadline = time.monotonic() + _DETACH_SECONDS
        run(["losetup", "--detach", loop])
        # As long as a dying namespace has it mounted, the kernel only notes the wish.
        while run(["losetup", "--associated", str(self._file)]).strip():
            if time.monotonic() > deadline:
                raise CommandError(f"The loop device {loop} of {self.id} is still in use.")
            time.sleep(0.05)

    def erase(self) -> None:
        """Lose the content: the volume is new again."""
        with self._file.open("wb") as file:
            file.truncate(SIZE_MIB << 20)
