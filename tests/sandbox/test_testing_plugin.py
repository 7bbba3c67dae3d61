"""``seawall.testing`` as others use it: pytest in a process of its own, with docs/testing.md."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.emulator

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
NAME = "seawall.testing"


@pytest.fixture
def example(tmp_path):
    """The files of the document's example."""
    directory = tmp_path / "example"
    for name, text in re.findall(
        r"^```\w+ file=(\S+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL
    ):
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (directory / "pytest.ini").write_text("[pytest]\n")
    return directory


def run_pytest(directory, *arguments, code=None):
    command = ["-m", "pytest", "-p", NAME, "-p", "no:randomly"] if code is None else ["-c", code]
    return subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, *command, *arguments],
        cwd=directory,
        env={**os.environ, "TMPDIR": str(directory)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def emulators(directory):
    """Processes of emulators whose state is below the directory."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if "seawall_sandbox.emulator" in words and str(directory) in words:
            found.append(words)
    return found


def test_the_documents_example_passes_and_leaves_no_emulator(example):
    done = run_pytest(example, "-q", "test_infra.py")
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    assert emulators(example) == []


def test_workers_of_xdist_have_an_emulator_each(example):
    done = run_pytest(example, "-q", "-n", "2", "test_infra.py")
    assert "4 passed" in done.stdout, done.stdout + done.stderr
    assert emulators(example) == []


def test_assertions_that_do_not_hold_fail_and_say_what_would_happen(example):
    (example / "test_wrong.py").write_text(
        """
from test_infra import INFRA

def test_changes(sandbox):
    sandbox(INFRA, "dev").assert_no_changes()

def test_counts(sandbox):
    sandbox(INFRA, "dev").assert_creates({"aws:Subnet": 3})

def test_steps(sandbox):
    sandbox(INFRA, "dev").assert_steps([])

def test_failure(sandbox):
    sandbox(INFRA, "dev", config={"subnets": 300}).up()
"""
    )
    done = run_pytest(example, "-q", "test_wrong.py")
    assert "4 failed" in done.stdout, done.stdout + done.stderr
    assert "create aws:ec2/subnet:Subnet part-1" in done.stdout
    assert "'aws:ec2/subnet:Subnet': 2" in done.stdout
    assert "up failed:" in done.stdout
    assert "10.20.256.0/24" in done.stdout


MANIFESTS = """
import pulumi
import pulumi_kubernetes as k8s

space = k8s.core.v1.Namespace("shop", metadata={"name": pulumi.Config().require("space")})
pulumi.export("space", pulumi.Output.secret(space.metadata.name))
"""


def test_manifests_are_read_and_outputs_are_plain(sandbox, tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "__main__.py").write_text(MANIFESTS)
    (project / "Pulumi.yaml").write_text("name: trial\nruntime: python\n")
    (project / "Pulumi.dev.yaml").write_text("config: {}\n")
    stack = sandbox(project, "dev", config={"space": "shop"})
    stack.up()
    assert stack.outputs == {"space": "shop"}
    assert [(item["kind"], item["metadata"]["name"]) for item in stack.manifests()] == [
        ("Namespace", "shop")
    ]
    stack.destroy()
    assert stack.manifests() == []


def test_it_is_announced_to_pytest_and_loads_nothing_that_is_heavy(tmp_path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {NAME: NAME}
    code = f"""
import sys, pytest
before = set(sys.modules)
import {NAME}
print(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""
    done = run_pytest(tmp_path, code=code)
    heavy = {"pulumi", "pulumi_aws", "boto3", "grpc", "ruamel", "pydantic", "seawall_sandbox"}
    assert not [name for name in heavy if f"'{name}'" in done.stdout], done.stdout
    assert "'seawall'" in done.stdout, done.stderr
