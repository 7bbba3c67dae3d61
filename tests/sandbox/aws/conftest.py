"""Clients that look at the emulator past the provider, and a stack per test."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.request import urlopen

import boto3
import pytest
from lifecycle import Lifecycle

REGION = "eu-west-1"
"""Where these tests work. IAM is global, so that roles carry the test's name."""


@pytest.fixture(scope="session")
def client(aws_endpoint: str) -> Callable[[str], Any]:
    @cache
    def make(service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=aws_endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    return make


@pytest.fixture
def recorded(aws_endpoint: str) -> Callable[[], dict[str, Any]]:
    def read() -> dict[str, Any]:
        with urlopen(f"{aws_endpoint}/_seawall/recorded") as answer:  # noqa: S310  # loopback
            return json.load(answer)

    return read


@pytest.fixture
def stack(aws_endpoint: str) -> Iterator[Lifecycle]:
    stack = Lifecycle(aws_endpoint, REGION)
    yield stack
    stack.delete_all()
