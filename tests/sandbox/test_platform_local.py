"""Stack ``local`` from nothing to nothing, and what AWS, the disk and the state hold in between."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import platforms
import pytest
from platforms import ROOT, changes, client, leftovers, session, succeeded
from ruamel.yaml import YAML

from seawall.firewall import Ledger
from seawall.flows import platform_flows
from seawall.stack_check import check_stack
from seawall_sandbox.events import RunResult
from seawall_sandbox.session import Session

SERVICES = ["api", "db", "redis", "web", "worker"]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, RunResult]]:
    directory = tmp_path_factory.mktemp("local")
    with platforms.own_emulator(directory), platforms.stack_up("local", directory) as running:
        yield running


def test_the_network_spans_three_zones(up):
    ec2 = client("ec2", up[0].emulator_endpoint)
    (vpc,) = [v for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]]
    assert vpc["CidrBlock"] == "10.20.0.0/16"
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])
    zones = [subnet["AvailabilityZone"] for subnet in subnets["Subnets"]]
    assert sorted(set(zones)) == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert len(zones) == 12
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    assert [gateway["State"] for gateway in gateways] == ["available"] * 3


def test_every_rule_in_aws_is_one_of_the_ledger_and_the_other_way_round(up):
    inputs = check_stack(ROOT, "local")
    ledger = Ledger(platform_flows(inputs.settings.platform, inputs.application))
    expected = sorted(
        (rule.group, rule.direction.value, rule.protocol.value, rule.ports.first, rule.ports.last)
        for rule in ledger.rules()
    )
    ec2 = client("ec2", up[0].emulator_endpoint)
    groups = {
        group["GroupId"]: group["GroupName"].removeprefix("shop-").rpartition("-")[0]
        for group in ec2.describe_security_groups()["SecurityGroups"]
        if group["GroupName"].startswith("shop-")
    }
    rules = [
        rule
        for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]
        if rule["GroupId"] in groups
    ]
    found = sorted(
        (
            groups[rule["GroupId"]],
            "egress" if rule["IsEgress"] else "ingress",
            rule["IpProtocol"],
            rule["FromPort"],
            rule["ToPort"],
        )
        for rule in rules
    )
    assert found == expected
    assert len(groups) == 3


def test_only_the_load_balancer_is_open_to_the_internet(up):
    ec2 = client("ec2", up[0].emulator_endpoint)
    names = {
        group["GroupId"]: group["GroupName"]
        for group in ec2.describe_security_groups()["SecurityGroups"]
    }
    open_to_all = [
        (names[rule["GroupId"]].rsplit("-", 1)[0], rule["FromPort"])
        for rule in ec2.describe_security_group_rules()["SecurityGroupRules"]
        if rule.get("CidrIpv4") == "0.0.0.0/0"
        and not rule["IsEgress"]
        and names[rule["GroupId"]] != "default"
    ]
    assert open_to_all == [("shop-load-balancer", 80)]


def test_every_repository_scans_on_push_and_keeps_its_tags(up):
    ecr = client("ecr", up[0].emulator_endpoint)
    repositories = ecr.describe_repositories()["repositories"]
    assert sorted(each["repositoryName"] for each in repositories) == [
        f"shop/{service}" for service in SERVICES
    ]
    assert {each["imageScanningConfiguration"]["scanOnPush"] for each in repositories} == {True}
    assert {each["imageTagMutability"] for each in repositories} == {"IMMUTABLE"}


def test_the_cluster_is_active_with_nodes_and_addons(up):
    eks = client("eks", up[0].emulator_endpoint)
    cluster = eks.describe_cluster(name="shop")["cluster"]
    assert cluster["status"] == "ACTIVE"
    assert cluster["resourcesVpcConfig"]["endpointPublicAccess"] is False
    assert cluster["resourcesVpcConfig"]["endpointPrivateAccess"] is True
    (group,) = eks.list_nodegroups(clusterName="shop")["nodegroups"]
    node_group = eks.describe_nodegroup(clusterName="shop", nodegroupName=group)["nodegroup"]
    assert node_group["status"] == "ACTIVE"
    assert node_group["amiType"] == "BOTTLEROCKET_x86_64"
    assert sorted(eks.list_addons(clusterName="shop")["addons"]) == [
        "aws-ebs-csi-driver",
        "coredns",
        "eks-pod-identity-agent",
        "kube-proxy",
        "vpc-cni",
    ]


def test_the_rendered_objects_are_valid_and_complete(up):
    yaml = YAML(typ="safe")
    kinds: list[tuple[str, str]] = []
    for file in sorted((up[0].render_dir / "1-manifest").glob("*.yaml")):
        manifest = yaml.load(file.read_text(encoding="utf-8"))
        kubernetes_validate.validate(manifest, "1.35", strict=True)
        kinds.append((manifest["kind"], manifest["metadata"]["name"]))
    assert [name for kind, name in kinds if kind == "Service"] == SERVICES
    workloads = sorted(name for kind, name in kinds if kind in ("Deployment", "StatefulSet"))
    assert workloads == SERVICES
    assert [name for kind, name in kinds if kind == "Ingress"] == ["entry"]
    assert ("NetworkPolicy", "default-deny") in kinds


def test_the_entry_the_cluster_and_the_registries_are_told(up):
    outputs = up[1].outputs
    assert outputs["entryUrl"].startswith("http://k8s-")
    assert outputs["clusterName"] == "shop"
    assert sorted(outputs["registryUrls"]) == SERVICES


def test_a_second_up_changes_nothing(up):
    again = succeeded(session("local", up[0].state_path.parents[1]).up())
    assert changes(again) == []
    assert again.counts()["same"] == len(again.steps)


def test_a_preview_of_what_is_up_shows_no_change(up):
    assert changes(succeeded(session("local", up[0].state_path.parents[1]).preview())) == []


def test_the_resources_have_the_urns_of_the_golden_list(up):
    golden = Path(__file__).parent / "golden" / "local.urns.txt"
    urns = sorted(step.urn.split("::", 2)[2] for step in up[1].steps)
    assert urns == golden.read_text(encoding="utf-8").splitlines(), (
        "a changed URN replaces the resource: give it an alias, or say why, and renew the list"
    )


def test_the_generated_secret_is_nowhere_in_plain_text(up):
    state_dir = up[0].state_path.parents[1]
    resources = json.loads(up[0].state_path.read_text(encoding="utf-8"))["deployment"]["resources"]
    (password,) = [r for r in resources if r["type"].endswith(":RandomPassword")]
    assert "ciphertext" in password["outputs"]["result"]
    (secret,) = [r for r in resources if r["type"] == "kubernetes:core/v1:Secret"]
    assert "ciphertext" in secret["inputs"]["stringData"]
    rendered = [file for file in up[0].render_dir.rglob("*secret*") if file.is_file()]
    assert rendered
    for file in rendered:
        assert "withheld" in file.read_text(encoding="utf-8").lower()
    assert state_dir.is_dir()


def test_destroy_leaves_nothing_of_any_kind(tmp_path):
    with platforms.own_emulator(tmp_path):
        with platforms.stack_up("local", tmp_path) as (running, _):
            endpoint = running.emulator_endpoint
            present = leftovers(endpoint)
            assert present["vpc"] == 1
            assert present["cluster"] == 1
            assert present["role"] >= 5
        assert leftovers(endpoint) == {}
    assert not [file for file in running.render_dir.rglob("*") if file.is_file()]
    state = json.loads(running.state_path.read_text(encoding="utf-8"))
    assert state["deployment"].get("resources", []) == []


def test_the_compose_files_of_the_examples_are_valid_for_docker_compose():
    for example in ("shop", "wordpress"):
        file = ROOT / "examples" / example / "compose.yaml"
        binary = ROOT / ".venv" / "bin" / "docker-compose"
        command = [binary, "-f", file, "config", "--quiet"]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own words
