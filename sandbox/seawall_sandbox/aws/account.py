"""Functions about the account and the region: zones, identity, partition."""

from collections.abc import Iterable
from typing import Any, cast

from seawall_sandbox.aws.context import Context, dns_suffix_of, partition_of
from seawall_sandbox.aws.registry import Function
from seawall_sandbox.values import Properties


def get_availability_zones(ctx: Context, args: Properties) -> Properties:
    """The region's zones in the order of their names, as the real provider sorts them."""
    filters = [
        {"Name": given["name"], "Values": list(given["values"])}
        for given in cast("Iterable[Properties]", args.get("filters") or ())
    ]
    if args.get("state"):
        filters.append({"Name": "state", "Values": [args["state"]]})
    query: dict[str, Any] = {"Filters": filters} if filters else {}
    if args.get("allAvailabilityZones"):
        query["AllAvailabilityZones"] = True
    answer = ctx.client("ec2").describe_availability_zones(**query)["AvailabilityZones"]
    names = set[str](args.get("excludeNames") or ())
    ids = set[str](args.get("excludeZoneIds") or ())
    zones = sorted(
        (z for z in answer if z["ZoneName"] not in names and z.get("ZoneId") not in ids),
        key=lambda zone: zone["ZoneName"],
    )
    return {
        **{key: value for key, value in args.items() if value is not None},
        "groupNames": sorted({zone.get("GroupName") or ctx.region for zone in zones}),
        "id": ctx.region,
        "names": [zone["ZoneName"] for zone in zones],
        "region": ctx.region,
        "zoneIds": [zone.get("ZoneId", "") for zone in zones],
    }


def get_caller_identity(ctx: Context, args: Properties) -> Properties:  # noqa: ARG001
    """Who is calling: the emulator's caller, never the user."""
    answer = ctx.client("sts").get_caller_identity()
    return {
        "accountId": answer["Account"],
        "arn": answer["Arn"],
        "id": answer["Account"],
        "userId": answer["UserId"],
    }


def get_partition(ctx: Context, args: Properties) -> Properties:  # noqa: ARG001
    """The partition of the region and its domain."""
    suffix = dns_suffix_of(ctx.region)
    return {
        "dnsSuffix": suffix,
        "id": partition_of(ctx.region),
        "partition": partition_of(ctx.region),
        "reverseDnsPrefix": ".".join(reversed(suffix.split("."))),
    }


def get_region(ctx: Context, args: Properties) -> Properties:
    """A region by name or endpoint; without either, the provider's own."""
    endpoint = str(args.get("endpoint") or "")
    by_endpoint = endpoint.removeprefix("ec2.").partition(".amazonaws")[0]
    name = args.get("region") or args.get("name") or by_endpoint or ctx.region
    known = ctx.client("ec2").describe_regions(AllRegions=True)["Regions"]
    if name not in {region["RegionName"] for region in known}:
        raise ValueError(f"AWS has no region {name!r}. Correct the name.")
    return {
        "description": description_of(name),
        "endpoint": f"ec2.{name}.{dns_suffix_of(name)}",
        "id": name,
        "name": name,
        "region": name,
    }


def description_of(region: str) -> str:
    """A region's long name, such as ``US West (Oregon)``, from botocore's endpoint data."""
    # Imported here because it is slow and seldom asked for.
    from botocore.loaders import Loader  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    loader: Any = Loader()
    data: dict[str, Any] = loader.load_data("endpoints")
    for partition in data["partitions"]:
        if region in partition["regions"]:
            return str(partition["regions"][region]["description"])
    return region


FUNCTIONS: dict[str, Function] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": get_availability_zones,
    "aws:index/getCallerIdentity:getCallerIdentity": get_caller_identity,
    "aws:index/getPartition:getPartition": get_partition,
    "aws:index/getRegion:getRegion": get_region,
}
