"""A small Seawall project on disk, for commands to read."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

STACK = """\
config:
  aws:region: us-east-1
  seawall:platform:
    name: mini
    cluster:
      admins: ["arn:aws:iam::111122223333:role/admin"]
    services:
      compose: compose.yaml
      release: "7"
      secrets: {token: {generate: 32}}
    ingress: {allowPlainHttp: true}
"""
COMPOSE = """\
services:
  web:
    image: nginxinc/nginx-unprivileged:1.29.3-alpine
    user: "101:101"
    expose: ["8080"]
    secrets: [token]
    x-seawall: {ingress: [{path: /, port: 8080}]}
secrets:
  token: {environment: MINI_TOKEN}
"""


@pytest.fixture
def mini(tmp_path, monkeypatch) -> Path:
    """The project's directory, which is also the working directory."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("Pulumi.yaml", "__main__.py"):
        (project / name).write_bytes((ROOT / name).read_bytes())
    (project / "stacks").mkdir()
    (project / "stacks" / "Pulumi.local.yaml").write_text(STACK, encoding="utf-8")
    (project / "compose.yaml").write_text(COMPOSE, encoding="utf-8")
    monkeypatch.chdir(project)
    monkeypatch.delenv("MINI_TOKEN", raising=False)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    return project
