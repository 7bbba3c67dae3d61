"""``aws:route53/record:Record``."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.loose import as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.route53.names import plain
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_POLICIES: Final[Mapping[str, Mapping[str, str]]] = {
    "weightedRoutingPolicies": {"weight": "Weight"},
    "failoverRoutingPolicies": {"type": "Failover"},
    "latencyRoutingPolicies": {"region": "Region"},
}
"""Arguments of a record that hold one field of AWS's record set."""
_GEOLOCATION: Final = {
    "continent": "ContinentCode",
    "country": "CountryCode",
    "subdivision": "SubdivisionCode",
}


class Record(ResourceType):
    """``aws:route53/record:Record``. Its id is ``<zone>_<name>_<type>[_<identifier>]``."""

    token = "aws:route53/record:Record"  # a type token
    force_new = frozenset({"name", "setIdentifier", "type", "zoneId"})
    write_only = frozenset({"allowOverwrite", "name"})
    sets = frozenset({"records"})

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Values or an alias; no policy that the emulator cannot keep."""
        if (inputs.get("records") is None) == (inputs.get("aliases") is None):
            reason = f"{self.token} needs either 'records' or 'aliases'. Set exactly one."
            yield Failure("records", reason)
        for key in ("cidrRoutingPolicy", "geoproximityRoutingPolicy"):
            if inputs.get(key) is not None:
                yield Failure(key, f"The sandbox does not have {key!r} of records. Leave it out.")

    def same(self, place: str, old: Value, new: Value) -> bool:
        """Names of aliases are the same with and without the last dot."""
        return place == "aliases.name" and plain(str(old)) == plain(str(new))

    def create(self, ctx: Context, inputs: Properties) -> str:
        action = "UPSERT" if inputs.get("allowOverwrite") else "CREATE"
        wanted = _record_set(ctx, inputs)
        _change(ctx, inputs["zoneId"], action, wanted)
        parts = [inputs["zoneId"], inputs["name"].lower(), inputs["type"]]
        identifier = inputs.get("setIdentifier")
        return "_".join([*parts, identifier] if identifier else parts)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        found = _found(ctx, known or _parts(id_))
        if found is None:
            return None
        outputs: Properties = {
            "fqdn": plain(found["Name"]),
            "name": known.get("name", plain(found["Name"])),
            "type": found["Type"],
            "zoneId": known.get("zoneId") or _parts(id_)["zoneId"],
            "healthCheckId": found.get("HealthCheckId", ""),
            "setIdentifier": found.get("SetIdentifier", ""),
            "multivalueAnswerRoutingPolicy": bool(found.get("MultiValueAnswer")),
        }
        if "TTL" in found:
            outputs["ttl"] = int(found["TTL"])
        if "ResourceRecords" in found:
            outputs["records"] = [
                _unquoted(found["Type"], r["Value"]) for r in found["ResourceRecords"]
            ]
        if "AliasTarget" in found:
            target = found["AliasTarget"]
            alias = {
                "evaluateTargetHealth": bool(target["EvaluateTargetHealth"]),
                "name": plain(target["DNSName"]),
                "zoneId": target["HostedZoneId"],
            }
            outputs["aliases"] = [alias]
        for key, fields in _POLICIES.items():
            held = {name: found[aws] for name, aws in fields.items() if aws in found}
            if held:
                outputs[key] = [held]
        if "GeoLocation" in found:
            place = found["GeoLocation"]
            outputs["geolocationRoutingPolicies"] = [
                {name: place.get(aws, "") for name, aws in _GEOLOCATION.items()}
            ]
        return outputs

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Other values, an alias, a policy."""
        del id_, old, changed
        _change(ctx, new["zoneId"], "UPSERT", _record_set(ctx, new))

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del id_
        found = _found(ctx, outputs)
        if found is not None:
            _change(ctx, outputs["zoneId"], "DELETE", found)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The record of that name and type, if it holds the same."""
        found = _found(ctx, inputs)
        wanted = _record_set(ctx, inputs)
        if found is None or {**found, "Name": plain(found["Name"])} != wanted:
            return None
        parts = [inputs["zoneId"], inputs["name"].lower(), inputs["type"]]
        identifier = inputs.get("setIdentifier")
        return "_".join([*parts, identifier] if identifier else parts)


def _record_set(ctx: Context, inputs: Properties) -> dict[str, Any]:
    wanted: dict[str, Any] = {"Name": _full_name(ctx, inputs), "Type": inputs["type"]}
    if inputs.get("records") is not None:
        values = sorted(inputs["records"])
        wanted["ResourceRecords"] = [{"Value": _quoted(inputs["type"], v)} for v in values]
        wanted["TTL"] = inputs.get("ttl", 0)
    for alias in as_list(inputs.get("aliases")):
        wanted["AliasTarget"] = {
            "DNSName": alias["name"],
            "EvaluateTargetHealth": alias["evaluateTargetHealth"],
            "HostedZoneId": alias["zoneId"],
        }
    for key, fields in _POLICIES.items():
        for policy in as_list(inputs.get(key)):
            wanted |= {
                aws: policy[name] for name, aws in fields.items() if policy.get(name) is not None
            }
    for policy in as_list(inputs.get("geolocationRoutingPolicies")):
        wanted["GeoLocation"] = {
            aws: policy[name] for name, aws in _GEOLOCATION.items() if policy.get(name)
        }
    if inputs.get("multivalueAnswerRoutingPolicy"):
        wanted["MultiValueAnswer"] = True
    names = {"setIdentifier": "SetIdentifier", "healthCheckId": "HealthCheckId"}
    return wanted | {aws: inputs[name] for name, aws in names.items() if inputs.get(name)}


def _full_name(ctx: Context, inputs: Properties) -> str:
    """The record's name within its zone: what is not below the zone's name is put there."""
    zone = ctx.client("route53").get_hosted_zone(Id=inputs["zoneId"])["HostedZone"]["Name"]
    name, zone = plain(inputs["name"]), plain(zone)
    if not name:
        return zone
    return name if name == zone or name.endswith(f".{zone}") else f"{name}.{zone}"


def _found(ctx: Context, known: Properties) -> dict[str, Any] | None:
    name, identifier = _full_name(ctx, known), known.get("setIdentifier") or ""
    pages = ctx.client("route53").get_paginator("list_resource_record_sets")
    for page in pages.paginate(HostedZoneId=known["zoneId"]):
        for found in page["ResourceRecordSets"]:
            same = plain(found["Name"].replace("\\052", "*")) == name
            of_set = found.get("SetIdentifier", "") == identifier
            if same and of_set and found["Type"] == known["type"]:
                return found
    return None


def _change(ctx: Context, zone: str, action: str, wanted: Mapping[str, Any]) -> None:
    ctx.client("route53").change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": wanted}]},
    )


def _parts(id_: str) -> Properties:
    """What an id says, which is all that is known of an import."""
    zone, _, rest = id_.partition("_")
    name, _, kind = rest.rpartition("_")
    return {"zoneId": zone, "name": name, "type": kind}


def _quoted(kind: str, value: str) -> str:
    return f'"{value}"' if kind in {"SPF", "TXT"} and not value.startswith('"') else value


def _unquoted(kind: str, value: str) -> str:
    return value.removeprefix('"').removesuffix('"') if kind in {"SPF", "TXT"} else value
