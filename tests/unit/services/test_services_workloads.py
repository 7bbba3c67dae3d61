from dataclasses import replace
from types import MappingProxyType

import pytest
from service_examples import SHOP, options_for

from seawall.services.files import external_names
from seawall.services.kubernetes.configuration import (
    config_map,
    config_name,
    namespace,
    secret,
)
from seawall.services.kubernetes.rollout import (
    deployment_strategy,
    min_ready_seconds,
    progress_deadline,
    rollout_timeout,
    steps,
)
from seawall.services.kubernetes.storage import claim
from seawall.services.kubernetes.workloads import disruption_budget, workload, workload_kind
from seawall.services.model import (
    Application,
    Condition,
    FileSource,
    Healthcheck,
    Mode,
    Mount,
    MountKind,
    Port,
    Restart,
    Rollout,
    Service,
    Volume,
)

OWN = Service(name="own", image="example.com/own:1", user="1000")
DATA = Mount(MountKind.VOLUME, "/data", "data")


def one(volumes=(), **changes):
    service = replace(OWN, **changes)
    return Application("one", (service,), volumes=volumes), service


def spec(**changes):
    application, service = one(**changes)
    return workload(application, service, options_for(application))["spec"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "Deployment"),
        ({"mounts": (DATA,)}, "StatefulSet"),
        ({"mounts": (DATA,), "volumes": (Volume("data", shared=True),)}, "Deployment"),
        ({"mounts": (replace(DATA, source=""),)}, "Deployment"),
        ({"mode": Mode.GLOBAL}, "DaemonSet"),
        ({"mode": Mode.REPLICATED_JOB}, "Job"),
        ({"restart": Restart("none")}, "Job"),
        ({"restart": Restart("on-failure")}, "Job"),
        ({"restart": Restart("on-failure"), "ports": (Port(80),)}, "Deployment"),
        ({"restart": Restart("none"), "healthcheck": Healthcheck(("x",))}, "Deployment"),
        ({"restart": Restart("none"), "mode": Mode.GLOBAL}, "DaemonSet"),
    ],
)
def test_the_kind_of_workload(changes, kind):
    assert workload_kind(*one(**changes)) == kind


def test_a_service_that_others_wait_for_to_complete_is_a_job():
    waiter = Service("waiter", depends_on=MappingProxyType({"own": Condition.COMPLETED}))
    assert workload_kind(Application("two", (OWN, waiter)), OWN) == "Job"


@pytest.mark.parametrize(
    ("rollout", "surge", "unavailable"),
    [
        (Rollout(), 0, 1),
        (Rollout(parallelism=2), 0, 2),
        (Rollout(parallelism=0), 0, "100%"),
        (Rollout(order="start-first"), 1, 0),
        (Rollout(parallelism=0, order="start-first"), "100%", 0),
    ],
)
def test_batches_of_a_rollout(rollout, surge, unavailable):
    assert steps(rollout) == {"maxSurge": surge, "maxUnavailable": unavailable}
    assert deployment_strategy(replace(OWN, rollout=rollout))["rollingUpdate"] == steps(rollout)


def test_times_of_a_rollout():
    check = Healthcheck(("x",), start_period=300, start_interval=5, retries=4)
    service = replace(OWN, rollout=Rollout(delay=20, monitor=400.5), healthcheck=check, replicas=4)
    assert min_ready_seconds(service) == 401
    assert progress_deadline(service) == 320 + 401 + 120
    assert rollout_timeout(service) == 120 + 4 * (320 + 401 + 10 + 30)
    assert (progress_deadline(OWN), rollout_timeout(OWN)) == (600, 600)


def test_a_deployment():
    found = spec(replicas=0)
    assert found.pop("template")["spec"]["restartPolicy"] == "Always"
    assert found == {
        "replicas": 0,
        "selector": {"matchLabels": {"app.kubernetes.io/name": "own"}},
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
        },
        "minReadySeconds": 5,
        "progressDeadlineSeconds": 600,
        "revisionHistoryLimit": 5,
    }


def test_a_stateful_set():
    found = spec(mounts=(DATA,))
    del found["template"]
    assert found == {
        "replicas": 1,
        "serviceName": "own",
        "selector": {"matchLabels": {"app.kubernetes.io/name": "own"}},
        "podManagementPolicy": "Parallel",
        "updateStrategy": {"type": "RollingUpdate"},
        "minReadySeconds": 5,
        "revisionHistoryLimit": 5,
    }


def test_a_daemon_set():
    found = spec(mode=Mode.GLOBAL)
    assert "replicas" not in found
    assert found["updateStrategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


@pytest.mark.parametrize(
    ("changes", "expected", "policy"),
    [
        (
            {"restart": Restart("none")},
            {"backoffLimit": 0, "parallelism": 1, "completions": 1},
            "Never",
        ),
        (
            {"restart": Restart("on-failure", max_attempts=2), "replicas": 3},
            {"backoffLimit": 2, "parallelism": 3, "completions": 3},
            "OnFailure",
        ),
        (
            {"mode": Mode.REPLICATED_JOB, "replicas": 0},
            {"backoffLimit": 6, "parallelism": 1, "completions": 1, "suspend": True},
            "OnFailure",
        ),
    ],
)
def test_a_job(changes, expected, policy):
    found = spec(**changes)
    template = found.pop("template")["spec"]
    assert found == expected
    assert template["restartPolicy"] == policy


def test_a_job_is_not_probed():
    found = spec(mode=Mode.REPLICATED_JOB, healthcheck=Healthcheck(("x",)))
    assert "livenessProbe" not in found["template"]["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("changes", "waits"),
    [
        ({"restart": Restart("none")}, True),
        ({"mode": Mode.REPLICATED_JOB}, True),
        ({"restart": Restart("on-failure")}, False),
    ],
)
def test_pulumi_waits_for_a_job_that_must_end(changes, waits):
    application, service = one(**changes)
    found = workload(application, service, options_for(application))["metadata"]
    assert ("pulumi.com/skipAwait" not in found.get("annotations", {})) is waits


@pytest.mark.parametrize(
    ("changes", "guarded"),
    [
        ({"replicas": 2}, True),
        ({"replicas": 1}, False),
        ({"mode": Mode.GLOBAL, "replicas": 2}, False),
        ({"mode": Mode.REPLICATED_JOB, "replicas": 2}, False),
    ],
)
def test_several_tasks_are_guarded_while_nodes_are_drained(changes, guarded):
    application, service = one(**changes)
    found = disruption_budget(application, service, options_for(application))
    assert (found is not None) is guarded
    if found:
        assert found["spec"]["maxUnavailable"] == 1


def test_a_volume_has_its_own_size_or_the_default():
    options = options_for(SHOP, shared_storage_class="efs")
    assert claim(SHOP, Volume("db_data", size=20 * 2**30), options)["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "gp3",
        "resources": {"requests": {"storage": "20Gi"}},
        "volumeMode": "Filesystem",
    }
    shared = claim(SHOP, Volume("files", shared=True), options)["spec"]
    assert shared["accessModes"] == ["ReadWriteMany"]
    assert shared["storageClassName"] == "efs"
    assert shared["resources"] == {"requests": {"storage": "10Gi"}}


def test_the_namespace_admits_restricted_pods_only():
    metadata = namespace(SHOP, options_for(SHOP, kubernetes_version="1.34"))["metadata"]
    assert metadata == {
        "name": "shop",
        "labels": {
            "app.kubernetes.io/part-of": "shop",
            "app.kubernetes.io/managed-by": "seawall",
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/enforce-version": "v1.34",
            "pod-security.kubernetes.io/audit": "restricted",
            "pod-security.kubernetes.io/audit-version": "v1.34",
            "pod-security.kubernetes.io/warn": "restricted",
            "pod-security.kubernetes.io/warn-version": "v1.34",
            "elbv2.k8s.aws/pod-readiness-gate-inject": "enabled",
        },
    }


def test_a_config_has_its_contents_hash_in_its_name():
    options = options_for(SHOP)
    text = config_map(SHOP, "app_settings", b"a=1\n", options)
    assert text["metadata"]["name"] == config_name("app_settings", b"a=1\n")
    assert text["metadata"]["name"].startswith("app-settings-")
    assert text["data"] == {"app_settings": "a=1\n"}
    assert text["immutable"] is True
    assert config_name("app_settings", b"a=2\n") != text["metadata"]["name"]


def test_bytes_that_are_no_text_are_encoded_once():
    found = config_map(SHOP, "blob", b"\xff\x00", options_for(SHOP))
    assert found["binaryData"] == {"blob": "/wA="}
    assert "data" not in found


def test_a_secret_has_no_name_and_cannot_change():
    found = secret(SHOP, "db_password", "shop", "value")
    assert "name" not in found["metadata"]
    assert (found["immutable"], found["type"]) == (True, "Opaque")
    assert found["stringData"] == {"db_password": "value"}


def test_external_entries_keep_the_names_that_others_gave():
    sources = (
        FileSource("a", external=True),
        FileSource("b", external=True, external_name="given"),
        FileSource("c", content="x"),
    )
    assert external_names(sources) == {"a": "a", "b": "given"}
