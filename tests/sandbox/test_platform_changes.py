"""A changed setting gives exactly the expected steps, in preview and in up."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import platforms
import pytest
from platforms import ROOT, changes, platform_settings, session, succeeded

from seawall_sandbox.session import Session

Change = Callable[[dict[str, Any], Path], None]


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("changes")
    with platforms.own_emulator(directory), platforms.stack_up("local", directory):
        yield directory


def compose_with(platform: dict[str, Any], tmp_path: Path, *edits: tuple[str, str]) -> None:
    """Point the settings at a copy of the shop's Compose file with some of its text changed."""
    text = (ROOT / "examples/shop/compose.yaml").read_text(encoding="utf-8")
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
        text = text.replace(old, new)
    for name in ("web", "orders"):
        (tmp_path / name).symlink_to(ROOT / "examples/shop" / name)
    (tmp_path / "compose.yaml").write_text(text, encoding="utf-8")
    platform["services"]["compose"] = str(tmp_path / "compose.yaml")


def scale(platform: dict[str, Any], tmp_path: Path) -> None:
    platform["services"]["replicas"] = {"web": 4}


def change_image(platform: dict[str, Any], tmp_path: Path) -> None:
    compose_with(platform, tmp_path, ("redis:7.4.2-alpine", "redis:7.4.3-alpine"))


def release(platform: dict[str, Any], tmp_path: Path) -> None:
    platform["services"]["release"] = "2026.11.23-1"


def open_port(platform: dict[str, Any], tmp_path: Path) -> None:
    compose_with(platform, tmp_path, ('expose: ["3000"]', 'expose: ["3000", "9100"]'))


def add_service(platform: dict[str, Any], tmp_path: Path) -> None:
    service = """  cache:
    image: memcached:1.6.34-alpine
    user: "11211:11211"
    expose: ["11211"]
    networks: [back]

  redis:
    <<: *hardened
"""
    compose_with(platform, tmp_path, ("  redis:\n    <<: *hardened\n", service))


def nat_per_zone_to_single(platform: dict[str, Any], tmp_path: Path) -> None:
    platform["network"]["nat"] = "single"


EXPECTED: dict[Change, list[tuple[str, str, str]]] = {}


@pytest.mark.parametrize("change", EXPECTED, ids=lambda change: change.__name__)
def test_a_change_gives_exactly_its_steps_in_preview_and_up(change, state_dir, tmp_path):
    platform = platform_settings("local")
    change(platform, tmp_path)
    changed: Session = session("local", state_dir, platform)
    assert changes(succeeded(changed.preview())) == EXPECTED[change]
    assert changes(succeeded(session("local", state_dir, platform).up())) == EXPECTED[change]
    assert changes(succeeded(session("local", state_dir, platform).preview())) == []
    succeeded(session("local", state_dir).up())
