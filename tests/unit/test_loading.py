"""What is loaded when: each library only where it is used."""

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest

ROOMS = (
    "seawall",
    "seawall.eks",
    "seawall.firewall",
    "seawall.network",
    "seawall.registry",
    "seawall.report",
    "seawall.services",
    "seawall.services.compose",
)
SDKS = ("pulumi_aws", "pulumi_kubernetes", "boto3", "moto", "kubernetes_validate")
NOT_FOR_A_PREVIEW = (
    "cryptography",
    "jsonschema",
    "rich.markdown",
    "seawall.report.model",
    "seawall.services.compose.loader",
    "seawall.settings",
)
"""What checks Seawall's own settings, seals secrets and writes reports: 25 MiB."""


def loaded_by(module: str, *more: str) -> set[str]:
    names = (*SDKS, *NOT_FOR_A_PREVIEW)
    lines = (f"import sys, {module}", *more, f"print(*(n for n in {names!r} if n in sys.modules))")
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", "\n".join(lines)], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_another_programs_preview_does_not_load_what_it_has_no_use_for(tmp_path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: other\nruntime: python\n", encoding="utf-8")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n", encoding="utf-8")
    (tmp_path / "__main__.py").touch()
    where = repr(str(tmp_path))
    assert (
        loaded_by(
            "pathlib; from seawall.cli import sandbox",
            "from seawall_sandbox.events import SilentDisplay",
            f"assert sandbox.check_stack(pathlib.Path({where}), 'dev') is None",
            f"sandbox.open_session(pathlib.Path({where}), 'dev', None, SilentDisplay())",
        )
        == set()
    )


@pytest.mark.parametrize("name", [*SDKS, *NOT_FOR_A_PREVIEW])
def test_what_is_not_loaded_is_there(name: str) -> None:
    assert find_spec(name) is not None


def test_a_component_does_load_its_sdk() -> None:
    assert loaded_by("seawall.registry.component") & set(SDKS) == {"pulumi_aws"}


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
