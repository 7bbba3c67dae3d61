"""``seawall images`` prints the right commands, and runs them with the docker on the PATH."""

import os
import shlex
from pathlib import Path

import pytest

from seawall.cli.app import run

STACK = """
config:
  aws:region: us-east-1
  seawall:platform:
    name: mini
    cluster:
      admins: ["arn:aws:iam::111122223333:role/admin"]
      nodes: {architecture: arm64, instanceTypes: [m7g.large]}
    services: {compose: compose.yaml, release: "7"}
    ingress: {allowPlainHttp: true}
"""
COMPOSE = """
services:
  web:
    build: {context: ./web, target: final, args: {B: "two words", A: "1"}}
    user: "101:101"
    expose: ["8080"]
    x-seawall: {ingress: [{path: /, port: 8080}]}
  cache:
    image: redis:7.4.2-alpine
    user: "999:999"
"""
REGISTRY = "111122223333.dkr.ecr.us-east-1.amazonaws.com/mini"


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: seawall\nruntime: python\n")
    (tmp_path / "Pulumi.local.yaml").write_text(STACK)
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "Dockerfile").write_text("FROM scratch AS final\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def docker(project, monkeypatch):
    """A docker that writes down how it is called; it fails for what its argument says."""
    log = project / "calls"
    folder = project / "bin"
    folder.mkdir()
    program = folder / "docker"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> {shlex.quote(str(log))}\n'
        '[ "$2" = "$FAIL_AT" ] && exit 17\nexit 0\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


def expected(project: Path) -> list[str]:
    return [
        f"docker buildx imagetools create --tag {REGISTRY}/cache:7.4.2-alpine redis:7.4.2-alpine",
        (
            f"docker buildx build --push --platform linux/arm64 --tag {REGISTRY}/web:7 "
            f"--file {project}/web/Dockerfile --target final "
            f"--build-arg A=1 --build-arg 'B=two words' {project}/web"
        ),
    ]


def test_the_commands_are_printed_and_nothing_is_run(project, docker, capsys):
    assert run(["images", "--registry", REGISTRY]) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(expected(project))
    assert not docker.exists()


@pytest.mark.usefixtures("project")
def test_push_runs_what_it_prints(docker, capsys):
    assert run(["images", "--registry", REGISTRY, "--push"]) == 0
    printed = capsys.readouterr().out.splitlines()
    called = [f"docker {line}" for line in docker.read_text().splitlines()]
    assert called == [" ".join(shlex.split(line)) for line in printed]
    assert len(called) == 2


@pytest.mark.usefixtures("project")
def test_a_command_that_fails_ends_the_run(docker, monkeypatch, capsys):
    monkeypatch.setenv("FAIL_AT", "imagetools")
    assert run(["images", "--registry", REGISTRY, "--push"]) == 1
    assert capsys.readouterr().err == (
        "error: 'docker buildx imagetools ...' ended with exit code 17; see above.\n"
    )
    assert len(docker.read_text().splitlines()) == 1


def test_without_docker_the_cure_is_named(project, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(project))
    assert run(["images", "--registry", REGISTRY, "--push"]) == 1
    assert capsys.readouterr().err == (
        "error: docker is not installed. Install Docker with buildx, or run without --push.\n"
    )


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("registry", ["", "https://x/y", "x/y/", "a b", "X/Shop"])
def test_what_is_no_registry_is_wrong_usage(registry, capsys):
    assert run(["images", "--registry", registry]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: --registry {registry!r} is not a registry and a prefix")


def test_a_stack_without_a_platform_has_no_images(project, capsys):
    (project / "Pulumi.local.yaml").write_text("config:\n  aws:region: us-east-1\n")
    assert run(["images", "--registry", REGISTRY]) == 2
    assert capsys.readouterr().err.startswith("error: stack local is not a Seawall stack")
