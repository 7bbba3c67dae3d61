"""The emulator for tests: one per test process, gone with it even when it is killed."""

import os
from collections.abc import Iterator

import pytest

from seawall_sandbox import emulator as aws_emulator
from seawall_sandbox.emulator import Emulator


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    state_dir = tmp_path_factory.mktemp("emulator")
    yield aws_emulator.start(state_dir, owner_pid=os.getpid())
    aws_emulator.stop(state_dir)


@pytest.fixture(scope="session")
def aws_endpoint(emulator: Emulator) -> str:
    return emulator.endpoint
