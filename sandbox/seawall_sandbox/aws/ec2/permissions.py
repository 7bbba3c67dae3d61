"""Inline rules of a security group, and the ``IpPermissions`` that EC2 makes of them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

from seawall_sandbox.aws.ec2.rules import normal_protocol
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.values import Properties, Value

EMPTY_RULE: Mapping[str, Value] = {
    "cidrBlocks": [],
    "description": "",
    "ipv6CidrBlocks": [],
    "prefixListIds": [],
    "securityGroups": [],
    "self": False,
}
"""What a rule's outputs carry for keys that were not given."""

_LISTS: Mapping[str, tuple[str, str]] = {
    "cidrBlocks": ("IpRanges", "CidrIp"),
    "ipv6CidrBlocks": ("Ipv6Ranges", "CidrIpv6"),
    "prefixListIds": ("PrefixListIds", "PrefixListId"),
    "securityGroups": ("UserIdGroupPairs", "GroupId"),
}
"""Where each list of sources stands in a permission."""


def to_permission(rule: Properties, group_id: str) -> dict[str, Any]:
    """One inline rule as EC2 takes it. ``self`` becomes the group's own id."""
    protocol = normal_protocol(rule["protocol"])
    permission: dict[str, Any] = {"IpProtocol": protocol}
    if protocol != "-1":
        permission |= {"FromPort": rule["fromPort"], "ToPort": rule["toPort"]}
    description = {"Description": rule["description"]} if rule.get("description") else {}
    for name, (field, key) in _LISTS.items():
        sources = list(as_list(rule.get(name)))
        if name == "securityGroups" and rule.get("self"):
            sources.append(group_id)
        if sources:
            permission[field] = [{key: source, **description} for source in sources]
    return permission


class Single(NamedTuple):
    """One permission with one source: what EC2 keeps, revokes and compares."""

    protocol: str
    low: int
    high: int
    kind: str
    source: str

    def permission(self, description: str) -> dict[str, Any]:
        """As an authorize call takes it."""
        field, key = _LISTS[self.kind]
        entry = {key: self.source, **({"Description": description} if description else {})}
        found: dict[str, Any] = {"IpProtocol": self.protocol, field: [entry]}
        if self.protocol != "-1":
            found |= {"FromPort": self.low, "ToPort": self.high}
        return found


def singles(permissions: Iterable[Mapping[str, Any]]) -> dict[Single, str]:
    """The descriptions of permissions, by what they permit."""
    found: dict[Single, str] = {}
    for permission in permissions:
        protocol = normal_protocol(permission["IpProtocol"])
        low, high = (-1, -1)
        if protocol != "-1":
            low, high = permission.get("FromPort", -1), permission.get("ToPort", -1)
        for kind, (field, key) in _LISTS.items():
            for source in permission.get(field) or ():
                single = Single(protocol, low, high, kind, source[key])
                found[single] = source.get("Description") or ""
    return found


def single_of(rule: Mapping[str, Any]) -> Single:
    """What a rule of DescribeSecurityGroupRules permits."""
    protocol = normal_protocol(rule["IpProtocol"])
    low, high = (-1, -1) if protocol == "-1" else (rule.get("FromPort", -1), rule.get("ToPort", -1))
    reference = as_dict(rule.get("ReferencedGroupInfo")).get("GroupId")
    sources = {
        "cidrBlocks": rule.get("CidrIpv4"),
        "ipv6CidrBlocks": rule.get("CidrIpv6"),
        "prefixListIds": rule.get("PrefixListId"),
        "securityGroups": reference,
    }
    kind, source = next((kind, source) for kind, source in sources.items() if source)
    return Single(protocol, low, high, kind, source)


def to_rules(permissions: Iterable[Mapping[str, Any]], group_id: str) -> list[Properties]:
    """EC2's permissions as rules: one for each protocol, port range and description."""
    rules: dict[tuple[str, int, int, str], Properties] = {}
    for permission in permissions:
        protocol = normal_protocol(permission["IpProtocol"])
        low = 0 if protocol == "-1" else permission.get("FromPort", 0)
        high = 0 if protocol == "-1" else permission.get("ToPort", 0)
        for name, (field, key) in _LISTS.items():
            for source in permission.get(field) or ():
                description = source.get("Description") or ""
                rule = rules.setdefault(
                    (protocol, low, high, description),
                    _new_rule(protocol, low, high, description),
                )
                if name == "securityGroups" and source.get(key) == group_id:
                    rule["self"] = True
                else:
                    cast("list[str]", rule[name]).append(source[key])
    return [rules[key] for key in sorted(rules)]


def as_given(found: list[Properties], given: object) -> list[Properties]:
    """The rules found, cut up as the program wrote them.

    EC2 keeps single permissions and forgets which of them were one rule. Rules that the program
    gave and that are there in full come first, in its words; what is left over follows.
    """
    rest = [{**rule, **{name: list(rule[name]) for name in _LISTS}} for rule in found]
    rules: list[Properties] = []
    for wanted in cast("list[Properties]", given) if isinstance(given, list) else []:
        home = next((rule for rule in rest if _holds(rule, wanted)), None)
        if home is None:
            continue
        rules.append({**EMPTY_RULE, **wanted})
        for name in _LISTS:
            home[name] = [s for s in home[name] if s not in (wanted.get(name) or ())]
        if wanted.get("self"):
            home["self"] = False
    return rules + [rule for rule in rest if rule["self"] or any(rule[name] for name in _LISTS)]


def _new_rule(protocol: str, low: int, high: int, description: str) -> Properties:
    lists: Properties = {name: list[str]() for name in _LISTS}
    return {
        "description": description,
        "fromPort": low,
        "protocol": protocol,
        "self": False,
        "toPort": high,
        **lists,
    }


def _holds(rule: Properties, wanted: Properties) -> bool:
    """Whether all that a given rule asks for is in a rule that EC2 has."""
    protocol = normal_protocol(str(wanted.get("protocol")))
    ports = protocol == "-1" or (
        rule["fromPort"] == wanted.get("fromPort") and rule["toPort"] == wanted.get("toPort")
    )
    return (
        rule["protocol"] == protocol
        and ports
        and rule["description"] == (wanted.get("description") or "")
        and (rule["self"] or not wanted.get("self"))
        and all(set(wanted.get(name) or ()) <= set(rule[name]) for name in _LISTS)
    )
