"""A TCP forwarder: listens in one network, connects in the machine's own."""

import contextlib
import socket
import threading
from collections.abc import Callable

Answer = Callable[[bytes], bytes | None]


class Proxy:
    """Forwards each connection of ``listener`` to ``target``."""

    def __init__(self, listener: socket.socket, target: tuple[str, int]) -> None:
        self._listener = listener
        self._target = target
        self._answer: Answer | None = None
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def answer(self, answer: Answer | None) -> None:
        """From now on ask ``answer`` first, with the head of a connection's first request.

        What it gives is the whole response; None lets the connection through. Connections that are
        open are closed, so that all are asked about.
        """
        self._answer = answer
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        try:
            head = client.recv(65536)
            answer = self._answer(head) if self._answer is not None and head else None
            if answer is not None:
                client.sendall(answer)
                client.close()
                return
            server = socket.create_connection(self._target)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.sendall(head)
        except OSError:
            client.close()
            return
        self._open.add(client)
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        back.join()
        self._open.discard(client)
        client.close()
        server.close()


def is_for(service: str, head: bytes) -> bool:
    """Whether a request is signed for an AWS service."""
    return f"/{service}/aws4_request".encode() in head


def response(status: str, body: str) -> bytes:
    """A whole HTTP response."""
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n"
        f"Connection: close\r\n\r\n{body}"
    ).encode()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
