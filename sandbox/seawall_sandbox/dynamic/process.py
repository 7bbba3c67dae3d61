"""The plugins of a run: started when a dynamic resource is first met, ended with the run."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from seawall_sandbox.protocol import ProviderError

_HOST = "127.0.0.1"
_MESSAGE_BYTES = 400 * 1024 * 1024
"""The limit that Pulumi itself sets on messages (``sdk/go/common/util/rpcutil``)."""
_END_SECONDS = 5.0


class Plugins:
    """Starts plugins in ``directory``, that of the program's main file.

    A pickled provider refers to the program's modules by name: they are found there, and those of
    its own environment in ``packages``. What the plugins print goes to ``say``, line by line.
    """

    def __init__(
        self, directory: Path, project: str, packages: Path | None, say: Callable[[str], None]
    ) -> None:
        self._directory = directory
        self._project = project
        self._packages = packages
        self._say = say
        self._lock = threading.Lock()
        self._running: list[tuple[subprocess.Popen[str], grpc.Channel]] = []

    def start(self) -> provider_pb2_grpc.ResourceProviderStub:
        """A plugin of its own. Raises ``ProviderError`` when it does not come up."""
        process = subprocess.Popen(  # noqa: S603  # our own module
            # As the stock engine's: the working directory is first on the module path.
            [
                *(sys.executable, "-u", "-m", f"{__package__}.plugin"),
                *([str(self._packages)] if self._packages is not None else []),
            ],
            cwd=self._directory,
            env={**os.environ, "PULUMI_PROJECT": self._project},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # An interrupt is for the run, which ends its plugins once they are done.
            start_new_session=True,
        )
        port = process.stdout.readline().strip() if process.stdout is not None else ""
        if not port.isdigit():
            _, error = process.communicate()
            raise ProviderError(
                "The process for the program's dynamic providers did not start: "
                f"{(port + error).strip() or 'it said nothing'}. Mend that and run again."
            )
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                threading.Thread(target=self._tell, args=(stream,), daemon=True).start()
        channel = grpc.insecure_channel(
            f"{_HOST}:{port}",
            options=[
                ("grpc.max_receive_message_length", _MESSAGE_BYTES),
                ("grpc.max_send_message_length", _MESSAGE_BYTES),
                ("grpc.enable_http_proxy", 0),
            ],
        )
        with self._lock:
            self._running.append((process, channel))
        return provider_pb2_grpc.ResourceProviderStub(channel)

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            running, self._running = self._running, []
        for process, channel in running:
            channel.close()
            process.terminate()
        for process, _ in running:
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _tell(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._say(line.rstrip("\n"))
