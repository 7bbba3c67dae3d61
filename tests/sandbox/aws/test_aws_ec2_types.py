"""EC2 types against the emulator: create, read, update, delete and what AWS refuses."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from lifecycle import Lifecycle

from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.protocol import ResourceState

pytestmark = pytest.mark.emulator

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
EIP = "aws:ec2/eip:Eip"
NAT = "aws:ec2/natGateway:NatGateway"
TABLE = "aws:ec2/routeTable:RouteTable"
ROUTE = "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
TAGS = {"Name": "test", "kubernetes.io/role/elb": "1"}

Client = Callable[[str], Any]


@pytest.fixture
def vpc(stack: Lifecycle) -> ResourceState:
    return stack.create(VPC, "vpc", cidrBlock="10.0.0.0/16", tags=TAGS)


@pytest.fixture
def subnet(stack: Lifecycle, vpc: ResourceState) -> ResourceState:
    zone = f"{stack.region}a"
    return stack.create(
        SUBNET, "subnet", vpcId=vpc.id, cidrBlock="10.0.1.0/24", availabilityZone=zone
    )


@pytest.fixture
def internet_gateway(stack: Lifecycle, vpc: ResourceState) -> ResourceState:
    return stack.create(GATEWAY, "gateway", vpcId=vpc.id, tags=TAGS)


def test_vpc(stack: Lifecycle, vpc: ResourceState, client: Client) -> None:
    found = client("ec2").describe_vpcs(VpcIds=[vpc.id])["Vpcs"][0]
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == TAGS
    assert vpc.outputs["arn"].endswith(f":vpc/{vpc.id}")
    assert vpc.outputs["defaultSecurityGroupId"].startswith("sg-")
    assert vpc.outputs["mainRouteTableId"] == vpc.outputs["defaultRouteTableId"]
    changed = stack.update(
        VPC,
        "vpc",
        "enableDnsHostnames",
        "tags",
        "tagsAll",
        cidrBlock="10.0.0.0/16",
        enableDnsHostnames=True,
        tags={"Name": "other"},
    )
    assert changed.outputs["tags"] == {"Name": "other"}
    assert changed.outputs["enableDnsHostnames"] is True
    assert stack.replaced_by(VPC, "vpc", cidrBlock="10.1.0.0/16") == ("cidrBlock",)


def test_vpc_with_ipv6(stack: Lifecycle) -> None:
    made = stack.create(VPC, "six", cidrBlock="10.0.0.0/16", assignGeneratedIpv6CidrBlock=True)
    assert made.outputs["ipv6CidrBlock"].endswith("/56")
    assert made.outputs["assignGeneratedIpv6CidrBlock"] is True


def test_subnet(stack: Lifecycle, vpc: ResourceState, subnet: ResourceState) -> None:
    assert subnet.outputs["availabilityZoneId"]
    assert stack.found_again(SUBNET, "subnet")
    inputs = {
        "vpcId": vpc.id,
        "cidrBlock": "10.0.1.0/24",
        "availabilityZone": f"{stack.region}a",
    }
    stack.update(
        SUBNET,
        "subnet",
        "mapPublicIpOnLaunch",
        "enableDns64",
        **inputs,
        mapPublicIpOnLaunch=True,
        enableDns64=True,
    )
    assert stack.replaced_by(SUBNET, "subnet", **inputs | {"cidrBlock": "10.0.9.0/24"}) == (
        "cidrBlock",
    )
    message = stack.refused(SUBNET, "twin", vpcId=vpc.id, cidrBlock="10.0.1.128/25")
    assert "InvalidSubnet.Conflict" in message
    assert "no other subnet of the VPC overlaps" in message


def test_many_threads_share_one_provider(aws_endpoint: str, vpc: ResourceState) -> None:
    provider = AwsProvider(aws_endpoint)
    provider.configure({"region": vpc.outputs["region"], "defaultTags": {"tags": {"by": "us"}}})

    def make(number: int) -> ResourceState:
        urn = f"urn:pulumi:test::seawall::{SUBNET}::subnet-{number}"
        news = {"vpcId": vpc.id, "cidrBlock": f"10.0.{number}.0/24"}
        checked = provider.check(urn, SUBNET, None, news, b"seed").inputs
        return provider.create(urn, SUBNET, checked, preview=False, timeout=0)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(make, range(16)))
    assert len({state.id for state in made}) == 16
    assert {state.outputs["cidrBlock"] for state in made} == {f"10.0.{n}.0/24" for n in range(16)}
    assert all(state.outputs["tagsAll"] == {"by": "us"} for state in made)
    assert all(state.outputs["tags"] == {} for state in made)
    for state in made:
        provider.delete("urn", SUBNET, state, timeout=1)


def test_a_vpc_in_use_is_not_deleted(stack: Lifecycle, subnet: ResourceState) -> None:
    del subnet
    message = stack.deletion_refused(VPC, "vpc")
    assert "DependencyViolation" in message
    assert "Delete what still uses it first" in message


def test_internet_gateway(stack: Lifecycle, internet_gateway: ResourceState) -> None:
    other = stack.create(VPC, "other", cidrBlock="10.9.0.0/16")
    assert internet_gateway.outputs["tags"] == TAGS
    assert stack.found_again(GATEWAY, "gateway")
    stack.update(GATEWAY, "gateway", "vpcId", vpcId=other.id, tags=TAGS)


def test_nat_gateway_with_an_address(
    stack: Lifecycle, subnet: ResourceState, internet_gateway: ResourceState
) -> None:
    del internet_gateway
    address = stack.create(EIP, "address", domain="vpc", tags=TAGS)
    assert address.outputs["publicDns"].startswith("ec2-")
    nat = stack.create(NAT, "nat", allocationId=address.id, subnetId=subnet.id, tags=TAGS)
    assert nat.outputs["publicIp"] == address.outputs["publicIp"]
    assert nat.outputs["vpcId"] == subnet.outputs["vpcId"]
    stack.update(
        NAT,
        "nat",
        "tags",
        "tagsAll",
        allocationId=address.id,
        subnetId=subnet.id,
        tags={"Name": "b"},
    )
    assert stack.replaced_by(NAT, "nat", allocationId=address.id, subnetId="subnet-2") == (
        "subnetId",
    )


def test_routes(
    stack: Lifecycle, vpc: ResourceState, subnet: ResourceState, internet_gateway: ResourceState
) -> None:
    to_internet = {"cidrBlock": "0.0.0.0/0", "gatewayId": internet_gateway.id}
    inline = stack.create(TABLE, "inline", vpcId=vpc.id, routes=[to_internet])
    assert [route["gatewayId"] for route in inline.outputs["routes"]] == [internet_gateway.id]
    other = {"cidrBlock": "192.168.0.0/16", "gatewayId": internet_gateway.id}
    stack.update(TABLE, "inline", "routes", vpcId=vpc.id, routes=[other])
    table = stack.create(TABLE, "table", vpcId=vpc.id, tags=TAGS)
    route = {"routeTableId": table.id, "destinationCidrBlock": "0.0.0.0/0"}
    made = stack.create(ROUTE, "route", **route, gatewayId=internet_gateway.id)
    assert made.id.startswith(f"r-{table.id}")
    assert stack.found_again(ROUTE, "route")
    twin = stack.refused(ROUTE, "twin", **route, gatewayId=internet_gateway.id)
    assert "RouteAlreadyExists" in twin
    stack.create(ASSOCIATION, "association", routeTableId=table.id, subnetId=subnet.id)
    assert stack.found_again(ASSOCIATION, "association")
    stack.update(
        ASSOCIATION, "association", "routeTableId", routeTableId=inline.id, subnetId=subnet.id
    )


def test_security_group_with_inline_rules(
    stack: Lifecycle, vpc: ResourceState, client: Client
) -> None:
    web = {"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["10.0.0.0/8"]}
    own = {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True, "description": "own"}
    everywhere = {
        "protocol": "-1",
        "fromPort": 0,
        "toPort": 0,
        "cidrBlocks": ["0.0.0.0/0"],
        "ipv6CidrBlocks": ["::/0"],
    }
    inputs: dict[str, Any] = {"vpcId": vpc.id, "revokeRulesOnDelete": True, "tags": TAGS}
    group = stack.create(GROUP, "group", **inputs, ingress=[web, own], egress=[everywhere])
    assert stack.found_again(GROUP, "group")
    assert [rule["fromPort"] for rule in group.outputs["ingress"]] == [80, 0]
    stack.update(GROUP, "group", "ingress", **inputs, ingress=[own], egress=[everywhere])
    found = client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
    assert [p["IpProtocol"] for p in found["IpPermissions"]] == ["-1"]
    twin = stack.refused(GROUP, "twin", vpcId=vpc.id, name=group.outputs["name"])
    assert "InvalidGroup.Duplicate" in twin


def test_a_new_group_lets_nothing_out(stack: Lifecycle, vpc: ResourceState, client: Client) -> None:
    group = stack.create(GROUP, "group", vpcId=vpc.id)
    found = client("ec2").describe_security_groups(GroupIds=[group.id])["SecurityGroups"][0]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])


def test_default_security_group_is_emptied_and_left(
    stack: Lifecycle, vpc: ResourceState, client: Client
) -> None:
    made = stack.create(DEFAULT_GROUP, "default", vpcId=vpc.id, tags=TAGS)
    assert made.id == vpc.outputs["defaultSecurityGroupId"]
    found = client("ec2").describe_security_groups(GroupIds=[made.id])["SecurityGroups"][0]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])
    del stack._resources[DEFAULT_GROUP, "default"]  # it goes with its VPC, and not before
    urn = f"urn:pulumi:test::seawall::{DEFAULT_GROUP}::default"
    stack.provider.delete(urn, DEFAULT_GROUP, made, timeout=0)
    assert stack.provider.read(urn, DEFAULT_GROUP, made.id, {}, {}).id == made.id


def test_security_group_rules(stack: Lifecycle, vpc: ResourceState, client: Client) -> None:
    one = stack.create(GROUP, "one", vpcId=vpc.id, revokeRulesOnDelete=True)
    two = stack.create(GROUP, "two", vpcId=vpc.id, revokeRulesOnDelete=True)
    web = {"securityGroupId": one.id, "ipProtocol": "tcp", "fromPort": 80, "toPort": 80}
    stack.create(INGRESS, "web", **web, cidrIpv4="10.0.0.0/8", description="web", tags=TAGS)
    assert stack.found_again(INGRESS, "web")
    stack.update(
        INGRESS,
        "web",
        "cidrIpv4",
        "description",
        "toPort",
        **web | {"toPort": 81},
        cidrIpv4="10.1.0.0/16",
        description="more",
        tags=TAGS,
    )
    all_of = {"securityGroupId": one.id, "ipProtocol": "-1"}
    stack.create(INGRESS, "peer", **all_of, referencedSecurityGroupId=two.id, description="peer")
    stack.update(
        INGRESS,
        "peer",
        "referencedSecurityGroupId",
        **all_of,
        referencedSecurityGroupId=one.id,
        description="peer",
    )
    stack.create(EGRESS, "out", **all_of, cidrIpv6="::/0")
    rules = client("ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [one.id]}]
    )["SecurityGroupRules"]
    assert sorted((rule["IsEgress"], rule["IpProtocol"]) for rule in rules) == [
        (False, "-1"),
        (False, "tcp"),
        (True, "-1"),
    ]
    assert stack.replaced_by(EGRESS, "out", **all_of | {"securityGroupId": two.id}, cidrIpv6="::/0")


def test_gateway_endpoint(stack: Lifecycle, vpc: ResourceState) -> None:
    tables = [stack.create(TABLE, name, vpcId=vpc.id).id for name in ("one", "two")]
    service = f"com.amazonaws.{stack.region}.s3"
    made = stack.create(
        ENDPOINT, "s3", vpcId=vpc.id, serviceName=service, routeTableIds=tables[:1], tags=TAGS
    )
    assert made.outputs["prefixListId"].startswith("pl-")
    assert made.outputs["cidrBlocks"]
    assert stack.found_again(ENDPOINT, "s3")
    stack.update(
        ENDPOINT,
        "s3",
        "routeTableIds",
        vpcId=vpc.id,
        serviceName=service,
        routeTableIds=tables,
        tags=TAGS,
    )


def test_interface_endpoint(stack: Lifecycle, vpc: ResourceState, subnet: ResourceState) -> None:
    group = stack.create(GROUP, "group", vpcId=vpc.id)
    inputs: dict[str, Any] = {
        "vpcId": vpc.id,
        "serviceName": f"com.amazonaws.{stack.region}.ecr.api",
        "vpcEndpointType": "Interface",
        "privateDnsEnabled": True,
        "securityGroupIds": [group.id],
    }
    made = stack.create(ENDPOINT, "ecr", **inputs, subnetIds=[subnet.id])
    assert len(made.outputs["networkInterfaceIds"]) == 1
    assert made.outputs["dnsEntries"]
    other = stack.create(SUBNET, "other", vpcId=vpc.id, cidrBlock="10.0.2.0/24")
    stack.update(ENDPOINT, "ecr", "subnetIds", **inputs, subnetIds=[subnet.id, other.id])
    stack.delete(ENDPOINT, "ecr")


@pytest.fixture
def destination(client: Client) -> Iterator[dict[str, str]]:
    name = f"flow-{uuid4().hex[:8]}"
    client("logs").create_log_group(logGroupName=name)
    groups = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]
    yield {"logDestination": groups[0]["arn"].removesuffix(":*"), "iamRoleArn": role["Arn"]}
    client("iam").delete_role(RoleName=name)
    client("logs").delete_log_group(logGroupName=name)


def test_flow_log(stack: Lifecycle, vpc: ResourceState, destination: dict[str, str]) -> None:
    inputs = {**destination, "vpcId": vpc.id, "trafficType": "ALL", "maxAggregationInterval": 60}
    made = stack.create(FLOW_LOG, "log", **inputs, tags=TAGS)
    assert made.outputs["logDestinationType"] == "cloud-watch-logs"
    assert stack.found_again(FLOW_LOG, "log")
    stack.update(FLOW_LOG, "log", "tags", "tagsAll", **inputs)
    assert stack.replaced_by(FLOW_LOG, "log", **inputs | {"trafficType": "REJECT"}) == (
        "trafficType",
    )


def test_launch_template(stack: Lifecycle) -> None:
    inputs: dict[str, Any] = {
        "blockDeviceMappings": [
            {"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "volumeType": "gp3"}}
        ],
        "metadataOptions": {"httpPutResponseHopLimit": 1, "httpTokens": "required"},
        "tagSpecifications": [{"resourceType": "instance", "tags": TAGS}],
        "userData": "YWJj",
    }
    made = stack.create(TEMPLATE, "template", **inputs, tags=TAGS)
    assert made.outputs["latestVersion"] == 1
    assert made.outputs["metadataOptions"]["httpTokens"] == "required"
    assert made.outputs["tagSpecifications"] == inputs["tagSpecifications"]
    assert stack.found_again(TEMPLATE, "template")
    tagged = stack.update(TEMPLATE, "template", "tags", "tagsAll", **inputs, tags={"Name": "b"})
    assert tagged.outputs["latestVersion"] == 1
    newer = stack.update(
        TEMPLATE,
        "template",
        "instanceType",
        "updateDefaultVersion",
        **inputs,
        tags={"Name": "b"},
        instanceType="t3.micro",
        updateDefaultVersion=True,
    )
    assert (newer.outputs["latestVersion"], newer.outputs["defaultVersion"]) == (2, 2)
    twin = stack.refused(TEMPLATE, "twin", name=made.outputs["name"])
    assert "InvalidLaunchTemplateName.AlreadyExists" in twin


def test_look_ups(stack: Lifecycle, vpc: ResourceState, subnet: ResourceState) -> None:
    def ask(token: str, **args: Any) -> dict[str, Any]:
        result = stack.provider.invoke(token, args)
        assert result.failures == ()
        return result.outputs

    assert ask("aws:ec2/getVpc:getVpc", id=vpc.id)["cidrBlock"] == "10.0.0.0/16"
    of_vpc = [{"name": "vpc-id", "values": [vpc.id]}]
    assert ask("aws:ec2/getSubnets:getSubnets", filters=of_vpc)["ids"] == [subnet.id]
    assert ask("aws:ec2/getSubnet:getSubnet", id=subnet.id)["vpcId"] == vpc.id
    tables = ask("aws:ec2/getRouteTables:getRouteTables", vpcId=vpc.id)["ids"]
    assert tables == [vpc.outputs["mainRouteTableId"]]
    table = ask("aws:ec2/getRouteTable:getRouteTable", routeTableId=tables[0])
    assert table["associations"][0]["main"] is True
    name = f"com.amazonaws.{stack.region}.s3"
    listed = ask("aws:ec2/getPrefixList:getPrefixList", name=name)
    managed = ask("aws:ec2/getManagedPrefixList:getManagedPrefixList", name=name)
    assert listed["id"] == managed["id"]
    assert listed["cidrBlocks"] == sorted(entry["cidr"] for entry in managed["entries"])


def test_region_and_account(stack: Lifecycle) -> None:
    zones = stack.provider.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", {})
    assert zones.outputs["names"] == sorted(zones.outputs["names"])
    assert len(zones.outputs["names"]) >= 3
    skipped = stack.provider.invoke(
        "aws:index/getAvailabilityZones:getAvailabilityZones",
        {"excludeNames": zones.outputs["names"][:1]},
    )
    assert skipped.outputs["names"] == zones.outputs["names"][1:]
    caller = stack.provider.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
    assert caller.outputs["accountId"] == "123456789012"
    region = stack.provider.invoke("aws:index/getRegion:getRegion", {})
    assert region.outputs["endpoint"] == f"ec2.{stack.region}.amazonaws.com"
    assert region.outputs["description"] == "Europe (Ireland)"
