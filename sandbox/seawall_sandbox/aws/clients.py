"""boto3 clients that reach the emulator on this machine and nothing else."""

import ipaddress
import os
import threading
from typing import Any
from urllib.parse import urlsplit

from seawall_sandbox.aws import lost
from seawall_sandbox.aws.patience import Patience
from seawall_sandbox.protocol import ProviderError

ENDPOINT_VARIABLE = "SEAWALL_SANDBOX_ENDPOINT"
"""Environment variable with the emulator's address; the sandbox sets it."""

CONNECT_TIMEOUT = 5
"""Seconds."""

_ISOLATED = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""botocore session variables, cut off from the user's files and ``AWS_PROFILE``."""


def require_loopback(endpoint: str) -> str:
    """The endpoint as it is, or a ``ProviderError`` if it is not on this machine."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    if parts.scheme in {"http", "https"} and (host == "localhost" or _is_loopback(host)):
        return endpoint
    raise ProviderError(
        f"The sandbox's aws provider refuses the endpoint {endpoint!r}: it talks only to an"
        " emulator on this machine (127.0.0.0/8, ::1 or localhost), never to AWS. Set"
        f" {ENDPOINT_VARIABLE} to the emulator's address, or use the real provider."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def endpoint_from_environment() -> str:
    """The emulator's address. Raises ``ProviderError`` when there is none or it is elsewhere."""
    endpoint = os.environ.get(ENDPOINT_VARIABLE, "")
    if not endpoint:
        raise ProviderError(
            f"The sandbox's aws provider needs the emulator's address in {ENDPOINT_VARIABLE}, which"
            " is not set. Run it with `seawall sandbox`, or start an emulator with"
            " `seawall sandbox emulator start` and set the variable."
        )
    return require_loopback(endpoint)


class Clients:
    """One client per service and region, shared by all threads.

    botocore's standard mode repeats what AWS says may be repeated, with growing pauses and jitter.
    """

    def __init__(self, endpoint: str, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self.endpoint = require_loopback(endpoint).rstrip("/")
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._session: Any = None

    def get(self, service: str, region: str) -> Any:
        """The client of a boto3 service name in a region."""
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                self._clients[key] = self._make(service, region)
            return self._clients[key]

    def _make(self, service: str, region: str) -> Any:
        # Here, not at the top: they take 9 MiB, and a preview of a new stack asks AWS nothing.
        # AWS ships them without type stubs.
        import boto3  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        import botocore.session  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        from botocore.config import Config  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

        if self._session is None:
            self._session = boto3.Session(
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106  # the emulator takes any
                botocore_session=botocore.session.Session(session_vars=_ISOLATED),
            )
        client = self._session.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            config=Config(
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=self.patience.read_timeout,
                retries={"mode": "standard", "total_max_attempts": self.patience.attempts},
                max_pool_connections=32,
                proxies={},
                s3={"addressing_style": "path"},
            ),
        )
        lost.watch(client, self.patience)
        return client
