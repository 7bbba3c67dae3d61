"""What a good Compose file becomes in the model."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seawall.errors import InvalidInputError, Problem
from seawall.services.compose import load
from seawall.services.compose.environment import is_sensitive
from seawall.services.compose.schema import load_schema
from seawall.services.model import (
    Application,
    Condition,
    Fate,
    Healthcheck,
    Membership,
    Mount,
    MountKind,
    Port,
    Resources,
    Restart,
    Rollout,
    Route,
    Ulimit,
)

SHOP = """
name: shop
services:
  web:
    image: nginx:1.29.3
    ports: ["443:8443", "8080:8080"]
    expose: [9090]
    environment: {MODE: live, LEVEL: 0440}
    networks: [front, back]
    depends_on: {db: {condition: service_healthy}}
    tmpfs: /run:size=16m
    cap_drop: [all]
    cap_add: [CAP_NET_BIND_SERVICE]
    security_opt: ["no-new-privileges:true"]
    restart: on-failure:3
    deploy:
      replicas: 2
      resources: {limits: {cpus: "0.5", memory: 64M}, reservations: {memory: 32M}}
      update_config: {parallelism: 2, delay: 10s, order: start-first}
    x-seawall:
      ingress:
        - {path: /, port: 8080}
        - {path: /api, port: 8080, host: API.example.com, health: /healthz}
  db:
    image: postgres@sha256:%s
    volumes: ["data:/var/lib/data"]
    networks: {back: {aliases: [database]}}
    healthcheck: {test: pg_isready, interval: 5s}
    secrets: [password]
networks: {front: {}, back: {internal: true, driver_opts: {encrypted: ""}}}
volumes: {data: {x-seawall: {size: 20G}}}
secrets: {password: {file: ./password}}
""" % ("a" * 64)


def test_a_whole_file(loaded: Callable[..., Application], project: Path) -> None:
    application = loaded(SHOP, files={"password": "hunter2"})
    db, web = application.services
    assert application.name == "shop"
    assert web.ports == (
        Port(8080, published=8080),
        Port(8443, published=443),
        Port(9090),
    )
    assert dict(web.environment) == {"LEVEL": "288", "MODE": "live"}
    assert web.networks == (Membership("back"), Membership("front"))
    assert dict(web.depends_on) == {"db": Condition.HEALTHY}
    assert web.mounts == (Mount(MountKind.TMPFS, "/run", size=16 * 2**20),)
    assert (web.cap_drop, web.cap_add) == (("ALL",), ("NET_BIND_SERVICE",))
    assert web.no_new_privileges
    assert web.restart == Restart(condition="on-failure", max_attempts=3)
    assert web.replicas == 2
    assert web.resources == Resources(
        cpu_limit=0.5, memory_limit=64 * 2**20, memory_reservation=32 * 2**20
    )
    assert web.rollout == Rollout(parallelism=2, delay=10.0, order="start-first")
    assert web.routes == (
        Route("/", 8080),
        Route("/api", 8080, "api.example.com", "/healthz"),
    )
    assert db.healthcheck == Healthcheck(("/bin/sh", "-c", "pg_isready"), interval=5.0)
    assert db.networks == (Membership("back", ("database",)),)
    assert db.mounts == (Mount(MountKind.VOLUME, "/var/lib/data", "data"),)
    assert [file.target for file in db.secrets] == ["/run/secrets/password"]
    back, front = application.networks
    assert (back.internal, back.encrypted) == (True, True)
    assert (front.internal, front.encrypted) == (False, False)
    assert application.volumes[0].size == 20 * 2**30
    assert application.secrets[0].file == project / "password"
    assert application.notes == ()
    assert "hunter2" not in repr(application)


def test_a_service_without_networks_is_in_the_default_one(
    loaded: Callable[..., Application],
) -> None:
    application = loaded("services: {web: {image: 'a:1'}}")
    assert [network.name for network in application.networks] == ["default"]
    assert application.services[0].networks == (Membership("default"),)
    assert application.name == "shop"


def test_env_files_come_first_and_the_environment_wins(
    loaded: Callable[..., Application],
) -> None:
    text = """
    services:
      web:
        image: a:1
        env_file: [one.env, two.env]
        environment: [C=service, OUTER]
    """
    files = {"one.env": "A=1\nB=1\nC=1\n", "two.env": "B=2\nC=2\n"}
    application = loaded(text, files=files, environment={"OUTER": "given"})
    assert dict(application.services[0].environment) == {
        "A": "1",
        "B": "2",
        "C": "service",
        "OUTER": "given",
    }


def test_the_process_environment_is_never_read(
    refused: Callable[..., tuple[Problem, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAG", "1")
    (problem,) = refused("services: {web: {image: 'a:${TAG}'}}")
    assert "'TAG' has no value" in problem.message


def test_given_variables_come_before_the_dotenv_file(loaded: Callable[..., Application]) -> None:
    text = "services: {web: {image: 'a:${TAG}-${KIND}'}}"
    files = {".env": "TAG=1\nKIND=alpine\nCOMPOSE_PROFILES=debug\n"}
    application = loaded(text, files=files, environment={"TAG": "2"})
    assert application.services[0].image == "a:2-alpine"
    assert [note.path for note in application.notes] == [".env.COMPOSE_PROFILES"]


PROFILES = """
services:
  web: {image: 'a:1', depends_on: {debug: {condition: service_started, required: false}}}
  debug: {image: 'a:1', profiles: [debug]}
"""


def test_profiles_choose_services(loaded: Callable[..., Application]) -> None:
    off, on = loaded(PROFILES), loaded(PROFILES, profiles=["debug"])
    assert [service.name for service in off.services] == ["web"]
    assert not off.services[0].depends_on
    assert [(note.path, note.fate) for note in off.notes] == [
        ("services.debug", Fate.IGNORED),
        ("services.web.depends_on.debug", Fate.IGNORED),
    ]
    assert [service.name for service in on.services] == ["debug", "web"]
    assert dict(on.services[1].depends_on) == {"debug": Condition.STARTED}


def test_a_required_dependency_must_be_on(
    refused: Callable[..., tuple[Problem, ...]],
) -> None:
    (problem,) = refused(PROFILES.replace("false", "true"))
    assert "'debug', whose profiles (debug) are off" in problem.message


def test_settings_give_replicas(loaded: Callable[..., Application]) -> None:
    application = loaded("services: {web: {image: 'a:1', scale: 2}}", replicas={"web": 5})
    assert application.services[0].replicas == 5


def test_settings_cannot_scale_a_service_with_its_own_volume(
    refused: Callable[..., tuple[Problem, ...]],
) -> None:
    text = "services: {db: {image: 'a:1', volumes: ['data:/d']}}\nvolumes: {data: {}}"
    (problem,) = refused(text, replicas={"db": 2})
    assert "Several tasks" in problem.message


def test_a_known_secret_needs_no_file(
    loaded: Callable[..., Application], refused: Callable[..., tuple[Problem, ...]]
) -> None:
    text = "services: {web: {image: 'a:1', secrets: [key]}}\nsecrets: {key: {file: ./key}}"
    assert loaded(text, known_secrets={"key"}).secrets[0].name == "key"
    assert [problem.path for problem in refused(text)] == ["secrets.key.file"]


def test_a_shared_volume_takes_many_tasks(loaded: Callable[..., Application]) -> None:
    text = """
    services:
      web: {image: 'a:1', volumes: ['data:/d'], deploy: {replicas: 3}}
      api: {image: 'a:1', volumes: ['data:/d']}
    volumes: {data: {x-seawall: {shared: true}}}
    """
    assert loaded(text).volumes[0].shared


def test_what_others_wait_for_to_end_is_not_started_again(
    loaded: Callable[..., Application],
) -> None:
    text = """
    services:
      web: {image: 'a:1', depends_on: {seed: {condition: service_completed_successfully}}}
      seed: {image: 'a:1'}
    """
    seed, web = loaded(text).services
    assert (seed.restart.condition, web.restart.condition) == ("none", "any")


def test_the_same_port_on_different_addresses_or_protocols_is_no_conflict(
    loaded: Callable[..., Application],
) -> None:
    text = """
    services:
      a: {image: 'a:1', ports: ['127.0.0.1:53:53', '53:53/udp']}
      b: {image: 'a:1', ports: ['127.0.0.2:53:53']}
    """
    assert len(loaded(text).services) == 2


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DB_PASSWORD", "hunter2", True),
        ("MYSQL_ROOT_PASSWORD", "x", True),
        ("API_KEY", "abcdef", True),
        ("AWS_SECRET_ACCESS_KEY", "abc", True),
        ("URL", "amqp://user:pass@mq/", True),
        ("ANYTHING", "-----BEGIN RSA PRIVATE KEY-----", True),
        ("DB_PASSWORD_FILE", "/run/secrets/db", False),
        ("DB_PASSWORD", "/run/secrets/db", False),
        ("DB_PASSWORD", "", False),
        ("ALLOW_EMPTY_PASSWORD", "yes", False),
        ("TOKEN_SECONDS", "3600", False),
        ("URL", "http://user@host/", False),
        ("KEYBOARD", "us", False),
    ],
)
def test_what_looks_like_a_secret(name: str, value: str, secret: bool) -> None:  # noqa: FBT001  # a table's column
    assert is_sensitive(name, value) is secret


def test_what_only_looks_like_a_secret_can_be_said_to_be_none(
    loaded: Callable[..., Application], refused: Callable[..., tuple[Problem, ...]]
) -> None:
    text = """
    services:
      web:
        image: a:1
        environment: {PAGE_TOKEN: next-page}
        x-seawall: {plainEnvironment: [%s]}
    """
    assert dict(loaded(text % "PAGE_TOKEN").services[0].environment) == {"PAGE_TOKEN": "next-page"}
    paths = [problem.path for problem in refused(text % "PAGE_TOKN")]
    assert paths == ["services.web.environment.PAGE_TOKEN", "services.web.x-seawall"]


def test_a_build_has_absolute_paths(loaded: Callable[..., Application], project: Path) -> None:
    text = "services: {web: {build: {context: web, dockerfile: D, args: [A=1, B]}}}"
    application = loaded(text, files={"web/D": "FROM scratch"}, environment={"B": "2"})
    build = application.services[0].build
    assert build is not None
    assert (build.context, build.dockerfile) == (project / "web", project / "web" / "D")
    assert dict(build.args) == {"A": "1", "B": "2"}


def test_a_relative_file_is_found_from_the_working_directory(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "compose.yaml").write_text("services: {web: {image: 'a:1'}}")
    monkeypatch.chdir(project.parent)
    application = load([Path("shop/compose.yaml")], project_directory=Path("shop"))
    assert application.name == "shop"


def test_problems_name_files_from_the_root(project: Path) -> None:
    (project / "compose.yaml").write_text("services: {web: {image: nginx}}")
    with pytest.raises(InvalidInputError) as caught:
        load([project / "compose.yaml"], project_directory=project, root=project.parent)
    assert caught.value.problems[0].file == "shop/compose.yaml"


def test_two_includes_must_not_contradict_each_other(
    refused: Callable[..., tuple[Problem, ...]],
) -> None:
    text = "include: [one.yaml, two.yaml]\nservices: {web: {image: 'a:1'}}"
    files = {
        "one.yaml": "services: {db: {image: 'b:1'}}",
        "two.yaml": "services: {db: {image: 'b:2'}}",
    }
    (problem,) = refused(text, files=files)
    assert (problem.file, problem.path) == ("two.yaml", "services.db")
    assert "differently, in one.yaml:1" in problem.message


def test_lists_and_mappings_do_not_merge_with_single_values(
    refused: Callable[..., tuple[Problem, ...]],
) -> None:
    files = {"over.yaml": "services: {web: {x-mine: [a]}}"}
    text = "services: {web: {image: 'a:1', x-mine: {a: b}}}"
    (problem,) = refused(text, files=files, names=["compose.yaml", "over.yaml"])
    assert (problem.file, problem.path) == ("over.yaml", "services.web.x-mine")


KEYS = sorted(load_schema()["$defs"]["service"]["properties"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 99999),
    st.floats(),
    st.sampled_from(
        ["", "a", "80:80", "a:1", "${X}", "$", "1m", "64M", "/x", "./x", "a=b", "\x7f"]
    ),
    st.text(max_size=5),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["source", "target", "type", "path", "test", "limits", "web", "a b"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5))
def test_any_service_is_loaded_or_refused(project: Path, service: dict[str, Any]) -> None:
    document = {"services": {"web": {"image": "a:1", **service}}}
    (project / "compose.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    try:
        assert load([project / "compose.yaml"], project_directory=project).services
    except InvalidInputError as error:
        assert error.problems  # noqa: PT017  # either outcome is right


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, len(SHOP) - 1), st.text(alphabet="{}[]:,&*!$\"'#|>-\n\t a0\x00", max_size=4))
def test_any_damage_to_a_file_is_a_problem_or_none(project: Path, at: int, junk: str) -> None:
    (project / "password").write_text("x")
    (project / "compose.yaml").write_text(SHOP[:at] + junk + SHOP[at + 1 :], encoding="utf-8")
    try:
        assert load([project / "compose.yaml"], project_directory=project).services
    except InvalidInputError as error:
        assert error.problems  # noqa: PT017  # either outcome is right


def service_with(loaded: Callable[..., Application], lines: str) -> Any:
    text = f"services:\n  web:\n    image: nginx:1.29.3\n    {lines}\n"
    return loaded(text).service("web")


def test_limits_of_processes(loaded: Callable[..., Application]) -> None:
    web = service_with(loaded, "ulimits: {nproc: 100, nofile: {soft: 1024, hard: 2048}, core: -1}")
    assert web.ulimits == (
        Ulimit("core", -1, -1),
        Ulimit("nofile", 1024, 2048),
        Ulimit("nproc", 100, 100),
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{nofiles: 1}", "'nofiles' is no limit of a process. Did you mean 'nofile'?"),
        ("{nofile: {soft: 2, hard: 1}}", "soft limit of 'nofile' is above the hard one"),
        ("{nofile: {soft: -1, hard: 1}}", "soft limit of 'nofile' is above the hard one"),
    ],
)
def test_a_wrong_limit_of_processes_is_a_problem(
    refused: Callable[..., tuple[Problem, ...]], value: str, words: str
) -> None:
    (problem,) = refused(f"services: {{web: {{image: 'nginx:1.29.3', ulimits: {value}}}}}")
    assert words in str(problem)


@pytest.mark.parametrize(
    ("check", "off"),
    [
        ("disable: true", True),
        ("test: [NONE]", True),
        ("test: [CMD, ls]", False),
        ("test: ls", False),
    ],
)
def test_a_health_check_can_be_switched_off(
    loaded: Callable[..., Application], check: str, *, off: bool
) -> None:
    web = service_with(loaded, f"healthcheck: {{{check}}}")
    assert web.unchecked is off
    assert (web.healthcheck is None) is off


def test_ports_of_nodes(loaded: Callable[..., Application]) -> None:
    web = service_with(loaded, 'x-seawall: {nodePorts: {"8080": 20117, "53/udp": 20118}}')
    assert dict(web.node_ports) == {(53, "udp"): 20118, (8080, "tcp"): 20117}


@pytest.mark.parametrize("key", ["0", "x", "80/sctp", "70000", "8080:80"])
def test_a_wrong_port_of_a_node_is_a_problem(
    refused: Callable[..., tuple[Problem, ...]], key: str
) -> None:
    extension = f"x-seawall: {{nodePorts: {{'{key}': 20117}}}}"
    (problem,) = refused(f"services: {{web: {{image: 'nginx:1.29.3', {extension}}}}}")
    assert f"'{key}' is no port of a container." in str(problem)
