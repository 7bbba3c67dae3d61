"""boto3 clients, and what goes wrong with them as ``CloudError``."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from typing import Any, cast

from seawall_node.errors import CloudError, ConflictError

_CONFLICT = "ConditionalCheckFailedException"


class Clients:
    """Makes the clients of one region, each once, when it is first used."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """The client of ``service``."""
        if service not in self._clients:
            # Here, not at the top: it takes half a second that not every command needs.
            import boto3  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
            from botocore.config import Config  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

            options = Config(
                connect_timeout=3, read_timeout=15, retries={"mode": "standard", "max_attempts": 4}
            )
            make: Any = cast("Any", boto3).client
            self._clients[service] = make(service, region_name=self._region, config=options)
        return self._clients[service]


@contextlib.contextmanager
def calling(what: str) -> Generator[None, None, None]:
    """Turn what boto3 raises into ``CloudError``, or ``ConflictError`` for a condition not met."""
    from botocore.exceptions import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
        BotoCoreError,
        ClientError,
    )

    try:
        yield
    except ClientError as error:
        if error_code(error) == _CONFLICT:
            raise ConflictError(f"AWS refused to {what}: it has been changed meanwhile.") from error
        raise CloudError(f"AWS refused to {what}: {error}.") from error
    except BotoCoreError as error:
        raise CloudError(f"AWS did not answer when asked to {what}: {error}.") from error


def error_code(error: BaseException | None) -> str:
    """The code of a boto3 ``ClientError``, such as ``ResourceNotFoundException``; else empty."""
    response: Any = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
