"""The instance metadata service, version 2.

Where it is comes from AWS_EC2_METADATA_SERVICE_ENDPOINT, as for the AWS SDKs.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from seawall_node.errors import MetadataError

ENDPOINT_VARIABLE = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
_DEFAULT = "http://169.254.169.254"
_TOKEN_SECONDS = 21600
_ANSWER_SECONDS = 2.0
_TRIES = 5


@dataclass(frozen=True)
class Instance:
    """What the instance is."""

    id: str
    address: str
    """Private IPv4 address of the primary interface."""
    zone: str


@dataclass(frozen=True)
class Notice:
    """That this instance is going to end."""

    reason: str
    """``lifecycle``, ``spot`` or ``rebalance``."""
    at: str
    """When, in ISO 8601; empty where it is not said."""


class Metadata:
    """Reads the metadata. Raises ``MetadataError`` when there is no answer."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = (endpoint or os.environ.get(ENDPOINT_VARIABLE) or _DEFAULT).rstrip("/")
        self._token = ""
        self._token_ends = 0.0

    def instance(self) -> Instance:
        """What this instance is."""
        return Instance(
            id=self._text("instance-id"),
            address=self._text("local-ipv4"),
            zone=self._text("placement/availability-zone"),
        )

    def notice(self) -> Notice | None:
        """The most pressing notice that this instance ends, if there is one.

        A rebalance recommendation is one: the spot notice itself comes two minutes before the end.
        """
        if self._optional("autoscaling/target-lifecycle-state") == "Terminated":
            return Notice("lifecycle", "")
        spot = self._optional("spot/instance-action")
        if spot:
            return Notice("spot", _time_of(spot, "time"))
        rebalance = self._optional("events/recommendations/rebalance")
        return Notice("rebalance", "") if rebalance else None

    def _optional(self, path: str) -> str | None:
        try:
            return self._get(f"/latest/meta-data/{path}")
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise MetadataError(f"The metadata service refused {path}: {error.code}.") from error
        except OSError as error:
            raise MetadataError(f"The metadata service did not give {path}: {error}.") from error

    def _text(self, path: str) -> str:
        for number in range(_TRIES):
            try:
                value = self._optional(path)
            except MetadataError:
                if number == _TRIES - 1:
                    raise
                time.sleep(0.2 * 2**number)
                continue
            if value:
                return value
            break
        raise MetadataError(f"The metadata service has no {path}: is this an EC2 instance?")

    def _get(self, path: str) -> str:
        request = urllib.request.Request(  # noqa: S310  # the address is the administrator's
            self._endpoint + path, headers={"X-aws-ec2-metadata-token": self._session()}
        )
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
            return answer.read().decode()

    def _session(self) -> str:
        if time.monotonic() > self._token_ends:
            request = urllib.request.Request(  # noqa: S310
                self._endpoint + "/latest/api/token",
                method="PUT",
                headers={"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_SECONDS)},
            )
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
                self._token = answer.read().decode()
            self._token_ends = time.monotonic() + _TOKEN_SECONDS / 2
        return self._token


def _time_of(document: str, key: str) -> str:
    try:
        content: Any = json.loads(document)
        return str(content.get(key, ""))
    except (ValueError, AttributeError):
        return ""
