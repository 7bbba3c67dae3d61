"""``seawall swarm laptop`` writes what ``docker stack deploy`` needs on one engine."""

import yaml

from seawall.cli.app import run
from seawall.cli.exits import DONE, INVALID

COMPOSE = """
name: lap
services:
  web:
    build: ./web
    user: "1000:1000"
    ports: ["8080:80"]
    configs: [page, kind]
    secrets: [token]
  cache: {image: "redis:7.4.2-alpine"}
configs: {page: {content: "hello"}, kind: {environment: KIND}}
secrets: {token: {file: token.txt}}
"""


def write(directory, compose=COMPOSE):
    (directory / "web").mkdir(exist_ok=True)
    (directory / "web" / "Dockerfile").write_text("FROM scratch\n")
    (directory / "token.txt").write_text("T")
    (directory / "lap.yaml").write_text(compose)


def test_a_stack_file_with_its_configs_and_the_commands(mini, capsys, monkeypatch):
    monkeypatch.setenv("KIND", "blue")
    write(mini)
    assert run(["swarm", "laptop", "lap.yaml", "-o", "out"]) == DONE
    stack = yaml.safe_load((mini / "out" / "stack.yaml").read_text())
    assert stack["services"]["web"]["image"] == "lap-web"
    assert stack["services"]["cache"]["image"] == "redis:7.4.2-alpine"
    assert stack["services"]["web"]["ports"][0]["published"] == 8080
    contents = {(mini / "out" / each["file"]).read_text() for each in stack["configs"].values()}
    assert contents == {"hello", "blue"}
    assert stack["secrets"]["token"]["file"] == str(mini / "token.txt")
    assert capsys.readouterr().out.splitlines() == [
        "docker compose -f lap.yaml build",
        "docker stack deploy --resolve-image never -c out/stack.yaml lap",
    ]


def test_a_changed_secret_has_another_name_that_does_not_tell_its_value(mini, monkeypatch):
    monkeypatch.setenv("KIND", "blue")
    write(mini)
    names = set()
    for value in ("sesame-1", "sesame-longer-2"):
        (mini / "token.txt").write_text(value)
        assert run(["swarm", "laptop", "lap.yaml", "-o", "out"]) == DONE
        text = (mini / "out" / "stack.yaml").read_text()
        names.add(yaml.safe_load(text)["secrets"]["token"]["name"])
        assert value not in text
    assert len(names) == 2


def test_the_settings_of_a_stack_are_used(mini, capsys):
    assert run(["swarm", "laptop", "--stack", "local", "-o", "out"]) == INVALID
    said = capsys.readouterr().err
    assert "secrets.token: the secret 'token' is in no file" in said
    assert "Write its value to token.txt" in said
    assert not (mini / "out").exists()


def test_what_swarm_refuses_and_what_is_missing(mini, capsys, monkeypatch):
    monkeypatch.delenv("KIND", raising=False)
    write(mini)
    assert run(["swarm", "laptop", "lap.yaml", "-o", "out"]) == INVALID
    assert "the variable KIND is not set" in capsys.readouterr().err
    write(mini, "name: lap\nservices: {web: {image: 'nginx:1.29.3'}}\n")
    assert run(["swarm", "laptop", "lap.yaml", "-o", "out"]) == INVALID
    assert "nginx-unprivileged" in capsys.readouterr().err


def test_one_of_compose_file_and_stack(mini, capsys):
    write(mini)
    assert run(["swarm", "laptop", "-o", "out"]) == INVALID
    assert run(["swarm", "laptop", "lap.yaml", "-s", "local", "-o", "out"]) == INVALID
    assert "not both and not none" in capsys.readouterr().err
