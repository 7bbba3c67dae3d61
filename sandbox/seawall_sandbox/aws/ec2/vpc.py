"""``aws:ec2/vpc:Vpc``."""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, tag_specifications
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_ATTRIBUTES = {
    "enableDnsSupport": "EnableDnsSupport",
    "enableDnsHostnames": "EnableDnsHostnames",
    "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics",
}
"""Attributes by argument. They are set one per call, and only after the VPC exists."""
_ON_BY_DEFAULT = frozenset({"enableDnsSupport"})

MIN_PREFIX, MAX_PREFIX = 16, 28
"""https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"""


class Vpc(Ec2Resource):
    """A virtual private cloud, with the default route table, ACL and group that AWS makes."""

    token: ClassVar[str] = "aws:ec2/vpc:Vpc"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset(
        {"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"}
    )
    defaults: ClassVar[Mapping[str, Value]] = {"enableDnsSupport": True}
    implied: ClassVar[Mapping[str, Value]] = {"instanceTenancy": "default"}

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The block must be a network between /16 and /28."""
        block = inputs.get("cidrBlock")
        if isinstance(block, str):
            yield from network_failures(self.token, "cidrBlock", block)
        elif block is None and inputs.get("ipv4IpamPoolId") is None:
            reason = f"{self.token} needs 'cidrBlock' or 'ipv4IpamPoolId'. Set one of them."
            yield Failure("cidrBlock", reason)

    def force_new_on(self, old: Properties, new: Properties) -> frozenset[str]:
        """Tenancy can be relaxed to default in place; anything else is a new VPC."""
        relaxed = old.get("instanceTenancy") == "dedicated" and (
            new.get("instanceTenancy", "default") == "default"
        )
        return frozenset() if relaxed else frozenset({"instanceTenancy"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        names = {
            "CidrBlock": "cidrBlock",
            "InstanceTenancy": "instanceTenancy",
            "AmazonProvidedIpv6CidrBlock": "assignGeneratedIpv6CidrBlock",
            "Ipv4IpamPoolId": "ipv4IpamPoolId",
            "Ipv4NetmaskLength": "ipv4NetmaskLength",
            "Ipv6CidrBlock": "ipv6CidrBlock",
            "Ipv6IpamPoolId": "ipv6IpamPoolId",
            "Ipv6NetmaskLength": "ipv6NetmaskLength",
            "Ipv6CidrBlockNetworkBorderGroup": "ipv6CidrBlockNetworkBorderGroup",
        }
        made = client.create_vpc(**given(inputs, names), **tag_specifications("vpc", inputs))
        return made["Vpc"]["VpcId"]

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        client = ctx.client("ec2")
        ctx.wait(
            lambda: client.describe_vpcs(VpcIds=[id_])["Vpcs"][0]["State"] == "available",
            "become available",
        )
        for name in _ATTRIBUTES:
            wanted = inputs.get(name)
            if wanted is not None and wanted != (name in _ON_BY_DEFAULT):
                self._set(client, id_, name, on=wanted)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:  # noqa: ARG002
        client = ctx.client("ec2")
        vpc = client.describe_vpcs(VpcIds=[id_])["Vpcs"][0]
        of_vpc = [{"Name": "vpc-id", "Values": [id_]}]
        acls = client.describe_network_acls(
            Filters=[*of_vpc, {"Name": "default", "Values": ["true"]}]
        )["NetworkAcls"]
        groups = client.describe_security_groups(
            Filters=[*of_vpc, {"Name": "group-name", "Values": ["default"]}]
        )["SecurityGroups"]
        tables = client.describe_route_tables(
            Filters=[*of_vpc, {"Name": "association.main", "Values": ["true"]}]
        )["RouteTables"]
        main = tables[0]["RouteTableId"] if tables else ""
        return {
            "arn": ctx.arn("ec2", f"vpc/{id_}"),
            "cidrBlock": vpc["CidrBlock"],
            "defaultNetworkAclId": acls[0]["NetworkAclId"] if acls else "",
            "defaultRouteTableId": main,
            "defaultSecurityGroupId": groups[0]["GroupId"] if groups else "",
            "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
            "instanceTenancy": vpc["InstanceTenancy"],
            "mainRouteTableId": main,
            "ownerId": vpc.get("OwnerId") or ctx.account,
            "tagsAll": tags.from_list(vpc.get("Tags")),
            **{name: self._get(client, id_, name) for name in _ATTRIBUTES},
            **_ipv6(vpc, ctx.region),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        client = ctx.client("ec2")
        for name in _ATTRIBUTES:
            if name in changed:
                self._set(client, id_, name, on=bool(new.get(name, name in _ON_BY_DEFAULT)))
        if "instanceTenancy" in changed:
            client.modify_vpc_tenancy(VpcId=id_, InstanceTenancy="default")
        if "assignGeneratedIpv6CidrBlock" in changed:
            if new.get("assignGeneratedIpv6CidrBlock"):
                client.associate_vpc_cidr_block(VpcId=id_, AmazonProvidedIpv6CidrBlock=True)
            elif old.get("ipv6AssociationId"):
                client.disassociate_vpc_cidr_block(AssociationId=old["ipv6AssociationId"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:  # noqa: ARG002
        ctx.client("ec2").delete_vpc(VpcId=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The only VPC with that block and those tags."""
        block = inputs.get("cidrBlock")
        filters = [{"Name": "cidr-block", "Values": [block]}] if block else []
        found = ctx.client("ec2").describe_vpcs(Filters=filters)["Vpcs"]
        candidates = ((vpc["VpcId"], tags.from_list(vpc.get("Tags"))) for vpc in found)
        return tags.only_with(inputs.get("tagsAll"), candidates, ctx.held)

    @staticmethod
    def _set(client: Any, id_: str, name: str, *, on: bool) -> None:
        client.modify_vpc_attribute(VpcId=id_, **{_ATTRIBUTES[name]: {"Value": on}})

    @staticmethod
    def _get(client: Any, id_: str, name: str) -> bool:
        attribute = client.describe_vpc_attribute(VpcId=id_, Attribute=name)
        return bool(attribute.get(_ATTRIBUTES[name], {}).get("Value", False))


def network_failures(
    token: str,
    name: str,
    block: str,
    shortest: int = MIN_PREFIX,
    longest: int = MAX_PREFIX,
) -> Iterable[Failure]:
    """What AWS would refuse in an IPv4 CIDR block of a VPC or subnet."""
    try:
        network = ipaddress.IPv4Network(block)
    except ValueError as error:
        reason = f"{token} got {block!r} for {name!r}, which is no IPv4 network: {error}."
        yield Failure(name, f"{reason} Write it as 10.0.0.0/16.")
        return
    if not shortest <= network.prefixlen <= longest:
        reason = f"{token} got {block!r} for {name!r}; AWS takes /{shortest} to /{longest}."
        yield Failure(name, f"{reason} Choose a prefix length in that range.")


def _ipv6(vpc: dict[str, Any], region: str) -> Properties:
    """The IPv6 outputs. Empty strings, false and 0 say that there is no block, as upstream does."""
    states = ("associated", "associating")
    for block in vpc.get("Ipv6CidrBlockAssociationSet") or ():
        if block.get("Ipv6CidrBlockState", {}).get("State") in states:
            pool = block.get("Ipv6Pool", "")
            return {
                "assignGeneratedIpv6CidrBlock": not pool or pool == "Amazon",
                "ipv6AssociationId": block.get("AssociationId", ""),
                "ipv6CidrBlock": block.get("Ipv6CidrBlock", ""),
                "ipv6CidrBlockNetworkBorderGroup": block.get("NetworkBorderGroup") or region,
                "ipv6IpamPoolId": pool if pool.startswith("ipam-pool-") else "",
                "ipv6NetmaskLength": 0,
            }
    return {
        "assignGeneratedIpv6CidrBlock": False,
        "ipv6AssociationId": "",
        "ipv6CidrBlock": "",
        "ipv6CidrBlockNetworkBorderGroup": "",
        "ipv6IpamPoolId": "",
        "ipv6NetmaskLength": 0,
    }
