"""``aws:ec2/routeTable:RouteTable`` and ``aws:ec2/route:Route``."""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, tag_specifications
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure, ProviderError
from seawall_sandbox.values import Properties, Value

_TARGETS: Mapping[str, str] = {
    "carrierGatewayId": "CarrierGatewayId",
    "coreNetworkArn": "CoreNetworkArn",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "gatewayId": "GatewayId",
    "localGatewayId": "LocalGatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "odbNetworkArn": "OdbNetworkArn",
    "transitGatewayId": "TransitGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}
"""Where a route leads, by argument. A route has exactly one."""

_DESTINATIONS: Mapping[str, str] = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
_INLINE_DESTINATIONS: Mapping[str, str] = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}


class RouteTable(Ec2Resource):
    """A route table, and its routes when they are given inline."""

    token: ClassVar[str] = "aws:ec2/routeTable:RouteTable"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset({"vpcId"})
    sets: ClassVar[frozenset[str]] = frozenset({"propagatingVgws", "routes"})
    zeros: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "routes": dict.fromkeys([*_INLINE_DESTINATIONS, *_TARGETS], "")
    }

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Each inline route has one destination and one target."""
        for index, route in enumerate(as_list(inputs.get("routes"))):
            place = f"routes[{index}]"
            yield from _route_failures(self.token, place, as_dict(route), _INLINE_DESTINATIONS)

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        made = client.create_route_table(
            VpcId=inputs["vpcId"], **tag_specifications("route-table", inputs)
        )
        return made["RouteTable"]["RouteTableId"]

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        client = ctx.client("ec2")
        if inputs.get("routes"):
            table = client.describe_route_tables(RouteTableIds=[id_])["RouteTables"][0]
            there = {_destination(route) for route in inline_routes(table)}
            for route in inputs["routes"]:
                if _destination(route) not in there:
                    client.create_route(RouteTableId=id_, **_arguments(route, _INLINE_DESTINATIONS))
        for gateway in inputs.get("propagatingVgws") or ():
            client.enable_vgw_route_propagation(RouteTableId=id_, GatewayId=gateway)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:  # noqa: ARG002
        table = ctx.client("ec2").describe_route_tables(RouteTableIds=[id_])["RouteTables"][0]
        return {
            "arn": ctx.arn("ec2", f"route-table/{id_}"),
            "ownerId": table.get("OwnerId") or ctx.account,
            "propagatingVgws": [vgw["GatewayId"] for vgw in table.get("PropagatingVgws") or ()],
            "routes": inline_routes(table),
            "tagsAll": tags.from_list(table.get("Tags")),
            "vpcId": table["VpcId"],
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        client = ctx.client("ec2")
        if "routes" in changed:
            before = {_destination(r): r for r in old.get("routes") or ()}
            after = {_destination(r): r for r in new.get("routes") or ()}
            for destination in before.keys() - after.keys():
                arguments = given(before[destination], _swap(_INLINE_DESTINATIONS))
                client.delete_route(RouteTableId=id_, **arguments)
            for destination, route in after.items():
                arguments = _arguments(route, _INLINE_DESTINATIONS)
                if destination not in before:
                    client.create_route(RouteTableId=id_, **arguments)
                elif _arguments(before[destination], _INLINE_DESTINATIONS) != arguments:
                    client.replace_route(RouteTableId=id_, **arguments)
        if "propagatingVgws" in changed:
            had = set[str](old.get("propagatingVgws") or ())
            wanted = set[str](new.get("propagatingVgws") or ())
            for gateway in sorted(had - wanted):
                client.disable_vgw_route_propagation(RouteTableId=id_, GatewayId=gateway)
            for gateway in sorted(wanted - had):
                client.enable_vgw_route_propagation(RouteTableId=id_, GatewayId=gateway)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:  # noqa: ARG002
        client = ctx.client("ec2")
        table = client.describe_route_tables(RouteTableIds=[id_])["RouteTables"][0]
        for association in table.get("Associations") or ():
            if not association.get("Main"):
                identifier = association["RouteTableAssociationId"]
                client.disassociate_route_table(AssociationId=identifier)
        client.delete_route_table(RouteTableId=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The only table of the VPC with those tags."""
        of_vpc = {"Name": "vpc-id", "Values": [inputs["vpcId"]]}
        found = ctx.client("ec2").describe_route_tables(Filters=[of_vpc])["RouteTables"]
        candidates = ((table["RouteTableId"], tags.from_list(table.get("Tags"))) for table in found)
        return tags.only_with(inputs.get("tagsAll"), candidates, ctx.held)


class Route(ResourceType):
    """One route of a table. Its id is the table's and a checksum of the destination."""

    token: ClassVar[str] = "aws:ec2/route:Route"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset({*_DESTINATIONS, "routeTableId"})
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "InvalidParameterException": (),
        "InvalidTransitGatewayID.NotFound": (),
    }

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """One destination and one target."""
        yield from _route_failures(self.token, "", inputs, _DESTINATIONS)

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        table = inputs["routeTableId"]
        if self._route(ctx, inputs) is not None:
            raise ProviderError(
                f"Could not create {self.token} {ctx.name!r}: AWS refuses CreateRoute with"
                f" RouteAlreadyExists: route table {table!r} has a route to"
                f" {_target_of(inputs)!r} already. Remove one of the two, or import it."
            )
        client.create_route(RouteTableId=table, **_arguments(inputs, _DESTINATIONS))
        return route_id(table, _target_of(inputs))

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        if not known.get("routeTableId"):
            table, _, destination = id_.partition("_")  # the form of an import
            kind = _kind_of(destination)
            known = {"routeTableId": table, kind: destination}
        route = self._route(ctx, known)
        if route is None:
            return None
        outputs: Properties = {name: route.get(aws, "") for name, aws in _DESTINATIONS.items()}
        outputs |= {name: route.get(aws, "") for name, aws in _TARGETS.items()}
        gateway = outputs["gatewayId"]
        if gateway.startswith("vpce-"):
            outputs |= {"gatewayId": "", "vpcEndpointId": gateway}
        return outputs | {
            "id": route_id(known["routeTableId"], _target_of(outputs)),
            "instanceId": route.get("InstanceId", ""),
            "instanceOwnerId": route.get("InstanceOwnerId", ""),
            "origin": route.get("Origin", "CreateRoute"),
            "routeTableId": known["routeTableId"],
            "state": route.get("State", "active"),
        }

    def update(
        self,
        ctx: Context,
        id_: str,  # noqa: ARG002  # a route is known by table and destination
        old: Properties,  # noqa: ARG002
        new: Properties,
        changed: frozenset[str],  # noqa: ARG002  # only the target can change
    ) -> None:
        client = ctx.client("ec2")
        client.replace_route(RouteTableId=new["routeTableId"], **_arguments(new, _DESTINATIONS))

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:  # noqa: ARG002
        destination = given(outputs, _swap(_DESTINATIONS))
        ctx.client("ec2").delete_route(RouteTableId=outputs["routeTableId"], **destination)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The table's route to that destination with that very target."""
        route = self._route(ctx, inputs)
        if route is None:
            return None
        target = given(inputs, _swap(_TARGETS))
        same = all(route.get(name) == value for name, value in target.items())
        return route_id(inputs["routeTableId"], _target_of(inputs)) if same else None

    @staticmethod
    def _route(ctx: Context, inputs: Properties) -> dict[str, Any] | None:
        found = ctx.client("ec2").describe_route_tables(RouteTableIds=[inputs["routeTableId"]])
        wanted = given(inputs, _swap(_DESTINATIONS))
        for route in found["RouteTables"][0].get("Routes") or ():
            if wanted and all(route.get(name) == value for name, value in wanted.items()):
                return route
        return None


def route_id(table: str, destination: str) -> str:
    """``r-<table><CRC-32 of the destination>``, as Terraform numbers routes."""
    return f"r-{table}{zlib.crc32(destination.encode())}"


def inline_routes(table: dict[str, Any]) -> list[Properties]:
    """A table's own routes: not the local ones, nor those that AWS puts there for others."""
    routes: list[Properties] = []
    for route in table.get("Routes") or ():
        gateway = route.get("GatewayId") or ""
        added_by_aws = route.get("Origin") in {"EnableVgwRoutePropagation", "CreateRouteTable"}
        for_endpoint = gateway.startswith("vpce-") and route.get("DestinationPrefixListId")
        if gateway == "local" or added_by_aws or for_endpoint:
            continue
        found = {name: route.get(aws, "") for name, aws in _INLINE_DESTINATIONS.items()}
        found |= {name: route.get(aws, "") for name, aws in _TARGETS.items()}
        if gateway.startswith("vpce-"):
            found |= {"gatewayId": "", "vpcEndpointId": gateway}
        routes.append(found)
    return sorted(routes, key=_destination)


def _swap(names: Mapping[str, str]) -> dict[str, str]:
    return {aws: name for name, aws in names.items()}


def _arguments(route: Properties, destinations: Mapping[str, str]) -> dict[str, Any]:
    return given(route, _swap(destinations) | _swap(_TARGETS))


def _destination(route: Properties) -> str:
    return next((route[name] for name in _INLINE_DESTINATIONS if route.get(name)), "")


def _target_of(inputs: Properties) -> str:
    return next((inputs[name] for name in _DESTINATIONS if inputs.get(name)), "")


def _kind_of(destination: str) -> str:
    if destination.startswith("pl-"):
        return "destinationPrefixListId"
    return "destinationIpv6CidrBlock" if ":" in destination else "destinationCidrBlock"


def _route_failures(
    token: str, place: str, route: Properties, destinations: Mapping[str, str]
) -> Iterable[Failure]:
    where = f" in {place!r}" if place else ""
    for names, what in ((destinations, "destination"), (_TARGETS, "target")):
        count = sum(route.get(name) not in (None, "") for name in names)
        if count != 1:
            choices = ", ".join(names)
            reason = f"{token} needs exactly one {what}{where}, but got {count}."
            yield Failure(place or next(iter(names)), f"{reason} Set one of: {choices}.")
