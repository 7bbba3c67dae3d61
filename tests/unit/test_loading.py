"""What is loaded when: the SDKs of AWS and Kubernetes only where components are made."""

import subprocess
import sys
from importlib import import_module

import pytest

ROOMS = (
    "seawall",
    "seawall.eks",
    "seawall.firewall",
    "seawall.network",
    "seawall.registry",
    "seawall.services",
)
SLOW = ("pulumi_aws", "pulumi_kubernetes", "boto3", "moto", "kubernetes_validate")


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*(name for name in {SLOW!r} if name in sys.modules))"
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_the_command_starts_without_the_big_sdks() -> None:
    assert loaded_by("seawall.cli") == set()


def test_a_component_does_load_its_sdk() -> None:
    assert loaded_by("seawall.registry.component") == {"pulumi_aws"}


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_of_a_room_can_be_had_and_is_listed(room: str) -> None:
    module = import_module(room)
    for name in module.__all__:
        assert getattr(getattr(module, name), "__name__", name) == name
    assert set(module.__all__) <= set(dir(module))


@pytest.mark.parametrize("room", ROOMS)
def test_an_unknown_name_is_an_attribute_error(room: str) -> None:
    with pytest.raises(AttributeError, match=f"module '{room}' has no attribute 'Netwrok'"):
        import_module(room).Netwrok  # noqa: B018  # the look-up is the test
