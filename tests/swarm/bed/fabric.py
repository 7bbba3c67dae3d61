"""The network between the instances: one switch, in a namespace of its own."""

import subprocess
import time
from pathlib import Path

from bed import namespaces
from bed.namespaces import in_network

BRIDGE = "vpc"
ENDPOINT = "10.20.0.2"
"""Where AWS is reached from the instances, as by a VPC endpoint."""
PREFIX = 16


class Fabric:
    """The switch. A port vanishes with the instance that it leads to."""

    def __init__(self) -> None:
        self._process = namespaces.spawn(
            ["unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL
        )
        self.pid = self._process.pid
        own = Path("/proc/self/ns/net").readlink()
        deadline = time.monotonic() + 10
        while Path(f"/proc/{self.pid}/ns/net").readlink() == own:
            if time.monotonic() > deadline:
                raise namespaces.CommandError("The switch has no namespace of its own.")
            time.sleep(0.005)
        self._ip("link", "set", "lo", "up")
        self._ip("link", "add", BRIDGE, "type", "bridge")
        self._ip("link", "set", BRIDGE, "up")
        self._ip("address", "add", f"{ENDPOINT}/{PREFIX}", "dev", BRIDGE)

    def plug(self, pid: int, port: str, interface: str, address: str) -> None:
        """Give the instance ``pid`` an interface with an address, by a port of the switch.

        As with a network interface of EC2, the hardware address belongs to it and moves with it:
        the neighbours need not learn a new one.
        """
        hardware = "02:00:" + ":".join(f"{int(part):02x}" for part in address.split("."))
        peer = ("peer", "name", interface, "address", hardware, "netns", str(pid))
        self._ip("link", "add", port, "type", "veth", *peer)
        self._ip("link", "set", port, "master", BRIDGE, "up")
        in_network(pid, "ip", "address", "add", f"{address}/{PREFIX}", "dev", interface)
        in_network(pid, "ip", "link", "set", interface, "up")

    def unplug(self, port: str) -> None:
        """Take a port away, if it is there."""
        self._ip("link", "delete", port, check=False)

    def cut(self, port: str, *, off: bool) -> None:
        """Switch a port off, as when its zone is lost, or on again."""
        self._ip("link", "set", port, "down" if off else "up")

    def close(self) -> None:
        """End it; all ports end with it."""
        self._process.kill()
        self._process.wait()

    def _ip(self, *arguments: str, check: bool = True) -> None:
        in_network(self.pid, "ip", *arguments, check=check)
