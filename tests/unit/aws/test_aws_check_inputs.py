import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall_sandbox.aws.naming import automatic_name
from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.protocol import CheckResult, ProviderError
from seawall_sandbox.values import UNKNOWN

VPC = "aws:ec2/vpc:Vpc"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


def make(**config: object) -> AwsProvider:
    provider = AwsProvider("http://127.0.0.1:1")
    provider.configure({"region": "eu-west-1", **config})
    return provider


def check(
    token: str, news: dict[str, object], olds: dict[str, object] | None = None, **config: object
) -> CheckResult:
    return make(**config).check(f"urn:pulumi:dev::p::{token}::main", token, olds, news, b"seed")


def reasons(result: CheckResult) -> dict[str, str]:
    return {failure.property: failure.reason for failure in result.failures}


def test_an_unknown_property_is_refused_with_a_guess() -> None:
    found = reasons(check(VPC, {"cidrBlok": "10.0.0.0/16"}))
    assert found == {"cidrBlok": f"{VPC} has no property 'cidrBlok'. Did you mean 'cidrBlock'?"}


def test_an_unknown_property_like_no_other_is_refused_with_the_list() -> None:
    reason = reasons(check(RULE, {"xyz": 1, "ipProtocol": "-1", "securityGroupId": "sg-1"}))["xyz"]
    assert "It has: cidrIpv4, cidrIpv6, description," in reason


def test_a_missing_property_is_named_with_its_type() -> None:
    assert reasons(check("aws:ec2/subnet:Subnet", {}))["vpcId"] == (
        "aws:ec2/subnet:Subnet needs 'vpcId' (a string), which is missing. Set it."
    )


def test_a_wrong_type_is_named_at_its_place_in_a_nested_object() -> None:
    rule = {"protocol": "tcp", "fromPort": "eighty", "toPort": 80}
    assert reasons(check(GROUP, {"ingress": [rule]})) == {
        "ingress[0].fromPort": (
            f"{GROUP} needs an integer for 'ingress[0].fromPort', but got a string."
            " Correct the value."
        )
    }


def test_a_missing_nested_property_is_named_at_its_place() -> None:
    assert "ingress[0].toPort" in reasons(check(GROUP, {"ingress": [{"protocol": "tcp"}]}))


@pytest.mark.parametrize(
    ("given_", "wanted"), [("true", True), ("false", False), (True, True), (UNKNOWN, UNKNOWN)]
)
def test_booleans_are_taken_as_text_too(given_: object, wanted: object) -> None:
    result = check(VPC, {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": given_})
    assert result.failures == ()
    assert result.inputs["enableDnsHostnames"] is wanted


def test_numbers_and_booleans_become_texts_where_texts_are_wanted() -> None:
    inputs = check(VPC, {"cidrBlock": "10.0.0.0/16", "tags": {"a": 1, "b": True, "c": 1.5}}).inputs
    assert inputs["tags"] == {"a": "1", "b": "true", "c": "1.5"}


def test_defaults_are_filled_in_and_noted() -> None:
    assert check(VPC, {"cidrBlock": "10.0.0.0/16"}).inputs == {
        "__defaults": ["enableDnsSupport"],
        "cidrBlock": "10.0.0.0/16",
        "enableDnsSupport": True,
        "region": "eu-west-1",
    }


def test_nested_defaults_are_filled_in_and_noted_in_place() -> None:
    rule = {"protocol": "-1", "fromPort": 0, "toPort": 0}
    inputs = check(GROUP, {"ingress": [rule]}).inputs
    assert inputs["ingress"] == [{**rule, "__defaults": ["self"], "self": False}]


def test_an_earlier_default_is_kept() -> None:
    olds = {"__defaults": ["enableDnsSupport"], "enableDnsSupport": False}
    inputs = check(VPC, {"cidrBlock": "10.0.0.0/16"}, olds).inputs
    assert inputs["enableDnsSupport"] is False


def test_default_tags_are_merged_under_the_own_ones() -> None:
    inputs = check(
        VPC,
        {"cidrBlock": "10.0.0.0/16", "tags": {"Name": "a"}},
        defaultTags={"tags": {"Name": "default", "team": "core"}},
    ).inputs
    assert inputs["tags"] == {"Name": "a"}
    assert inputs["tagsAll"] == {"Name": "a", "team": "core"}


def test_an_unknown_tag_makes_all_tags_unknown() -> None:
    news: dict[str, object] = {"cidrBlock": "10.0.0.0/16", "tags": {"Name": UNKNOWN}}
    assert check(VPC, news).inputs["tagsAll"] is UNKNOWN


def test_an_automatic_name_is_repeatable_and_kept() -> None:
    first, again = check(GROUP, {}), check(GROUP, {})
    name = first.inputs["name"]
    assert again.inputs["name"] == name
    kept = check(GROUP, {}, {**first.inputs, "name": "main-0000000"})
    assert kept.inputs["name"] == "main-0000000"
    assert "name" in kept.inputs["__defaults"]


def test_no_automatic_name_beside_a_prefix() -> None:
    assert "name" not in check(GROUP, {"namePrefix": "web-"}).inputs


def test_a_name_that_the_user_took_back_is_made_anew() -> None:
    inputs = check(GROUP, {}, {"__defaults": [], "name": "own"}).inputs
    assert inputs["name"] != "own"


@given(st.binary(max_size=32), st.binary(max_size=32))
def test_names_follow_the_seed(one: bytes, other: bytes) -> None:
    first = automatic_name("web", one, max_length=255)
    assert first == automatic_name("web", one, max_length=255)
    assert first.startswith("web-")
    assert len(first) == len("web-") + 7
    assert one == other or first != automatic_name("web", other, max_length=255)


def test_a_name_that_is_too_long_is_refused_not_cut() -> None:
    with pytest.raises(ValueError, match="has 12 characters, 11 are allowed"):
        automatic_name("abcd", b"", max_length=11)
    token = "aws:ec2/launchTemplate:LaunchTemplate"
    urn = f"urn:pulumi:dev::p::{token}::{'x' * 120}"
    result = make().check(urn, token, None, {}, b"")
    assert "128 characters, 125 are allowed" in reasons(result)["name"]


@pytest.mark.parametrize(
    ("token", "news", "place", "part"),
    [
        (VPC, {}, "cidrBlock", "needs 'cidrBlock' or 'ipv4IpamPoolId'"),
        (VPC, {"cidrBlock": "10.0.0.1/16"}, "cidrBlock", "no IPv4 network"),
        (VPC, {"cidrBlock": "10.0.0.0/8"}, "cidrBlock", "AWS takes /16 to /28"),
        (GROUP, {"name": "sg-web"}, "name", "begin with sg-"),
        (GROUP, {"description": "naïve"}, "description", "refuses 'ï'"),
        (GROUP, {"description": "x" * 256}, "description", "EC2 takes 255"),
        (
            GROUP,
            {"ingress": [{"protocol": "-1", "fromPort": 1, "toPort": 1}]},
            "ingress[0].fromPort",
            "protocol is -1",
        ),
        (
            RULE,
            {"securityGroupId": "sg-1", "ipProtocol": "tcp", "cidrIpv4": "10.0.0.0/8"},
            "toPort",
            "because the protocol is tcp",
        ),
        (
            RULE,
            {"securityGroupId": "sg-1", "ipProtocol": "-1"},
            "cidrIpv4",
            "exactly one source or target, but got 0",
        ),
        (
            RULE,
            {"securityGroupId": "s", "ipProtocol": "-1", "fromPort": 1, "cidrIpv6": "::/0"},
            "fromPort",
            "takes no ports",
        ),
        (
            RULE,
            {
                "securityGroupId": "s",
                "ipProtocol": "udp",
                "fromPort": 9,
                "toPort": 8,
                "cidrIpv6": "::/0",
            },
            "toPort",
            "above 'toPort' 8",
        ),
        (
            ENDPOINT,
            {"vpcId": "v", "serviceName": "com.amazonaws.eu-west-1.ecr.api"},
            "vpcEndpointType",
            "gateways only for s3",
        ),
        (
            ENDPOINT,
            {"vpcId": "v", "serviceName": "com.amazonaws.eu-west-1.s3", "subnetIds": ["s"]},
            "subnetIds",
            "a Gateway endpoint cannot have",
        ),
        (
            "aws:ec2/natGateway:NatGateway",
            {"subnetId": "s"},
            "allocationId",
            "because the gateway is public",
        ),
        (
            "aws:ec2/natGateway:NatGateway",
            {"availabilityMode": "regional", "vpcId": "v"},
            "availabilityMode",
            "no regional",
        ),
        (
            "aws:ec2/route:Route",
            {"routeTableId": "r", "destinationCidrBlock": "0.0.0.0/0"},
            "carrierGatewayId",
            "exactly one target, but got 0",
        ),
        (
            "aws:ec2/routeTableAssociation:RouteTableAssociation",
            {"routeTableId": "r"},
            "subnetId",
            "either 'subnetId' or 'gatewayId'",
        ),
        (
            "aws:ec2/flowLog:FlowLog",
            {"vpcId": "v", "logDestination": "arn:aws:logs:eu-west-1:1:log-group:x"},
            "iamRoleArn",
            "because it writes to CloudWatch Logs",
        ),
        (
            "aws:ec2/flowLog:FlowLog",
            {"vpcId": "v", "maxAggregationInterval": 61, "logDestination": "x", "iamRoleArn": "y"},
            "maxAggregationInterval",
            "Use one of: 60, 600",
        ),
        (
            "aws:ec2/launchTemplate:LaunchTemplate",
            {"userData": "#!/bin/sh"},
            "userData",
            "needs base64",
        ),
        (
            "aws:ec2/launchTemplate:LaunchTemplate",
            {"metadataOptions": {"httpPutResponseHopLimit": 65}},
            "metadataOptions.httpPutResponseHopLimit",
            "EC2 takes 1 to 64",
        ),
    ],
)
def test_what_aws_would_refuse_is_refused_before(
    token: str, news: dict[str, object], place: str, part: str
) -> None:
    assert part in reasons(check(token, news))[place]


def test_unknown_values_are_not_judged() -> None:
    news: dict[str, object] = {
        "securityGroupId": UNKNOWN,
        "ipProtocol": "tcp",
        "fromPort": UNKNOWN,
        "toPort": UNKNOWN,
        "referencedSecurityGroupId": UNKNOWN,
        "description": UNKNOWN,
    }
    assert check(RULE, news).failures == ()


def test_an_unsupported_type_is_refused_with_the_supported_ones() -> None:
    with pytest.raises(ProviderError, match=r"has no resource type 'aws:sqs/queue:Queue'.*ec2/vpc"):
        check("aws:sqs/queue:Queue", {})


def test_supported_tokens_are_sorted_and_honest() -> None:
    provider = make()
    tokens = provider.supported()
    assert list(tokens) == sorted(tokens)
    assert all(provider.supports(token) for token in tokens)
    assert not provider.supports("aws:sqs/queue:Queue")
    assert not provider.supports("kubernetes:core/v1:Pod")


def test_a_list_of_unknown_length_has_one_item_with_what_it_needs() -> None:
    """An unknown text in a list of texts, an object with its required properties unknown."""
    service = {"cluster": "c", "loadBalancers": UNKNOWN, "name": "s", "taskDefinition": "t"}
    inputs = check("aws:ecs/service:Service", service).inputs
    assert inputs["loadBalancers"] == [{"containerName": UNKNOWN, "containerPort": UNKNOWN}]
    balancer = check("aws:lb/loadBalancer:LoadBalancer", {"name": "n", "subnets": UNKNOWN}).inputs
    assert balancer["subnets"] == [UNKNOWN]
