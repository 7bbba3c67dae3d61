"""ministack's ASGI application, hosted in our process: EKS add-ons, access entries and the like.

Its own launcher would listen on a port of its own, start schedulers, SFTP and MQTT listeners, and
stop Docker containers of other ministacks on the machine. Its application alone does none of that.
"""

import asyncio
import sys
import threading
from typing import Any
from urllib.parse import unquote

Response = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers, body."""


class MinistackHost:
    """ministack in an event loop of its own, so that it sees one request after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __call__(
        self, method: str, raw_path: str, query: str, headers: list[tuple[str, str]], body: bytes
    ) -> Response:
        """Answer one AWS request. ``raw_path`` is still percent-encoded."""
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw_path),
            "raw_path": raw_path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "headers": [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in headers],
        }
        answer = asyncio.run_coroutine_threadsafe(_respond(scope, body), self._running_loop())
        return answer.result()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="ministack", daemon=True
                ).start()
            return self._loop


async def _respond(scope: dict[str, Any], body: bytes) -> Response:
    if "docker" not in sys.modules:
        # With Docker at hand, a cluster would become a container: not in this sandbox.
        sys.modules["docker"] = None  # pyright: ignore[reportArgumentType]
    # Here, not at the top: only stacks with EKS need it.
    from ministack.app import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        app,  # pyright: ignore[reportUnknownVariableType]
    )

    status = 500
    headers: list[tuple[str, str]] = []
    chunks: list[bytes] = []

    async def receive() -> dict[str, Any]:  # ASGI wants a coroutine
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:  # ASGI wants a coroutine
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            pairs: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
            headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in pairs]
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, headers, b"".join(chunks)
