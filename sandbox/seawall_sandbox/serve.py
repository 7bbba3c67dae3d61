"""Our providers as plugins of the stock engine: ``protocol.Provider`` over gRPC.

``python -m seawall_sandbox.serve aws`` prints the port it listens on and serves until the engine
that started it is gone, which is how Pulumi runs provider plugins
(https://www.pulumi.com/docs/iac/concepts/plugins/). The executables of ``sandbox/bin`` do so;
with that directory first on PATH, the stock ``pulumi`` CLI deploys to the sandbox.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from importlib.metadata import version
from types import FrameType

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from seawall_sandbox.packages import PACKAGES
from seawall_sandbox.protocol import Provider
from seawall_sandbox.servicer import Servicer

_HOST = "127.0.0.1"
_THREADS = 64
_MESSAGE_BYTES = 400 * 1024 * 1024
"""The limit that Pulumi itself sets on messages (``sdk/go/common/util/rpcutil``)."""
_PARENT_SECONDS = 1.0
_GRACE_SECONDS = 1.0


def start(package: str) -> tuple[grpc.Server, int]:
    """Serve the provider of ``package`` on a free loopback port; the server, and the port."""
    found = PACKAGES[package]
    return _listen(Servicer(package, version(found.distribution), found.provider()))


def serve(package: str, release: str, provider: Provider) -> int:
    """Be the plugin of ``provider`` until the engine that started this process is gone."""
    return _until_ended(lambda: _listen(Servicer(package, release, provider)))


def _listen(servicer: Servicer) -> tuple[grpc.Server, int]:
    limits = [
        ("grpc.max_receive_message_length", _MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ]
    server = grpc.server(futures.ThreadPoolExecutor(_THREADS), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port(f"{_HOST}:0")
    server.start()
    return server, port


def main(arguments: list[str] | None = None) -> int:
    """Run a plugin: the package's name, then what the engine adds."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] not in PACKAGES:
        names = ", ".join(sorted(PACKAGES))
        sys.stderr.write(f"Name the package to serve, one of {names}.\n")
        return 2
    return _until_ended(lambda: start(given[0]))


def _until_ended(listen: Callable[[], tuple[grpc.Server, int]]) -> int:
    """Listen, say where, and wait for the end."""
    parent = os.getppid()
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    # The engine ends a plugin, which has a process group of its own, with SIGINT; when that takes
    # five seconds, with SIGKILL (``cmdutil.TerminateProcessGroup`` of pulumi/pulumi).
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    server, port = listen()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # An engine that was killed cannot end its plugins: a plugin without a parent ends itself.
    while not ended.wait(_PARENT_SECONDS) and os.getppid() == parent:
        pass
    server.stop(_GRACE_SECONDS).wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
