"""Functions that look EC2 things up: VPCs, subnets, route tables, prefix lists."""

from collections.abc import Iterable
from typing import Any, cast

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2 import routes, subnet
from seawall_sandbox.aws.ec2.endpoint import prefix_list_blocks
from seawall_sandbox.aws.registry import Function
from seawall_sandbox.values import Properties


def get_vpc(ctx: Context, args: Properties) -> Properties:
    """The one VPC that matches."""
    filters = _filters(args, {"cidrBlock": "cidr", "dhcpOptionsId": "dhcp-options-id"})
    filters += _flag(args, "default", "isDefault") + _one(args, "state", "state")
    client = ctx.client("ec2")
    vpc = _only(client.describe_vpcs(**_query(args, "VpcIds", filters))["Vpcs"], "VPC")
    id_ = vpc["VpcId"]
    main = client.describe_route_tables(
        Filters=[
            {"Name": "vpc-id", "Values": [id_]},
            {"Name": "association.main", "Values": ["true"]},
        ]
    )["RouteTables"]
    attributes = {
        name: bool(
            client.describe_vpc_attribute(VpcId=id_, Attribute=name)
            .get(name[0].upper() + name[1:], {})
            .get("Value", False)
        )
        for name in (
            "enableDnsHostnames",
            "enableDnsSupport",
            "enableNetworkAddressUsageMetrics",
        )
    }
    ipv6 = [
        block
        for block in vpc.get("Ipv6CidrBlockAssociationSet") or ()
        if block.get("Ipv6CidrBlockState", {}).get("State") == "associated"
    ]
    return {
        **_echo(ctx, args),
        **attributes,
        "arn": ctx.arn("ec2", f"vpc/{id_}"),
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": [
            {
                "associationId": block["AssociationId"],
                "cidrBlock": block["CidrBlock"],
                "state": block.get("CidrBlockState", {}).get("State", "associated"),
            }
            for block in vpc.get("CidrBlockAssociationSet") or ()
        ],
        "default": bool(vpc.get("IsDefault")),
        "dhcpOptionsId": vpc.get("DhcpOptionsId", ""),
        "id": id_,
        "instanceTenancy": vpc.get("InstanceTenancy", "default"),
        "ipv6AssociationId": ipv6[0].get("AssociationId", "") if ipv6 else "",
        "ipv6CidrBlock": ipv6[0].get("Ipv6CidrBlock", "") if ipv6 else "",
        "ipv6CidrBlockAssociations": [
            {
                "associationId": block.get("AssociationId", ""),
                "ipv6CidrBlock": block.get("Ipv6CidrBlock", ""),
            }
            for block in ipv6
        ],
        "mainRouteTableId": main[0]["RouteTableId"] if main else "",
        "ownerId": vpc.get("OwnerId") or ctx.account,
        "state": vpc.get("State", "available"),
        "tags": tags.from_list(vpc.get("Tags")),
    }


def get_subnets(ctx: Context, args: Properties) -> Properties:
    """The ids of all subnets that match."""
    found = _pages(ctx, "describe_subnets", "Subnets", _filters(args, {}))
    return {**_echo(ctx, args), "id": ctx.region, "ids": [s["SubnetId"] for s in found]}


def get_subnet(ctx: Context, args: Properties) -> Properties:
    """The one subnet that matches."""
    names = {
        "availabilityZone": "availabilityZone",
        "availabilityZoneId": "availabilityZoneId",
        "cidrBlock": "cidrBlock",
        "vpcId": "vpc-id",
    }
    filters = _filters(args, names) + _flag(args, "defaultForAz", "defaultForAz")
    filters += _one(args, "state", "state")
    found = ctx.client("ec2").describe_subnets(**_query(args, "SubnetIds", filters))["Subnets"]
    one = _only(found, "subnet")
    outputs = subnet.describe(ctx, one)
    outputs["tags"] = outputs.pop("tagsAll")
    return {
        **_echo(ctx, args),
        **outputs,
        "availableIpAddressCount": one.get("AvailableIpAddressCount", 0),
        "defaultForAz": bool(one.get("DefaultForAz")),
        "id": one["SubnetId"],
        "state": one.get("State", "available"),
    }


def get_route_tables(ctx: Context, args: Properties) -> Properties:
    """The ids of all route tables that match."""
    filters = _filters(args, {"vpcId": "vpc-id"})
    found = _pages(ctx, "describe_route_tables", "RouteTables", filters)
    return {**_echo(ctx, args), "id": ctx.region, "ids": [t["RouteTableId"] for t in found]}


def get_route_table(ctx: Context, args: Properties) -> Properties:
    """The one route table that matches."""
    names = {
        "gatewayId": "association.gateway-id",
        "routeTableId": "route-table-id",
        "subnetId": "association.subnet-id",
        "vpcId": "vpc-id",
    }
    found = _pages(ctx, "describe_route_tables", "RouteTables", _filters(args, names))
    table = _only(found, "route table")
    id_ = table["RouteTableId"]
    return {
        **_echo(ctx, args),
        "arn": ctx.arn("ec2", f"route-table/{id_}"),
        "associations": [
            {
                "gatewayId": association.get("GatewayId", ""),
                "main": bool(association.get("Main")),
                "routeTableAssociationId": association["RouteTableAssociationId"],
                "routeTableId": association["RouteTableId"],
                "subnetId": association.get("SubnetId", ""),
            }
            for association in table.get("Associations") or ()
        ],
        "id": id_,
        "ownerId": table.get("OwnerId") or ctx.account,
        "routeTableId": id_,
        "routes": [{**route, "instanceId": ""} for route in routes.inline_routes(table)],
        "tags": tags.from_list(table.get("Tags")),
        "vpcId": table["VpcId"],
    }


def get_prefix_list(ctx: Context, args: Properties) -> Properties:
    """The prefix list of an AWS service."""
    filters = _filters(args, {"name": "prefix-list-name"})
    query: dict[str, Any] = {"Filters": filters} if filters else {}
    if args.get("prefixListId"):
        query["PrefixListIds"] = [args["prefixListId"]]
    client = ctx.client("ec2")
    found = _only(client.describe_prefix_lists(**query)["PrefixLists"], "prefix list")
    return {
        **_echo(ctx, args),
        "cidrBlocks": prefix_list_blocks(client, found),
        "id": found["PrefixListId"],
        "name": found["PrefixListName"],
    }


def get_managed_prefix_list(ctx: Context, args: Properties) -> Properties:
    """The one managed prefix list, the user's or AWS's, that matches."""
    filters = _filters(args, {"name": "prefix-list-name", "id": "prefix-list-id"})
    client = ctx.client("ec2")
    found = client.describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
    one = _only(found, "managed prefix list")
    id_ = one["PrefixListId"]
    entries = client.get_managed_prefix_list_entries(PrefixListId=id_)["Entries"]
    return {
        **_echo(ctx, args),
        "addressFamily": one.get("AddressFamily", "IPv4"),
        "arn": one.get("PrefixListArn", ""),
        "entries": [
            {"cidr": entry["Cidr"], "description": entry.get("Description", "")}
            for entry in entries
        ],
        "id": id_,
        "maxEntries": one.get("MaxEntries") or 0,
        "name": one["PrefixListName"],
        "ownerId": one.get("OwnerId", ""),
        "tags": tags.from_list(one.get("Tags")),
        "version": one.get("Version") or 0,
    }


def _echo(ctx: Context, args: Properties) -> Properties:
    """The arguments, as the real provider repeats them, and the region."""
    return {**{k: v for k, v in args.items() if v is not None}, "region": ctx.region}


def _filters(args: Properties, names: dict[str, str]) -> list[dict[str, Any]]:
    """EC2 filters of the arguments: those with a filter of their own, ``tags`` and ``filters``."""
    filters = [
        {"Name": aws, "Values": [args[name]]} for name, aws in names.items() if args.get(name)
    ]
    wanted: dict[str, str] = args.get("tags") or {}
    filters += [{"Name": f"tag:{key}", "Values": [wanted[key]]} for key in sorted(wanted)]
    given = cast("Iterable[Properties]", args.get("filters") or ())
    filters += [{"Name": one["name"], "Values": list(one["values"])} for one in given]
    return filters


def _flag(args: Properties, name: str, filter_: str) -> list[dict[str, Any]]:
    return [{"Name": filter_, "Values": ["true"]}] if args.get(name) else []


def _one(args: Properties, name: str, filter_: str) -> list[dict[str, Any]]:
    return [{"Name": filter_, "Values": [args[name]]}] if args.get(name) else []


def _query(args: Properties, ids: str, filters: list[dict[str, Any]]) -> dict[str, Any]:
    query: dict[str, Any] = {"Filters": filters} if filters else {}
    return query | ({ids: [args["id"]]} if args.get("id") else {})


def _pages(
    ctx: Context, operation: str, key: str, filters: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    pages = ctx.client("ec2").get_paginator(operation).paginate(Filters=filters)
    return [item for page in pages for item in page[key]]


def _only(found: list[dict[str, Any]], what: str) -> dict[str, Any]:
    """The single match. Raises ``ValueError`` when there is none, or more than one."""
    if len(found) == 1:
        return found[0]
    if not found:
        raise ValueError(f"no {what} matches. Correct the arguments, or create it first.")
    raise ValueError(f"{len(found)} {what}s match, but one is wanted. Narrow the arguments down.")


FUNCTIONS: dict[str, Function] = {
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": get_managed_prefix_list,
    "aws:ec2/getPrefixList:getPrefixList": get_prefix_list,
    "aws:ec2/getRouteTable:getRouteTable": get_route_table,
    "aws:ec2/getRouteTables:getRouteTables": get_route_tables,
    "aws:ec2/getSubnet:getSubnet": get_subnet,
    "aws:ec2/getSubnets:getSubnets": get_subnets,
    "aws:ec2/getVpc:getVpc": get_vpc,
}
