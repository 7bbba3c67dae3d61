"""A changed setting gives exactly the expected steps, in preview and in up.

The steps stand in the docstring of the function that makes the change.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platforms
import pytest
from platforms import ROOT, changes, platform_settings, session, succeeded


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


def scale(platform: dict[str, Any], _: Path) -> None:
    """
    update kubernetes:Deployment shop-web-deployment
    """
    platform["services"]["replicas"] = {"web": 4}


def change_image(platform: dict[str, Any], tmp_path: Path) -> None:
    """
    update kubernetes:Deployment shop-redis-deployment
    """
    compose_with(platform, tmp_path, ("redis:7.4.2-alpine", "redis:7.4.3-alpine"))


def release(platform: dict[str, Any], _: Path) -> None:
    """
    update kubernetes:Deployment shop-api-deployment
    update kubernetes:Deployment shop-web-deployment
    update kubernetes:Deployment shop-worker-deployment
    """
    platform["services"]["release"] = "2026.11.23-1"


def open_port(platform: dict[str, Any], tmp_path: Path) -> None:
    """
    create aws:SecurityGroupEgressRule shop-nodes-egress-nodes-tcp-9100
    create aws:SecurityGroupIngressRule shop-nodes-ingress-nodes-tcp-9100
    update kubernetes:Deployment shop-api-deployment
    update kubernetes:Service shop-api-service
    update kubernetes:NetworkPolicy shop-api-network-policy
    update kubernetes:NetworkPolicy shop-db-network-policy
    update kubernetes:NetworkPolicy shop-redis-network-policy
    update kubernetes:NetworkPolicy shop-web-network-policy
    update kubernetes:NetworkPolicy shop-worker-network-policy
    """
    compose_with(platform, tmp_path, ('expose: ["3000"]', 'expose: ["3000", "9100"]'))


def add_service(platform: dict[str, Any], tmp_path: Path) -> None:
    """
    create aws:LifecyclePolicy shop-cache
    create aws:Repository shop-cache
    create aws:SecurityGroupEgressRule shop-nodes-egress-nodes-tcp-11211
    create aws:SecurityGroupIngressRule shop-nodes-ingress-nodes-tcp-11211
    create kubernetes:Deployment shop-cache-deployment
    create kubernetes:Service shop-cache-service
    create kubernetes:ServiceAccount shop-cache-service-account
    create kubernetes:NetworkPolicy shop-cache-network-policy
    update aws:RolePolicy shop-node-pull
    update aws:SecurityGroupEgressRule shop-nodes-egress-nodes-tcp-3000
    update aws:SecurityGroupEgressRule shop-nodes-egress-nodes-tcp-5432
    update aws:SecurityGroupEgressRule shop-nodes-egress-nodes-tcp-6379
    update aws:SecurityGroupIngressRule shop-nodes-ingress-nodes-tcp-3000
    update aws:SecurityGroupIngressRule shop-nodes-ingress-nodes-tcp-5432
    update aws:SecurityGroupIngressRule shop-nodes-ingress-nodes-tcp-6379
    update kubernetes:NetworkPolicy shop-api-network-policy
    update kubernetes:NetworkPolicy shop-db-network-policy
    update kubernetes:NetworkPolicy shop-redis-network-policy
    update kubernetes:NetworkPolicy shop-worker-network-policy
    update seawall:EksCluster shop
    update seawall:Registry shop
    """
    service = """  cache:
    image: memcached:1.6.34-alpine
    user: "11211:11211"
    expose: ["11211"]
    networks: [back]

  redis:
    <<: *hardened
"""
    compose_with(platform, tmp_path, ("  redis:\n    <<: *hardened\n", service))


def nat_per_zone_to_single_and_back(platform: dict[str, Any], _: Path) -> None:
    """
    delete aws:Eip shop-nat-1b
    delete aws:Eip shop-nat-1c
    delete aws:NatGateway shop-nat-1b
    delete aws:NatGateway shop-nat-1c
    update aws:Route shop-private-1b
    update aws:Route shop-private-1c
    update seawall:Network shop
    """
    platform["network"]["nat"] = "single"


CHANGES = (
    scale,
    change_image,
    release,
    open_port,
    add_service,
    nat_per_zone_to_single_and_back,
)
_BACK = {"create": "delete", "delete": "create", "update": "update"}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_gives_exactly_its_steps_in_preview_and_up_and_back(change, state_dir, tmp_path):
    lines = (line.split() for line in (change.__doc__ or "").splitlines() if line.strip())
    expected = sorted((op, type_, name) for op, type_, name in lines)
    platform = platform_settings("local")
    change(platform, tmp_path)
    assert changes(succeeded(session("local", state_dir, platform).preview())) == expected
    assert changes(succeeded(session("local", state_dir, platform).up())) == expected
    assert changes(succeeded(session("local", state_dir, platform).preview())) == []
    back = sorted((_BACK[op], type_, name) for op, type_, name in expected)
    assert changes(succeeded(session("local", state_dir).preview())) == back
    assert changes(succeeded(session("local", state_dir).up())) == back
