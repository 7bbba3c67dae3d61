"""``aws:ec2/subnet:Subnet``."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, tag_specifications
from seawall_sandbox.aws.ec2.vpc import network_failures
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_ATTRIBUTES: Mapping[str, str] = {
    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
    "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
    "enableDns64": "EnableDns64",
    "enableResourceNameDnsARecordOnLaunch": "EnableResourceNameDnsARecordOnLaunch",
    "enableResourceNameDnsAaaaRecordOnLaunch": "EnableResourceNameDnsAAAARecordOnLaunch",
}
"""Switches by argument; EC2 takes one per call."""


class Subnet(Ec2Resource):
    """A subnet in one availability zone of a VPC."""

    token: ClassVar[str] = "aws:ec2/subnet:Subnet"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset(
        {
            "availabilityZone",
            "availabilityZoneId",
            "cidrBlock",
            "ipv4IpamPoolId",
            "ipv4NetmaskLength",
            "ipv6IpamPoolId",
            "ipv6Native",
            "ipv6NetmaskLength",
            "outpostArn",
            "vpcId",
        }
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "assignIpv6AddressOnCreation": False,
        "enableDns64": False,
        "enableResourceNameDnsARecordOnLaunch": False,
        "enableResourceNameDnsAaaaRecordOnLaunch": False,
        "ipv6Native": False,
        "mapPublicIpOnLaunch": False,
    }
    unemulated: ClassVar[frozenset[str]] = frozenset(
        {
            "enableDns64",
            "enableLniAtDeviceIndex",
            "enableResourceNameDnsAaaaRecordOnLaunch",
            "privateDnsHostnameTypeOnLaunch",
        }
    )

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The block must be a network between /16 and /28; one way to name the zone."""
        block = inputs.get("cidrBlock")
        if isinstance(block, str):
            yield from network_failures(self.token, "cidrBlock", block)
        if inputs.get("availabilityZone") and inputs.get("availabilityZoneId"):
            reason = f"{self.token} got both 'availabilityZone' and 'availabilityZoneId'. Keep one."
            yield Failure("availabilityZoneId", reason)
        if inputs.get("ipv6Native") is True and block is not None:
            reason = f"{self.token} got 'cidrBlock' though 'ipv6Native' is true. Remove one."
            yield Failure("cidrBlock", reason)

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        names = {
            "VpcId": "vpcId",
            "CidrBlock": "cidrBlock",
            "AvailabilityZone": "availabilityZone",
            "AvailabilityZoneId": "availabilityZoneId",
            "Ipv6CidrBlock": "ipv6CidrBlock",
            "OutpostArn": "outpostArn",
        }
        arguments = given(inputs, names)
        if inputs.get("ipv6Native"):
            arguments["Ipv6Native"] = True
        made = client.create_subnet(**arguments, **tag_specifications("subnet", inputs))
        return made["Subnet"]["SubnetId"]

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        client = ctx.client("ec2")
        ctx.wait(
            lambda: client.describe_subnets(SubnetIds=[id_])["Subnets"][0]["State"] == "available",
            "become available",
        )
        for name, attribute in _ATTRIBUTES.items():
            if inputs.get(name):
                client.modify_subnet_attribute(SubnetId=id_, **{attribute: {"Value": True}})
        if inputs.get("privateDnsHostnameTypeOnLaunch"):
            client.modify_subnet_attribute(
                SubnetId=id_,
                PrivateDnsHostnameTypeOnLaunch=inputs["privateDnsHostnameTypeOnLaunch"],
            )

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:  # noqa: ARG002
        subnet = ctx.client("ec2").describe_subnets(SubnetIds=[id_])["Subnets"][0]
        return describe(ctx, subnet)

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        client = ctx.client("ec2")
        for name, attribute in _ATTRIBUTES.items():
            if name in changed:
                client.modify_subnet_attribute(
                    SubnetId=id_, **{attribute: {"Value": bool(new.get(name))}}
                )
        if "privateDnsHostnameTypeOnLaunch" in changed:
            client.modify_subnet_attribute(
                SubnetId=id_, PrivateDnsHostnameTypeOnLaunch=new["privateDnsHostnameTypeOnLaunch"]
            )
        if "ipv6CidrBlock" in changed:
            if old.get("ipv6CidrBlockAssociationId"):
                client.disassociate_subnet_cidr_block(
                    AssociationId=old["ipv6CidrBlockAssociationId"]
                )
            if new.get("ipv6CidrBlock"):
                client.associate_subnet_cidr_block(SubnetId=id_, Ipv6CidrBlock=new["ipv6CidrBlock"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:  # noqa: ARG002
        ctx.client("ec2").delete_subnet(SubnetId=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The VPC's subnet of that block: blocks of one VPC never overlap."""
        if not inputs.get("cidrBlock"):
            return super().find(ctx, inputs)
        found = ctx.client("ec2").describe_subnets(
            Filters=[
                {"Name": "vpc-id", "Values": [inputs["vpcId"]]},
                {"Name": "cidr-block", "Values": [inputs["cidrBlock"]]},
            ]
        )["Subnets"]
        return found[0]["SubnetId"] if found else None


def describe(ctx: Context, subnet: dict[str, Any]) -> Properties:
    """The outputs of a subnet as DescribeSubnets tells it."""
    id_ = subnet["SubnetId"]
    options = as_dict(subnet.get("PrivateDnsNameOptionsOnLaunch"))
    blocks = [
        block
        for block in subnet.get("Ipv6CidrBlockAssociationSet") or ()
        if block.get("Ipv6CidrBlockState", {}).get("State") in {"associated", "associating"}
    ]
    return {
        "arn": subnet.get("SubnetArn") or ctx.arn("ec2", f"subnet/{id_}"),
        "assignIpv6AddressOnCreation": bool(subnet.get("AssignIpv6AddressOnCreation")),
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet.get("AvailabilityZoneId", ""),
        "cidrBlock": subnet.get("CidrBlock", ""),
        "customerOwnedIpv4Pool": subnet.get("CustomerOwnedIpv4Pool", ""),
        "enableDns64": bool(subnet.get("EnableDns64")),
        "enableLniAtDeviceIndex": subnet.get("EnableLniAtDeviceIndex", 0),
        "enableResourceNameDnsARecordOnLaunch": bool(options.get("EnableResourceNameDnsARecord")),
        "enableResourceNameDnsAaaaRecordOnLaunch": bool(
            options.get("EnableResourceNameDnsAAAARecord")
        ),
        "ipv6CidrBlock": blocks[0].get("Ipv6CidrBlock", "") if blocks else "",
        "ipv6CidrBlockAssociationId": blocks[0].get("AssociationId", "") if blocks else "",
        "ipv6Native": bool(subnet.get("Ipv6Native")),
        "mapCustomerOwnedIpOnLaunch": bool(subnet.get("MapCustomerOwnedIpOnLaunch")),
        "mapPublicIpOnLaunch": bool(subnet.get("MapPublicIpOnLaunch")),
        "outpostArn": subnet.get("OutpostArn", ""),
        "ownerId": subnet.get("OwnerId") or ctx.account,
        "privateDnsHostnameTypeOnLaunch": options.get("HostnameType", "ip-name"),
        "tagsAll": tags.from_list(subnet.get("Tags")),
        "vpcId": subnet["VpcId"],
    }
