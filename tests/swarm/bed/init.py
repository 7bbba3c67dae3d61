"""Process 1 of an instance: as much of cloud-init and systemd as the agent and its user data use.

It lays out the files, runs the user data at the first boot and the enabled units at every boot, and
answers ``systemctl`` over a socket. Standard library only; runs inside the instance's namespaces.

    python init.py ROOT        with {"hostname": ..., "environment": {...}} on standard input
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

UNITS = Path("/etc/systemd/system")
WANTS = UNITS / "multi-user.target.wants"
CONTROL = Path("/run/init.sock")
FIRST_BOOT = Path("/var/lib/cloud-done")
STOP_SECONDS = 30.0
CHARACTER_DEVICES = {
    "null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9),
    "tty": (5, 0), "fuse": (10, 229), "kmsg": (1, 11),
}  # fmt: skip


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def lay_out(root):
    """A root disk that lasts from boot to boot: what the instance writes goes to ``root``."""
    mount("--make-rprivate", "/")
    for name in ("etc", "var", "opt", "root"):
        upper, work = root / "disk" / name, root / "disk" / f".{name}"
        upper.mkdir(parents=True, exist_ok=True)
        work.mkdir(exist_ok=True)
        mount("-t", "overlay", "overlay", "-o",
              f"lowerdir=/{name},upperdir={upper},workdir={work}", f"/{name}")  # fmt: skip
    docker = root / "disk" / "docker"
    docker.mkdir(exist_ok=True)
    Path("/var/lib/docker").mkdir(exist_ok=True)
    # The engine's own layers cannot lie on an overlay.
    mount("--bind", str(docker), "/var/lib/docker")
    mount("-t", "tmpfs", "tmpfs", "/run")
    for name in ("lock", "tmp"):
        Path("/run", name).mkdir()
    if not Path("/var/run").is_symlink():
        mount("--bind", "/run", "/var/run")
    devices = root / "dev"
    for name in ("pts", "shm", "disk/by-id"):
        (devices / name).mkdir(parents=True, exist_ok=True)
    for name, numbers in CHARACTER_DEVICES.items():
        if not (devices / name).exists():
            os.mknod(devices / name, 0o666 | 0o020000, os.makedev(*numbers))
            (devices / name).chmod(0o666)
    for name, target in {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stderr": "fd/2"}.items():
        if not (devices / name).is_symlink():
            (devices / name).symlink_to(target)
    # The network's part of /sys is that of who mounted it; control groups stay the machine's.
    Path("/run/cgroup").mkdir()
    mount("--rbind", "/sys/fs/cgroup", "/run/cgroup")
    mount("-t", "sysfs", "sysfs", "/sys")
    mount("--rbind", "/run/cgroup", "/sys/fs/cgroup")
    mount("--bind", str(devices), "/dev")
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620", "devpts", "/dev/pts")
    mount("-t", "tmpfs", "tmpfs", "/dev/shm")  # noqa: S108  # the instance's own
    WANTS.mkdir(parents=True, exist_ok=True)
    if not FIRST_BOOT.exists():
        for enabled in WANTS.iterdir():  # what the machine below has is none of ours
            enabled.unlink()


class Children:
    """Reaps every process that ends, and tells how those ended that somebody waits for."""

    def __init__(self):
        self.changed = threading.Condition()
        self.ended = {}

    def reap_for_ever(self):
        while True:
            try:
                pid, status = os.waitpid(-1, 0)
            except ChildProcessError:
                time.sleep(0.02)
                continue
            with self.changed:
                self.ended[pid] = os.waitstatus_to_exitcode(status)
                self.changed.notify_all()

    def wait(self, pid, seconds=None):
        with self.changed:
            if not self.changed.wait_for(lambda: pid in self.ended, seconds):
                return None
            return self.ended[pid]


class Unit:
    """A unit file with its drop-ins."""

    def __init__(self, name):
        self.name = name
        self.lines = []
        for path in [UNITS / name, *sorted((UNITS / f"{name}.d").glob("*.conf"))]:
            self.lines += [line.partition("=") for line in path.read_text().splitlines()]

    def values(self, key):
        return [value for name, _, value in self.lines if name == key]

    def value(self, key, default=""):
        return (self.values(key) or [default])[-1]

    def units(self, *keys):
        names = [name for key in keys for value in self.values(key) for name in value.split()]
        return [name for name in names if (UNITS / name).exists()]


class Manager:
    """Starts, keeps and stops units."""

    def __init__(self, children, logs):
        self.children = children
        self.logs = logs
        self.lock = threading.Lock()
        self.states = {}
        self.pids = {}

    def start(self, names):
        """Start units, each after those it comes after; True when all are up."""
        wanted = []

        def add(name):
            unit = Unit(name)
            for other in unit.units("Requires", "Wants"):
                if other not in wanted:
                    add(other)
            if name not in wanted:
                wanted.append(name)

        for name in names:
            add(name)
        threads = []
        for name in wanted:
            with self.lock:
                if self.states.get(name) in ("active", "starting"):
                    continue
                self.states[name] = "starting"
            threads.append(threading.Thread(target=self.run, args=(name,), daemon=True))
        for thread in threads:
            thread.start()
        while any(self.states[name] == "starting" for name in wanted):
            time.sleep(0.02)
        return all(self.states[name] == "active" for name in wanted)

    def run(self, name):
        unit = Unit(name)
        while any(self.states.get(each) == "starting" for each in unit.units("After")):
            time.sleep(0.02)
        kind, restart = unit.value("Type", "simple"), unit.value("Restart", "no")
        while self.states[name] != "inactive":
            ready = threading.Event()
            process = self.spawn(unit, kind, ready)
            self.pids[name] = process.pid
            if kind == "notify":
                threading.Thread(target=self.await_ready, args=(name, ready), daemon=True).start()
            elif kind == "simple":
                self.states[name] = "active"
            code = self.children.wait(process.pid)
            self.pids.pop(name, None)
            if self.states[name] == "inactive":
                return
            if kind == "oneshot" and code == 0:
                self.states[name] = "active"
                return
            if restart == "no" or (restart == "on-failure" and code == 0):
                self.states[name] = "failed"
                return
            self.states[name] = "starting"
            time.sleep(float(unit.value("RestartSec", "0.1")))

    def await_ready(self, name, ready):
        if ready.wait(120) and self.states[name] == "starting":
            self.states[name] = "active"

    def spawn(self, unit, kind, ready):
        environment = dict(os.environ)
        if kind == "notify":
            path = f"/run/notify-{unit.name}"
            Path(path).unlink(missing_ok=True)
            notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            notify.bind(path)
            environment["NOTIFY_SOCKET"] = path

            def listen():
                while b"READY=1" not in notify.recv(4096):
                    pass
                ready.set()

            threading.Thread(target=listen, daemon=True).start()
        with (self.logs / f"{unit.name}.log").open("ab") as log:
            command = shlex.split(unit.value("ExecStart"))
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                start_new_session=True,
            )  # fmt: skip

    def stop(self, name):
        if name not in self.states:
            return
        self.states[name] = "inactive"
        pid = self.pids.get(name)
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        if self.children.wait(pid, STOP_SECONDS) is None:
            os.kill(pid, signal.SIGKILL)
            self.children.wait(pid)

    def systemctl(self, arguments):
        """Exit code and output of ``systemctl``."""
        options = [each for each in arguments if each.startswith("-")]
        verb, *names = [each for each in arguments if not each.startswith("-")]
        if verb == "daemon-reload":
            return 0, ""
        if verb == "list-unit-files":
            found = [name for name in names if (UNITS / name).exists()]
            return (0 if found else 1), "\n".join(found)
        missing = [name for name in names if not (UNITS / name).exists()]
        if missing:
            return 5, f"Unit {missing[0]} not found."
        if verb == "enable":
            for name in names:
                if not (WANTS / name).exists():
                    (WANTS / name).symlink_to(UNITS / name)
            return 0, ""
        if verb == "start":
            if "--no-block" in options:
                threading.Thread(target=self.start, args=(names,), daemon=True).start()
                return 0, ""
            return (0 if self.start(names) else 1), ""
        if verb == "stop":
            for name in names:
                self.stop(name)
            return 0, ""
        if verb == "is-active":
            return (0 if all(self.states.get(name) == "active" for name in names) else 3), ""
        return 1, f"This init knows no {verb}."


def serve(manager):
    """Answer the ``systemctl`` of this instance."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(CONTROL))
    server.listen(16)

    def answer(connection):
        with connection, connection.makefile("rw") as file:
            code, text = manager.systemctl(json.loads(file.readline()))
            file.write(json.dumps([code, text]) + "\n")

    while True:
        connection, _ = server.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def boot(manager, children, root):
    """The user data at the first boot; the enabled units at every boot."""
    if not FIRST_BOOT.exists():
        with (root / "log" / "user-data.log").open("ab") as log:
            process = subprocess.Popen(
                [str(root / "user-data")], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if children.wait(process.pid) == 0:
            FIRST_BOOT.touch()
    enabled = sorted(path.name for path in WANTS.iterdir())
    if enabled:
        manager.start(enabled)


def main():
    root = Path(sys.argv[1])
    told = json.loads(sys.stdin.readline())
    os.environ.clear()
    os.environ.update(told["environment"])
    socket.sethostname(told["hostname"])
    (root / "log").mkdir(exist_ok=True)
    lay_out(root)
    children = Children()
    manager = Manager(children, root / "log")
    threading.Thread(target=serve, args=(manager,), daemon=True).start()
    threading.Thread(target=boot, args=(manager, children, root), daemon=True).start()
    children.reap_for_ever()


if __name__ == "__main__":
    main()
