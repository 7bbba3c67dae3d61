from typing import Any

import pytest

from seawall_sandbox.aws.hashes import sha1_of
from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.aws.same_json import same_document
from seawall_sandbox.protocol import DiffKind, DiffResult, ResourceState
from seawall_sandbox.values import UNKNOWN

VPC = "aws:ec2/vpc:Vpc"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


def diff(
    token: str,
    outputs: dict[str, Any],
    inputs: dict[str, Any],
    news: dict[str, Any],
    ignore: tuple[str, ...] = (),
) -> DiffResult:
    provider = AwsProvider("http://127.0.0.1:1")
    provider.configure({"region": "eu-west-1"})
    old = ResourceState("id-1", outputs, inputs)
    return provider.diff(f"urn:pulumi:dev::p::{token}::main", token, old, news, ignore)


def vpc(**changes: Any) -> dict[str, Any]:
    inputs = {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": True, "region": "eu-west-1"}
    return {k: v for k, v in {**inputs, **changes}.items() if v is not None}


def test_nothing_changed() -> None:
    result = diff(VPC, vpc(instanceTenancy="default", arn="arn"), vpc(), vpc())
    assert result == DiffResult(
        changed=False, stables=("cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength", "region")
    )


def test_an_update_in_place() -> None:
    result = diff(VPC, vpc(enableDnsHostnames=False), vpc(), vpc(enableDnsHostnames=True))
    assert result.detailed == {"enableDnsHostnames": DiffKind.UPDATE}
    assert result.replaces == ()


def test_a_replacement() -> None:
    result = diff(VPC, vpc(), vpc(), vpc(cidrBlock="10.1.0.0/16"))
    assert result.detailed == {"cidrBlock": DiffKind.UPDATE_REPLACE}
    assert result.replaces == ("cidrBlock",)
    assert "cidrBlock" not in result.stables
    assert not result.delete_before_replace


def test_another_region_is_another_resource() -> None:
    assert diff(VPC, vpc(), vpc(), vpc(region="us-east-1")).replaces == ("region",)


def test_state_of_version_6_without_a_region_stays() -> None:
    old = vpc(region=None)
    assert not diff(VPC, old, old, vpc()).changed


def test_an_unknown_value_counts_as_a_change() -> None:
    assert diff(VPC, vpc(), vpc(), vpc(cidrBlock=UNKNOWN)).replaces == ("cidrBlock",)


def test_a_computed_argument_that_is_no_longer_given_stays() -> None:
    old = vpc(enableDnsHostnames=True)
    assert not diff(VPC, old, old, vpc()).changed


def test_an_argument_that_is_no_longer_given_is_taken_back() -> None:
    old = vpc(assignGeneratedIpv6CidrBlock=True)
    assert diff(VPC, old, old, vpc()).detailed == {"assignGeneratedIpv6CidrBlock": DiffKind.DELETE}


def test_drift_that_a_refresh_found_is_put_right() -> None:
    result = diff(VPC, vpc(enableDnsSupport=False), vpc(), vpc())
    assert result.detailed == {"enableDnsSupport": DiffKind.UPDATE}


@pytest.mark.parametrize(
    ("tenancies", "replaces"),
    [(("dedicated", "default"), ()), (("default", "dedicated"), ("instanceTenancy",))],
)
def test_tenancy_can_only_be_relaxed_in_place(
    tenancies: tuple[str, str], replaces: tuple[str, ...]
) -> None:
    old = vpc(instanceTenancy=tenancies[0])
    assert diff(VPC, old, old, vpc(instanceTenancy=tenancies[1])).replaces == replaces


def test_tags_change_by_key() -> None:
    old = vpc(tags={"a": "1", "b/c": "2"}, tagsAll={"a": "1", "b/c": "2"})
    new = vpc(tags={"a": "2", "d": "3"}, tagsAll={"a": "2", "d": "3"})
    assert diff(VPC, old, old, new).detailed == {
        "tags.a": DiffKind.UPDATE,
        "tags.d": DiffKind.ADD,
        'tags["b/c"]': DiffKind.DELETE,
        "tagsAll.a": DiffKind.UPDATE,
        "tagsAll.d": DiffKind.ADD,
        'tagsAll["b/c"]': DiffKind.DELETE,
    }


def test_ignored_paths_are_ignored_and_no_others() -> None:
    old = vpc(tags={"a": "1", "b/c": "2"}, tagsAll={})
    new = vpc(tags={"a": "2", "b/c": "3"}, cidrBlock="10.1.0.0/16")
    result = diff(VPC, old, old, new, ("cidrBlock", 'tags["b/c"]', "tagsAll"))
    assert result.detailed == {"tags.a": DiffKind.UPDATE}


RULE = {"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.0.0.0/8", "::"]}
FULL = {
    **RULE,
    "description": "",
    "ipv6CidrBlocks": [],
    "prefixListIds": [],
    "securityGroups": [],
    "self": False,
}
OTHER = {**FULL, "fromPort": 443, "toPort": 443}


def test_rules_are_a_set_whose_zero_values_count_as_absent() -> None:
    turned = {**RULE, "cidrBlocks": ["::", "10.0.0.0/8"]}
    result = diff(GROUP, {"ingress": [OTHER, FULL]}, {"ingress": []}, {"ingress": [turned, OTHER]})
    assert not result.changed


def test_rules_are_added_and_removed_one_by_one() -> None:
    result = diff(GROUP, {"ingress": [OTHER]}, {"ingress": [OTHER]}, {"ingress": [OTHER, RULE]})
    assert result.detailed == {"ingress[1]": DiffKind.ADD}
    back = diff(GROUP, {"ingress": [OTHER, FULL]}, {"ingress": []}, {"ingress": [OTHER]})
    assert back.detailed == {"ingress[1]": DiffKind.DELETE}


def test_a_set_with_an_unknown_item_changes_as_a_whole() -> None:
    new = {"ingress": [{**RULE, "securityGroups": [UNKNOWN]}]}
    assert diff(GROUP, {"ingress": [FULL]}, {}, new).detailed == {"ingress": DiffKind.UPDATE}


def test_a_fixed_name_blocks_its_own_replacement() -> None:
    old = {"name": "web", "description": "a", "vpcId": "v"}
    fixed = {**old, "description": "b", "__defaults": []}
    automatic = {**fixed, "__defaults": ["name"]}
    assert diff(GROUP, old, old, fixed).delete_before_replace
    assert not diff(GROUP, old, old, automatic).delete_before_replace
    assert not diff(GROUP, old, old, {**fixed, "name": "other"}).delete_before_replace


def test_nested_values_that_aws_filled_in_stay() -> None:
    given = {"httpTokens": "required"}
    outputs = {"metadataOptions": {**given, "httpEndpoint": "enabled"}}
    inputs = {"metadataOptions": given}
    assert not diff(TEMPLATE, outputs, inputs, inputs).changed
    changed = diff(TEMPLATE, outputs, inputs, {"metadataOptions": {"httpTokens": "optional"}})
    assert changed.detailed == {"metadataOptions.httpTokens": DiffKind.UPDATE}


def test_lists_differ_by_index() -> None:
    old = {"blockDeviceMappings": [{"deviceName": "a"}, {"deviceName": "b"}]}
    new = {"blockDeviceMappings": [{"deviceName": "c"}]}
    assert diff(TEMPLATE, old, old, new).detailed == {
        "blockDeviceMappings[0].deviceName": DiffKind.UPDATE,
        "blockDeviceMappings[1]": DiffKind.DELETE,
    }


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ('{"a":1,"b":2}', '{ "b": 2, "a": 1 }', True),
        ('{"Statement":{"Action":"a"}}', '{"Statement":[{"Action":["a"]}]}', True),
        ('{"Statement":[{"Action":["a","b"]}]}', '{"Statement":[{"Action":["b","a"]}]}', True),
        ('{"Principal":{"AWS":"x"}}', '{"Principal":{"AWS":["x"]}}', True),
        ('{"Statement":[{"Action":"a"}]}', '{"Statement":[{"Action":"b"}]}', False),
        ('{"list":[1,2]}', '{"list":[2,1]}', False),
        ("not json", "not json", True),
        ("not json", "{}", False),
    ],
)
def test_documents_are_compared_by_meaning(old: str, new: str, *, same: bool) -> None:
    assert same_document(old, new) is same


def test_user_data_is_the_same_as_its_checksum_in_a_state_of_version_6() -> None:
    token, data = "aws:ec2/instance:Instance", "#!/bin/sh\ntrue"
    inputs = {"ami": "ami-1", "instanceType": "t3.micro", "userData": data}
    old = {**inputs, "userData": sha1_of(data)}
    assert not diff(token, old, inputs, inputs).changed
    other = {**inputs, "userData": "#!/bin/sh\nfalse"}
    assert diff(token, old, inputs, other).diffs == ("userData",)


def test_an_argument_that_aws_chose_can_be_left_out_again() -> None:
    """Though pulumi_aws's types do not call it computed: Terraform overlooks its removal."""
    token = "aws:ec2/instance:Instance"
    inputs = {"ami": "ami-1", "instanceType": "t3.micro"}
    given = {**inputs, "creditSpecification": {"cpuCredits": "unlimited"}}
    assert not diff(token, given, given, inputs).changed


def test_auto_modes_nodes_cannot_get_another_role() -> None:
    token = "aws:eks/cluster:Cluster"
    base = {"name": "c", "roleArn": "r", "vpcConfig": {"subnetIds": ["s"]}}
    old = {**base, "computeConfig": {"enabled": True, "nodeRoleArn": "one"}}
    new = {**base, "computeConfig": {"enabled": True, "nodeRoleArn": "two"}}
    assert diff(token, old, old, new).replaces == ("computeConfig",)
    assert diff(token, base, base, new).replaces == ()


def test_a_parameter_cannot_leave_the_advanced_tier() -> None:
    token = "aws:ssm/parameter:Parameter"
    base = {"name": "n", "type": "String", "value": "v"}
    advanced, standard = {**base, "tier": "Advanced"}, {**base, "tier": "Standard"}
    assert diff(token, advanced, advanced, standard).replaces == ("tier",)
    assert diff(token, standard, standard, advanced).replaces == ()
    tiering = {**base, "tier": "Intelligent-Tiering"}
    assert not diff(token, standard, tiering, tiering).changed
