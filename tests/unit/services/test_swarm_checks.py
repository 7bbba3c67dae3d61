"""What Swarm is not given: each refusal, each note."""

from dataclasses import replace

import pytest
from swarm_examples import example, options

from seawall.services.model import (
    Application,
    Condition,
    Fate,
    FileMount,
    Healthcheck,
    Membership,
    Mode,
    Mount,
    MountKind,
    Network,
    Placement,
    Port,
    Resources,
    Restart,
    Rollout,
    Route,
    Service,
    Volume,
)
from seawall.services.swarm.checks import check_on_swarm
from seawall.services.swarm.notes import swarm_notes
from seawall.services.swarm.options import Storage

WEB = Service("web", "own.example/web:1", user="1000", networks=(Membership("front"),))
DATA = Mount(MountKind.VOLUME, "/data", "db")
FRONT = replace(WEB, ports=(Port(80, published=80),))
NETWORKS = (Network("back", internal=True), Network("front"))
VOLUMES = (Volume("db"),)


def stack(*services, volumes=VOLUMES, networks=NETWORKS):
    return Application("shop", services, volumes=volumes, networks=networks)


def problems(application, *, sizes=None, **changes):
    found = check_on_swarm(application, options(application, **changes), config_sizes=sizes or {})
    for problem in found:
        assert problem.message.endswith(".")
        assert problem.cure.endswith(".")
    return [problem.path for problem in found]


@pytest.mark.parametrize("name", ["shop", "wordpress"])
def test_the_examples_pass(name):
    assert problems(example(name)) == []
    assert problems(example(name), storage=Storage.ENGINE, nodes=1, laptop=True) == []
    assert problems(example(name), storage=Storage.NODE) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"user": ""}, "user"),
        ({"image": "nginx:1.29.3"}, "image"),
        ({"image": "httpd:2.4-alpine"}, "image"),
        ({"entrypoint": ()}, "entrypoint"),
        ({"command": ()}, "command"),
        ({"mounts": (replace(DATA, subpath="a"),)}, "volumes"),
        ({"healthcheck": Healthcheck(("a",), interval=0.0001)}, "healthcheck"),
        ({"depends_on": {"db": Condition.COMPLETED}}, "depends_on.db"),
        ({"platform": "windows/amd64"}, "platform"),
        ({"placement": Placement(("node.role == manager",))}, "deploy.placement.constraints"),
        ({"placement": Placement(("node.role != worker",))}, "deploy.placement.constraints"),
        ({"placement": Placement(("node.labels.a/b == c",))}, "deploy.placement.constraints"),
        ({"placement": Placement(("node.labels.a > c",))}, "deploy.placement.constraints"),
        ({"placement": Placement(spread=("zone",))}, "deploy.placement.preferences"),
        (
            {"placement": Placement(max_replicas_per_node=1), "mode": Mode.GLOBAL},
            "deploy.placement.max_replicas_per_node",
        ),
        ({"resources": Resources(memory_limit=1024)}, "deploy.resources.limits.memory"),
        ({"resources": Resources(cpu_reservation=0.0001)}, "deploy.resources.reservations.cpus"),
        (
            {"rollback": Rollout(failure_action="rollback")},
            "deploy.rollback_config.failure_action",
        ),
        ({"routes": (Route("/", 81),)}, "x-seawall.ingress"),
        ({"extra_hosts": {"a": "host-gateway"}}, "extra_hosts"),
    ],
)
def test_what_is_refused_of_a_service(change, path):
    assert f"services.web.{path}" in problems(stack(replace(WEB, **change)))


def test_a_name_that_is_too_long():
    assert problems(stack(replace(WEB, name="w" * 59))) == ["services." + "w" * 59]
    assert problems(stack(replace(WEB, name="w" * 58))) == []
    long = (Network("n" * 60),)
    assert problems(stack(networks=long)) == ["networks." + "n" * 60]


def test_a_service_behind_the_entry_needs_a_network_that_leads_out():
    inside = replace(FRONT, networks=(Membership("back"),))
    assert problems(stack(inside)) == ["services.web.networks"]
    both = (Membership("back"), Membership("front"))
    assert problems(stack(replace(FRONT, networks=both))) == []


def test_a_job_takes_no_requests():
    assert problems(stack(replace(FRONT, mode=Mode.REPLICATED_JOB))) == ["services.web.deploy.mode"]


def test_no_more_tasks_than_there_is_room_for():
    assert problems(stack(replace(FRONT, replicas=4)), nodes=3) == ["services.web.deploy.replicas"]
    assert problems(stack(replace(FRONT, replicas=3)), nodes=3) == []
    assert problems(stack(replace(FRONT, replicas=4)), nodes=None) == []
    assert problems(stack(replace(FRONT, mode=Mode.GLOBAL)), nodes=3) == []
    two = replace(WEB, replicas=7, placement=Placement(max_replicas_per_node=2))
    assert problems(stack(two), nodes=3) == ["services.web.deploy.replicas"]
    assert problems(stack(replace(two, replicas=6)), nodes=3) == []


OWNER = replace(WEB, mounts=(DATA,))


@pytest.mark.parametrize(
    ("volume", "storage", "refused"),
    [
        (Volume("db"), None, "volumes.db"),
        (Volume("db"), Storage.EFS, ""),
        (Volume("db"), Storage.NODE, ""),
        (Volume("db", shared=True), Storage.EFS, ""),
        (Volume("db", shared=True), Storage.NODE, "volumes.db.x-seawall.shared"),
        (Volume("db", shared=True), Storage.ENGINE, ""),
        (Volume("db", driver="rexray"), Storage.EFS, "volumes.db.driver"),
        (Volume("db", external=True), Storage.EFS, "volumes.db.external"),
    ],
)
def test_volumes_that_would_lose_their_data(volume, storage, refused):
    found = problems(stack(OWNER, volumes=(volume,)), storage=storage)
    assert found == ([refused] if refused else [])


def test_a_volume_has_one_task_of_one_service():
    assert problems(stack(replace(OWNER, replicas=2))) == ["services.web.deploy.replicas"]
    assert problems(stack(replace(OWNER, mode=Mode.GLOBAL))) == ["services.web.deploy.replicas"]
    assert problems(stack(OWNER, replace(OWNER, name="other"))) == ["volumes.db"]
    shared = (Volume("db", shared=True),)
    assert problems(stack(replace(OWNER, replicas=2), volumes=shared)) == []


def test_networks_that_would_be_one():
    same = (Network("a.b"), Network("a-b"))
    assert problems(stack(networks=same)) == ["networks.a.b"]


def test_configs_that_swarm_does_not_take():
    used = replace(WEB, configs=(FileMount("c", "/c"),))
    assert problems(stack(used), sizes={"c": 0}) == ["configs.c"]
    assert problems(stack(used), sizes={"c": 1_024_000}) == ["configs.c"]
    assert problems(stack(used), sizes={"c": 1_023_999}) == []


def notes(application, **changes):
    found = swarm_notes(application, options(application, **changes))
    return [(note.path, note.fate) for note in found]


START_FIRST = Rollout(order="start-first")


@pytest.mark.parametrize(
    ("change", "path", "fate"),
    [
        ({"depends_on": {"db": Condition.HEALTHY}}, "depends_on.db", Fate.APPROXIMATED),
        ({"no_new_privileges": True}, "security_opt", Fate.APPROXIMATED),
        ({"pull_policy": "always"}, "pull_policy", Fate.IGNORED),
        ({"ports": (Port(80, published=80, host_ip="127.0.0.1"),)}, "ports", Fate.APPROXIMATED),
        ({"ports": (Port(80, name="http"),)}, "ports", Fate.IGNORED),
        (
            {"mode": Mode.REPLICATED_JOB, "restart": Restart("none")},
            "deploy.mode",
            Fate.APPROXIMATED,
        ),
        (
            {"mounts": (DATA,), "rollout": START_FIRST},
            "deploy.update_config.order",
            Fate.APPROXIMATED,
        ),
        (
            {"mounts": (DATA,), "rollback": START_FIRST},
            "deploy.rollback_config.order",
            Fate.APPROXIMATED,
        ),
    ],
)
def test_what_swarm_does_otherwise_is_noted(change, path, fate):
    found = notes(stack(replace(WEB, **change)), storage=Storage.ENGINE)
    assert found == [(f"services.web.{path}", fate)]


def test_a_job_as_it_is_and_as_it_is_not():
    job = replace(WEB, mode=Mode.REPLICATED_JOB, rollout=START_FIRST)
    assert notes(stack(job)) == [
        ("services.web.deploy.mode", Fate.APPROXIMATED),
        ("services.web.deploy.restart_policy", Fate.APPROXIMATED),
        ("services.web.deploy.update_config", Fate.IGNORED),
    ]


def test_no_room_for_one_more_task_is_noted():
    full = replace(FRONT, replicas=3, rollout=START_FIRST)
    order = ("services.web.deploy.update_config.order", Fate.APPROXIMATED)
    assert notes(stack(full), nodes=3) == [order]
    assert notes(stack(full), nodes=4) == []


def test_what_a_laptop_has_not_is_noted():
    routed = replace(
        FRONT, replicas=2, routes=(Route("/", 80),), placement=Placement(("node.labels.a == b",))
    )
    assert notes(stack(routed), laptop=True, nodes=1, storage=Storage.ENGINE) == [
        ("services.web.deploy.placement", Fate.IGNORED),
        ("services.web.deploy.replicas", Fate.APPROXIMATED),
        ("services.web.x-seawall.ingress", Fate.IGNORED),
    ]


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        (Storage.EFS, ["volumes.db", "volumes.db.x-seawall.size"]),
        (Storage.NODE, ["volumes.db", "volumes.db.x-seawall.size"]),
        (Storage.ENGINE, ["volumes.db.x-seawall.size"]),
    ],
)
def test_what_a_volume_is_not_is_noted(storage, expected):
    sized = stack(OWNER, volumes=(Volume("db", size=1),))
    assert [path for path, _ in notes(sized, storage=storage)] == expected


def test_a_service_that_fits_has_no_note():
    assert notes(stack(WEB)) == []
