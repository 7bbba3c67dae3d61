"""The file ``emulator.json``, by which later commands find a running emulator again."""

import contextlib
import http.client
import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from seawall_sandbox import state_directory

HOST = "127.0.0.1"
INSTANCE_HEADER = "X-Seawall-Instance"
_FILE = "emulator.json"


@dataclass(frozen=True, slots=True)
class Record:
    """What a running emulator says about itself."""

    pid: int
    port: int
    instance_id: str
    """Random, made at start: another one means that the memory is another one too."""
    started: str
    """When, in UTC, ISO 8601."""
    versions: dict[str, str]

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"


def path(state_dir: Path) -> Path:
    """Where the record of that state directory's emulator is."""
    return state_dir / _FILE


def write(state_dir: Path, record: Record) -> None:
    """Keep ``record``, readable by its owner alone."""
    state_directory.write_private(path(state_dir), json.dumps(asdict(record), indent=2) + "\n")


def read(state_dir: Path) -> Record | None:
    """The record on file, be it of a running emulator or not; None without a readable one."""
    try:
        return parse(path(state_dir).read_bytes())
    except OSError:
        return None


def parse(content: bytes) -> Record | None:
    """A record from its JSON, or None when it is not one."""
    try:
        fields = cast("dict[str, Any]", json.loads(content))
        return Record(
            pid=int(fields["pid"]),
            port=int(fields["port"]),
            instance_id=str(fields["instance_id"]),
            started=str(fields["started"]),
            versions=dict(fields["versions"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def remove(state_dir: Path, instance_id: str) -> None:
    """Remove the record if it is that instance's."""
    record = read(state_dir)
    if record is not None and record.instance_id == instance_id:
        with contextlib.suppress(OSError):
            path(state_dir).unlink()


def ask(record: Record, *, timeout: float = 2.0) -> Record | None:
    """What the process at ``record.port`` says of itself: None unless it is that very instance.

    The port may meanwhile belong to anybody, and the process id to another process. When nobody
    listens there, the answer comes at once; ``timeout`` is for one that is busy.
    """
    status, content = call(record, "GET", "/_seawall/identity", timeout=timeout)
    answer = parse(content) if status == http.HTTPStatus.OK else None
    return answer if answer is not None and answer.instance_id == record.instance_id else None


def reachable(record: Record) -> bool:
    """Whether anybody listens at ``record.port``. A busy emulator does, before it answers."""
    try:
        socket.create_connection((HOST, record.port), timeout=1.0).close()
    except OSError:
        return False
    return True


def call(
    record: Record, method: str, route: str, body: bytes | None = None, *, timeout: float = 2.0
) -> tuple[int, bytes]:
    """One request of our own to the emulator; status 0 when nobody answers in ``timeout`` seconds.

    ``http.client`` asks no proxy, whatever the environment says.
    """
    connection = http.client.HTTPConnection(HOST, record.port, timeout=timeout)
    try:
        headers = {INSTANCE_HEADER: record.instance_id}
        connection.request(method, route, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
