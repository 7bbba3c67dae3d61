"""A Compose file on one real engine, by what ``seawall swarm laptop`` writes.

The engine is Debian's, in a network namespace of its own, with its data in the test's directory.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path

import pytest

from seawall.cli.app import run as seawall
from seawall.services.compose import load
from seawall.services.swarm.laptop import laptop_options
from seawall.services.swarm.release import SecretVersion, make_release
from seawall_node.rollout import FAILED, HEALTHY, Verdict, judge

NAMESPACE = f"seawall-laptop-{os.getpid()}"
ADDRESS = "10.99.7.2"
COMPOSE = """
name: lap
services:
  web:
    image: busybox:1
    user: "1000:1000"
    init: true
    command:
      - sh
      - -c
      - cat /page /run/secrets/token > /tmp/index.html; env | grep GREETING >> /tmp/index.html;
        exec httpd -f -p 8080 -h /tmp
    ports: ["18080:8080"]
    environment: {GREETING: "a{{b}} $$c on"}
    configs: [page]
    secrets: [token]
    ulimits: {nofile: {soft: 1000, hard: 2000}}
    stop_grace_period: 1s
    healthcheck: {test: [CMD, HEALTH], interval: 1s, timeout: 2s, retries: 2}
    deploy:
      replicas: 2
      update_config: {order: start-first, failure_action: rollback, monitor: 2s}
    networks: {front: {aliases: [www]}}
    x-seawall: {ingress: [{path: /, port: 8080}]}
  store:
    image: busybox:1
    user: "1000:1000"
    command: [sh, -c, "date >> /data/log; wget -qO /data/page http://www:8080/; exec sleep 1000"]
    volumes: ["data:/data"]
    stop_grace_period: 1s
    networks: [front]
    deploy: {restart_policy: {condition: any, delay: 1s}}
networks: {front: {}}
volumes: {data: {}}
configs: {page: {content: "PAGE"}}
secrets: {token: {file: ./token.txt}}
"""


class Engine:
    """One dockerd: its client, its API, and what answers in its namespace."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "docker.sock"
        self._environment = {**os.environ, "DOCKER_HOST": f"unix://{self.socket}"}

    def docker(self, *words: str, data: bytes | None = None) -> str:
        done = subprocess.run(  # no shell
            ["docker", *words],  # the one on PATH
            input=data,
            capture_output=True,
            env=self._environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def api(self, path: str):
        connection = HTTPConnection("localhost", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.socket))
        connection.request("GET", f"/v1.41{path}")
        return json.loads(connection.getresponse().read())

    def page(self, port: int) -> str:
        ask = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
        words = (sys.executable, "-c", ask, f"http://127.0.0.1:{port}/")
        return _output("nsenter", f"--net=/run/netns/{NAMESPACE}", *words).removesuffix("\n")


def _output(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[Engine]:
    directory = tmp_path_factory.mktemp("engine")
    made = Engine(directory)
    _output("ip", "netns", "add", NAMESPACE)
    daemon = None
    try:
        inside = ("ip", "-n", NAMESPACE)
        # An address that is not loopback, as Swarm wants one; nothing is at the other end.
        _output(*inside, "link", "add", "here", "type", "veth", "peer", "name", "there")
        _output(*inside, "address", "add", f"{ADDRESS}/24", "dev", "here")
        for device in ("lo", "here", "there"):
            _output(*inside, "link", "set", device, "up")
        with (directory / "log").open("wb") as log:
            # nsenter, not `ip netns exec`, which would hide the control groups under /sys.
            daemon = subprocess.Popen(
                [
                    *("nsenter", f"--net=/run/netns/{NAMESPACE}", "dockerd"),
                    *("--data-root", str(directory / "data"), "--exec-root", str(directory / "x")),
                    *("--pidfile", str(directory / "pid"), "--host", f"unix://{made.socket}"),
                ],
                stdout=log,
                stderr=log,
            )
        _until(lambda: made.socket.exists() and _answers(made), 30, directory / "log")
        made.docker("swarm", "init", "--advertise-addr", ADDRESS)
        made.docker("import", "-", "busybox:1", data=_image())
        yield made
    finally:
        if daemon is not None:
            _stop(made, daemon)
        for line in Path("/proc/self/mounts").read_text().splitlines():
            if line.split()[1].startswith(str(directory)):
                subprocess.run(["umount", "-l", line.split()[1]], check=False)
        _output("ip", "netns", "delete", NAMESPACE)


def _stop(made: Engine, daemon: subprocess.Popen) -> None:
    """End the engine, its containers first."""
    subprocess.run(
        ["docker", "swarm", "leave", "--force"],
        env={**os.environ, "DOCKER_HOST": f"unix://{made.socket}"},
        capture_output=True,
        check=False,
    )
    daemon.send_signal(signal.SIGTERM)
    try:
        daemon.wait(30)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _answers(made: Engine) -> bool:
    try:
        return bool(made.api("/info"))
    except OSError:
        return False


def _until(holds, seconds: float, log: Path) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.2)


def _image() -> bytes:
    """An image of busybox alone, with a directory that belongs to the user."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("bin", "tmp", "data"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            folder.uid = folder.gid = 1000 if name == "data" else 0
            tar.addfile(folder)
        tar.add(os.path.realpath(str(shutil.which("busybox"))), "bin/busybox")
        for name in ("sh", "cat", "env", "grep", "httpd", "wget", "date", "sleep", "true", "false"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
    return out.getvalue()


class Stack:
    """The Compose file in a directory, and what is deployed of it."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self._engine, self._directory = engine, directory
        (directory / "token.txt").write_text("TOKEN\n")

    def deploy(self, compose: str) -> Verdict:
        """Render, deploy, and watch as the agent does."""
        file, output = self._directory / "compose.yaml", self._directory / "out"
        file.write_text(compose, encoding="utf-8")
        assert seawall(["swarm", "laptop", str(file), "-o", str(output), "--dnsrr"]) == 0
        stack_file = str(output / "stack.yaml")
        self._engine.docker("stack", "deploy", "--resolve-image", "never", "-c", stack_file, "lap")
        manifest = self._manifest(file)
        end = time.monotonic() + 90
        while True:
            services, tasks = self._engine.api("/services"), self._engine.api("/tasks")
            verdict = judge(manifest, services, tasks, time.time())
            if verdict.state in (HEALTHY, FAILED) or time.monotonic() > end:
                return verdict
            time.sleep(0.5)

    def _manifest(self, file: Path):
        application = load([file], project_directory=file.parent)
        release = make_release(
            application,
            laptop_options(application, {}),
            name="1",
            config_contents={"page": b"x"},
            secret_versions={"token": SecretVersion("/t", 1)},
        )
        return json.loads(release.files["manifest.json"])

    def containers(self) -> dict[str, str]:
        """Id of the running container by service."""
        found = self._engine.api("/containers/json")
        return {each["Labels"]["com.docker.swarm.service.name"]: each["Id"] for each in found}


@pytest.fixture
def stack(engine: Engine, tmp_path: Path) -> Iterator[Stack]:
    yield Stack(engine, tmp_path)
    engine.docker("stack", "rm", "lap")
    _until(lambda: not engine.api("/containers/json?all=1"), 60, tmp_path / "compose.yaml")


WELL = COMPOSE.replace("HEALTH", 'wget, -qO, /dev/null, "http://127.0.0.1:8080/"')


def test_the_stack_runs_changes_and_goes_back(engine, stack):
    assert stack.deploy(WELL) == Verdict(HEALTHY)
    assert engine.page(18080) == "PAGETOKEN\nGREETING=a{{b}} $c on\n"
    first = stack.containers()
    web = engine.api(f"/containers/{first['lap_web']}/json")
    host = web["HostConfig"]
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["CAP_ALL"] or host["CapDrop"] == ["ALL"]
    assert host["PidsLimit"] == 1024
    assert host["Memory"] == 512 * 1024**2
    assert host["Init"] is True
    assert web["Config"]["User"] == "1000:1000"
    assert [(u["Name"], u["Soft"], u["Hard"]) for u in host["Ulimits"]] == [("nofile", 1000, 2000)]
    assert engine.docker("exec", first["lap_store"], "cat", "/data/page").startswith("PAGETOKEN")

    assert stack.deploy(WELL) == Verdict(HEALTHY)
    assert stack.containers() == first, "the same stack restarts nothing"

    assert stack.deploy(WELL.replace("PAGE", "OTHER")) == Verdict(HEALTHY)
    assert engine.page(18080).startswith("OTHERTOKEN")
    second = stack.containers()
    assert second["lap_web"] != first["lap_web"]
    assert second["lap_store"] == first["lap_store"]

    verdict = stack.deploy(COMPOSE.replace("HEALTH", '"false"'))
    assert verdict.state == FAILED
    assert "web: the update failed and Swarm went back: task: non-zero exit" in verdict.reason
    # Swarm says that it went back when the earlier tasks are on their way, not when they serve.
    assert stack.deploy(WELL.replace("PAGE", "OTHER")) == Verdict(HEALTHY)
    assert engine.page(18080).startswith("OTHERTOKEN"), "the version before runs again"


def test_a_volume_keeps_its_data_and_a_changed_secret_arrives(engine, stack, tmp_path):
    assert stack.deploy(WELL) == Verdict(HEALTHY)
    log = engine.docker("exec", stack.containers()["lap_store"], "cat", "/data/log")
    (tmp_path / "token.txt").write_text("CHANGED\n")
    assert stack.deploy(WELL.replace("sleep 1000", "sleep 1001")) == Verdict(HEALTHY)
    assert "CHANGED" in engine.page(18080)
    later = engine.docker("exec", stack.containers()["lap_store"], "cat", "/data/log")
    assert later.startswith(log)
    assert len(later) > len(log)


def test_an_image_that_is_not_there_is_the_reason(stack):
    verdict = stack.deploy(WELL.replace("web:\n    image: busybox:1", "web:\n    image: gone:1"))
    assert verdict.state == FAILED
    assert "web: nodes refuse its tasks" in verdict.reason
    assert "gone:1" in verdict.reason
