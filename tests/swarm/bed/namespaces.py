"""Start processes in namespaces of their own, and act inside them."""

import ctypes
import os
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

# The kernel kills a child with the *thread* that started it, not with the process: so one thread
# that lasts starts them all.
_spawner = ThreadPoolExecutor(1, thread_name_prefix="spawner")

OWNER_VARIABLE = "SEAWALL_SWARM_BED"
"""In the environment of all that a bed starts: the process id of the bed."""


class CommandError(Exception):
    """A command of the bed failed."""


def spawn(command: Sequence[str], **options: object) -> subprocess.Popen[bytes]:
    """Start a process that the kernel kills when this one ends, however it ends."""
    environment = {**os.environ, OWNER_VARIABLE: str(os.getpid())}
    return _spawner.submit(
        subprocess.Popen,
        ["setpriv", "--pdeathsig", "KILL", *command],
        env=environment,
        start_new_session=True,
        **options,
    ).result()


def child_of(pid: int, seconds: float = 10.0) -> int:
    """The first child of a process: the one that ``unshare --fork`` runs."""
    deadline = time.monotonic() + seconds
    children = Path(f"/proc/{pid}/task/{pid}/children")
    while time.monotonic() < deadline:
        if found := children.read_text().split():
            return int(found[0])
        time.sleep(0.005)
    raise CommandError(f"Process {pid} has started nothing in {seconds:.0f} s.")


def run(command: Sequence[str], *, text: str | None = None, check: bool = True) -> str:
    """Run a command on the machine; what it printed."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise CommandError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
    return done.stdout


def in_network(pid: int, *command: str, text: str | None = None, check: bool = True) -> str:
    """Run a command in the network namespace of ``pid``, with the machine's files."""
    return run(["nsenter", f"--net=/proc/{pid}/ns/net", *command], text=text, check=check)


def enter(pid: int) -> list[str]:
    """The beginning of a command line that runs in all namespaces of ``pid``."""
    return ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "-r", "-w"]


def listen(pid: int, address: str, port: int) -> socket.socket:
    """A socket that listens in the network namespace of ``pid`` and is served by this process."""
    return inside(pid, lambda: socket.create_server((address, port), backlog=256))


def inside(pid, act):
    """What ``act`` gives in the network namespace of ``pid``: a socket stays where it was made."""
    result = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            handle = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
            try:
                if _libc.setns(handle, _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), f"Cannot enter the network of {pid}.")
            finally:
                os.close(handle)
            result.append(act())
        except BaseException as error:  # raised below, in the caller's thread
            errors.append(error)

    # A thread of its own, which ends there: the others stay in the machine's network.
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return result[0]
