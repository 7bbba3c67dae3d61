import copy
import functools
from itertools import pairwise

import kubernetes_validate
import pytest
from hypothesis import HealthCheck, given, settings
from kubernetes_validate import utils as schemas
from service_examples import CONTENTS, SHOP, applications, options_for

from seawall.services import application_flows, check_application
from seawall.services.kubernetes.configuration import namespace, secret
from seawall.services.kubernetes.names import is_service_name
from seawall.services.kubernetes.render import NAMESPACE, render
from seawall.services.kubernetes.restricted import violations

VERSION = "1.35"
WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Job"}


def rendered(application, contents=None, **changes):
    flows = application_flows(application)
    return render(application, flows, contents or {}, options_for(application, **changes))


def of_kind(items, kind):
    return {
        each.manifest["metadata"]["name"]: each.manifest
        for each in items
        if each.manifest["kind"] == kind
    }


@pytest.fixture(scope="module", autouse=True)
def _schemas_are_read_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schemas, "schema_contents", functools.cache(schemas.schema_contents))
        yield


@pytest.fixture(scope="module")
def shop():
    return rendered(SHOP, CONTENTS)


def test_the_shop_has_exactly_these_objects(shop):
    assert sorted((each.manifest["kind"], each.key) for each in shop) == [
        ("ConfigMap", "settings-config"),
        ("Deployment", "api-deployment"),
        ("Deployment", "web-deployment"),
        ("Deployment", "worker-deployment"),
        ("Ingress", "entry-ingress"),
        ("Job", "migrate-job"),
        ("NetworkPolicy", "allow-dns"),
        ("NetworkPolicy", "api-network-policy"),
        ("NetworkPolicy", "db-network-policy"),
        ("NetworkPolicy", "default-deny"),
        ("NetworkPolicy", "migrate-network-policy"),
        ("NetworkPolicy", "web-network-policy"),
        ("NetworkPolicy", "worker-network-policy"),
        ("PersistentVolumeClaim", "db-data-volume"),
        ("PodDisruptionBudget", "api-disruption-budget"),
        ("PodDisruptionBudget", "web-disruption-budget"),
        ("Service", "api-service"),
        ("Service", "backend-alias"),
        ("Service", "db-service"),
        ("Service", "migrate-service"),
        ("Service", "web-service"),
        ("Service", "worker-service"),
        ("ServiceAccount", "api-service-account"),
        ("ServiceAccount", "db-service-account"),
        ("ServiceAccount", "migrate-service-account"),
        ("ServiceAccount", "web-service-account"),
        ("ServiceAccount", "worker-service-account"),
        ("StatefulSet", "db-stateful-set"),
    ]


def test_each_object_comes_after_what_it_waits_for(shop):
    seen = {NAMESPACE}
    for each in shop:
        assert set(each.after) <= seen
        seen.add(each.key)
    keys = [each.key for each in shop]
    order = ("db-stateful-set", "migrate-job", "api-deployment", "entry-ingress")
    for earlier, later in pairwise(keys.index(key) for key in order):
        assert earlier < later


def test_only_volumes_hold_data_and_only_jobs_are_replaced_by_deleting_first(shop):
    assert [each.key for each in shop if each.holds_data] == ["db-data-volume"]
    assert [each.key for each in shop if each.replace_first] == ["migrate-job"]


def test_every_object_of_the_shop_is_valid_and_restricted(shop):
    options = options_for(SHOP)
    validate(namespace(SHOP, options))
    validate(secret(SHOP, "db_password", "shop", "hunter2"))
    for each in shop:
        validate(each.manifest)
        if each.manifest["kind"] in WORKLOADS:
            assert violations(each.manifest["spec"]["template"]["spec"]) == ()


def test_a_misspelt_key_would_be_noticed(shop):
    broken = copy.deepcopy(of_kind(shop, "Deployment")["api"])
    broken["spec"]["template"]["spec"]["enableServiceLink"] = False
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(broken)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(application=applications())
def test_whatever_is_rendered_is_valid(application):
    assert check_application(application) == ()
    items = rendered(application)
    assert len({each.key for each in items}) == len(items)
    names = [(each.manifest["kind"], each.manifest["metadata"]["name"]) for each in items]
    assert len(set(names)) == len(names)
    workloads = [each.manifest for each in items if each.manifest["kind"] in WORKLOADS]
    expected = sorted(service.name for service in application.services)
    assert sorted(each["metadata"]["name"] for each in workloads) == expected
    services = of_kind(items, "Service")
    assert sorted(services) == expected
    assert all(is_service_name(name) for name in services)
    for each in items:
        validate(each.manifest)
    for workload in workloads:
        consistent(workload)


def consistent(workload):
    """What the API server refuses though the schema allows it."""
    spec = workload["spec"]
    steps = (spec.get("strategy") or spec.get("updateStrategy") or {}).get("rollingUpdate", {})
    if steps:
        assert {steps["maxSurge"], steps["maxUnavailable"]} != {0}
    if "progressDeadlineSeconds" in spec:
        assert spec["progressDeadlineSeconds"] > spec["minReadySeconds"]
    pod = spec["template"]["spec"]
    assert violations(pod) == ()
    for container in (*pod["containers"], *pod.get("initContainers", ())):
        paths = [mount["mountPath"] for mount in container.get("volumeMounts", ())]
        assert len(set(paths)) == len(paths)
        volumes = {volume["name"] for volume in pod.get("volumes", ())}
        assert {mount["name"] for mount in container.get("volumeMounts", ())} <= volumes
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if probe in container:
                assert container[probe]["periodSeconds"] >= 1
                assert container[probe]["timeoutSeconds"] >= 1
                assert container[probe]["failureThreshold"] >= 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(application=applications())
def test_policies_connect_exactly_the_services_that_share_a_network(application):
    policies = of_kind(rendered(application), "NetworkPolicy")
    for service in application.services:
        policy = policies.get(service.name, {"spec": {}})["spec"]
        sources, targets = set(), set()
        for rule in policy.get("ingress", ()):
            sources |= peers(rule, "from")
        for rule in policy.get("egress", ()):
            targets |= peers(rule, "to")
        near = application.peers(service)
        assert targets == {peer.name for peer in near if peer.ports}
        assert sources == ({peer.name for peer in near} if service.ports else set())


def peers(rule, direction):
    return {
        item["podSelector"]["matchLabels"]["app.kubernetes.io/name"]
        for item in rule[direction]
        if "podSelector" in item
    }


def validate(manifest):
    kubernetes_validate.validate(manifest, VERSION, strict=True)
