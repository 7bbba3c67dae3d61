"""`seawall sandbox coverage` on this project's own stacks."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seawall.cli.sandbox import app
from seawall_sandbox.aws.tested import LIFECYCLES

PROJECT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.emulator


def test_every_type_of_the_stacks_is_emulated_and_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEAWALL_SANDBOX_ENDPOINT", raising=False)
    result = CliRunner().invoke(app, ["coverage", "--json", "--cwd", str(PROJECT)])
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["problems"] == []
    used = {row["token"] for row in told["types"] if row["token"].startswith("aws:")}
    assert "aws:eks/cluster:Cluster" in used
    assert used <= LIFECYCLES
    assert max(told["recordedOnly"][stack] for stack in ("dev", "local")) <= 0.1


def test_directory_without_stacks_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["coverage", "--cwd", str(tmp_path)])
    assert result.exit_code != 0
    assert "has no stacks" in str(result.exception)


def test_facts_of_all_types_are_printed() -> None:
    result = CliRunner().invoke(app, ["coverage", "--types"])
    assert result.exit_code == 0
    assert all(f"## {token}\n" in result.stdout for token in LIFECYCLES)
