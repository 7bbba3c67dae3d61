"""``aws:ec2/vpcEndpoint:VpcEndpoint``."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import is_json_object, normal
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, tag_specifications
from seawall_sandbox.aws.errors import ClientError, is_gone
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_KINDS = ("Gateway", "GatewayLoadBalancer", "Interface", "Resource", "ServiceNetwork")
_GATEWAY_SERVICES = ("s3", "s3express", "dynamodb")
"""https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html"""

_MEMBERS: Mapping[str, tuple[str, str]] = {
    "routeTableIds": ("AddRouteTableIds", "RemoveRouteTableIds"),
    "securityGroupIds": ("AddSecurityGroupIds", "RemoveSecurityGroupIds"),
    "subnetIds": ("AddSubnetIds", "RemoveSubnetIds"),
}
"""Lists by argument, and how ModifyVpcEndpoint adds to and removes from them."""


class VpcEndpoint(Ec2Resource):
    """A private way to a service: a gateway in route tables, or interfaces in subnets."""

    token: ClassVar[str] = "aws:ec2/vpcEndpoint:VpcEndpoint"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset(
        {
            "resourceConfigurationArn",
            "serviceName",
            "serviceNetworkArn",
            "serviceRegion",
            "vpcEndpointType",
            "vpcId",
        }
    )
    defaults: ClassVar[Mapping[str, Value]] = {"vpcEndpointType": "Gateway"}
    computed: ClassVar[frozenset[str]] = frozenset(
        {"dnsOptions.dnsRecordIpType", "dnsOptions.privateDnsPreference"}
    )
    sets: ClassVar[frozenset[str]] = frozenset({*_MEMBERS, "subnetConfigurations"})
    documents: ClassVar[frozenset[str]] = frozenset({"policy"})
    write_only: ClassVar[frozenset[str]] = frozenset({"autoAccept"})
    unemulated: ClassVar[frozenset[str]] = frozenset(
        {"dnsOptions", "ipAddressType", "privateDnsEnabled", "subnetConfigurations"}
    )

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Gateways are for S3 and DynamoDB and live in route tables, interfaces in subnets."""
        kind = inputs.get("vpcEndpointType")
        if isinstance(kind, str) and kind not in _KINDS:
            reason = f"{self.token} got {kind!r} for 'vpcEndpointType'."
            yield Failure("vpcEndpointType", f"{reason} Use one of: {', '.join(_KINDS)}.")
            return
        wrong = {"Gateway": ("subnetIds", "securityGroupIds"), "Interface": ("routeTableIds",)}
        for name in wrong.get(str(kind), ()):
            if inputs.get(name):
                reason = f"{self.token} got {name!r}, which a {kind} endpoint cannot have."
                yield Failure(name, f"{reason} Remove it, or change 'vpcEndpointType'.")
        service = inputs.get("serviceName")
        if kind == "Gateway" and isinstance(service, str):
            if service.rpartition(".")[2] not in _GATEWAY_SERVICES:
                reason = f"{self.token} got {service!r} as a Gateway; AWS has gateways only for"
                cure = f"{', '.join(_GATEWAY_SERVICES)}. Set 'vpcEndpointType' to Interface."
                yield Failure("vpcEndpointType", f"{reason} {cure}")
            if inputs.get("privateDnsEnabled") is True:
                reason = f"{self.token} got 'privateDnsEnabled', which a Gateway cannot have."
                yield Failure("privateDnsEnabled", f"{reason} Remove it.")
        policy = inputs.get("policy")
        if isinstance(policy, str) and not is_json_object(policy):
            reason = f"{self.token} got a 'policy' that is no JSON. Correct the document."
            yield Failure("policy", reason)

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        names = {
            "VpcId": "vpcId",
            "ServiceName": "serviceName",
            "VpcEndpointType": "vpcEndpointType",
            "PolicyDocument": "policy",
            "PrivateDnsEnabled": "privateDnsEnabled",
            "IpAddressType": "ipAddressType",
            "ServiceRegion": "serviceRegion",
        }
        arguments = given(inputs, names)
        for name in _MEMBERS:
            if inputs.get(name):
                arguments[name[0].upper() + name[1:]] = sorted(inputs[name])
        made = client.create_vpc_endpoint(**arguments, **tag_specifications("vpc-endpoint", inputs))
        return made["VpcEndpoint"]["VpcEndpointId"]

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        del inputs
        client = ctx.client("ec2")
        ctx.wait(lambda: self._endpoint(client, id_, "available"), "become available")

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:  # noqa: ARG002
        client = ctx.client("ec2")
        endpoint = self._endpoint(client, id_)
        if endpoint is None or endpoint.get("State") in {"deleted", "deleting", "rejected"}:
            return None
        interface = endpoint["VpcEndpointType"] == "Interface"
        options = as_dict(endpoint.get("DnsOptions"))
        outputs: Properties = {
            "arn": ctx.arn("ec2", f"vpc-endpoint/{id_}"),
            "cidrBlocks": [],
            "dnsEntries": [
                {"dnsName": e.get("DnsName", ""), "hostedZoneId": e.get("HostedZoneId", "")}
                for e in endpoint.get("DnsEntries") or ()
            ],
            "dnsOptions": {
                "dnsRecordIpType": options.get("DnsRecordIpType") or "ipv4",
                "privateDnsOnlyForInboundResolverEndpoint": False,
            }
            if interface
            else None,
            "ipAddressType": endpoint.get("IpAddressType") or ("ipv4" if interface else ""),
            "networkInterfaceIds": sorted(endpoint.get("NetworkInterfaceIds") or ()),
            "ownerId": endpoint.get("OwnerId") or ctx.account,
            "policy": normal(endpoint["PolicyDocument"]) if endpoint.get("PolicyDocument") else "",
            "privateDnsEnabled": interface and bool(endpoint.get("PrivateDnsEnabled")),
            "requesterManaged": bool(endpoint.get("RequesterManaged")),
            "routeTableIds": sorted(endpoint.get("RouteTableIds") or ()),
            "securityGroupIds": sorted(g["GroupId"] for g in endpoint.get("Groups") or ()),
            "serviceName": endpoint["ServiceName"],
            "serviceRegion": endpoint.get("ServiceRegion") or ctx.region,
            "state": endpoint.get("State", "available"),
            "subnetConfigurations": [],
            "subnetIds": sorted(endpoint.get("SubnetIds") or ()),
            "tagsAll": tags.from_list(endpoint.get("Tags")),
            "vpcEndpointType": endpoint["VpcEndpointType"],
            "vpcId": endpoint["VpcId"],
        }
        if not interface:
            outputs |= _prefix_list(client, endpoint["ServiceName"])
        return outputs

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        arguments: dict[str, Any] = {}
        for name, (add, remove) in _MEMBERS.items():
            if name in changed:
                before, after = set[str](old.get(name) or ()), set[str](new.get(name) or ())
                arguments[add] = sorted(after - before)
                arguments[remove] = sorted(before - after)
        if "policy" in changed:
            policy = new.get("policy")
            arguments |= {"PolicyDocument": policy} if policy else {"ResetPolicy": True}
        if "privateDnsEnabled" in changed:
            arguments["PrivateDnsEnabled"] = bool(new.get("privateDnsEnabled"))
        if "ipAddressType" in changed:
            arguments["IpAddressType"] = new["ipAddressType"]
        arguments = {key: value for key, value in arguments.items() if value != []}
        if arguments:
            ctx.client("ec2").modify_vpc_endpoint(VpcEndpointId=id_, **arguments)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:  # noqa: ARG002
        client = ctx.client("ec2")
        self._detach_routeless(client, id_)
        answer = client.delete_vpc_endpoints(VpcEndpointIds=[id_])
        for item in answer.get("Unsuccessful") or ():
            error = as_dict(item.get("Error"))
            if not str(error.get("Code", "")).endswith(".NotFound"):
                raise ClientError({"Error": error}, "DeleteVpcEndpoints")
        ctx.wait(lambda: self._is_deleted(client, id_), "go away")

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The VPC's endpoint of that type for the service, with those tags."""
        found = ctx.client("ec2").describe_vpc_endpoints(
            Filters=[
                {"Name": "vpc-id", "Values": [inputs["vpcId"]]},
                {"Name": "service-name", "Values": [inputs["serviceName"]]},
            ]
        )["VpcEndpoints"]
        candidates = (
            (endpoint["VpcEndpointId"], tags.from_list(endpoint.get("Tags")))
            for endpoint in found
            if endpoint.get("State") not in {"deleted", "deleting"}
            and endpoint["VpcEndpointType"] == (inputs.get("vpcEndpointType") or "Gateway")
        )
        return tags.only_with(inputs.get("tagsAll"), candidates, ctx.held)

    def _detach_routeless(self, client: Any, id_: str) -> None:
        """Take the endpoint out of tables that have no route to it.

        moto adds no route when a table joins later, and then fails to remove it.
        """
        tables = list[str]((self._endpoint(client, id_) or {}).get("RouteTableIds") or ())
        if not tables:
            return
        found = client.describe_route_tables(RouteTableIds=tables)["RouteTables"]
        routeless = [
            table["RouteTableId"]
            for table in found
            if id_ not in {route.get("GatewayId") for route in table.get("Routes") or ()}
        ]
        if routeless:
            client.modify_vpc_endpoint(VpcEndpointId=id_, RemoveRouteTableIds=routeless)

    @staticmethod
    def _endpoint(client: Any, id_: str, state: str = "") -> dict[str, Any] | None:
        found = client.describe_vpc_endpoints(VpcEndpointIds=[id_])["VpcEndpoints"]
        if not found:
            return None
        return found[0] if not state or found[0].get("State", "").lower() == state else None

    def _is_deleted(self, client: Any, id_: str) -> bool:
        try:
            endpoint = self._endpoint(client, id_)
        except ClientError as error:
            if not is_gone(error):
                raise
            return True
        return endpoint is None or endpoint.get("State") == "deleted"


def _prefix_list(client: Any, service: str) -> Properties:
    """Id and blocks of a gateway service's prefix list."""
    found = client.describe_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": [service]}]
    )
    lists = [entry for entry in found["PrefixLists"] if entry.get("PrefixListName") == service]
    if not lists:
        return {}
    return {
        "prefixListId": lists[0]["PrefixListId"],
        "cidrBlocks": prefix_list_blocks(client, lists[0]),
    }


def prefix_list_blocks(client: Any, prefix_list: dict[str, Any]) -> list[str]:
    """The blocks of a prefix list; moto tells them only as entries of a managed one."""
    blocks = list[str](prefix_list.get("Cidrs") or ())
    if not blocks:
        answer = client.get_managed_prefix_list_entries(PrefixListId=prefix_list["PrefixListId"])
        blocks = [entry["Cidr"] for entry in answer["Entries"]]
    return sorted(blocks)
