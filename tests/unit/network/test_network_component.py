import functools
import json
from typing import Any

import pulumi
import pytest
from mocks import Registered, by_type, names, record

from seawall.arguments import InvalidArgumentsError
from seawall.network import Network, NetworkArgs

ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]
SUBNET = "aws:ec2/subnet:Subnet"
ROUTE = "aws:ec2/route:Route"
TABLE = "aws:ec2/routeTable:RouteTable"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
NAT = "aws:ec2/natGateway:NatGateway"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
EIP = "aws:ec2/eip:Eip"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


def _network(opts: pulumi.ResourceOptions | None = None, **args: Any) -> list[Registered]:
    settings: NetworkArgs = {"cidr": "10.20.0.0/16", "zones": ZONES, **args}  # type: ignore[typeddict-item]
    return record(lambda: Network("shop", settings, opts))


@functools.cache
def _shop() -> list[Registered]:
    return _network()


def test_everything_that_a_network_is() -> None:
    always = [
        ("aws:cloudwatch/logGroup:LogGroup", "shop-flow-logs"),
        ("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "shop-default"),
        ("aws:ec2/flowLog:FlowLog", "shop-flow-logs"),
        (GATEWAY, "shop"),
        ("aws:ec2/vpc:Vpc", "shop"),
        (ENDPOINT, "shop-s3"),
        ("aws:iam/role:Role", "shop-flow-logs"),
        ("aws:iam/rolePolicy:RolePolicy", "shop-flow-logs"),
        ("seawall:index:Network", "shop"),
        *((TABLE, f"shop-{tier}") for tier in ("public", "isolated", "control-plane")),
        (ROUTE, "shop-public"),
    ]
    by_zone = [
        entry
        for zone in ("1a", "1b", "1c")
        for entry in (
            *((SUBNET, f"shop-{tier}-{zone}") for tier in _TIERS),
            *((ASSOCIATION, f"shop-{tier}-{zone}") for tier in _TIERS),
            (EIP, f"shop-nat-{zone}"),
            (NAT, f"shop-nat-{zone}"),
            (TABLE, f"shop-private-{zone}"),
            (ROUTE, f"shop-private-{zone}"),
        )
    ]
    assert names(_shop()) == sorted([*always, *by_zone])


_TIERS = ("public", "private", "isolated", "control-plane")


def test_the_vpc_resolves_names() -> None:
    vpc = by_type(_shop(), "aws:ec2/vpc:Vpc")["shop"].inputs
    assert (vpc["cidrBlock"], vpc["enableDnsHostnames"], vpc["enableDnsSupport"]) == (
        "10.20.0.0/16",
        True,
        True,
    )


def test_subnets_say_who_may_put_load_balancers_there() -> None:
    subnets = by_type(_shop(), SUBNET)
    for zone in ("1a", "1b", "1c"):
        assert subnets[f"shop-public-{zone}"].inputs["tags"]["kubernetes.io/role/elb"] == "1"
        private = subnets[f"shop-private-{zone}"].inputs
        assert private["tags"]["kubernetes.io/role/internal-elb"] == "1"
        assert private["availabilityZone"] == f"us-east-{zone}"
    assert not any(subnet.inputs["mapPublicIpOnLaunch"] for subnet in subnets.values())
    tagged = [name for name, s in subnets.items() if any("elb" in key for key in s.inputs["tags"])]
    assert all(name.startswith(("shop-public", "shop-private")) for name in tagged)


@pytest.mark.parametrize(
    "other",
    [
        {"zones": ["us-east-1c", "us-east-1a", "us-east-1d", "us-east-1b"]},
        {"zones": ZONES[1:]},
        {"isolated": False},
        {"nat": "none", "public": False},
        {"nat": "single"},
    ],
)
def test_a_change_elsewhere_moves_no_subnet(other: dict[str, Any]) -> None:
    before, after = by_type(_shop(), SUBNET), by_type(_network(**other), SUBNET)
    common = before.keys() & after.keys()
    assert common
    assert {name: before[name].inputs for name in common} == {
        name: after[name].inputs for name in common
    }


def _exits(registered: list[Registered]) -> dict[str, str]:
    return {
        name: route.inputs.get("natGatewayId") or route.inputs["gatewayId"]
        for name, route in by_type(registered, ROUTE).items()
    }


def test_each_zone_leaves_through_its_own_gateway() -> None:
    assert _exits(_shop()) == {
        "shop-private-1a": "shop-nat-1a.id",
        "shop-private-1b": "shop-nat-1b.id",
        "shop-private-1c": "shop-nat-1c.id",
        "shop-public": "shop.id",
    }


def test_a_single_gateway_stands_in_the_first_zone() -> None:
    registered = _network(nat="single")
    assert list(by_type(registered, NAT)) == ["shop-nat-1a"]
    assert list(by_type(registered, EIP)) == ["shop-nat-1a"]
    assert set(_exits(registered).values()) == {"shop-nat-1a.id", "shop.id"}


def test_without_nat_only_the_public_subnets_have_a_way_out() -> None:
    registered = _network(nat="none")
    assert _exits(registered) == {"shop-public": "shop.id"}
    assert not by_type(registered, NAT)
    assert len(by_type(registered, TABLE)) == 6


def test_without_a_public_tier_there_is_no_internet() -> None:
    registered = _network(nat="none", public=False)
    assert not {GATEWAY, NAT, EIP, ROUTE} & {item.type for item in registered}
    component = by_type(registered, "seawall:index:Network")["shop"]
    assert component.outputs["public_subnet_ids"] == []


def test_gateways_outlive_what_uses_them() -> None:
    registered = _shop()
    gateway = by_type(registered, GATEWAY)["shop"].urn
    for item in (*by_type(registered, NAT).values(), *by_type(registered, EIP).values()):
        assert gateway in item.depends_on


def test_every_subnet_has_one_route_table() -> None:
    registered = _shop()
    tables = {
        item.inputs["subnetId"]: item.inputs["routeTableId"]
        for item in by_type(registered, ASSOCIATION).values()
    }
    assert tables == {
        f"shop-{tier}-{zone}.id": f"shop-{tier}{'-' + zone if tier == 'private' else ''}.id"
        for tier in _TIERS
        for zone in ("1a", "1b", "1c")
    }


def test_s3_is_reached_without_nat() -> None:
    endpoint = by_type(_shop(), ENDPOINT)["shop-s3"].inputs
    assert endpoint["serviceName"] == "com.amazonaws.us-east-1.s3"
    assert endpoint["vpcEndpointType"] == "Gateway"
    assert sorted(endpoint["routeTableIds"]) == [
        "shop-isolated.id",
        *(f"shop-private-{zone}.id" for zone in ("1a", "1b", "1c")),
    ]


def test_the_endpoint_can_be_left_out() -> None:
    registered = _network(s3_endpoint=False)
    assert not by_type(registered, ENDPOINT)
    outputs = by_type(registered, "seawall:index:Network")["shop"].outputs
    assert outputs.get("s3_prefix_list_id") is None


def test_the_default_security_group_lets_nothing_through() -> None:
    group = by_type(_shop(), "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert (group["shop-default"].inputs["ingress"], group["shop-default"].inputs["egress"]) == (
        [],
        [],
    )


def test_flow_logs_are_complete_and_reach_their_own_group_only() -> None:
    registered = _network(flow_log_retention_days=30)
    log = by_type(registered, "aws:ec2/flowLog:FlowLog")["shop-flow-logs"]
    group = by_type(registered, LOG_GROUP)["shop-flow-logs"]
    policy = by_type(registered, "aws:iam/rolePolicy:RolePolicy")["shop-flow-logs"]
    assert log.inputs["trafficType"] == "ALL"
    assert log.inputs["maxAggregationInterval"] == 60
    assert group.inputs["retentionInDays"] == 30
    arn = log.inputs["logDestination"]
    (statement,) = json.loads(policy.inputs["policy"])["Statement"]
    assert statement["Resource"] == [arn, f"{arn}:*"]
    assert "logs:CreateLogGroup" not in statement["Action"]
    # The first delivery must find the permission.
    assert policy.urn in log.depends_on


def test_the_delivery_role_serves_this_account_and_region_only() -> None:
    role = by_type(_shop(), "aws:iam/role:Role")["shop-flow-logs"].inputs
    (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/*"},
    }


def test_flow_logs_are_protected_unless_given_up() -> None:
    kept = by_type(_shop(), LOG_GROUP)["shop-flow-logs"]
    assert (kept.protect, kept.retain_on_delete) == (True, True)
    given_up = by_type(_network(protect=False), LOG_GROUP)["shop-flow-logs"]
    assert (given_up.protect, given_up.retain_on_delete) == (False, False)


def test_giving_up_protection_does_not_overrule_the_users_options() -> None:
    registered = _network(pulumi.ResourceOptions(protect=True), protect=False)
    assert all(item.protect for item in registered)


def test_outputs_are_in_the_order_of_the_zones() -> None:
    registered = _network(zones=["us-east-1c", "us-east-1a"])
    outputs = by_type(registered, "seawall:index:Network")["shop"].outputs
    assert outputs == {
        "vpc_id": "shop.id",
        "cidr": "10.20.0.0/16",
        "public_subnet_ids": ["shop-public-1c.id", "shop-public-1a.id"],
        "private_subnet_ids": ["shop-private-1c.id", "shop-private-1a.id"],
        "isolated_subnet_ids": ["shop-isolated-1c.id", "shop-isolated-1a.id"],
        "control_plane_subnet_ids": ["shop-control-plane-1c.id", "shop-control-plane-1a.id"],
        "private_route_table_ids": ["shop-private-1c.id", "shop-private-1a.id"],
        "s3_prefix_list_id": "shop-s3.prefixListId",
        "flow_log_group_name": "shop-flow-logs",
    }


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"cidr": "10.20.0.0/24"}, "argument cidr: 10.20.0.0/24 is a /24"),
        ({"cidr": "10.20.0.1/16"}, "argument cidr: must be a range of IPv4 addresses"),
        ({"zones": []}, "argument zones: no availability zone is named"),
        ({"zones": ["us-east-1a", "eu-west-1a"]}, "argument zones: .* several regions"),
        ({"nat": "two"}, "argument nat: must be 'per-zone' or 'single' or 'none'; got 'two'"),
        ({"public": False}, "nat is 'per-zone', but NAT gateways stand in public subnets"),
        ({"flow_log_retention_days": 91}, "Choose 90 or 120"),
        ({"nats": "none"}, "argument nats is not known. Did you mean 'nat'"),
        ({"cidr": None}, "argument cidr is missing"),
    ],
)
def test_wrong_arguments_are_refused(args: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentsError, match=f"Network 'shop': .*{message}"):
        _network(**args)
