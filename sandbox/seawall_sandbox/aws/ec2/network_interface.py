"""``aws:ec2/networkInterface:NetworkInterface``."""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, tag_specifications
from seawall_sandbox.aws.errors import refusal
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_FORGOTTEN: Final = frozenset(
    {
        "connectionTrackingSpecification",
        "enaSrdSpecification",
        "enablePrimaryIpv6",
        "ipv4PrefixCount",
        "ipv4Prefixes",
        "ipv6AddressCount",
        "ipv6AddressListEnabled",
        "ipv6AddressLists",
        "ipv6Addresses",
        "ipv6PrefixCount",
        "ipv6Prefixes",
        "privateIpListEnabled",
    }
)
_CREATE: Final[Mapping[str, str]] = {
    "Description": "description",
    "Groups": "securityGroups",
    "InterfaceType": "interfaceType",
    "SubnetId": "subnetId",
}
_RESERVED: Final = 4
"""Addresses at the beginning of a subnet that are AWS's own; the last one is, too.

https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
"""


class NetworkInterface(Ec2Resource):
    """An address in a subnet that outlives the instances it is attached to. Its id is EC2's.

    moto takes an address that is in use or outside the subnet, which is refused here as EC2 does.
    It forgets prefixes and IPv6: these arguments are repeated as they were given.
    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_network_interface.go
    """

    token: ClassVar[str] = "aws:ec2/networkInterface:NetworkInterface"  # a type token
    emulated = "partly"
    force_new: ClassVar[frozenset[str]] = frozenset({"interfaceType", "subnetId"})
    defaults: ClassVar[Mapping[str, Value]] = {
        "ipv6AddressListEnabled": False,
        "privateIpListEnabled": False,
        "sourceDestCheck": True,
    }
    computed: ClassVar[frozenset[str]] = frozenset(
        {"attachments.attachmentId", "attachments.networkCardIndex"}
    )
    sets: ClassVar[frozenset[str]] = frozenset(
        {
            "attachments",
            "ipv4Prefixes",
            "ipv6Addresses",
            "ipv6Prefixes",
            "privateIps",
            "securityGroups",
        }
    )
    unemulated: ClassVar[frozenset[str]] = _FORGOTTEN
    name_property: ClassVar[str] = ""

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Addresses are said one way only, and each is one."""
        if inputs.get("privateIpLists") and (inputs.get("privateIps") is not None):
            reason = f"{self.token} got both 'privateIps' and 'privateIpLists'. Keep one."
            yield Failure("privateIps", reason)
        for name in ("privateIps", "privateIpLists"):
            for index, text in enumerate(as_list(inputs.get(name))):
                if isinstance(text, str) and not _is_address(text):
                    reason = f"{self.token} got {text!r}, which is no IPv4 address. Correct it."
                    yield Failure(f"{name}[{index}]", reason)

    def force_new_on(self, old: Properties, new: Properties) -> frozenset[str]:
        """The primary address stays as long as the interface does."""
        if new.get("privateIpListEnabled"):
            before, after = as_list(old.get("privateIpLists")), as_list(new.get("privateIpLists"))
            return frozenset({"privateIpLists"} if before[:1] != after[:1] else ())
        primary = old.get("privateIp")
        lost = primary and primary not in as_list(new.get("privateIps"))
        return frozenset({"privateIps"} if lost else ())

    def changing_on(self, changed: frozenset[str], new: Properties) -> frozenset[str]:
        """Each way to say the addresses changes what the others tell."""
        del new
        ways = frozenset({"privateIpLists", "privateIps", "privateIpsCount"})
        return ways - changed if changed & ways else frozenset()

    def create(self, ctx: Context, inputs: Properties) -> str:
        client, addresses = ctx.client("ec2"), _asked(inputs)
        _check_addresses(client, inputs["subnetId"], addresses)
        specifications = [
            {"Primary": index == 0, "PrivateIpAddress": text}
            for index, text in enumerate(addresses)
        ]
        made = client.create_network_interface(
            **given(inputs, _CREATE),
            **({"PrivateIpAddresses": specifications} if specifications else {}),
            **tag_specifications("network-interface", inputs),
        )
        return made["NetworkInterface"]["NetworkInterfaceId"]

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        client = ctx.client("ec2")
        found = _describe(client, id_)
        missing = (inputs.get("privateIpsCount") or 0) + 1 - len(found["PrivateIpAddresses"])
        if missing > 0:
            client.assign_private_ip_addresses(
                NetworkInterfaceId=id_, SecondaryPrivateIpAddressCount=missing
            )
        if inputs.get("sourceDestCheck") is False:
            _modify(client, id_, SourceDestCheck={"Value": False})
        if not as_dict(found.get("Attachment")).get("InstanceId"):
            _attach(client, id_, inputs)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:  # noqa: ARG002
        found = _describe(ctx.client("ec2"), id_)
        own = as_list(found.get("PrivateIpAddresses"))
        addresses = [a["PrivateIpAddress"] for a in sorted(own, key=lambda a: not a["Primary"])]
        attachment = as_dict(found.get("Attachment"))
        return {
            "arn": ctx.arn("ec2", f"network-interface/{id_}"),
            "attachments": [
                {
                    "attachmentId": attachment["AttachmentId"],
                    "deviceIndex": attachment["DeviceIndex"],
                    "instance": attachment["InstanceId"],
                    "networkCardIndex": attachment.get("NetworkCardIndex") or 0,
                }
            ]
            if attachment.get("InstanceId")
            else [],
            "description": found.get("Description") or "",
            "interfaceType": found.get("InterfaceType") or "interface",
            "macAddress": found.get("MacAddress") or "",
            "outpostArn": "",
            "ownerId": found.get("OwnerId") or ctx.account,
            "privateDnsName": found.get("PrivateDnsName") or "",
            "privateIp": found["PrivateIpAddress"],
            "privateIpLists": addresses,
            "privateIps": addresses,
            "privateIpsCount": len(addresses) - 1,
            "securityGroups": [group["GroupId"] for group in as_list(found.get("Groups"))],
            "sourceDestCheck": bool(found.get("SourceDestCheck", True)),
            "subnetId": found["SubnetId"],
            "tagsAll": tags.from_list(found.get("TagSet")),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        client = ctx.client("ec2")
        if "description" in changed:
            _modify(client, id_, Description={"Value": new.get("description") or ""})
        if "securityGroups" in changed:
            _modify(client, id_, Groups=as_list(new.get("securityGroups")))
        if "sourceDestCheck" in changed:
            _modify(client, id_, SourceDestCheck={"Value": bool(new.get("sourceDestCheck"))})
        if changed & {"privateIpLists", "privateIps", "privateIpsCount"}:
            _readdress(client, id_, new, changed)
        if "attachments" in changed:
            _detach(client, id_)
            _attach(client, id_, new)
        del old

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Take it off its instance, if it is on one, then delete it."""
        del outputs
        client = ctx.client("ec2")
        _detach(client, id_)
        client.delete_network_interface(NetworkInterfaceId=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By its addresses in its subnet, which no two have; else by its tags."""
        subnet = {"Name": "subnet-id", "Values": [inputs["subnetId"]]}
        answer = ctx.client("ec2").describe_network_interfaces(Filters=[subnet])
        found, asked = answer["NetworkInterfaces"], _asked(inputs)
        for one in found if asked else ():
            if one.get("PrivateIpAddress") == asked[0]:
                return str(one["NetworkInterfaceId"])
        return tags.only_with(
            inputs.get("tagsAll"),
            [(one["NetworkInterfaceId"], tags.from_list(one.get("TagSet"))) for one in found],
            ctx.held,
        )


def _asked(inputs: Properties) -> list[str]:
    """The addresses that the program asks for, the primary one first."""
    name = "privateIpLists" if inputs.get("privateIpListEnabled") else "privateIps"
    return [str(text) for text in as_list(inputs.get(name))]


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _describe(client: Any, id_: str) -> dict[str, Any]:
    return client.describe_network_interfaces(NetworkInterfaceIds=[id_])["NetworkInterfaces"][0]


def _modify(client: Any, id_: str, **change: Any) -> None:
    client.modify_network_interface_attribute(NetworkInterfaceId=id_, **change)


def _check_addresses(client: Any, subnet: str, addresses: list[str]) -> None:
    """Refuse what EC2 refuses: addresses outside the subnet, reserved, or in use."""
    if not addresses:
        return
    operation = "CreateNetworkInterface"
    block = ipaddress.IPv4Network(
        client.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["CidrBlock"]
    )
    filters = [{"Name": "subnet-id", "Values": [subnet]}]
    taken = {
        own["PrivateIpAddress"]
        for one in client.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        for own in as_list(one.get("PrivateIpAddresses"))
    }
    reserved = {block[index] for index in (*range(_RESERVED), -1)}
    for text in addresses:
        address = ipaddress.IPv4Address(text)
        if address not in block or address in reserved:
            message = f"Address {text} does not fall within the subnet's address range"
            raise refusal(operation, "InvalidParameterValue", message)
        if text in taken:
            raise refusal(operation, "InvalidIPAddress.InUse", f"Address {text} is in use.")


def _readdress(client: Any, id_: str, new: Properties, changed: frozenset[str]) -> None:
    """Give it and take from it secondary addresses, by name or by number."""
    found = _describe(client, id_)
    has = [own["PrivateIpAddress"] for own in as_list(found.get("PrivateIpAddresses"))]
    asked = _asked(new)
    if changed & {"privateIps", "privateIpLists"} and asked:
        gone = [text for text in has if text not in asked]
        added = [text for text in asked if text not in has]
        _check_addresses(client, found["SubnetId"], added)
        number = 0
    else:
        count = int(new.get("privateIpsCount") or 0)
        secondary = [text for text in has if text != found["PrivateIpAddress"]]
        gone, added, number = secondary[count:], list[str](), count - len(secondary)
    if gone:
        client.unassign_private_ip_addresses(NetworkInterfaceId=id_, PrivateIpAddresses=gone)
    if added:
        client.assign_private_ip_addresses(NetworkInterfaceId=id_, PrivateIpAddresses=added)
    if number > 0:
        client.assign_private_ip_addresses(
            NetworkInterfaceId=id_, SecondaryPrivateIpAddressCount=number
        )


def _attach(client: Any, id_: str, inputs: Properties) -> None:
    for attachment in as_list(inputs.get("attachments")):
        client.attach_network_interface(
            NetworkInterfaceId=id_,
            InstanceId=attachment["instance"],
            DeviceIndex=attachment["deviceIndex"],
        )


def _detach(client: Any, id_: str) -> None:
    attachment = as_dict(_describe(client, id_).get("Attachment"))
    if attachment.get("InstanceId"):
        client.detach_network_interface(AttachmentId=attachment["AttachmentId"], Force=True)
