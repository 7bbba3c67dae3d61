"""Pulumi.yaml, which the stock CLI reads before anything of ours runs."""

from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[3]


def test_an_update_does_not_depend_on_a_type_check_of_the_tests():
    # With ``typechecker: pyright`` the CLI runs ``pyright <project>`` before each preview and
    # update. A directory on the command line wins over ``include`` of pyproject.toml, so one
    # untyped test would stop every deployment.
    runtime = YAML(typ="safe").load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["runtime"]
    assert runtime == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
