"""``aws:ec2/internetGateway``, ``aws:ec2/eip`` and ``aws:ec2/natGateway``."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context, dns_suffix_of
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, tag_specifications
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value


class InternetGateway(Ec2Resource):
    """The way between a VPC and the internet."""

    token: ClassVar[str] = "aws:ec2/internetGateway:InternetGateway"  # a type token

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        made = client.create_internet_gateway(**tag_specifications("internet-gateway", inputs))
        return made["InternetGateway"]["InternetGatewayId"]

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        client = ctx.client("ec2")
        found = client.describe_internet_gateways(InternetGatewayIds=[id_])["InternetGateways"]
        if inputs.get("vpcId") and not found[0].get("Attachments"):
            client.attach_internet_gateway(InternetGatewayId=id_, VpcId=inputs["vpcId"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:  # noqa: ARG002
        found = ctx.client("ec2").describe_internet_gateways(InternetGatewayIds=[id_])
        gateway = found["InternetGateways"][0]
        attachments = as_list(gateway.get("Attachments"))
        return {
            "arn": ctx.arn("ec2", f"internet-gateway/{id_}"),
            "ownerId": gateway.get("OwnerId") or ctx.account,
            "tagsAll": tags.from_list(gateway.get("Tags")),
            "vpcId": attachments[0]["VpcId"] if attachments else "",
        }

    def update(
        self,
        ctx: Context,
        id_: str,
        old: Properties,
        new: Properties,
        changed: frozenset[str],  # noqa: ARG002  # the VPC is all there is
    ) -> None:
        client = ctx.client("ec2")
        if old.get("vpcId"):
            client.detach_internet_gateway(InternetGatewayId=id_, VpcId=old["vpcId"])
        if new.get("vpcId"):
            client.attach_internet_gateway(InternetGatewayId=id_, VpcId=new["vpcId"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:  # noqa: ARG002
        client = ctx.client("ec2")
        found = client.describe_internet_gateways(InternetGatewayIds=[id_])["InternetGateways"]
        for attachment in found[0].get("Attachments") or ():
            client.detach_internet_gateway(InternetGatewayId=id_, VpcId=attachment["VpcId"])
        client.delete_internet_gateway(InternetGatewayId=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The VPC's gateway, for it can have only one; or one with those tags that has no VPC."""
        found = ctx.client("ec2").describe_internet_gateways()["InternetGateways"]
        for gateway in found:
            if inputs.get("vpcId") in {a["VpcId"] for a in gateway["Attachments"]}:
                return str(gateway["InternetGatewayId"])
        loose = (
            (gateway["InternetGatewayId"], tags.from_list(gateway.get("Tags")))
            for gateway in found
            if not gateway["Attachments"]
        )
        return tags.only_with(inputs.get("tagsAll"), loose, ctx.held)


class Eip(Ec2Resource):
    """An Elastic IP address."""

    token: ClassVar[str] = "aws:ec2/eip:Eip"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset(
        {"address", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool"}
    )
    write_only: ClassVar[frozenset[str]] = frozenset({"address", "associateWithPrivateIp"})

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """An address belongs to an instance or an interface, not both; the domain is the VPC's."""
        if inputs.get("instance") and inputs.get("networkInterface"):
            reason = f"{self.token} got both 'instance' and 'networkInterface'. Keep one."
            yield Failure("networkInterface", reason)
        domain = inputs.get("domain")
        if isinstance(domain, str) and domain not in {"vpc", "standard"}:
            reason = f"{self.token} got {domain!r} for 'domain'; AWS knows 'vpc' and 'standard'."
            yield Failure("domain", f"{reason} Write vpc.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        names = {
            "Address": "address",
            "NetworkBorderGroup": "networkBorderGroup",
            "PublicIpv4Pool": "publicIpv4Pool",
            "IpamPoolId": "ipamPoolId",
        }
        made = client.allocate_address(
            Domain=inputs.get("domain") or "vpc",
            **given(inputs, names),
            **tag_specifications("elastic-ip", inputs),
        )
        return made["AllocationId"]

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        self._associate(ctx.client("ec2"), id_, inputs)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:  # noqa: ARG002
        address = ctx.client("ec2").describe_addresses(AllocationIds=[id_])["Addresses"][0]
        public_ip, private_ip = address.get("PublicIp", ""), address.get("PrivateIpAddress", "")
        outputs: Properties = {
            "allocationId": id_,
            "arn": ctx.arn("ec2", f"elastic-ip/{id_}"),
            "associationId": address.get("AssociationId", ""),
            "carrierIp": address.get("CarrierIp", ""),
            "customerOwnedIp": address.get("CustomerOwnedIp", ""),
            "customerOwnedIpv4Pool": address.get("CustomerOwnedIpv4Pool", ""),
            "domain": address.get("Domain", "vpc"),
            "instance": address.get("InstanceId", ""),
            "ipamPoolId": "",
            "networkBorderGroup": address.get("NetworkBorderGroup") or ctx.region,
            "networkInterface": address.get("NetworkInterfaceId", ""),
            "privateIp": private_ip,
            "ptrRecord": "",
            "publicDns": _public_dns(ctx.region, public_ip),
            "publicIp": public_ip,
            "publicIpv4Pool": address.get("PublicIpv4Pool") or "amazon",
            "tagsAll": tags.from_list(address.get("Tags")),
        }
        if private_ip:
            outputs["privateDns"] = _private_dns(ctx.region, private_ip)
        return outputs

    def update(
        self,
        ctx: Context,
        id_: str,
        old: Properties,
        new: Properties,
        changed: frozenset[str],  # noqa: ARG002  # only the association can change
    ) -> None:
        client = ctx.client("ec2")
        if old.get("associationId"):
            client.disassociate_address(AssociationId=old["associationId"])
        self._associate(client, id_, new)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:  # noqa: ARG002
        client = ctx.client("ec2")
        address = client.describe_addresses(AllocationIds=[id_])["Addresses"][0]
        if address.get("AssociationId") and address.get("InstanceId"):
            client.disassociate_address(AssociationId=address["AssociationId"])
        client.release_address(AllocationId=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The only address with those tags."""
        found = ctx.client("ec2").describe_addresses()["Addresses"]
        candidates = ((a["AllocationId"], tags.from_list(a.get("Tags"))) for a in found)
        return tags.only_with(inputs.get("tagsAll"), candidates, ctx.held)

    @staticmethod
    def _associate(client: Any, id_: str, inputs: Properties) -> None:
        names = {
            "InstanceId": "instance",
            "NetworkInterfaceId": "networkInterface",
            "PrivateIpAddress": "associateWithPrivateIp",
        }
        target = given(inputs, names)
        if "InstanceId" in target or "NetworkInterfaceId" in target:
            client.associate_address(AllocationId=id_, **target)


class NatGateway(Ec2Resource):
    """A zonal NAT gateway. The emulator has no regional ones: they are refused by name."""

    token: ClassVar[str] = "aws:ec2/natGateway:NatGateway"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset(
        {
            "allocationId",
            "availabilityMode",
            "connectivityType",
            "privateIp",
            "secondaryPrivateIpAddressCount",
            "subnetId",
            "vpcId",
        }
    )
    defaults: ClassVar[Mapping[str, Value]] = {"connectivityType": "public"}
    sets: ClassVar[frozenset[str]] = frozenset(
        {"secondaryAllocationIds", "secondaryPrivateIpAddresses"}
    )

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Public gateways need an address, private ones must not have one."""
        if inputs.get("availabilityMode") == "regional":
            reason = f"The sandbox's emulator has no regional {self.token}."
            yield Failure("availabilityMode", f"{reason} Use zonal ones, or the real provider.")
            return
        private = inputs.get("connectivityType") == "private"
        if private and inputs.get("allocationId") is not None:
            reason = f"{self.token} got 'allocationId', which a private gateway cannot have."
            yield Failure("allocationId", f"{reason} Remove it, or make the gateway public.")
        if not private and inputs.get("allocationId") is None:
            reason = f"{self.token} needs 'allocationId', because the gateway is public."
            yield Failure("allocationId", f"{reason} Set it to an Elastic IP's id.")
        if inputs.get("subnetId") is None:
            reason = f"{self.token} needs 'subnetId', because the gateway is zonal. Set it."
            yield Failure("subnetId", reason)

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        names = {
            "AllocationId": "allocationId",
            "SubnetId": "subnetId",
            "ConnectivityType": "connectivityType",
            "PrivateIpAddress": "privateIp",
            "SecondaryAllocationIds": "secondaryAllocationIds",
            "SecondaryPrivateIpAddresses": "secondaryPrivateIpAddresses",
            "SecondaryPrivateIpAddressCount": "secondaryPrivateIpAddressCount",
        }
        made = client.create_nat_gateway(
            **given(inputs, names), **tag_specifications("natgateway", inputs)
        )
        return made["NatGateway"]["NatGatewayId"]

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        del inputs
        client = ctx.client("ec2")
        ctx.wait(lambda: self._in_state(client, id_, "available"), "become available")

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:  # noqa: ARG002
        found = ctx.client("ec2").describe_nat_gateways(NatGatewayIds=[id_])["NatGateways"]
        if not found or found[0]["State"] in {"deleted", "deleting"}:
            return None
        gateway = found[0]
        addresses = as_list(gateway.get("NatGatewayAddresses")) or [as_dict(None)]
        first = next((a for a in addresses if a.get("IsPrimary")), addresses[0])
        others = [a for a in addresses if a is not first]
        private = gateway.get("ConnectivityType") == "private"
        return {
            "allocationId": first.get("AllocationId", ""),
            "associationId": "" if private else first.get("AssociationId", ""),
            "availabilityMode": "zonal",
            "connectivityType": gateway.get("ConnectivityType", "public"),
            "networkInterfaceId": first.get("NetworkInterfaceId", ""),
            "privateIp": first.get("PrivateIp", ""),
            "publicIp": first.get("PublicIp", ""),
            "secondaryAllocationIds": [a["AllocationId"] for a in others if a.get("AllocationId")],
            "secondaryPrivateIpAddressCount": 0,
            "secondaryPrivateIpAddresses": [a["PrivateIp"] for a in others if a.get("PrivateIp")],
            "subnetId": gateway["SubnetId"],
            "tagsAll": tags.from_list(gateway.get("Tags")),
            "vpcId": gateway.get("VpcId", ""),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        client = ctx.client("ec2")
        if "secondaryAllocationIds" in changed:
            before = set[str](old.get("secondaryAllocationIds") or ())
            added = sorted(set(new.get("secondaryAllocationIds") or ()) - before)
            if added:
                client.associate_nat_gateway_address(NatGatewayId=id_, AllocationIds=added)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        client = ctx.client("ec2")
        found = client.describe_nat_gateways(NatGatewayIds=[id_])["NatGateways"]
        for gateway in (gateway for gateway in found if gateway["State"] != "deleted"):
            # First: a deletion interrupted after the gateway's would never come back to these.
            for address in gateway.get("NatGatewayAddresses") or ():
                self._delete_interface(ctx, str(address.get("NetworkInterfaceId") or ""))
            client.delete_nat_gateway(NatGatewayId=id_)
            ctx.wait(lambda: self._in_state(client, id_, "deleted"), "go away")

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The only gateway of the subnet with those tags."""
        found = ctx.client("ec2").describe_nat_gateways(
            Filters=[{"Name": "subnet-id", "Values": [inputs["subnetId"]]}]
        )["NatGateways"]
        candidates = (
            (gateway["NatGatewayId"], tags.from_list(gateway.get("Tags")))
            for gateway in found
            if gateway["State"] not in {"deleted", "deleting"}
        )
        return tags.only_with(inputs.get("tagsAll"), candidates, ctx.held)

    @staticmethod
    def _delete_interface(ctx: Context, id_: str) -> None:
        """Delete the gateway's network interface: AWS does so by itself, moto leaves it behind."""
        client = ctx.client("ec2")
        filters = [{"Name": "network-interface-id", "Values": [id_]}]
        if id_ and client.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]:
            client.delete_network_interface(NetworkInterfaceId=id_)

    @staticmethod
    def _in_state(client: Any, id_: str, state: str) -> bool:
        found = client.describe_nat_gateways(NatGatewayIds=[id_])["NatGateways"]
        return found[0]["State"] == state if found else state == "deleted"


def _public_dns(region: str, address: str) -> str:
    """The public name that EC2 gives an address."""
    if not address:
        return ""
    place = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{place}.{dns_suffix_of(region)}"


def _private_dns(region: str, address: str) -> str:
    """The private name that EC2 gives an address."""
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"ip-{address.replace('.', '-')}.{domain}"
