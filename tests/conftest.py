"""What holds for every test run: temporary files of its own, and a garbage collector that rests."""

import gc
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The clock of a busy machine says nothing about a test.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

_own = pytest.StashKey[Path]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # The SDKs are a million objects that stay: to walk them again and again took a third of the
    # run. Python's own default is 700 containers between two walks.
    gc.set_threshold(200_000, 20, 50)
    # pytest's own place is shared by all runs on a machine, and keeps the files of three of them;
    # told to keep none, it deletes those of other runs that are still under way. Workers of xdist
    # are given a place below the one of their run.
    if config.option.basetemp is None:
        config.stash[_own] = Path(tempfile.mkdtemp(prefix="seawall-tests-"))
        config.option.basetemp = str(config.stash[_own] / "run")


def pytest_collection_finish() -> None:
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if _own in config.stash:
        shutil.rmtree(config.stash[_own], ignore_errors=True)
    gc.freeze()
