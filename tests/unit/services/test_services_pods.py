import math
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_examples import MIB, options_for

from seawall.services.health_path import own_http_path
from seawall.services.kubernetes.pods import pod_template, resources
from seawall.services.kubernetes.probes import probes, startup_budget
from seawall.services.kubernetes.quantities import cpu, literal, memory, seconds
from seawall.services.model import (
    Application,
    Build,
    Healthcheck,
    Placement,
    Port,
    Resources,
    Route,
    Service,
)
from seawall.services.users import User, user_of

OWN = Service(name="own", image="example.com/own:1", user="1000:1000")


def pod(**changes):
    service = replace(OWN, **changes)
    application = Application("one", (service,))
    return pod_template(application, service, options_for(application))["spec"]


def container(**changes):
    return pod(**changes)["containers"][0]


def test_the_smallest_pod_has_everything_locked():
    assert pod() == {
        "serviceAccountName": "own",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 10,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "fsGroup": 1000,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "own",
                "image": "images.example/own:1",
                "imagePullPolicy": "IfNotPresent",
                "resources": {
                    "requests": {"cpu": "100m", "memory": "128Mi"},
                    "limits": {"memory": "512Mi"},
                },
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
                "volumeMounts": [{"name": "scratch-tmp-e9671a", "mountPath": "/tmp"}],  # noqa: S108
            }
        ],
        "volumes": [{"name": "scratch-tmp-e9671a", "emptyDir": {"sizeLimit": "64Mi"}}],
    }


@pytest.mark.parametrize(
    ("size", "text"),
    [(64 * MIB, "64Mi"), (2 * 1024 * MIB, "2Gi"), (1536 * MIB, "1536Mi"), (1024, "1Ki"), (7, "7")],
)
def test_sizes_are_binary(size, text):
    assert memory(size) == text


@pytest.mark.parametrize(
    ("cores", "text"), [(0.25, "250m"), (2, "2"), (1.5, "1500m"), (1e-6, "1m")]
)
def test_cores(cores, text):
    assert cpu(cores) == text


@given(st.floats(0, 1e6))
def test_seconds_never_shorten_and_never_vanish(duration):
    assert seconds(duration) >= max(1, duration)
    assert seconds(duration) - duration < 1 or duration < 1


def test_a_dollar_before_a_bracket_is_not_a_variable():
    assert literal("$(date) $HOME $$") == "$$(date) $HOME $$"
    found = container(
        entrypoint=("sh", "-c"),
        command=("echo $(date)",),
        environment=MappingProxyType({"B": "$(A)", "A": "1"}),
        healthcheck=Healthcheck(("sh", "-c", "test $(id -u) = 1")),
    )
    assert found["command"] == ["sh", "-c"]
    assert found["args"] == ["echo $$(date)"]
    assert found["env"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "$$(A)"}]
    assert found["readinessProbe"]["exec"]["command"] == ["sh", "-c", "test $$(id -u) = 1"]


@pytest.mark.parametrize(
    ("asked", "requests", "limits"),
    [
        (Resources(memory_limit=64 * MIB), ("100m", "64Mi"), {"memory": "64Mi"}),
        (Resources(memory_reservation=1024 * MIB), ("100m", "1Gi"), {"memory": "1Gi"}),
        (Resources(cpu_limit=0.05), ("50m", "128Mi"), {"memory": "512Mi", "cpu": "50m"}),
        (
            Resources(2, 0.5, 512 * MIB, 256 * MIB),
            ("500m", "256Mi"),
            {"memory": "512Mi", "cpu": "2"},
        ),
    ],
)
def test_default_resources_never_contradict_what_was_asked_for(asked, requests, limits):
    assert resources(asked) == {
        "requests": {"cpu": requests[0], "memory": requests[1]},
        "limits": limits,
    }


def test_a_start_period_becomes_a_startup_probe():
    check = Healthcheck(("ready",), 10, 2.5, 4, start_period=31, start_interval=2)
    service = replace(OWN, healthcheck=check)
    command = {"exec": {"command": ["ready"]}, "timeoutSeconds": 3, "initialDelaySeconds": 0}
    assert probes(service) == {
        "startupProbe": {
            **command,
            "periodSeconds": 2,
            "failureThreshold": 20,
            "successThreshold": 1,
        },
        "readinessProbe": {
            **command,
            "periodSeconds": 10,
            "failureThreshold": 4,
            "successThreshold": 1,
        },
        "livenessProbe": {
            **command,
            "periodSeconds": 10,
            "failureThreshold": 12,
            "successThreshold": 1,
        },
    }
    assert startup_budget(service) == 40


def test_without_a_start_period_there_is_no_startup_probe():
    service = replace(OWN, healthcheck=Healthcheck(("ready",), interval=0.5))
    assert set(probes(service)) == {"readinessProbe", "livenessProbe"}
    assert probes(service)["readinessProbe"]["periodSeconds"] == 1
    assert startup_budget(service) == 3
    assert probes(OWN) == {}


@given(st.floats(0.1, 900), st.floats(0.1, 60), st.integers(0, 20))
def test_a_startup_probe_lasts_at_least_the_start_period(period, interval, retries):
    check = Healthcheck(("x",), start_period=period, start_interval=interval, retries=retries)
    probe = probes(replace(OWN, healthcheck=check))["startupProbe"]
    assert probe["periodSeconds"] * (probe["failureThreshold"] - max(1, retries)) >= period
    assert probe["periodSeconds"] == max(1, math.ceil(interval))


@pytest.mark.parametrize(
    ("test", "path"),
    [
        (("curl", "-f", "http://localhost:3000/healthz"), "/healthz"),
        (
            ("/bin/sh", "-c", "wget -qO- 'http://127.0.0.1:3000/live?full=1' || exit 1"),
            "/live?full=1",
        ),
        (("curl", "http://localhost:3000"), "/"),
        (("curl", "http://localhost/other"), None),
        (("curl", "http://db:3000/healthz"), None),
        (("pg_isready",), None),
    ],
)
def test_the_path_of_a_service_s_own_check(test, path):
    assert own_http_path(replace(OWN, healthcheck=Healthcheck(test)), 3000) == path


@pytest.mark.parametrize(
    ("image", "user"),
    [
        ("postgres:17", User(999, 999)),
        ("docker.io/library/postgres:17-alpine3.22", User(70, 70)),
        ("redis:8-alpine", User(999, 1000)),
        ("rabbitmq:4-management-alpine", User(100, 101)),
        ("wordpress:6.8-php8.4-apache", User(33, 33)),
        ("node:24-alpine@sha256:" + "0" * 64, User(1000, 1000)),
        ("bitnami/postgresql:17", None),
        ("ghcr.io/postgres:17", None),
        ("python:3.13", None),
    ],
)
def test_the_user_of_an_official_image_is_known(image, user):
    assert user_of(Service("x", image=image)) == user


@pytest.mark.parametrize(
    ("said", "user"),
    [("70", User(70)), ("1:2", User(1, 2)), ("www-data", None), ("1:staff", None), ("0", User(0))],
)
def test_what_the_compose_file_says_wins(said, user):
    assert user_of(Service("x", image="postgres:17", user=said)) == user


def test_an_image_that_is_built_here_is_not_the_official_one(tmp_path):
    build = Build(tmp_path, tmp_path / "Dockerfile")
    assert user_of(Service("x", image="postgres:17", build=build)) is None


def test_a_low_port_is_opened_by_a_setting_of_the_pod():
    sysctl = {"name": "net.ipv4.ip_unprivileged_port_start", "value": "80"}
    assert pod(ports=(Port(443), Port(80)))["securityContext"]["sysctls"] == [sysctl]
    assert "sysctls" not in pod(ports=(Port(8080),))["securityContext"]


def test_ports_have_names_that_differ():
    ports = (
        Port(53, "udp", name="dns"),
        Port(53, "tcp", name="dns"),
        Port(8080, published=80),
        Port(8080, published=81),
        Port(9000, name="Not_A_Name"),
    )
    assert container(ports=ports)["ports"] == [
        {"name": "dns", "containerPort": 53, "protocol": "TCP"},
        {"name": "udp-53", "containerPort": 53, "protocol": "UDP"},
        {"name": "tcp-8080", "containerPort": 8080, "protocol": "TCP"},
        {"name": "tcp-9000", "containerPort": 9000, "protocol": "TCP"},
    ]


def test_the_rest_of_a_container():
    found = container(
        working_dir="/srv", tty=True, stdin_open=True, pull_policy="always", read_only=False
    )
    assert (found["workingDir"], found["tty"], found["stdin"]) == ("/srv", True, True)
    assert found["imagePullPolicy"] == "Always"
    assert found["securityContext"]["readOnlyRootFilesystem"] is False
    assert "volumeMounts" not in found


def test_the_rest_of_a_pod():
    found = pod(
        hostname="box",
        stop_grace_period=1.5,
        extra_hosts=MappingProxyType({"b": "10.0.0.1", "a": "10.0.0.1", "c": "10.0.0.2"}),
        platform="linux/arm64",
        replicas=2,
        placement=Placement(
            constraints=("node.labels.disk==ssd", "node.platform.arch != x86_64"),
            spread=("node.labels.rack",),
            max_replicas_per_node=1,
        ),
    )
    assert found["hostname"] == "box"
    assert found["terminationGracePeriodSeconds"] == 2
    assert found["hostAliases"] == [
        {"ip": "10.0.0.1", "hostnames": ["a", "b"]},
        {"ip": "10.0.0.2", "hostnames": ["c"]},
    ]
    assert found["nodeSelector"] == {"kubernetes.io/arch": "arm64"}
    terms = found["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert terms["nodeSelectorTerms"] == [
        {
            "matchExpressions": [
                {"key": "disk", "operator": "In", "values": ["ssd"]},
                {"key": "kubernetes.io/arch", "operator": "NotIn", "values": ["amd64"]},
            ]
        }
    ]
    assert "podAntiAffinity" in found["affinity"]
    assert found["topologySpreadConstraints"] == [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "own"}},
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key in ("rack", "topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def test_a_task_with_a_route_leaves_the_load_balancer_before_it_stops():
    routed = {"ports": (Port(8080),), "routes": (Route("/", 8080),), "stop_grace_period": 20.0}
    found = pod(**routed)
    assert found["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 15}}}
    # The pause is part of Kubernetes' period of grace, and all of Compose's comes after it.
    assert found["terminationGracePeriodSeconds"] == 35
    assert "lifecycle" not in container(ports=(Port(8080),))


def test_a_single_task_is_not_spread():
    assert "topologySpreadConstraints" not in pod(replicas=1)


def test_labels_become_annotations_whatever_their_keys():
    service = replace(
        OWN, labels=MappingProxyType({"com.example/team": "shop, & co", "a.b/c/d": "1"})
    )
    application = Application("one", (service,))
    template = pod_template(application, service, options_for(application))
    assert template["metadata"]["annotations"] == {
        "com.example/team": "shop, & co",
        "label.seawall/91fc0b7b": "a.b/c/d=1",
    }
