"""The emulator's process: ``python -m seawall_sandbox.emulator.serve --state-dir DIR``."""

import argparse
import datetime as dt
import gc
import logging
import os
import secrets
import signal
import socketserver
import sys
import threading
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from seawall_sandbox.emulator import loopback, record
from seawall_sandbox.emulator.application import Application
from seawall_sandbox.emulator.moto_host import MotoHost
from seawall_sandbox.emulator.record import HOST, Record

_WATCH_SECONDS = 0.5


class _Handler(WSGIRequestHandler):
    # Header and body go out in two writes: with Nagle's algorithm the second waits 40 ms.
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep no list of requests: paths and queries may hold what is nobody's business."""


class Server(ThreadedWSGIServer):
    """Serves one WSGI application on a free loopback port, each connection in a thread."""

    request_queue_size = 128

    def __init__(self, app: Any) -> None:
        super().__init__(HOST, 0, app, handler=_Handler)

    def server_bind(self) -> None:
        # HTTPServer would look up the name of the address, which may ask a name server.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]


def main() -> None:
    """Serve until told to stop, until the state directory is gone, or the owner is."""
    parser = argparse.ArgumentParser(description="The AWS emulator of the Seawall sandbox.")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--owner-pid", type=int)
    arguments = parser.parse_args()
    state_dir: Path = arguments.state_dir
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    loopback.guard()
    # moto's models are loaded once and stay: Python's default would walk them every 700 objects.
    gc.set_threshold(100_000, 20, 20)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)

    moto = MotoHost()
    server = Server(not_ready)
    identity = Record(
        pid=os.getpid(),
        port=server.server_port,
        instance_id=secrets.token_hex(16),
        started=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        versions={name: version(name) for name in ("moto", "ministack")},
    )
    server.app = Application(identity, stop=_end_soon, moto=moto)
    record.write(state_dir, identity)
    moto.preload()
    _watch(state_dir, identity, arguments.owner_pid)
    try:
        server.serve_forever()
    finally:
        record.remove(state_dir, identity.instance_id)


def not_ready(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """The application of a server whose own is not there yet."""
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return [b""]


def _end(*_: object) -> None:
    sys.exit(0)


def _end_soon() -> None:
    """End after the answer to the caller is out."""
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()


def _watch(state_dir: Path, identity: Record, owner_pid: int | None) -> None:
    """End this process when its record was removed or replaced, or when the owner is gone."""
    owner = None if owner_pid is None else process_start(owner_pid)

    def watch() -> None:
        while True:
            time.sleep(_WATCH_SECONDS)
            current = record.read(state_dir)
            if current is None or current.instance_id != identity.instance_id:
                break
            if owner_pid is not None and (owner is None or process_start(owner_pid) != owner):
                break
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def process_start(pid: int) -> str | None:
    """What tells a process from a later one of the same id; None when it is gone or a zombie.

    Linux says when it started (``/proc/<pid>/stat``, field 22); elsewhere it is only seen alive.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
        try:
            os.kill(pid, 0)
        except OSError:
            return None
        return "alive"
    # The name in brackets may hold spaces and brackets itself.
    state, *fields = text.rpartition(")")[2].split()
    return None if state in "ZX" else fields[18]


if __name__ == "__main__":
    main()
