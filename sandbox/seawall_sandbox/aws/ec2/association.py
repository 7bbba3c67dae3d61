"""``aws:ec2/routeTableAssociation:RouteTableAssociation``."""

from collections.abc import Iterable
from typing import Any, ClassVar

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import given
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties


class RouteTableAssociation(ResourceType):
    """A subnet's, or a gateway's, use of a route table."""

    token: ClassVar[str] = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    force_new: ClassVar[frozenset[str]] = frozenset({"gatewayId", "subnetId"})

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """A subnet or a gateway, one of them."""
        if (inputs.get("subnetId") is None) == (inputs.get("gatewayId") is None):
            reason = f"{self.token} needs either 'subnetId' or 'gatewayId'. Set exactly one."
            yield Failure("subnetId", reason)

    def create(self, ctx: Context, inputs: Properties) -> str:
        names = {"SubnetId": "subnetId", "GatewayId": "gatewayId", "RouteTableId": "routeTableId"}
        made = ctx.client("ec2").associate_route_table(**given(inputs, names))
        return made["AssociationId"]

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        association = self._association(ctx, id_, known)
        if association is None:
            return None
        return {
            "id": association["RouteTableAssociationId"],
            "gatewayId": association.get("GatewayId", ""),
            "routeTableId": association["RouteTableId"],
            "subnetId": association.get("SubnetId", ""),
        }

    def update(
        self,
        ctx: Context,
        id_: str,
        old: Properties,
        new: Properties,
        changed: frozenset[str],  # noqa: ARG002  # only the table can change
    ) -> None:
        association = self._association(ctx, id_, old)
        if association is not None:
            ctx.client("ec2").replace_route_table_association(
                AssociationId=association["RouteTableAssociationId"],
                RouteTableId=new["routeTableId"],
            )

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        association = self._association(ctx, id_, outputs)
        if association is not None:
            identifier = association["RouteTableAssociationId"]
            ctx.client("ec2").disassociate_route_table(AssociationId=identifier)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The subnet's association: it can have only one."""
        association = self._association(ctx, "", inputs)
        if association is None or association["RouteTableId"] != inputs["routeTableId"]:
            return None
        return association["RouteTableAssociationId"]

    @staticmethod
    def _association(ctx: Context, id_: str, known: Properties) -> dict[str, Any] | None:
        """The association, by subnet or gateway: its id is another when the table changes."""
        subnet, gateway = known.get("subnetId"), known.get("gatewayId")
        if "/" in id_ and not subnet and not gateway:  # the form of an import: subnet/table
            subnet = id_.partition("/")[0]
        name, value = "association.route-table-association-id", id_
        if subnet:
            name, value = "association.subnet-id", subnet
        elif gateway:
            name, value = "association.gateway-id", gateway
        found = ctx.client("ec2").describe_route_tables(Filters=[{"Name": name, "Values": [value]}])
        for table in found["RouteTables"]:
            for association in table.get("Associations") or ():
                keys = ("SubnetId", "GatewayId", "RouteTableAssociationId")
                if value in {association.get(key) for key in keys}:
                    return association
        return None
