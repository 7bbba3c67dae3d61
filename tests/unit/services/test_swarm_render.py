"""What an application becomes as a stack file."""

import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stack_schema import wrong
from swarm_examples import example, options, swarm_applications

from seawall.services.model import (
    Application,
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
    Ulimit,
    Volume,
)
from seawall.services.swarm.notation import as_text, duration, literal
from seawall.services.swarm.options import Logging, Storage
from seawall.services.swarm.render import render

GOLDEN = Path(__file__).parent / "golden"
WEB = Service("web", image="nginx:1.29.3", user="101:101", networks=(Membership("front"),))


def rendered(service=WEB, *, application=None, **changes):
    """The service in a stack file."""
    whole = application or Application("shop", (service,), networks=(Network("front"),))
    return render(whole, options(whole, **changes))["services"][service.name]


@pytest.mark.parametrize("name", ["shop", "wordpress"])
def test_the_examples_become_the_same_stack_file(name):
    application = example(name)
    text = as_text(render(application, options(application)))
    # Written anew with: .venv/bin/python tests/unit/services/write_golden.py
    assert text == (GOLDEN / f"{name}.stack.yaml").read_text(encoding="utf-8")
    assert not list(wrong(yaml.safe_load(text)))


@given(swarm_applications(), st.sampled_from(list(Storage)), st.booleans(), st.integers(1, 9))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_is_rendered_fits_the_schema(application, storage, laptop, nodes):
    wanted = options(application, storage=storage, laptop=laptop, nodes=nodes)
    stack = render(application, wanted)
    assert not list(wrong(stack))
    assert _unescaped(yaml.safe_load(as_text(stack))) == stack


def _unescaped(value):
    if isinstance(value, dict):
        return {key: _unescaped(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_unescaped(item) for item in value]
    return value.replace("$$", "$") if isinstance(value, str) else value


@pytest.mark.parametrize(
    "broken", [{"x": 1}, {"version": "4"}, {"services": {"a": {"restart": "no"}}}]
)
def test_the_check_of_the_schema_bites(broken):
    assert list(wrong(broken))


def test_secure_by_default():
    web = rendered()
    assert web["cap_drop"] == ["ALL"]
    assert web["read_only"] is True
    assert web["user"] == "101:101"
    assert web["volumes"] == [
        {"type": "tmpfs", "target": path, "tmpfs": {"size": 64 * 1024**2}}
        for path in ("/run", "/tmp", "/var/cache/nginx")  # noqa: S108  # the container's
    ]
    assert web["deploy"]["resources"] == {
        "limits": {"memory": "512M", "pids": 1024},
        "reservations": {"cpus": "0.1", "memory": "128M"},
    }


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"read_only": False}, {"read_only": None}),
        ({"user": ""}, {"user": "101:101"}),
        ({"cap_add": ("CHOWN",)}, {"cap_add": ["CHOWN"], "cap_drop": ["ALL"]}),
        ({"unchecked": True}, {"healthcheck": {"disable": True}}),
        ({"ulimits": (Ulimit("nofile", 1, 2),)}, {"ulimits": {"nofile": {"soft": 1, "hard": 2}}}),
        ({"sysctls": {"a.b": "1"}}, {"sysctls": {"a.b": "1"}}),
        ({"extra_hosts": {"a": "1.2.3.4"}}, {"extra_hosts": ["a:1.2.3.4"]}),
        ({"init": True, "tty": True, "stdin_open": True}, {"init": True, "tty": True}),
        ({"stop_grace_period": 1.5}, {"stop_grace_period": "1500ms"}),
        ({"stop_signal": "SIGQUIT"}, {"stop_signal": "SIGQUIT"}),
        ({"working_dir": "/a", "hostname": "b"}, {"working_dir": "/a", "hostname": "b"}),
        ({"labels": {"a.b/c": "d"}}, {"labels": {"a.b/c": "d"}}),
        ({"networks": (Membership("front", ("x",)),)}, {"networks": {"front": {"aliases": ["x"]}}}),
        ({"entrypoint": ("a",), "command": ("b",)}, {"entrypoint": ["a"], "command": ["b"]}),
    ],
)
def test_what_a_key_of_the_container_becomes(change, part):
    web = rendered(replace(WEB, **change))
    assert {key: web.get(key) for key in part} == part


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"mode": Mode.GLOBAL}, {"mode": "global", "replicas": None}),
        ({"replicas": 0}, {"mode": "replicated", "replicas": 0}),
        ({"headless": True}, {"endpoint_mode": "dnsrr"}),
        ({"deploy_labels": {"a": "b"}}, {"labels": {"a": "b"}}),
        (
            {"mode": Mode.REPLICATED_JOB},
            {
                "update_config": None,
                "rollback_config": None,
                "restart_policy": {"condition": "on-failure", "delay": "5s"},
            },
        ),
        (
            {"restart": Restart("none", 1, 3, 9)},
            {
                "restart_policy": {
                    "condition": "none",
                    "delay": "1s",
                    "max_attempts": 3,
                    "window": "9s",
                }
            },
        ),
        (
            {"resources": Resources(0.123456789, 0.05, 2**30, 1024 * 5000, 7)},
            {
                "resources": {
                    "limits": {"cpus": "0.123456789", "memory": "1G", "pids": 7},
                    "reservations": {"cpus": "0.05", "memory": "5000K"},
                }
            },
        ),
        (
            {
                "placement": Placement(
                    ("node.labels.disk==ssd", "node.platform.arch != arm64"),
                    ("node.labels.rack", "node.labels.topology.kubernetes.io/zone"),
                    2,
                ),
                "platform": "linux/amd64",
            },
            {
                "placement": {
                    "constraints": [
                        "node.labels.disk == ssd",
                        "node.platform.arch != aarch64",
                        "node.platform.os == linux",
                        "node.platform.arch == x86_64",
                    ],
                    "preferences": [
                        {"spread": "node.labels.rack"},
                        {"spread": "node.labels.seawall.zone"},
                    ],
                    "max_replicas_per_node": 2,
                }
            },
        ),
    ],
)
def test_what_a_key_of_deploy_becomes(change, part):
    deploy = rendered(replace(WEB, **change))["deploy"]
    assert {key: deploy.get(key) for key in part} == part


def test_going_back_is_as_careful_as_going_forth():
    rollout = Rollout(2, 3, 9, "start-first", "rollback", 0.5)
    deploy = rendered(replace(WEB, rollout=rollout))["deploy"]
    forth = {"parallelism": 2, "delay": "3s", "monitor": "9s", "order": "start-first"}
    assert deploy["update_config"] == {
        **forth,
        "failure_action": "rollback",
        "max_failure_ratio": 0.5,
    }
    assert deploy["rollback_config"] == {
        **forth,
        "failure_action": "pause",
        "max_failure_ratio": 0.0,
    }


def test_a_health_check_and_the_schema_that_it_needs():
    check = Healthcheck(("a", "$b"), 1, 2, 3, 4)
    assert rendered(replace(WEB, healthcheck=check))["healthcheck"] == {
        "test": ["CMD", "a", "$b"],
        "interval": "1s",
        "timeout": "2s",
        "retries": 3,
        "start_period": "4s",
    }
    often = Application("shop", (replace(WEB, healthcheck=replace(check, start_interval=1)),))
    assert render(often, options(often))["version"] == "3.12"
    assert render(often, options(often))["services"]["web"]["healthcheck"]["start_interval"] == "1s"
    plain = Application("shop", (replace(WEB, healthcheck=check),))
    assert render(plain, options(plain))["version"] == "3.9"


def test_secrets_and_configs_belong_to_the_user_of_the_service():
    secret, config = FileMount("s", "/run/secrets/s", 0o400), FileMount("c", "/c", uid="7")
    whole = Application("shop", (replace(WEB, secrets=(secret,), configs=(config,)),))
    stack = render(whole, options(whole))
    assert stack["services"]["web"]["secrets"] == [
        {"source": "s", "target": "/run/secrets/s", "mode": 0o400, "uid": "101", "gid": "101"}
    ]
    assert stack["services"]["web"]["configs"] == [
        {"source": "c", "target": "/c", "mode": 0o444, "uid": "7", "gid": "101"}
    ]
    assert stack["secrets"] == {"s": {"name": "shop_s-v1", "external": True}}
    assert stack["configs"] == {"c": {"name": "shop_c-0a1b2c3d4e5f", "file": "configs/c"}}


def test_networks_are_named_by_what_cannot_be_changed():
    networks = (Network("back", internal=True), Network("a.b", encrypted=True), Network("unused"))
    service = replace(WEB, networks=(Membership("back"), Membership("a.b")))
    whole = Application("shop", (service,), networks=networks)
    assert render(whole, options(whole))["networks"] == {
        "a.b": {
            "name": "shop_a-b-encrypted",
            "driver": "overlay",
            "attachable": False,
            "driver_opts": {"encrypted": ""},
        },
        "back": {
            "name": "shop_back-internal",
            "driver": "overlay",
            "attachable": False,
            "internal": True,
        },
    }
    names = {n["name"] for n in render(whole, options(whole, encrypted=True))["networks"].values()}
    assert names == {"shop_a-b-encrypted", "shop_back-internal-encrypted"}


DATA = Mount(MountKind.VOLUME, "/data", "db", nocopy=True, read_only=True)


@pytest.mark.parametrize(
    ("storage", "volume", "constraints"),
    [
        (
            Storage.EFS,
            {
                "name": "shop_db.fs-1",
                "driver": "local",
                "driver_opts": {
                    "type": "nfs",
                    "o": "addr=fs-1.efs.x,nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,"
                    "retrans=2,noresvport",
                    "device": ":/shop/db",
                },
            },
            None,
        ),
        (
            Storage.NODE,
            {"name": "shop_db", "driver": "local"},
            ["node.labels.seawall.volume.shop_db == true"],
        ),
        (Storage.ENGINE, {"name": "shop_db", "driver": "local"}, None),
    ],
)
def test_volumes_by_where_they_are(storage, volume, constraints):
    whole = Application("shop", (replace(WEB, mounts=(DATA,)),), volumes=(Volume("db"),))
    system = "fs-1.efs.x" if storage is Storage.EFS else ""
    stack = render(whole, options(whole, storage=storage, file_system=system))
    assert stack["volumes"] == {"db": volume}
    web = stack["services"]["web"]
    assert web["volumes"][0] == {
        "type": "volume",
        "target": "/data",
        "source": "db",
        "volume": {"nocopy": True},
        "read_only": True,
    }
    assert web["deploy"]["placement"].get("constraints") == constraints


def test_logs_go_to_the_group_or_to_rotated_files():
    assert rendered()["logging"]["driver"] == "awslogs"
    assert rendered()["logging"]["options"]["mode"] == "non-blocking"
    assert rendered(logging=Logging(file_size=5, files=2))["logging"] == {
        "driver": "json-file",
        "options": {"max-size": "5m", "max-file": "2"},
    }


FRONT = replace(
    WEB,
    ports=(Port(8080, published=80),),
    routes=(Route("/", 8080),),
    replicas=2,
    rollout=Rollout(order="start-first"),
)


def test_a_port_of_the_node_by_its_own_number_or_the_published_one():
    (port,) = rendered(FRONT)["ports"]
    assert port == {"target": 8080, "published": 25016, "protocol": "tcp", "mode": "host"}
    host = replace(FRONT, ports=(Port(8080, published=80, host_mode=True),))
    assert rendered(host)["ports"][0]["published"] == 80
    pinned = replace(FRONT, node_ports=MappingProxyType({(8080, "tcp"): 20001}))
    assert rendered(pinned)["ports"][0]["published"] == 20001


@pytest.mark.parametrize(
    ("nodes", "order"), [(3, "start-first"), (2, "stop-first"), (None, "start-first")]
)
def test_the_new_task_starts_first_only_where_there_is_a_free_node(nodes, order):
    deploy = rendered(FRONT, nodes=nodes)["deploy"]
    assert deploy["update_config"]["order"] == deploy["rollback_config"]["order"] == order


def test_two_tasks_never_write_to_one_volume():
    service = replace(WEB, mounts=(DATA,), rollout=Rollout(order="start-first"))
    whole = Application("shop", (service,), volumes=(Volume("db"),))
    assert rendered(service, application=whole)["deploy"]["update_config"]["order"] == "stop-first"
    shared = replace(whole, volumes=(Volume("db", shared=True),))
    assert (
        rendered(service, application=shared)["deploy"]["update_config"]["order"] == "start-first"
    )


def test_a_laptop_has_one_node_and_the_published_ports():
    placed = replace(FRONT, placement=Placement(("node.labels.a == b",), (), 1))
    web = rendered(placed, laptop=True, nodes=1)
    assert web["ports"][0]["published"] == 80
    assert web["deploy"]["replicas"] == 1
    assert web["deploy"]["update_config"]["order"] == "stop-first"
    assert "placement" not in web["deploy"]


def test_no_virtual_addresses_without_ip_vs():
    assert rendered()["deploy"]["endpoint_mode"] == "vip"
    assert rendered(dnsrr=True)["deploy"]["endpoint_mode"] == "dnsrr"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (20, "20s"), (0.5, "500ms"), (1e-9, "1ns"), (90, "90s")]
)
def test_durations_as_go_reads_them(seconds, text):
    assert duration(seconds) == text


@given(st.text(alphabet='{}$"ab`\\', max_size=12))
def test_a_template_is_only_text(text):
    # Go's own rule: an action is what stands between {{ and }}; here it is a quoted string.
    escaped = literal(text)
    assert re.sub(r'\{\{"\{\{"\}\}', "{{", escaped) == text
    assert "{{" not in escaped.replace('{{"{{"}}', "")
