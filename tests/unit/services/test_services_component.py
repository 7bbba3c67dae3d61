from types import SimpleNamespace

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pytest
from mocks import UNKNOWN, by_type, names, record
from service_examples import SHOP

from seawall.errors import InvalidInputError
from seawall.services import Services
from seawall.services.component import _url

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
PASSWORD = "correct horse battery staple"


def arguments(**changes):
    given = {
        "application": SHOP,
        "images": {
            service.name: pulumi.Output.from_input(f"registry.example/{service.name}:1")
            for service in SHOP.services
        },
        "secret_values": {"db_password": pulumi.Output.secret(PASSWORD)},
        "namespace": "shop",
        "ingress": {
            "certificate_arn": CERTIFICATE,
            "security_group_id": pulumi.Output.from_input("sg-1"),
            "subnet_ids": pulumi.Output.from_input(["subnet-1", "subnet-2"]),
        },
        "public_subnet_cidrs": ["10.20.192.0/24"],
        "vpc_cidr": "10.20.0.0/16",
        "tags": {"team": "shop"},
    }
    return {key: value for key, value in (given | changes).items() if value is not None}


def shop(**changes):
    def program():
        provider = kubernetes.Provider("cluster", kubeconfig="{}")
        Services("main", arguments(**changes), pulumi.ResourceOptions(provider=provider))

    return record(program)


@pytest.fixture(scope="module")
def recorded():
    return shop()


def test_the_shop_registers_exactly_these_resources(recorded):
    core, apps, net = (
        "kubernetes:core/v1:",
        "kubernetes:apps/v1:",
        "kubernetes:networking.k8s.io/v1:",
    )
    assert [item for item in names(recorded) if item[0].startswith("kubernetes:")] == sorted(
        [
            (f"{core}Namespace", "main-namespace"),
            (f"{core}Secret", "main-db-password-secret"),
            (f"{core}ConfigMap", "main-settings-config"),
            (f"{core}PersistentVolumeClaim", "main-db-data-volume"),
            *(
                (f"{core}{kind}", f"main-{service.name}-{suffix}")
                for service in SHOP.services
                for kind, suffix in (("Service", "service"), ("ServiceAccount", "service-account"))
            ),
            (f"{core}Service", "main-backend-alias"),
            (f"{apps}Deployment", "main-api-deployment"),
            (f"{apps}Deployment", "main-web-deployment"),
            (f"{apps}Deployment", "main-worker-deployment"),
            (f"{apps}StatefulSet", "main-db-stateful-set"),
            ("kubernetes:batch/v1:Job", "main-migrate-job"),
            ("kubernetes:policy/v1:PodDisruptionBudget", "main-api-disruption-budget"),
            ("kubernetes:policy/v1:PodDisruptionBudget", "main-web-disruption-budget"),
            (f"{net}Ingress", "main-entry-ingress"),
            (f"{net}NetworkPolicy", "main-allow-dns"),
            (f"{net}NetworkPolicy", "main-default-deny"),
            *(
                (f"{net}NetworkPolicy", f"main-{service.name}-network-policy")
                for service in SHOP.services
            ),
        ]
    )


def test_every_child_has_the_component_as_parent_and_the_given_provider(recorded):
    component = by_type(recorded, "seawall:index:Services")["main"]
    children = [item for item in recorded if item.custom and item.name != "cluster"]
    assert {item.parent for item in children} == {component.urn}
    assert {item.provider for item in children} == {"cluster"}
    assert component.outputs == {
        "namespace": "shop",
        "service_names": ["api", "db", "migrate", "web", "worker"],
    }


def test_manifests_keep_the_names_of_the_api(recorded):
    api = by_type(recorded, "kubernetes:apps/v1:Deployment")["main-api-deployment"].inputs
    assert api["metadata"]["labels"]["app.kubernetes.io/name"] == "api"
    assert api["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/api:1"
    account = by_type(recorded, "kubernetes:core/v1:ServiceAccount")["main-api-service-account"]
    assert account.inputs["automountServiceAccountToken"] is False


def test_the_secret_is_secret_immutable_and_named_by_the_provider(recorded):
    secret = by_type(recorded, "kubernetes:core/v1:Secret")["main-db-password-secret"]
    assert secret.inputs["stringData"] == {"db_password": PASSWORD}
    assert secret.inputs["immutable"] is True
    assert "name" not in secret.inputs["metadata"]
    assert secret.secrets == {"stringData"}
    others = [item for item in recorded if item.urn != secret.urn]
    assert PASSWORD not in repr([(item.inputs, item.outputs) for item in others])


def test_pods_wait_for_policies_volumes_secrets_and_dependencies(recorded):
    urns = {item.name: item.urn for item in recorded}
    job = by_type(recorded, "kubernetes:batch/v1:Job")["main-migrate-job"]
    assert urns["main-db-stateful-set"] in job.depends_on
    assert job.delete_before_replace
    database = by_type(recorded, "kubernetes:apps/v1:StatefulSet")["main-db-stateful-set"]
    waited = ("default-deny", "allow-dns", "db-network-policy", "db-data-volume", "db-service")
    assert {urns[f"main-{key}"] for key in waited} <= database.depends_on
    assert urns["main-db-password-secret"] in database.depends_on
    api = by_type(recorded, "kubernetes:apps/v1:Deployment")["main-api-deployment"]
    assert {urns["main-migrate-job"], urns["main-settings-config"]} <= api.depends_on


def test_the_entry_goes_before_all_that_it_needs_is_taken_away(recorded):
    urns = {item.name: item.urn for item in recorded}
    entry = by_type(recorded, "kubernetes:networking.k8s.io/v1:Ingress")["main-entry-ingress"]
    assert entry.depends_on == {
        urns[f"main-{key}"]
        for key in (
            "namespace",
            "api-deployment",
            "api-service",
            "web-deployment",
            "web-service",
        )
    }
    assert entry.inputs["metadata"]["annotations"]["alb.ingress.kubernetes.io/subnets"] == (
        "subnet-1,subnet-2"
    )


@pytest.mark.parametrize("protect", [True, False])
def test_volumes_are_protected_and_kept_unless_told_otherwise(protect):
    kept = [item.name for item in shop(protect=protect) if item.protect and item.retain_on_delete]
    assert kept == (["main-db-data-volume"] if protect else [])


@pytest.mark.parametrize(
    ("ingress", "url"),
    [
        (
            {"domain": "shop.example.com", "certificate_arn": CERTIFICATE},
            "https://shop.example.com",
        ),
        ({"domain": "shop.example.com", "allow_plain_http": True}, "http://shop.example.com"),
    ],
)
def test_the_entry_url(ingress, url):
    component = by_type(shop(ingress=ingress), "seawall:index:Services")["main"]
    assert component.outputs["entry_url"] == url


@pytest.mark.parametrize(
    ("status", "url"),
    [
        (None, None),
        (SimpleNamespace(load_balancer=None), None),
        (SimpleNamespace(load_balancer=SimpleNamespace(ingress=None)), None),
        (
            SimpleNamespace(
                load_balancer=SimpleNamespace(ingress=[SimpleNamespace(hostname="lb.example.com")])
            ),
            "https://lb.example.com",
        ),
    ],
)
def test_without_a_domain_the_url_is_the_load_balancers(status, url):
    assert _url("https", status) == url


def test_in_a_preview_images_and_secrets_may_be_unknown():
    def program():
        unknown = random.RandomPassword("later", length=8).result
        images = {service.name: unknown for service in SHOP.services}
        Services("main", arguments(images=images, secret_values={"db_password": unknown}))

    found = by_type(record(program, preview=True), "kubernetes:apps/v1:Deployment")
    image = found["main-api-deployment"].inputs["spec"]["template"]["spec"]["containers"][0]
    assert image["image"] == UNKNOWN


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"namespace": "Shop"}, "namespace is 'Shop'"),
        ({"images": {}}, "images has no entry for api, db, migrate, web, worker"),
        ({"default_volume_size": 0}, "default_volume_size is 0"),
        ({"vpc_cidr": "10.20.0.1/16"}, "vpc_cidr: 10.20.0.1/16 has host bits set"),
        ({"ingress": {}}, "exactly one of certificate_arn and allow_plain_http"),
        (
            {"ingress": {"certificate_arn": CERTIFICATE, "allow_plain_http": True}},
            "exactly one of certificate_arn and allow_plain_http",
        ),
        ({"ingress": None}, "ingress is not given"),
        ({"tags": {"a": "b,c"}}, "the tag a=b,c"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_declared(changes, words):
    with pytest.raises(ValueError, match="Services 'main'") as raised:
        shop(**changes)
    assert words in str(raised.value)


def test_a_secret_without_value_is_refused():
    with pytest.raises(InvalidInputError, match=r"secrets\.db_password: the secret 'db_password'"):
        shop(secret_values={})
