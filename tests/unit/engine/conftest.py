"""The fixtures of the engine's tests."""

from pathlib import Path

import pytest
from engine_lab import Cloud, Lab


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def lab(tmp_path: Path, cloud: Cloud) -> Lab:
    return Lab(tmp_path, cloud)
