"""Start, find and stop the emulator's process."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seawall_sandbox import state_directory
from seawall_sandbox.emulator import record
from seawall_sandbox.emulator.record import Record

START_SECONDS = 30.0
"""How long a start may take on a busy machine. On an idle one it takes less than one second."""
STOP_SECONDS = 15.0
_POLL_SECONDS = 0.02
_LOG = "emulator.log"
_LOG_TAIL_LINES = 20
_MODULE = "seawall_sandbox.emulator.serve"
OWNER_VARIABLE = "SEAWALL_SANDBOX_OWNER_PID"
"""Names the process with which emulators started from here end: set by test runs."""

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "LD_LIBRARY_PATH")
"""The user's variables that the emulator may see: not AWS_*, proxies or DOCKER_HOST."""


_children: dict[int, subprocess.Popen[bytes]] = {}
"""Emulators that this process started, to be waited for when it stops them."""


class EmulatorError(Exception):
    """The emulator cannot be started or stopped. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator."""

    endpoint: str
    """``http://127.0.0.1:<port>``, for every AWS service."""
    instance_id: str
    """Changes when it was restarted, and with that lost its memory."""
    pids: tuple[int, ...]
    started: bool
    """Whether this call started it."""


def start(state_dir: Path, *, owner_pid: int | None = None) -> Emulator:
    """Start the emulator of ``state_dir``, or find the one that runs already.

    It runs on in the background until ``stop``, until ``state_dir`` is deleted or, with
    ``owner_pid`` (by default the variable SEAWALL_SANDBOX_OWNER_PID), until that process is gone.
    Two callers at once get the same one. Raises
    ``EmulatorError`` with the end of its log when it does not come up.
    """
    state_dir = state_directory.prepare(state_dir)
    with _lock(state_dir):
        running = _running(state_dir)
        if running is not None:
            return _emulator(running, started=False)
        if owner_pid is None and (named := os.environ.get(OWNER_VARIABLE, "")).isdecimal():
            owner_pid = int(named)
        return _emulator(_launch(state_dir, owner_pid), started=True)


def status(state_dir: Path) -> Emulator | None:
    """The running emulator of ``state_dir``, or None."""
    running = _running(state_dir)
    return None if running is None else _emulator(running, started=False)


def stop(state_dir: Path) -> bool:
    """Stop the emulator of ``state_dir``; whether one ran.

    Only a process that proves by its instance id to be ours is ever ended.
    """
    if not state_dir.is_dir():
        return False
    with _lock(state_dir):
        running = _running(state_dir)
        if running is None:
            with contextlib.suppress(OSError):
                record.path(state_dir).unlink()
            return False
        record.call(running, "POST", "/_seawall/stop")
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not record.reachable(running):
                child = _children.pop(running.pid, None)
                if child is not None:
                    child.wait()
                return True
            time.sleep(_POLL_SECONDS)
    raise EmulatorError(
        f"The emulator (process {running.pid}, {running.endpoint}) still answers "
        f"{STOP_SECONDS:.0f} s after it was told to stop; its log is {state_dir / _LOG}. "
        f"End it with: kill {running.pid}"
    )


def _running(state_dir: Path) -> Record | None:
    known = record.read(state_dir)
    # On a busy machine an answer may take long. To give up early would mean to start a second
    # emulator, and to lose what the first one holds.
    return None if known is None else record.ask(known, timeout=START_SECONDS)


def _emulator(running: Record, *, started: bool) -> Emulator:
    return Emulator(running.endpoint, running.instance_id, (running.pid,), started)


def _launch(state_dir: Path, owner_pid: int | None) -> Record:
    command = [sys.executable, "-P", "-m", _MODULE, "--state-dir", str(state_dir)]
    if owner_pid is not None:
        command += ["--owner-pid", str(owner_pid)]
    log_path = state_dir / _LOG
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        process = subprocess.Popen(  # noqa: S603  # our own module, no shell
            command,
            cwd=state_dir,
            env=environment(os.environ, state_dir),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # A session of its own: Ctrl-C in the terminal, or its closing, does not reach it.
            start_new_session=True,
        )
    finally:
        os.close(log)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        known = record.read(state_dir)
        if known is not None and known.pid == process.pid:
            running = record.ask(known)
            if running is not None:
                _children[process.pid] = process
                return running
        time.sleep(_POLL_SECONDS)
    if process.poll() is None:
        process.kill()
        process.wait()
        reason = f"did not answer within {START_SECONDS:.0f} s"
    else:
        reason = f"ended at once with exit code {process.returncode}"
    raise EmulatorError(
        f"The AWS emulator {reason}. The end of its log, {log_path}:\n{_tail(log_path)}\n"
        "Run `make up` again; if it fails again, set up anew: remove .venv and run `make up`."
    )


def environment(user: Mapping[str, str], state_dir: Path) -> dict[str, str]:
    """The variables the emulator runs with.

    Nothing of the user's AWS account, profiles, proxies or Docker gets through, and boto3 within
    it finds dummy credentials before it looks anywhere else.
    """
    kept = {name: user[name] for name in _KEPT_VARIABLES if name in user}
    nowhere = os.devnull
    return kept | {
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "PYTHONUNBUFFERED": "1",
        "HOME": str(state_dir),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        # Role attachments name AWS's own managed policies; moto has them on request only.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        # Certificates are issued at the next look, not after a minute.
        "MOTO_ACM_VALIDATION_WAIT": "0",
        # A page in the user's browser must not be able to talk to it.
        "MOTO_DISABLE_GLOBAL_CORS": "true",
        # The account that moto has, so that ARNs of both agree.
        "MINISTACK_ACCOUNT_ID": "123456789012",
        "LOG_LEVEL": "WARNING",
        # Where no socket is, there is no Docker.
        "DOCKER_HOST": f"unix://{state_dir}/no-docker.sock",
    }


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(lines[-_LOG_TAIL_LINES:]) or "(empty)"


@contextlib.contextmanager
def _lock(state_dir: Path) -> Generator[None]:
    """Hold off other starters and stoppers of the same state directory."""
    descriptor = os.open(state_dir / "emulator.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
