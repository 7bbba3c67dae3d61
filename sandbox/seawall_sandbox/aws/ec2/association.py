"""Which route table subnets and gateways use, and which a VPC uses for all others."""

from collections.abc import Iterable
from typing import Any, ClassVar

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import given
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties


class RouteTableAssociation(ResourceType):
    """``aws:ec2/routeTableAssociation:RouteTableAssociation``: of a subnet or a gateway."""

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


class MainRouteTableAssociation(ResourceType):
    """``aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation``.

    The VPC gets its former main table back when the resource is deleted.
    """

    token: ClassVar[str] = "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation"
    force_new: ClassVar[frozenset[str]] = frozenset({"vpcId"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        before = _main(ctx, inputs["vpcId"])
        if before is None:
            raise ValueError(f"the VPC {inputs['vpcId']} has no main route table. Correct its id.")
        made = _replace(ctx, before, inputs["routeTableId"])
        ctx.told["originalRouteTableId"] = before["RouteTableId"]
        return made

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        association = _main(ctx, known["vpcId"])
        original = ctx.told.get("originalRouteTableId") or known.get("originalRouteTableId", "")
        if association is None or association["RouteTableId"] != known["routeTableId"]:
            return None  # each table has an association of its own: another table, another id
        return {
            "id": id_,
            "originalRouteTableId": original,
            "routeTableId": association["RouteTableId"],
            "vpcId": known["vpcId"],
        }

    def update(
        self,
        ctx: Context,
        id_: str,  # noqa: ARG002  # it is another with each table
        old: Properties,
        new: Properties,
        changed: frozenset[str],  # noqa: ARG002
    ) -> None:
        """Another table."""
        ctx.told["originalRouteTableId"] = old["originalRouteTableId"]
        association = _main(ctx, old["vpcId"])
        if association is not None:
            _replace(ctx, association, new["routeTableId"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del id_
        association = _main(ctx, outputs["vpcId"])
        if association is not None:
            _replace(ctx, association, outputs["originalRouteTableId"])


def _main(ctx: Context, vpc: str) -> dict[str, Any] | None:
    filters = [
        {"Name": "vpc-id", "Values": [vpc]},
        {"Name": "association.main", "Values": ["true"]},
    ]
    for table in ctx.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]:
        for association in table.get("Associations") or ():
            if association.get("Main"):
                return {**association, "RouteTableId": table["RouteTableId"]}
    return None


def _replace(ctx: Context, association: dict[str, Any], table: str) -> str:
    made = ctx.client("ec2").replace_route_table_association(
        AssociationId=association["RouteTableAssociationId"], RouteTableId=table
    )
    return str(made["NewAssociationId"])
