"""One EC2 instance: its processes, its disk, and what is plugged into it."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bed import init, metadata, namespaces, shims
from bed.fabric import ENDPOINT, Fabric
from bed.metadata import MetadataServer
from seawall_node.engine import Engine

AWS_PORT = 443
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Design:
    """What an instance is by its launch template."""

    id: str
    role: str
    slot: str | None
    zone: str
    address: str
    node: Mapping[str, Any]
    """Its ``node.json``."""
    user_data: str


class Machine:
    """An instance. Its disk lasts from start to start."""

    def __init__(self, design: Design, fabric: Fabric, directory: Path, shims_: Path) -> None:
        self.design = design
        self.id = design.id
        self.number = int(directory.name)
        self._fabric = fabric
        self._shims = shims_
        self.root = directory
        self.metadata_values: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._metadata: MetadataServer | None = None
        self.pid = 0
        self.plugged = False
        """Whether the slot's interface and volume are plugged in, where there is a slot."""
        directory.mkdir(parents=True)
        script = directory / "user-data"
        script.write_text(design.user_data)
        script.chmod(0o700)
        shims.install_docker(directory / "disk")

    def __repr__(self) -> str:
        return f"<{self.design.role} {self.design.slot or ''} {self.id}>"

    @property
    def is_on(self) -> bool:
        """Whether it runs."""
        return self._process is not None

    @property
    def devices(self) -> Path:
        """Its ``/dev``."""
        return self.root / "dev"

    @property
    def engine(self) -> Engine:
        """Its engine, asked from outside."""
        return Engine(Path(f"/proc/{self.pid}/root/run/docker.sock"))

    def port(self, interface: int) -> str:
        """Name of the switch's port for one of its interfaces."""
        return f"i{self.number}-{interface}"

    def switch_on(self) -> None:
        """Start it. The user data runs at the first time only."""
        self._process = namespaces.spawn(
            ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork",
             "--kill-child=KILL", "--mount-proc", sys.executable, init.__file__, str(self.root)],
            stdin=subprocess.PIPE,
            stdout=(self.root / "init.log").open("ab"),
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.pid = namespaces.child_of(self._process.pid)
        self.plugged = self.design.slot is None
        namespaces.in_network(self.pid, "ip", "link", "set", "lo", "up")
        self._fabric.plug(self.pid, self.port(0), "eth0", self.design.address)
        namespaces.in_network(self.pid, "ip", "route", "add", "default", "via", ENDPOINT)
        listener = namespaces.listen(self.pid, metadata.ADDRESS, metadata.PORT)
        self._metadata = MetadataServer(listener, self.metadata_values)
        assert self._process.stdin is not None
        told = {"hostname": f"ip-{self.design.address.replace('.', '-')}",
                "environment": self.environment}  # fmt: skip
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        self._process.stdin.flush()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of all its processes."""
        return {
            "PATH": f"{self._shims}:{_PATH}",
            "HOME": "/root",
            "LANG": "C.UTF-8",
            "TMPDIR": "/run/tmp",
            "AWS_ENDPOINT_URL": f"http://{ENDPOINT}:{AWS_PORT}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://{metadata.ADDRESS}:{metadata.PORT}",
        }

    def switch_off(self) -> None:
        """Cut the power: every process ends at once, and nothing is told to anybody."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
        if self._metadata is not None:
            self._metadata.close()
        # The namespace's own end takes its ports; a little later than we could want a new one.
        for interface in (0, 1):
            self._fabric.unplug(self.port(interface))
        deadline = time.monotonic() + 10
        while Path(f"/proc/{self.pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.plugged = False

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command inside; what it printed."""
        environment = [f"{name}={value}" for name, value in self.environment.items()]
        return namespaces.run(
            [*namespaces.enter(self.pid), "env", "-i", *environment, *command], check=check
        )

    def agent(self, *arguments: str, check: bool = True) -> str:
        """Run the agent inside."""
        return self.run("python3", "/opt/seawall/seawall-node.pyz", *arguments, check=check)

    def events(self, unit: str) -> list[dict[str, Any]]:
        """The log lines of one of the agent's units: ``prepare``, ``boot`` or ``watch``."""
        path = self.root / "log" / f"seawall-node-{unit}.service.log"
        if not path.exists():
            return []
        lines = path.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def logs(self) -> str:
        """The ends of all its logs, for a person to look at."""
        texts: list[str] = []
        for path in [self.root / "init.log", *sorted((self.root / "log").glob("*.log"))]:
            if path.exists():
                tail = path.read_text(errors="replace").splitlines()[-25:]
                texts.append(f"--- {self} {path.name}\n" + "\n".join(tail))
        return "\n".join(texts)

    def discard(self) -> None:
        """Delete its disk."""
        shutil.rmtree(self.root, ignore_errors=True)
