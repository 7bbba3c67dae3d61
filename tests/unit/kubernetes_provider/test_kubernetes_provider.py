"""The kubernetes provider as the engine sees it: objects in, files out."""

import base64
import copy
import re
import stat

import pytest
import yaml

from seawall_sandbox.kubernetes import KubernetesProvider
from seawall_sandbox.protocol import DiffKind, ProviderError, ResourceState
from seawall_sandbox.values import UNKNOWN, Secret

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRET = "kubernetes:core/v1:Secret"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SERVICE = "kubernetes:core/v1:Service"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
NAMESPACE = "kubernetes:core/v1:Namespace"
RELEASE = "kubernetes:helm.sh/v3:Release"
KUBECONFIG = '{"clusters": [{"cluster": {"server": "https://A1.gr7.eu-west-1.eks.amazonaws.com"}}]}'

OTHER_KUBECONFIG = KUBECONFIG.replace("A1", "B2")


def urn(type_: str, name: str = "web") -> str:
    return f"urn:pulumi:dev::shop::{type_}::{name}"


def deployment(**spec):
    return {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "nginx:1.29"}]},
            },
        }
        | spec,
    }


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "rendered"


@pytest.fixture
def provider(directory):
    provider = KubernetesProvider(directory)
    provider.configure({"kubeconfig": KUBECONFIG})
    return provider


def check(provider, type_, news, *, olds=None, name="web", seed=b"seed"):
    before = copy.deepcopy(news)
    result = provider.check(urn(type_, name), type_, olds, news, seed)
    assert news == before, "a provider never changes what it is given"
    return result


def checked(provider, type_, news, **kwargs):
    result = check(provider, type_, news, **kwargs)
    assert result.failures == ()
    return result.inputs


def create(provider, type_, news, name="web", *, preview=False):
    inputs = checked(provider, type_, news, name=name)
    return provider.create(urn(type_, name), type_, inputs, preview=preview, timeout=0)


def diff(provider, type_, before, after, ignore=()):
    old = ResourceState("shop/web", {}, checked(provider, type_, before))
    new = checked(provider, type_, after, olds=old.inputs, seed=b"later")
    return provider.diff(urn(type_), type_, old, new, ignore)


def files(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*.yaml"))


# Check


def test_an_object_gets_its_kind_a_name_and_a_namespace(provider):
    inputs = checked(provider, CONFIG_MAP, {"data": {"a": "1"}})
    name = inputs["metadata"]["name"]
    assert inputs == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name,
            "namespace": "default",
            "annotations": {"pulumi.com/autonamed": "true"},
        },
        "data": {"a": "1"},
    }
    prefix, _, digits = name.rpartition("-")
    assert prefix == "web"
    assert len(digits) == 8
    assert int(digits, 16) >= 0


def test_an_automatic_name_follows_the_seed_and_is_kept_while_the_object_lives(provider):
    first = checked(provider, CONFIG_MAP, {}, seed=b"1")
    assert checked(provider, CONFIG_MAP, {}, seed=b"1") == first
    assert checked(provider, CONFIG_MAP, {}, seed=b"2") != first
    assert checked(provider, CONFIG_MAP, {}, seed=b"2", olds=first) == first


def test_a_name_given_before_is_not_adopted(provider):
    olds = checked(provider, CONFIG_MAP, {"metadata": {"name": "given"}})
    inputs = checked(provider, CONFIG_MAP, {}, olds=olds)
    assert inputs["metadata"]["name"].startswith("web-")


def test_the_default_namespace_is_the_providers(provider):
    provider.configure({"namespace": "shop"})
    assert checked(provider, CONFIG_MAP, {})["metadata"]["namespace"] == "shop"


@pytest.mark.parametrize(
    "type_",
    [
        NAMESPACE,
        "kubernetes:storage.k8s.io/v1:StorageClass",
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    ],
)
def test_cluster_wide_kinds_get_no_namespace(provider, type_):
    extra = {"provisioner": "ebs.csi.aws.com"} if "storage" in type_ else {}
    inputs = checked(provider, type_, {"metadata": {"name": "a"}, **extra})
    assert "namespace" not in inputs["metadata"]


def test_read_only_metadata_is_dropped(provider):
    inputs = checked(provider, CONFIG_MAP, {"metadata": {"name": "a", "uid": "x"}})
    assert inputs["metadata"] == {"name": "a", "namespace": "default"}


@pytest.mark.parametrize(
    ("type_", "news", "property_", "words"),
    [
        (DEPLOYMENT, deployment(replica=3), "spec.replica", "Did you mean replicas?"),
        (DEPLOYMENT, deployment(replicas="3"), "spec.replicas", "integer, not string"),
        (DEPLOYMENT, {"metadata": {"name": "a"}, "spec": {}}, "spec", "selector and template"),
        (
            DEPLOYMENT,
            deployment(selector={"matchLabels": {"app": "other"}}),
            "spec.selector.matchLabels.app",
            "does not match the labels",
        ),
        (
            SERVICE,
            {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 1}, {"port": "x"}]}},
            "spec.ports[1].port",
            "integer, not string",
        ),
        (SERVICE, {"metadata": {"name": "1a"}}, "metadata.name", "begin with a letter"),
        (NAMESPACE, {"metadata": {"name": "a.b"}}, "metadata.name", "no valid name"),
        (CONFIG_MAP, {"metadata": {"name": "A"}}, "metadata.name", "lower-case"),
        (CONFIG_MAP, {"metadata": {"name": "a" * 254}}, "metadata.name", "253"),
        (
            CONFIG_MAP,
            {"metadata": {"name": "a", "namespace": "a.b"}},
            "metadata.namespace",
            "no valid namespace",
        ),
        (
            CONFIG_MAP,
            {"metadata": {"name": "a", "labels": {"a": "x y"}}},
            "metadata.labels.a",
            "annotation takes any text",
        ),
        (
            CONFIG_MAP,
            {"metadata": {"name": "a", "annotations": {"a/b/c": "x"}}},
            "metadata.annotations.a/b/c",
            "no valid key",
        ),
        (CONFIG_MAP, {"metadata": {"generateName": "a-"}}, "metadata.generateName", "automatic"),
        (CONFIG_MAP, {"kind": "Secret"}, "kind", "must be 'ConfigMap'"),
        (SECRET, {"data": {"a.b": "not base64!"}}, 'data["a.b"]', "stringData"),
        ("kubernetes:extensions/v1beta1:Ingress", {}, "", "It has Ingress in networking/v1"),
    ],
)
def test_what_the_api_server_would_refuse_is_refused(provider, type_, news, property_, words):
    failures = check(provider, type_, news).failures
    assert [failure.property for failure in failures] == [property_]
    assert words in failures[0].reason


def test_all_errors_are_found_at_once(provider):
    news = deployment(replicas="3", paused="no")
    assert [failure.property for failure in check(provider, DEPLOYMENT, news).failures] == [
        "spec.paused",
        "spec.replicas",
    ]


@pytest.mark.parametrize("data", [{"password": 5}, {"password": ["hunter2"]}, "hunter2"])
def test_no_message_repeats_a_value(provider, data):
    failures = check(provider, SECRET, {"stringData": data}).failures
    assert failures
    assert "hunter2" not in str(failures)


def test_what_is_unknown_is_not_judged_and_what_is_known_is(provider):
    news = deployment(replicas=UNKNOWN, minReadySeconds="x")
    news["spec"]["template"]["spec"]["containers"][0]["image"] = UNKNOWN
    news["spec"]["template"]["metadata"] = UNKNOWN
    failures = check(provider, DEPLOYMENT, news).failures
    assert [failure.property for failure in failures] == ["spec.minReadySeconds"]
    assert not check(provider, DEPLOYMENT, {"metadata": UNKNOWN, "spec": UNKNOWN}).failures
    port = {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 1, "targetPort": UNKNOWN}]}}
    assert not check(provider, SERVICE, port).failures


def test_the_version_of_kubernetes_decides_what_there_is(directory):
    token = "kubernetes:networking.k8s.io/v1:IPAddress"
    news = {"metadata": {"name": "10.0.0.1"}, "spec": {"parentRef": {"name": "a", "resource": "b"}}}
    assert not KubernetesProvider(directory).check(urn(token), token, None, news, b"").failures
    old = KubernetesProvider(directory, "1.30").check(urn(token), token, None, news, b"")
    assert "Kubernetes 1.30 has no IPAddress (networking.k8s.io/v1)" in old.failures[0].reason
    with pytest.raises(ValueError, match="the oldest here is"):
        KubernetesProvider(directory, "1.20")


def test_custom_resources_are_taken_with_their_scope_when_their_definition_is_known(provider):
    token = "kubernetes:karpenter.sh/v1:NodePool"
    assert "namespace" not in checked(provider, token, {"spec": {"any": 1}})["metadata"]
    definition = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
    names = {"kind": "Backup", "plural": "backups"}
    spec = {"group": "shop.example", "names": names, "scope": "Namespaced", "versions": []}
    checked(provider, definition, {"metadata": {"name": "backups.shop.example"}, "spec": spec})
    inputs = checked(provider, "kubernetes:shop.example/v1:Backup", {})
    assert inputs["metadata"]["namespace"] == "default"


@pytest.mark.parametrize(
    "token",
    [
        "kubernetes:core/v1:PodList",
        "kubernetes:apps/v1:DeploymentPatch",
        "kubernetes:yaml:ConfigFile",
        "kubernetes:apps/v1:",
    ],
)
def test_what_is_no_single_object_is_named(provider, token):
    assert not provider.supports(token)
    with pytest.raises(ProviderError, match="takes single objects"):
        provider.check(urn(token), token, None, {}, b"")


def test_tokens_it_supports(provider):
    assert provider.supports(DEPLOYMENT)
    assert provider.supports(RELEASE)
    assert provider.supports("kubernetes:shop.example/v1:PriceList")


# Create, update, delete


def test_an_object_becomes_a_file(provider, directory):
    state = create(provider, DEPLOYMENT, deployment())
    assert state.id == "shop/web"
    assert files(directory) == ["1-manifest/apps_v1-deployment-shop-web.yaml"]
    path = directory / files(directory)[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_text().splitlines()[0] == f"# {urn(DEPLOYMENT)}"
    expected = {"apiVersion": "apps/v1", "kind": "Deployment", **deployment()}
    assert yaml.safe_load(path.read_text()) == expected == state.outputs
    assert list(path.parent.iterdir()) == [path]


def test_a_definition_of_custom_resources_comes_first(provider, directory):
    definition = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
    names = {"kind": "Backup", "plural": "backups"}
    spec = {"group": "shop.example", "names": names, "scope": "Cluster", "versions": []}
    name = "backups.shop.example"
    state = create(provider, definition, {"metadata": {"name": name}, "spec": spec})
    assert state.id == name
    assert files(directory) == [
        f"0-crd/apiextensions.k8s.io_v1-customresourcedefinition-default-{name}.yaml"
    ]


def test_a_preview_writes_nothing_and_knows_the_inputs_alone(provider, directory):
    state = create(provider, SERVICE, {"spec": {"type": "LoadBalancer"}}, preview=True)
    assert state.id == ""
    assert "status" not in state.outputs
    assert state.outputs["spec"] == {"type": "LoadBalancer"}
    assert not directory.exists()


def test_an_update_writes_the_file_anew(provider, directory):
    state = create(provider, DEPLOYMENT, deployment())
    news = checked(provider, DEPLOYMENT, deployment(replicas=5))
    arguments = {"ignore_changes": (), "timeout": 0}
    old = ResourceState(state.id, state.outputs, news)
    assert provider.update(urn(DEPLOYMENT), DEPLOYMENT, old, news, preview=True, **arguments)
    path = directory / files(directory)[0]
    assert yaml.safe_load(path.read_text())["spec"]["replicas"] == 2
    updated = provider.update(urn(DEPLOYMENT), DEPLOYMENT, old, news, preview=False, **arguments)
    assert updated.id == state.id
    assert yaml.safe_load(path.read_text())["spec"]["replicas"] == 5


def test_a_delete_removes_the_file_and_empty_folders_and_may_be_repeated(provider, directory):
    state = create(provider, DEPLOYMENT, deployment())
    for _ in range(2):
        provider.delete(urn(DEPLOYMENT), DEPLOYMENT, state, timeout=0)
    assert not directory.exists()


def test_two_resources_cannot_claim_the_same_object(provider):
    create(provider, DEPLOYMENT, deployment())
    create(provider, DEPLOYMENT, deployment())  # The same resource, after a crash.
    with pytest.raises(ProviderError, match=r"shop/web exists already, made by .*::web\."):
        create(provider, DEPLOYMENT, deployment(), name="other")


def test_an_object_left_by_an_interrupted_create_is_found_by_its_owner_alone(provider):
    inputs = checked(provider, DEPLOYMENT, deployment())
    assert provider.find(urn(DEPLOYMENT), DEPLOYMENT, inputs, frozenset()).id == ""
    state = create(provider, DEPLOYMENT, deployment())
    assert provider.find(urn(DEPLOYMENT), DEPLOYMENT, inputs, frozenset()) == state
    assert provider.find(urn(DEPLOYMENT, "other"), DEPLOYMENT, inputs, frozenset()).id == ""


def test_without_a_directory_it_says_what_to_set(monkeypatch):
    monkeypatch.delenv("SEAWALL_SANDBOX_RENDER_DIR", raising=False)
    provider = KubernetesProvider()
    provider.configure({})
    with pytest.raises(ProviderError, match="Set the variable SEAWALL_SANDBOX_RENDER_DIR"):
        create(provider, DEPLOYMENT, deployment())


def test_the_directory_comes_from_the_variable_or_the_configuration(monkeypatch, tmp_path):
    monkeypatch.delenv("SEAWALL_SANDBOX_RENDER_DIR", raising=False)
    configured = KubernetesProvider()
    configured.configure({"renderYamlToDirectory": str(tmp_path / "a")})
    create(configured, DEPLOYMENT, deployment())
    monkeypatch.setenv("SEAWALL_SANDBOX_RENDER_DIR", str(tmp_path / "b"))
    create(KubernetesProvider(), DEPLOYMENT, deployment())
    for place in ("a", "b"):
        assert len(files(tmp_path / place)) == 1


# Secrets


def test_values_of_a_secret_are_not_written_and_are_secret_outputs(provider, directory):
    planted = "hunter2-planted"
    encoded = base64.b64encode(planted.encode()).decode()
    state = create(
        provider,
        SECRET,
        {
            "metadata": {"name": "db", "namespace": "shop"},
            "stringData": {"password": planted},
            "data": {"token": encoded, ".dockerconfigjson": "e30="},
        },
    )
    assert state.secret_outputs == {"data", "stringData"}
    assert state.outputs["data"] == {
        "token": encoded,
        "password": encoded,
        ".dockerconfigjson": "e30=",
    }
    assert "stringData" not in state.outputs
    text = (directory / files(directory)[0]).read_text()
    assert planted not in text
    assert encoded not in text
    written = yaml.safe_load(text)
    assert written["stringData"] == {"password": "withheld"}
    assert base64.b64decode(written["data"]["token"]) == b"withheld"
    assert yaml.safe_load(base64.b64decode(written["data"][".dockerconfigjson"])) == {"auths": {}}
    assert "withheld" in written["metadata"]["annotations"]["seawall/values"]
    assert not check(provider, SECRET, written).failures


def test_the_file_of_a_secret_does_not_depend_on_its_values(provider, directory):
    texts = []
    for value in ("one", "another, longer one"):
        create(provider, SECRET, {"metadata": {"name": "a"}, "stringData": {"p": value}})
        texts.append((directory / files(directory)[0]).read_text())
    assert texts[0] == texts[1]


def test_a_secret_value_anywhere_is_withheld_with_its_type(provider, directory):
    news = deployment(replicas=Secret(7))
    env = [{"name": "PASSWORD", "value": Secret("hunter2")}]
    news["spec"]["template"]["spec"]["containers"][0]["env"] = env
    state = create(provider, DEPLOYMENT, news)
    written = yaml.safe_load((directory / files(directory)[0]).read_text())
    assert written["spec"]["replicas"] == 0
    container = written["spec"]["template"]["spec"]["containers"][0]
    assert container["env"] == [{"name": "PASSWORD", "value": "withheld"}]
    assert state.outputs["spec"]["replicas"] == Secret(7)


def test_metadata_that_is_secret_keeps_the_name_open(provider, directory):
    metadata = {"name": "a", "namespace": "b", "annotations": {"c": "hunter2"}}
    state = create(provider, CONFIG_MAP, {"metadata": Secret(metadata), "data": {"k": Secret("v")}})
    assert state.id == "b/a"
    assert state.outputs["metadata"]["annotations"] == Secret({"c": "hunter2"})
    written = yaml.safe_load((directory / files(directory)[0]).read_text())
    assert written["metadata"] == {**metadata, "annotations": {"c": "withheld"}}
    assert written["data"] == {"k": "withheld"}


# Diff


@pytest.mark.parametrize(
    ("type_", "before", "after", "detailed", "replaced_first"),
    [
        (DEPLOYMENT, deployment(), deployment(), {}, False),
        (
            DEPLOYMENT,
            deployment(),
            deployment(replicas=3, paused=True),
            {"spec.paused": DiffKind.ADD, "spec.replicas": DiffKind.UPDATE},
            False,
        ),
        (
            DEPLOYMENT,
            deployment(),
            deployment(
                selector={"matchLabels": {"app": "b"}},
                template={"metadata": {"labels": {"app": "b"}}},
            ),
            {
                "spec.selector.matchLabels.app": DiffKind.UPDATE_REPLACE,
                "spec.template.metadata.labels.app": DiffKind.UPDATE,
                "spec.template.spec": DiffKind.DELETE,
            },
            True,
        ),
        (
            DEPLOYMENT,
            deployment(),
            {**deployment(), "metadata": {"name": "other", "namespace": "shop"}},
            {"metadata.name": DiffKind.UPDATE_REPLACE},
            False,
        ),
        (
            DEPLOYMENT,
            deployment(),
            {**deployment(), "metadata": {"name": "web", "namespace": "other"}},
            {"metadata.namespace": DiffKind.UPDATE_REPLACE},
            False,
        ),
        (
            CONFIG_MAP,
            {"data": {"a": "1", "b": "2"}},
            {"data": {"a": "2"}},
            {"data.a": DiffKind.UPDATE_REPLACE, "data.b": DiffKind.DELETE_REPLACE},
            False,
        ),
        (
            SECRET,
            {"metadata": {"name": "a"}, "stringData": {"a": "1"}},
            {"metadata": {"name": "a"}, "stringData": {"a": "1", "b": "2"}},
            {"stringData.b": DiffKind.ADD_REPLACE},
            True,
        ),
        (
            SERVICE,
            {"metadata": {"name": "a"}, "spec": {"type": "ClusterIP", "clusterIP": "None"}},
            {"metadata": {"name": "a"}, "spec": {"type": "NodePort"}},
            {"spec.clusterIP": DiffKind.DELETE_REPLACE, "spec.type": DiffKind.UPDATE},
            True,
        ),
        (
            SERVICE,
            {"metadata": {"name": "a"}, "spec": {}},
            {"metadata": {"name": "a"}, "spec": UNKNOWN},
            {"spec": DiffKind.UPDATE},
            False,
        ),
        (
            SERVICE,
            {"metadata": {"name": "a"}},
            {"metadata": {"name": "a"}, "spec": {"clusterIP": "None"}},
            {"spec": DiffKind.ADD_REPLACE},
            True,
        ),
    ],
)
def test_changes_and_replacements(provider, type_, before, after, detailed, replaced_first):  # noqa: PLR0917  # by name
    result = diff(provider, type_, before, after)
    assert result.detailed == detailed
    replaces = tuple(path for path, kind in detailed.items() if kind.endswith("replace"))
    assert result.replaces == replaces
    assert result.changed == bool(detailed)
    assert result.delete_before_replace == replaced_first
    assert set(result.diffs) == {path.partition(".")[0] for path in detailed}


def test_mutable_config_maps_and_secrets_are_updated_unless_immutable(provider):
    provider.configure({"enableConfigMapMutable": "true", "enableSecretMutable": True})
    before, after = {"data": {"a": "MQ=="}}, {"data": {"a": "Mg=="}}
    assert not diff(provider, CONFIG_MAP, before, after).replaces
    assert not diff(provider, SECRET, before, after).replaces
    fixed = {"immutable": True}
    assert diff(provider, CONFIG_MAP, before | fixed, after | fixed).replaces == ("data.a",)
    assert diff(provider, SECRET, {**before, "type": "a"}, {**before, "type": "b"}).replaces


def test_a_pods_container_is_replaced_by_its_image(provider):
    pod = {"metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "image": "a:1"}]}}
    other = copy.deepcopy(pod)
    other["spec"]["containers"][0]["image"] = "a:2"
    other["spec"]["activeDeadlineSeconds"] = 5
    result = diff(provider, "kubernetes:core/v1:Pod", pod, other)
    assert result.replaces == ("spec.containers[0].image",)


def test_ignored_changes_are_no_changes(provider):
    before = deployment()
    after = deployment(replicas=9)
    after["metadata"] = {**before["metadata"], "annotations": {"a.b/c": "1", "d": "2"}}
    before["metadata"] = {**before["metadata"], "annotations": {"a.b/c": "0", "d": "2"}}
    ignore = ("spec.replicas", 'metadata.annotations["a.b/c"]')
    assert not diff(provider, DEPLOYMENT, before, after, ignore).changed
    assert diff(provider, DEPLOYMENT, before, after, ignore[:1]).diffs == ("metadata",)
    assert not diff(provider, DEPLOYMENT, before, after, ("spec", "metadata.*")).changed


def test_a_switch_and_a_number_are_not_the_same(provider):
    result = diff(provider, "kubernetes:shop.example/v1:A", {"on": True}, {"on": 1})
    assert result.detailed == {"on": DiffKind.UPDATE}


def test_inputs_recorded_as_secret_are_compared_by_value(provider):
    before, after = deployment(replicas=Secret(2)), deployment()
    assert not diff(provider, DEPLOYMENT, before, after).changed


# Read


def test_reading_sees_changes_by_hand_and_removal(provider, directory):
    state = create(provider, DEPLOYMENT, deployment())
    inputs = checked(provider, DEPLOYMENT, deployment())

    def read():
        return provider.read(urn(DEPLOYMENT), DEPLOYMENT, state.id, inputs, state.outputs)

    assert (read().id, read().inputs, read().outputs) == (state.id, inputs, state.outputs)
    path = directory / files(directory)[0]
    path.write_text(path.read_text().replace("replicas: 2", "replicas: 4"))
    assert read().outputs["spec"]["replicas"] == read().inputs["spec"]["replicas"] == 4
    path.write_text("a: [")
    with pytest.raises(ProviderError, match="no YAML any more"):
        read()
    path.unlink()
    assert read().id == ""


def test_an_object_is_imported_by_its_id(provider):
    create(provider, DEPLOYMENT, deployment())
    state = provider.read(urn(DEPLOYMENT), DEPLOYMENT, "shop/web", {}, {})
    assert state.inputs == {"apiVersion": "apps/v1", "kind": "Deployment", **deployment()}
    assert provider.read(urn(DEPLOYMENT), DEPLOYMENT, "shop/none", {}, {}).id == ""


def test_reading_a_secret_keeps_its_values(provider):
    news = {"metadata": {"name": "a", "namespace": "shop"}, "stringData": {"p": "value"}}
    state = create(provider, SECRET, news)
    inputs = checked(provider, SECRET, news)
    found = provider.read(urn(SECRET), SECRET, state.id, inputs, state.outputs)
    assert (found.outputs, found.inputs) == (state.outputs, inputs)
    assert found.secret_outputs == {"data", "stringData"}


# Load balancers


def hostname(state):
    return state.outputs["status"]["loadBalancer"]["ingress"][0]["hostname"]


def ingress(**annotations):
    metadata = {"name": "front-door", "namespace": "web-shop", "annotations": annotations}
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    return {"metadata": metadata, "spec": {"defaultBackend": backend}}


def test_an_ingress_has_the_address_the_controller_would_give_it(provider):
    public = {"alb.ingress.kubernetes.io/scheme": "internet-facing"}
    pattern = r"k8s-webshop-frontdoo-[0-9a-f]{10}-\d+\.eu-west-1\.elb\.amazonaws\.com"
    first = hostname(create(provider, INGRESS, ingress(**public)))
    assert re.fullmatch(pattern, first)
    assert hostname(create(provider, INGRESS, ingress(**public))) == first
    internal = hostname(create(provider, INGRESS, ingress()))
    assert internal == f"internal-{first}"
    named = ingress(**public, **{"alb.ingress.kubernetes.io/load-balancer-name": "mine"})
    assert hostname(create(provider, INGRESS, named)).startswith("mine-")


def test_objects_of_one_ingress_group_share_an_address(provider):
    group = {"alb.ingress.kubernetes.io/group.name": "shop"}
    one, other = ingress(**group), ingress(**group)
    other["metadata"]["name"] = "second"
    addresses = {
        hostname(create(provider, INGRESS, one)),
        hostname(create(provider, INGRESS, other, name="second")),
    }
    assert len(addresses) == 1
    assert addresses.pop().startswith("internal-k8s-shop-")


def test_a_service_of_type_load_balancer_has_an_address_and_others_have_none(provider):
    balanced = {"metadata": {"name": "db", "namespace": "shop"}, "spec": {"type": "LoadBalancer"}}
    state = create(provider, SERVICE, balanced)
    assert hostname(state).startswith("k8s-shop-db-")
    assert hostname(state).endswith(".elb.eu-west-1.amazonaws.com")
    plain = {"metadata": {"name": "a"}, "spec": {"type": "ClusterIP"}}
    assert "status" not in create(provider, SERVICE, plain, name="a").outputs


# Configuration


def test_unknown_configuration_is_refused(provider):
    result = provider.check_config("", {}, {"kubeConfig": "x", "version": "4.34.2"})
    assert [f.reason for f in result.failures] == [
        "The kubernetes provider has no argument kubeConfig. Did you mean kubeconfig?"
    ]


@pytest.mark.parametrize(
    ("before", "after", "replaces"),
    [
        ({"kubeconfig": KUBECONFIG}, {"kubeconfig": KUBECONFIG + " "}, ()),
        (
            {"kubeconfig": KUBECONFIG},
            {"kubeconfig": KUBECONFIG.replace("A1", "B2")},
            ("kubeconfig",),
        ),
        ({"kubeconfig": KUBECONFIG}, {"kubeconfig": UNKNOWN}, ("kubeconfig",)),
        (
            {"renderYamlToDirectory": "a"},
            {"renderYamlToDirectory": "b"},
            ("renderYamlToDirectory",),
        ),
        ({}, {"suppressDeprecationWarnings": "true"}, ()),
    ],
)
def test_another_cluster_replaces_all_and_new_credentials_do_not(provider, before, after, replaces):
    result = provider.diff_config("", before, after)
    assert result.changed
    assert result.replaces == replaces


def test_an_unknown_configuration_is_taken_in_a_preview(provider):
    provider.configure({"kubeconfig": UNKNOWN, "namespace": UNKNOWN})
    assert checked(provider, CONFIG_MAP, {})["metadata"]["namespace"] == "default"


def test_there_are_no_functions_that_need_helm_or_a_cluster(provider):
    with pytest.raises(ProviderError, match="has no function kubernetes:helm:template"):
        provider.invoke("kubernetes:helm:template", {})


# Helm


def release(**extra):
    return {
        "name": "metrics",
        "chart": "metrics-server",
        "version": "3.13.0",
        "repositoryOpts": {"repo": "https://charts.example"},
        "values": {"replicas": 2, "args": ["--secret"], "auth": {"password": "hunter2"}},
        **extra,
    }


def test_a_release_is_written_down_without_texts_of_its_values(provider, directory):
    state = create(provider, RELEASE, release())
    assert state.id == "default/metrics"
    assert state.outputs["status"]["revision"] == 1
    assert files(directory) == ["2-helm/default-metrics.yaml"]
    written = yaml.safe_load((directory / files(directory)[0]).read_text())
    assert written == {
        "chart": "metrics-server",
        "name": "metrics",
        "namespace": "default",
        "repository": "https://charts.example",
        "version": "3.13.0",
        "values": {"replicas": 2, "args": ["withheld"], "auth": {"password": "withheld"}},
    }
    assert provider.records_only(RELEASE)
    assert not provider.records_only("kubernetes:core/v1:Pod")


def test_a_releases_life(provider, directory):
    state = create(provider, RELEASE, release())
    inputs = checked(provider, RELEASE, release())
    old = ResourceState(state.id, state.outputs, inputs)
    news = checked(provider, RELEASE, release(version="3.14.0"))
    result = provider.diff(urn(RELEASE), RELEASE, old, news, ())
    assert (result.detailed, result.replaces) == ({"version": DiffKind.UPDATE}, ())
    moved = checked(provider, RELEASE, release(namespace="kube-system"))
    assert provider.diff(urn(RELEASE), RELEASE, old, moved, ()).replaces == ("namespace",)
    arguments = {"ignore_changes": (), "preview": False, "timeout": 0}
    updated = provider.update(urn(RELEASE), RELEASE, old, news, **arguments)
    assert updated.outputs["status"]["revision"] == 2
    assert provider.read(urn(RELEASE), RELEASE, state.id, inputs, state.outputs).id == state.id
    provider.delete(urn(RELEASE), RELEASE, old, timeout=0)
    assert not directory.exists()
    assert provider.read(urn(RELEASE), RELEASE, state.id, inputs, state.outputs).id == ""


def test_a_release_needs_a_chart_and_keeps_its_automatic_name(provider):
    assert check(provider, RELEASE, {"name": "a"}).failures[0].property == "chart"
    first = checked(provider, RELEASE, {"chart": "a"}, seed=b"1")
    assert checked(provider, RELEASE, {"chart": "a"}, seed=b"2", olds=first) == first


# Reading YAML


def test_objects_are_read_and_put_into_the_default_namespace(provider):
    text = (
        "# a remark\n---\na: 1\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n"
        "apiVersion: apps/v1\nkind: Deployment\n"
        "metadata: {name: b, annotations: {on: 2026-01-02}}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: c, namespace: own}\n"
    )
    answer = provider.invoke("kubernetes:yaml:decode", {"text": text, "defaultNamespace": "team"})
    assert answer.outputs["result"] == [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "b", "namespace": "team", "annotations": {"on": "2026-01-02"}},
        },
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "c", "namespace": "own"}},
    ]
    with pytest.raises(ProviderError, match="no valid YAML"):
        provider.invoke("kubernetes:yaml:decode", {"text": "a: ["})
