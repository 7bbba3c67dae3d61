"""Calling back into the user's program: its transforms and hooks.

The SDK offers them as Pulumi's ``Callbacks`` service on a port of its own on loopback, and names
each by a token (sdk/proto/pulumi/callback.proto of pulumi/pulumi).
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

import grpc
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc

from seawall_sandbox.engine.errors import EngineError

_NO_LIMIT: Final = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # The program is in this process: a proxy of the environment has no part in it.
    ("grpc.enable_http_proxy", 0),
)


class NeedsThread(BaseException):  # no Exception: nothing may catch it on its way
    """The call waits for the program's event loop, so it must be made again outside of it."""


class Callbacks:
    """Calls the functions that the program of one run has registered. Thread safe.

    A connection lasts as long as there are calls on it: when the SDK ends its server before the
    connection, the gRPC library writes a line about it to standard error.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channels: dict[str, grpc.Channel] = {}
        self._calls: Counter[str] = Counter()

    def invoke(self, callback: callback_pb2.Callback, request: bytes) -> bytes:
        """Call the function with a message and give its answer.

        Raises ``EngineError`` with the function's own error and its frames.
        """
        leave_loop()
        message = callback_pb2.CallbackInvokeRequest(token=callback.token, request=request)
        with self._connected(callback.target) as channel:
            stub: Any = callback_pb2_grpc.CallbacksStub(channel)
            try:
                answer: callback_pb2.CallbackInvokeResponse = stub.Invoke(message)
            except grpc.RpcError as error:
                details = getattr(error, "details", None)
                text = (details() if details else None) or str(error)
                # The token is a random one, and says nothing to anybody.
                text = text.removeprefix(f"Invoke callback {callback.token} error: ")
                raise EngineError(text.rstrip()) from error
        return answer.response

    @contextmanager
    def _connected(self, target: str) -> Generator[grpc.Channel]:
        with self._lock:
            channel = self._channels.get(target)
            if channel is None:
                channel = self._channels[target] = grpc.insecure_channel(target, _NO_LIMIT)
            self._calls[target] += 1
        try:
            yield channel
        finally:
            with self._lock:
                self._calls[target] -= 1
                if not self._calls[target]:
                    self._channels.pop(target).close()


def leave_loop() -> None:
    """Raise ``NeedsThread`` in the thread of the program's event loop.

    To be called before anything is done that cannot be done twice.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise NeedsThread
