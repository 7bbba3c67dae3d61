"""What EKS refuses, and the values that it makes up."""

import base64
import copy
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from cryptography import x509

from seawall_sandbox.aws.eks import access_rules, facts, rules

ARN = "arn:aws:eks:eu-west-1:123456789012:cluster/shop"

CLUSTER: dict[str, Any] = {
    "name": "shop",
    "version": "1.34",
    "enabledClusterLogTypes": ["api", "audit"],
    "accessConfig": {"authenticationMode": "API"},
    "vpcConfig": {
        "subnetIds": ["subnet-1", "subnet-2"],
        "endpointPrivateAccess": True,
        "endpointPublicAccess": False,
    },
}

NODE_GROUP: dict[str, Any] = {
    "nodeGroupName": "system",
    "amiType": "BOTTLEROCKET_x86_64",
    "capacityType": "ON_DEMAND",
    "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
    "launchTemplate": {"id": "lt-1", "version": "1"},
    "taints": [{"key": "a", "effect": "NO_SCHEDULE"}],
    "version": "1.34",
}

ADDON: dict[str, Any] = {
    "addonName": "vpc-cni",
    "addonVersion": "v1.21.1-eksbuild.3",
    "configurationValues": '{"enableNetworkPolicy": "true"}',
}


def changed(base: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of ``base`` with another value at a dotted path."""
    copied = copy.deepcopy(base)
    *parents, last = path.split(".")
    place = copied
    for key in parents:
        place = place.setdefault(key, {})
    place[last] = value
    return copied


def code(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def test_good_arguments_pass():
    rules.check_cluster(CLUSTER, "CreateCluster")
    rules.check_node_group(NODE_GROUP, "1.34", "CreateNodegroup")
    rules.check_addon(ADDON, "1.34", "CreateAddon")
    rules.check_zones(["eu-west-1a", "eu-west-1b"])
    rules.check_service_cidr("172.20.0.0/16", ["10.20.0.0/16"])
    rules.check_upgrade("1.33", "1.34")
    rules.check_active("ACTIVE", "shop", "CreateAddon")


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("name", "-shop", "cluster name"),
        ("name", "s" * 101, "cluster name"),
        ("version", "1.34.2", "unsupported Kubernetes version"),
        ("version", "latest", "unsupported Kubernetes version"),
        ("enabledClusterLogTypes", ["api", "etcd"], "log type 'etcd'"),
        ("accessConfig.authenticationMode", "IAM", "authentication mode 'IAM'"),
        ("vpcConfig.endpointPrivateAccess", False, "cannot be false"),
        ("vpcConfig.publicAccessCidrs", ["10.0.0.1/8"], "publicAccessCidrs"),
        ("vpcConfig.publicAccessCidrs", ["10.0.0.0/8"] * 41, "at most 40"),
        ("vpcConfig.securityGroupIds", ["sg-1"] * 6, "at most 5"),
        ("computeConfig", {"enabled": True}, "EKS Auto Mode"),
    ],
)
def test_bad_cluster_is_refused(path: str, value: Any, word: str):
    with pytest.raises(ClientError, match=word) as caught:
        rules.check_cluster(changed(CLUSTER, path, value), "CreateCluster")
    assert code(caught) == "InvalidParameterException"


def test_auto_mode_passes_when_all_of_it_is_on():
    inputs = changed(CLUSTER, "computeConfig.enabled", value=True)
    inputs = changed(inputs, "kubernetesNetworkConfig.elasticLoadBalancing.enabled", value=True)
    inputs = changed(inputs, "storageConfig.blockStorage.enabled", value=True)
    rules.check_cluster(inputs, "CreateCluster")


def test_one_zone_is_refused():
    with pytest.raises(ClientError, match="two different AZs") as caught:
        rules.check_zones(["eu-west-1a", "eu-west-1a"])
    assert code(caught) == "InvalidParameterException"


@pytest.mark.parametrize(
    ("cidr", "word"),
    [
        ("10.20.128.0/20", "overlaps the VPC's range 10.20.0.0/16"),
        ("8.0.0.0/16", "within 10.0.0.0/8"),
        ("172.20.0.0/25", "of size /12 to /24"),
        ("172.20.0.1/16", "is not an IPv4 range"),
    ],
)
def test_bad_service_range_is_refused(cidr: str, word: str):
    with pytest.raises(ClientError, match=word):
        rules.check_service_cidr(cidr, ["10.20.0.0/16"])


@pytest.mark.parametrize(("old", "new"), [("1.34", "1.33"), ("1.32", "1.34")])
def test_leaping_upgrade_is_refused(old: str, new: str):
    with pytest.raises(ClientError, match="one minor version upwards"):
        rules.check_upgrade(old, new)


def test_cluster_that_is_not_ready_is_refused():
    with pytest.raises(ClientError, match="CREATING") as caught:
        rules.check_active("CREATING", "shop", "CreateNodegroup")
    assert code(caught) == "InvalidRequestException"


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("nodeGroupName", "n" * 64, "node group name"),
        ("scalingConfig", {"minSize": 3, "desiredSize": 2, "maxSize": 3}, "Minimum capacity 3"),
        ("scalingConfig", {"minSize": 1, "desiredSize": 4, "maxSize": 3}, "max size 3"),
        ("scalingConfig", {"minSize": 0, "desiredSize": 0, "maxSize": 0}, "below 1"),
        ("amiType", "BOTTLEROCKET", "amiType 'BOTTLEROCKET'"),
        ("capacityType", "RESERVED", "capacityType 'RESERVED'"),
        ("launchTemplate.name", "both", "template ID or launch template name"),
        ("diskSize", 20, "within the launch template"),
        ("remoteAccess", {"ec2SshKey": "k"}, "Remote access"),
        ("taints", [{"key": "a", "effect": "NoSchedule"}], "taint effect 'NoSchedule'"),
        ("version", "1.35", "update the cluster first"),
    ],
)
def test_bad_node_group_is_refused(path: str, value: Any, word: str):
    with pytest.raises(ClientError, match=word) as caught:
        rules.check_node_group(changed(NODE_GROUP, path, value), "1.34", "CreateNodegroup")
    assert code(caught) == "InvalidParameterException"


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("addonName", "vpc-cnn", "not supported in 1.34"),
        ("addonVersion", "1.21.1", r"Addon version '1\.21\.1'"),
        ("configurationValues", '["a"]', "not a JSON object"),
        ("configurationValues", "{", "not a JSON object"),
    ],
)
def test_bad_addon_is_refused(path: str, value: Any, word: str):
    with pytest.raises(ClientError, match=word) as caught:
        rules.check_addon(changed(ADDON, path, value), "1.34", "CreateAddon")
    assert code(caught) == "InvalidParameterException"


@pytest.mark.parametrize(
    ("entry", "mode", "code_", "word"),
    [
        ({}, "CONFIG_MAP", "InvalidRequestException", "authentication mode must be"),
        ({"type": "LINUX"}, "API", "InvalidParameterException", "type 'LINUX'"),
        (
            {"type": "EC2_LINUX", "kubernetesGroups": ["nodes"]},
            "API",
            "InvalidRequestException",
            "takes no kubernetesGroups",
        ),
        (
            {"kubernetesGroups": ["system:masters"]},
            "API",
            "InvalidParameterException",
            "cannot start with system:",
        ),
    ],
)
def test_bad_access_entry_is_refused(entry: dict[str, Any], mode: str, code_: str, word: str):
    with pytest.raises(ClientError, match=word) as caught:
        access_rules.check_access_entry(entry, mode, "CreateAccessEntry")
    assert code(caught) == code_


def test_good_access_entry_passes():
    access_rules.check_access_entry({"kubernetesGroups": ["viewers"]}, "API", "CreateAccessEntry")
    access_rules.check_access_entry(
        {"type": "EC2_LINUX"}, "API_AND_CONFIG_MAP", "CreateAccessEntry"
    )


POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"


@pytest.mark.parametrize(
    ("policy", "scope", "entry_type", "word"),
    [
        (POLICY.replace("View", "Vieuw"), {"type": "cluster"}, "STANDARD", "names no EKS access"),
        (
            "arn:aws:iam::aws:policy/AdministratorAccess",
            {"type": "cluster"},
            "STANDARD",
            "names no",
        ),
        (POLICY, {"type": "cluster"}, "EC2_LINUX", "type EC2_LINUX"),
        (POLICY, {"type": "account"}, "STANDARD", "neither cluster nor namespace"),
        (POLICY, {"type": "namespace"}, "STANDARD", "names namespaces"),
        (POLICY, {"type": "cluster", "namespaces": ["a"]}, "STANDARD", "names namespaces"),
    ],
)
def test_bad_access_policy_is_refused(
    policy: str, scope: dict[str, Any], entry_type: str, word: str
):
    inputs = {"policyArn": policy, "accessScope": scope}
    with pytest.raises(ClientError, match=word):
        access_rules.check_access_policy(inputs, entry_type, "AssociateAccessPolicy")


def test_good_access_policies_pass():
    for scope in ({"type": "cluster"}, {"type": "namespace", "namespaces": ["shop"]}):
        inputs = {"policyArn": POLICY, "accessScope": scope}
        access_rules.check_access_policy(inputs, "STANDARD", "AssociateAccessPolicy")


def policy(effect: str, principal: Any, action: Any) -> str:
    statement = {"Effect": effect, "Principal": principal, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (policy("Allow", {"Service": "eks.amazonaws.com"}, "sts:AssumeRole"), True),
        (
            policy(
                "Allow",
                {"Service": ["ec2.amazonaws.com", "eks.amazonaws.com"]},
                ["sts:TagSession", "sts:AssumeRole"],
            ),
            True,
        ),
        (policy("Deny", {"Service": "eks.amazonaws.com"}, "sts:AssumeRole"), False),
        (policy("Allow", {"Service": "ec2.amazonaws.com"}, "sts:AssumeRole"), False),
        (policy("Allow", {"Service": "eks.amazonaws.com"}, "sts:TagSession"), False),
        (policy("Allow", "*", "sts:AssumeRole"), False),
    ],
)
def test_trust_is_read_from_the_policy(text: str, *, expected: bool):
    assert rules.trusts(text, "eks.amazonaws.com") is expected


def test_made_up_values_look_like_those_of_eks_and_stay():
    identifier = facts.cluster_identifier(ARN)
    assert facts.endpoint(ARN) == f"https://{identifier}.gr7.eu-west-1.eks.amazonaws.com"
    assert facts.oidc_issuer(ARN) == f"https://oidc.eks.eu-west-1.amazonaws.com/id/{identifier}"
    assert len(identifier) == 32
    assert identifier == identifier.upper()
    authority = facts.certificate_authority(ARN)
    assert authority == facts.certificate_authority(ARN)
    assert authority != facts.certificate_authority(ARN + "2")
    certificate = x509.load_pem_x509_certificate(base64.b64decode(authority))
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_every_addon_version_has_the_form_that_eks_takes():
    for name in facts.addon_names():
        version = facts.addon_version(name, facts.DEFAULT_VERSION)
        if version is not None:
            inputs = {"addonName": name, "addonVersion": version}
            rules.check_addon(inputs, facts.DEFAULT_VERSION, "CreateAddon")


def test_kube_proxy_follows_the_cluster():
    for minor in range(30, 36):
        assert str(facts.addon_version("kube-proxy", f"1.{minor}")).startswith(f"v1.{minor}.")
    assert facts.addon_version("kube-proxy", "1.99") is None


def test_release_version_has_the_form_of_its_image():
    assert facts.release_version("CUSTOM", "1.34") == ""
    assert facts.release_version("AL2023_x86_64_STANDARD", "1.34").startswith("1.34.")
    bottlerocket = facts.release_version("BOTTLEROCKET_x86_64", "1.34")
    assert bottlerocket.count(".") == 2
    assert bottlerocket != facts.release_version("BOTTLEROCKET_ARM_64", "1.34")
