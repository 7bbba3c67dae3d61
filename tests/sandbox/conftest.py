"""The emulator for tests: gone with the test process, even when that is killed."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# The plugin's fixtures, also in a checkout whose installation does not announce the plugin yet.
from seawall.testing import sandbox, seawall_emulator_dir  # noqa: F401
from seawall_sandbox import emulator as aws_emulator
from seawall_sandbox.emulator import Emulator
from seawall_sandbox.emulator.process import OWNER_VARIABLE
from seawall_sandbox.session import Session


@pytest.fixture(scope="session", autouse=True)
def _owned_emulators() -> Iterator[None]:
    """Every emulator that a test starts, in whatever way, ends with this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OWNER_VARIABLE, str(os.getpid()))
        yield


@pytest.fixture(scope="session")
def emulator_dir(
    tmp_path_factory: pytest.TempPathFactory, _owned_emulators: None
) -> Iterator[Path]:
    """The state directory of one emulator for the tests of this process."""
    state_dir = tmp_path_factory.mktemp("emulator")
    yield state_dir
    aws_emulator.stop(state_dir)


@pytest.fixture(scope="session")
def emulator(emulator_dir: Path) -> Emulator:
    return aws_emulator.start(emulator_dir)


@pytest.fixture(scope="session")
def aws_endpoint(emulator: Emulator) -> str:
    return emulator.endpoint


@pytest.fixture
def make_session(emulator: Emulator, emulator_dir: Path, tmp_path: Path) -> Callable[..., Session]:
    """Makes sessions with a state of their own on the shared emulator."""
    del emulator

    def make(project_dir: Path, stack: str, **options: object) -> Session:
        state_dir = tmp_path / "state"
        return Session(
            project_dir, stack, state_dir=state_dir, emulator_dir=emulator_dir, **options
        )

    return make
