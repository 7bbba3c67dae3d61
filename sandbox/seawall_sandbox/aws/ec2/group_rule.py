"""``aws:ec2/securityGroupRule:SecurityGroupRule``: the older resource, one or more sources each."""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.permissions import Single, single_of, singles
from seawall_sandbox.aws.ec2.rules import description_failures, normal_protocol
from seawall_sandbox.aws.errors import refusal
from seawall_sandbox.aws.loose import as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_LISTS: Final = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds")
_SOURCES: Final = (*_LISTS, "self", "sourceSecurityGroupId")
_TYPES: Final = ("egress", "ingress")


class ClassicSecurityGroupRule(ResourceType):
    """Rules of one group for one protocol and range of ports.

    Its id is made of all that it says: every argument but the description needs a new one.
    https://www.pulumi.com/registry/packages/aws/api-docs/ec2/securitygrouprule/
    """

    token: ClassVar[str] = "aws:ec2/securityGroupRule:SecurityGroupRule"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset(
        {"fromPort", "protocol", "securityGroupId", "toPort", "type", *_SOURCES}
    )
    implied: ClassVar[Mapping[str, Value]] = {"self": False}
    name_property: ClassVar[str] = ""

    def same(self, place: str, old: Value, new: Value) -> bool:
        """Protocols by number or name; the ports of a rule for all protocols do not count."""
        if place == "protocol":
            return normal_protocol(str(old)) == normal_protocol(str(new))
        return False

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """A direction, some source, and a description that EC2 accepts."""
        kind = inputs.get("type")
        if isinstance(kind, str) and kind not in _TYPES:
            reason = f"{self.token} got {kind!r} for 'type'; it is egress or ingress."
            yield Failure("type", f"{reason} Choose one.")
        if not any(inputs.get(name) for name in _SOURCES):
            reason = f"{self.token} names no source."
            yield Failure("cidrBlocks", f"{reason} Set one of: {', '.join(_SOURCES)}.")
        yield from description_failures(self.token, "description", inputs.get("description"))

    def create(self, ctx: Context, inputs: Properties) -> str:
        wanted = _wanted(inputs)
        self._call(ctx, "authorize", inputs, [s.permission(_text(inputs)) for s in wanted])
        return _id_of(inputs)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        """What EC2 has of the rules. Importing by id is not possible, as with AWS's own."""
        del id_
        if not known.get("securityGroupId"):
            raise refusal("DescribeSecurityGroupRules", "InvalidSecurityGroupRuleId", _IMPORT)
        rules = self._rules(ctx, known)
        present = {single_of(rule): rule for rule in rules}
        found = [single for single in _wanted(known) if single in present]
        if not found:
            return None
        first = present[found[0]]
        outputs: Properties = {
            "fromPort": known.get("fromPort"),
            "protocol": known.get("protocol"),
            "securityGroupId": known["securityGroupId"],
            "securityGroupRuleId": first["SecurityGroupRuleId"] if len(found) == 1 else "",
            "self": any(_own(s, known) for s in found),
            "toPort": known.get("toPort"),
            "type": known["type"],
        }
        # moto forgets the description of a rule whose source is a group.
        text = first.get("Description") or (
            found[0].kind == "securityGroups" and known.get("description")
        )
        if text:
            outputs["description"] = text
        for name in _LISTS:
            sources = [s.source for s in found if s.kind == name]
            if sources:
                given = as_list(known.get(name))
                outputs[name] = sorted(sources, key=given.index)
        other = [s.source for s in found if s.kind == "securityGroups" and not _own(s, known)]
        if other:
            outputs["sourceSecurityGroupId"] = known["sourceSecurityGroupId"]
        return outputs

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Only the description changes in place."""
        del id_, old, changed
        name = f"update_security_group_rule_descriptions_{new['type']}"
        permissions = [single.permission(_text(new)) for single in _wanted(new)]
        getattr(ctx.client("ec2"), name)(GroupId=new["securityGroupId"], IpPermissions=permissions)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del id_
        wanted = set(_wanted(outputs))
        gone = [r for r in self._rules(ctx, outputs) if single_of(r) in wanted]
        if gone:
            revoke = getattr(ctx.client("ec2"), f"revoke_security_group_{outputs['type']}")
            revoke(
                GroupId=outputs["securityGroupId"],
                SecurityGroupRuleIds=[rule["SecurityGroupRuleId"] for rule in gone],
            )

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The group's rules of that very meaning: EC2 allows no second ones."""
        present = {single_of(rule) for rule in self._rules(ctx, inputs)}
        return _id_of(inputs) if set(_wanted(inputs)) <= present else None

    @staticmethod
    def _call(
        ctx: Context, verb: str, inputs: Properties, permissions: list[dict[str, Any]]
    ) -> None:
        call = getattr(ctx.client("ec2"), f"{verb}_security_group_{inputs['type']}")
        call(GroupId=inputs["securityGroupId"], IpPermissions=permissions)

    @staticmethod
    def _rules(ctx: Context, inputs: Properties) -> list[dict[str, Any]]:
        egress = inputs["type"] == "egress"
        found = ctx.client("ec2").describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": [inputs["securityGroupId"]]}]
        )["SecurityGroupRules"]
        return [rule for rule in found if bool(rule["IsEgress"]) is egress]


_IMPORT: Final = (
    "A rule cannot be read by its id alone. Import it with the id that the real provider's page "
    "describes, on AWS"
)


def _text(inputs: Properties) -> str:
    return str(inputs.get("description") or "")


def _own(single: Single, inputs: Properties) -> bool:
    return single.kind == "securityGroups" and single.source == inputs["securityGroupId"]


def _wanted(inputs: Properties) -> list[Single]:
    """What the arguments permit, one source each."""
    protocol = normal_protocol(inputs["protocol"])
    permission: dict[str, Any] = {
        "IpProtocol": protocol,
        "FromPort": inputs.get("fromPort", -1),
        "ToPort": inputs.get("toPort", -1),
        "IpRanges": [{"CidrIp": block} for block in as_list(inputs.get("cidrBlocks"))],
        "Ipv6Ranges": [{"CidrIpv6": block} for block in as_list(inputs.get("ipv6CidrBlocks"))],
        "PrefixListIds": [{"PrefixListId": id_} for id_ in as_list(inputs.get("prefixListIds"))],
        "UserIdGroupPairs": [{"GroupId": id_} for id_ in _groups(inputs)],
    }
    return list(singles([permission]))


def _groups(inputs: Properties) -> list[str]:
    other = str(inputs.get("sourceSecurityGroupId") or "").rpartition("/")[2]
    own = str(inputs["securityGroupId"])
    return [*([other] if other else []), *([own] if inputs.get("self") else [])]


def _id_of(inputs: Properties) -> str:
    """``sgrule-`` and a checksum of what the rule says, as the real provider makes it.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_security_group_rule.go
    """
    protocol = normal_protocol(inputs["protocol"])
    ports = [inputs.get(name) or 0 for name in ("fromPort", "toPort")]
    parts = [str(inputs["securityGroupId"]), *(str(port) for port in ports if port > 0)]
    parts += [protocol, str(inputs["type"])]
    for name in _LISTS:
        parts += sorted(as_list(inputs.get(name)))
    for group in sorted(_groups(inputs)):
        parts += [group, ""]
    return f"sgrule-{zlib.crc32(''.join(f'{part}-' for part in parts).encode())}"
