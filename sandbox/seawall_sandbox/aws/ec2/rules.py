"""``aws:vpc/securityGroupIngressRule`` and ``securityGroupEgressRule``: one rule, one resource."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, retag
from seawall_sandbox.aws.errors import ClientError, is_gone
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties

_SOURCES: Mapping[str, str] = {
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "prefixListId": "PrefixListId",
    "referencedSecurityGroupId": "ReferencedGroupId",
}
"""The other end of a rule, by argument. A rule has exactly one."""

_NUMBERS: Mapping[str, str] = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
"""Protocols that EC2 answers by name: https://www.iana.org/assignments/protocol-numbers/"""

DESCRIPTION_MAX = 255
DESCRIPTION = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]*")
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html"""
MAX_PORT = 65535


class SecurityGroupRule(Ec2Resource):
    """A rule of a security group, in one direction."""

    framework: ClassVar[bool] = True
    force_new: ClassVar[frozenset[str]] = frozenset({"securityGroupId"})
    egress: ClassVar[bool]

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """One source, ports that fit the protocol, a description that EC2 accepts."""
        count = sum(inputs.get(name) is not None for name in _SOURCES)
        if count != 1:
            reason = f"{self.token} needs exactly one source or target, but got {count}."
            yield Failure("cidrIpv4", f"{reason} Set one of: {', '.join(_SOURCES)}.")
        yield from self._address_failures(inputs)
        yield from self._port_failures(inputs)
        yield from description_failures(self.token, "description", inputs.get("description"))

    def create(self, ctx: Context, inputs: Properties) -> str:
        return self._authorize(ctx, inputs)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        rule = self._rule(ctx, id_, known)
        if rule is None:
            return None
        protocol = normal_protocol(rule["IpProtocol"])
        found = rule["SecurityGroupRuleId"]
        reference = _reference(rule)
        outputs: Properties = {
            "id": found,
            "arn": ctx.arn("ec2", f"security-group-rule/{found}"),
            "ipProtocol": _spelling(protocol, known.get("ipProtocol")),
            "securityGroupId": rule["GroupId"],
            "securityGroupRuleId": found,
            "tagsAll": tags.from_list(rule.get("Tags")),
        }
        # moto forgets the description of a rule whose source is a group.
        text = rule.get("Description") or (reference and known.get("description"))
        if text:
            outputs["description"] = text
        if protocol != "-1":
            outputs |= {"fromPort": rule["FromPort"], "toPort": rule["ToPort"]}
        for name, aws in _SOURCES.items():
            value = reference if name == "referencedSecurityGroupId" else rule.get(aws)
            if value:
                outputs[name] = value
        return outputs

    def update(
        self,
        ctx: Context,
        id_: str,
        old: Properties,
        new: Properties,
        changed: frozenset[str],  # noqa: ARG002  # a rule is sent as a whole
    ) -> None:
        rule = self._rule(ctx, id_, old)
        if rule is None:
            return  # the read that follows finds it gone, and says so
        current = rule["SecurityGroupRuleId"]
        wanted = {
            "IpProtocol": normal_protocol(new["ipProtocol"]),
            "FromPort": new.get("fromPort", -1),
            "ToPort": new.get("toPort", -1),
            "Description": new.get("description") or "",
            **given(new, {aws: name for name, aws in _SOURCES.items()}),
        }
        ctx.client("ec2").modify_security_group_rules(
            GroupId=new["securityGroupId"],
            SecurityGroupRules=[{"SecurityGroupRuleId": current, "SecurityGroupRule": wanted}],
        )
        # moto takes a new source other than an IPv4 block without a word and keeps the old one.
        if self._same_rule(ctx, new) is None:
            self._revoke(ctx, current, new)
            self._authorize(ctx, new)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        """Set and remove tags; a rule that was made anew just now has them already."""
        rule = self._rule(ctx, id_, outputs)
        if rule is not None:
            retag(ctx, rule["SecurityGroupRuleId"], added, removed)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        self._revoke(ctx, id_, outputs)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The group's rule of that very meaning: EC2 allows no second one."""
        rule = self._same_rule(ctx, inputs)
        return rule["SecurityGroupRuleId"] if rule else None

    def _authorize(self, ctx: Context, inputs: Properties) -> str:
        description = given(inputs, {"Description": "description"})
        permission: dict[str, Any] = {
            "IpProtocol": normal_protocol(inputs["ipProtocol"]),
            **given(inputs, {"FromPort": "fromPort", "ToPort": "toPort"}),
        }
        if inputs.get("cidrIpv4"):
            permission["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **description}]
        elif inputs.get("cidrIpv6"):
            permission["Ipv6Ranges"] = [{"CidrIpv6": inputs["cidrIpv6"], **description}]
        elif inputs.get("prefixListId"):
            entry = {"PrefixListId": inputs["prefixListId"], **description}
            permission["PrefixListIds"] = [entry]
        else:
            account, _, group = inputs["referencedSecurityGroupId"].rpartition("/")
            pair = {"GroupId": group, **description, **({"UserId": account} if account else {})}
            permission["UserIdGroupPairs"] = [pair]
        client = ctx.client("ec2")
        authorize = (
            client.authorize_security_group_egress
            if self.egress
            else client.authorize_security_group_ingress
        )
        wanted = inputs.get("tagsAll")
        kind = "security-group-rule"
        specification = {"ResourceType": kind, "Tags": tags.to_list(wanted or {})}
        made = authorize(
            GroupId=inputs["securityGroupId"],
            IpPermissions=[permission],
            **({"TagSpecifications": [specification]} if wanted else {}),
        )
        return made["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def _revoke(self, ctx: Context, id_: str, known: Properties) -> None:
        rule = self._rule(ctx, id_, known)
        if rule is None:
            return
        client = ctx.client("ec2")
        revoke = (
            client.revoke_security_group_egress
            if self.egress
            else client.revoke_security_group_ingress
        )
        revoke(GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])

    def _rule(self, ctx: Context, id_: str, known: Properties) -> dict[str, Any] | None:
        """The rule by its id or, after the emulator had to make it anew, by what it says."""
        try:
            found = ctx.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[id_])
            return found["SecurityGroupRules"][0]
        except ClientError as error:
            if not is_gone(error) or not known.get("securityGroupId"):
                raise
        return self._same_rule(ctx, known)

    def _same_rule(self, ctx: Context, inputs: Properties) -> dict[str, Any] | None:
        found = ctx.client("ec2").describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": [inputs["securityGroupId"]]}]
        )["SecurityGroupRules"]
        return next((rule for rule in found if self._says(rule, inputs)), None)

    def _says(self, rule: dict[str, Any], inputs: Properties) -> bool:
        """Whether a rule has this direction, protocol, ports and source."""
        wanted = (inputs.get("referencedSecurityGroupId") or "").rpartition("/")[2]
        sources = [name for name in _SOURCES if name != "referencedSecurityGroupId"]
        return (
            bool(rule["IsEgress"]) is self.egress
            and normal_protocol(rule["IpProtocol"]) == normal_protocol(inputs["ipProtocol"])
            and rule.get("FromPort", -1) == inputs.get("fromPort", -1)
            and rule.get("ToPort", -1) == inputs.get("toPort", -1)
            and _reference(rule) == wanted
            and all(rule.get(_SOURCES[n], "") == (inputs.get(n) or "") for n in sources)
        )

    def _address_failures(self, inputs: Properties) -> Iterable[Failure]:
        for name, parse in (
            ("cidrIpv4", ipaddress.IPv4Network),
            ("cidrIpv6", ipaddress.IPv6Network),
        ):
            block = inputs.get(name)
            if isinstance(block, str):
                try:
                    parse(block)
                except ValueError as error:
                    reason = (
                        f"{self.token} got {block!r} for {name!r}, which is no network: {error}."
                    )
                    yield Failure(name, f"{reason} Correct the block.")

    def _port_failures(self, inputs: Properties) -> Iterable[Failure]:
        protocol = inputs.get("ipProtocol")
        if not isinstance(protocol, str):
            return
        name = normal_protocol(protocol)
        low, high = inputs.get("fromPort"), inputs.get("toPort")
        if name in {"tcp", "udp"}:
            for key, port in (("fromPort", low), ("toPort", high)):
                if port is None:
                    reason = f"{self.token} needs {key!r}, because the protocol is {name}. Set it."
                    yield Failure(key, reason)
                elif isinstance(port, int) and not 0 <= port <= MAX_PORT:
                    reason = f"{self.token} got {port} for {key!r}; ports are 0 to {MAX_PORT}."
                    yield Failure(key, f"{reason} Correct the port.")
            if isinstance(low, int) and isinstance(high, int) and low > high:
                reason = f"{self.token} got 'fromPort' {low} above 'toPort' {high}. Swap them."
                yield Failure("toPort", reason)
        elif name == "-1" and (low is not None or high is not None):
            reason = f"{self.token} takes no ports when 'ipProtocol' is '-1' (all). Remove them."
            yield Failure("fromPort", reason)


class SecurityGroupIngressRule(SecurityGroupRule):
    """What may come in."""

    token: ClassVar[str] = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    egress: ClassVar[bool] = False


class SecurityGroupEgressRule(SecurityGroupRule):
    """What may go out."""

    token: ClassVar[str] = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    egress: ClassVar[bool] = True


def normal_protocol(protocol: str) -> str:
    """A protocol as EC2 spells it: ``tcp`` for ``6``, ``-1`` for ``all``."""
    lower = str(protocol).lower()
    return "-1" if lower == "all" else _NUMBERS.get(lower, lower)


def description_failures(token: str, name: str, text: object) -> Iterable[Failure]:
    """What EC2 refuses in the description of a group or rule."""
    if not isinstance(text, str):
        return
    if len(text) > DESCRIPTION_MAX:
        reason = f"{token} got {len(text)} characters for {name!r}; EC2 takes {DESCRIPTION_MAX}."
        yield Failure(name, f"{reason} Shorten it.")
    elif not DESCRIPTION.fullmatch(text):
        odd = sorted(set(re.sub(DESCRIPTION, "", text)))
        reason = f"{token} got {text!r} for {name!r}; EC2 refuses {''.join(odd)!r} there."
        yield Failure(name, f"{reason} Use letters, digits, spaces and ._-:/()#,@[]+=&;{{}}!$*.")


def _reference(rule: dict[str, Any]) -> str:
    """The group that a rule names as its other end, or an empty string."""
    return as_dict(rule.get("ReferencedGroupInfo")).get("GroupId", "")


def _spelling(protocol: str, given_: object) -> str:
    """The program's own spelling of the protocol, if it means the same."""
    return given_ if isinstance(given_, str) and normal_protocol(given_) == protocol else protocol
