"""Hosted zones, and ``getZone``."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.route53.names import bare, plain
from seawall_sandbox.values import Properties, Value


class Zone(ResourceType):
    """``aws:route53/zone:Zone``: a public zone, or a private one of some VPCs."""

    token = "aws:route53/zone:Zone"  # a type token
    force_new = frozenset({"delegationSetId", "name"})
    defaults: ClassVar[Mapping[str, Value]] = {
        "comment": "Managed by Pulumi",
        "forceDestroy": False,
    }
    write_only = frozenset({"enableAcceleratedRecovery", "forceDestroy"})
    sets = frozenset({"vpcs"})
    computed = frozenset({"vpcs.vpcRegion"})

    def same(self, place: str, old: Value, new: Value) -> bool:
        """Names are the same with and without the last dot, and in any case."""
        return place == "name" and plain(str(old)) == plain(str(new))

    def create(self, ctx: Context, inputs: Properties) -> str:
        route53 = ctx.client("route53")
        networks = [_network(ctx, vpc) for vpc in as_list(inputs.get("vpcs"))]
        delegation = inputs.get("delegationSetId")
        made = route53.create_hosted_zone(
            Name=plain(inputs["name"]),
            CallerReference=str(uuid.uuid4()),
            HostedZoneConfig={"Comment": inputs["comment"], "PrivateZone": bool(networks)},
            **({"VPC": networks[0]} if networks else {}),
            **({"DelegationSetId": delegation} if delegation else {}),
        )
        return bare(made["HostedZone"]["Id"])

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        route53 = ctx.client("route53")
        there = {vpc["VPCId"] for vpc in route53.get_hosted_zone(Id=id_).get("VPCs") or ()}
        for network in (_network(ctx, vpc) for vpc in as_list(inputs.get("vpcs"))):
            if network["VPCId"] not in there:
                route53.associate_vpc_with_hosted_zone(HostedZoneId=id_, VPC=network)
        self.retag(ctx, id_, {}, as_dict(inputs.get("tagsAll")), [])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        found = ctx.client("route53").get_hosted_zone(Id=id_)
        return {**_told(ctx, found), "tagsAll": _tags(ctx, id_)}

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Another comment, other VPCs."""
        route53 = ctx.client("route53")
        if "comment" in changed:
            route53.update_hosted_zone_comment(Id=id_, Comment=new["comment"])
        if "vpcs" in changed:
            before, after = (
                {vpc["vpcId"]: _network(ctx, vpc) for vpc in as_list(inputs.get("vpcs"))}
                for inputs in (old, new)
            )
            for vpc in after.keys() - before.keys():
                route53.associate_vpc_with_hosted_zone(HostedZoneId=id_, VPC=after[vpc])
            for vpc in before.keys() - after.keys():
                route53.disassociate_vpc_from_hosted_zone(HostedZoneId=id_, VPC=before[vpc])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Delete it; with ``forceDestroy`` what records others left in it first."""
        route53 = ctx.client("route53")
        if outputs.get("forceDestroy"):
            left = route53.list_resource_record_sets(HostedZoneId=id_)["ResourceRecordSets"]
            changes = [
                {"Action": "DELETE", "ResourceRecordSet": each}
                for each in left
                if each["Type"] not in {"NS", "SOA"}
            ]
            if changes:
                route53.change_resource_record_sets(
                    HostedZoneId=id_, ChangeBatch={"Changes": changes}
                )
        route53.delete_hosted_zone(Id=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        change: dict[str, Any] = {}
        if added:
            change["AddTags"] = tags.to_list(added)
        if removed:
            change["RemoveTagKeys"] = removed
        if change:
            ctx.client("route53").change_tags_for_resource(
                ResourceType="hostedzone", ResourceId=id_, **change
            )

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, kind and tags."""
        private = bool(inputs.get("vpcs"))
        same = [
            bare(zone["Id"])
            for zone in _zones(ctx)
            if plain(zone["Name"]) == plain(inputs["name"])
            and bool(zone["Config"].get("PrivateZone")) == private
        ]
        candidates = [(id_, _tags(ctx, id_)) for id_ in same]
        return tags.only_with(inputs.get("tagsAll"), candidates, ctx.held)


def get_zone(ctx: Context, args: Properties) -> Properties:
    """``aws:route53/getZone:getZone``: the one zone with that id, or name, kind, VPC and tags."""
    route53 = ctx.client("route53")
    if args.get("zoneId"):
        found = [route53.get_hosted_zone(Id=args["zoneId"])]
    else:
        private = bool(args.get("privateZone") or args.get("vpcId"))
        found = [
            zone
            for each in _zones(ctx)
            if plain(each["Name"]) == plain(args.get("name") or "")
            if bool(each["Config"].get("PrivateZone")) == private
            for zone in [route53.get_hosted_zone(Id=each["Id"])]
            if _is_wanted(ctx, zone, args)
        ]
    if len(found) != 1:
        what = args.get("zoneId") or args.get("name")
        reason = "no hosted zone matches" if not found else f"{len(found)} hosted zones match"
        raise ValueError(f"{reason} {what!r}, and one is wanted. Make it first, or say which.")
    told = _told(ctx, found[0])
    count = found[0]["HostedZone"].get("ResourceRecordSetCount", 0)
    return {
        **told,
        "callerReference": found[0]["HostedZone"]["CallerReference"],
        "id": told["zoneId"],
        "privateZone": bool(found[0]["HostedZone"]["Config"].get("PrivateZone")),
        "resourceRecordSetCount": count,
        "tags": _tags(ctx, told["zoneId"]),
        "vpcId": args.get("vpcId") or "",
    }


def _is_wanted(ctx: Context, zone: Mapping[str, Any], args: Properties) -> bool:
    vpc = args.get("vpcId")
    if vpc and vpc not in {each["VPCId"] for each in as_list(zone.get("VPCs"))}:
        return False
    wanted = as_dict(args.get("tags"))
    return not wanted or wanted.items() <= _tags(ctx, bare(zone["HostedZone"]["Id"])).items()


def _told(ctx: Context, found: Mapping[str, Any]) -> Properties:
    zone = found["HostedZone"]
    id_ = bare(zone["Id"])
    records = ctx.client("route53").list_resource_record_sets(HostedZoneId=id_)
    authority = next((r for r in records["ResourceRecordSets"] if r["Type"] == "SOA"), None)
    servers = sorted(as_dict(found.get("DelegationSet")).get("NameServers") or ())
    if not servers:  # a private zone tells its servers in its own records alone
        own = [r for r in records["ResourceRecordSets"] if r["Type"] == "NS"]
        servers = sorted(plain(each["Value"]) for r in own for each in r["ResourceRecords"])
    primary = plain(authority["ResourceRecords"][0]["Value"].split()[0]) if authority else ""
    return {
        "arn": f"arn:{ctx.partition}:route53:::hostedzone/{id_}",
        "comment": zone["Config"].get("Comment", ""),
        "delegationSetId": bare(as_dict(found.get("DelegationSet")).get("Id") or ""),
        "name": plain(zone["Name"]),
        "nameServers": servers,
        # The emulator's own SOA record is not always one.
        "primaryNameServer": primary if primary in servers else next(iter(servers), ""),
        "vpcs": [
            {"vpcId": vpc["VPCId"], "vpcRegion": vpc["VPCRegion"]}
            for vpc in as_list(found.get("VPCs"))
        ],
        "zoneId": id_,
    }


def _zones(ctx: Context) -> list[dict[str, Any]]:
    pages = ctx.client("route53").get_paginator("list_hosted_zones").paginate()
    return [zone for page in pages for zone in page["HostedZones"]]


def _tags(ctx: Context, id_: str) -> dict[str, str]:
    answer = ctx.client("route53").list_tags_for_resource(ResourceType="hostedzone", ResourceId=id_)
    return tags.from_list(answer["ResourceTagSet"]["Tags"])


def _network(ctx: Context, vpc: Any) -> dict[str, str]:
    given = as_dict(vpc)
    return {"VPCId": given["vpcId"], "VPCRegion": given.get("vpcRegion") or ctx.region}
