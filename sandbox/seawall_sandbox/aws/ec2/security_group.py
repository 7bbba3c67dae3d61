"""``aws:ec2/securityGroup`` and ``aws:ec2/defaultSecurityGroup``."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, tag_specifications
from seawall_sandbox.aws.ec2.permissions import (
    EMPTY_RULE,
    as_given,
    single_of,
    singles,
    to_permission,
    to_rules,
)
from seawall_sandbox.aws.ec2.rules import description_failures
from seawall_sandbox.aws.errors import ClientError, code_of, refusal
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.protocol import Failure, ProviderError
from seawall_sandbox.values import Properties, Value

_DIRECTIONS: Mapping[str, str] = {"egress": "IpPermissionsEgress", "ingress": "IpPermissions"}
_LISTS = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "securityGroups")


class _Group(Ec2Resource):
    """What both kinds of group share: inline rules, and what EC2 tells of a group."""

    defaults: ClassVar[Mapping[str, Value]] = {
        "egress.self": False,
        "ingress.self": False,
        "revokeRulesOnDelete": False,
    }
    sets: ClassVar[frozenset[str]] = frozenset(
        {"egress", "ingress", *(f"{d}.{name}" for d in _DIRECTIONS for name in _LISTS)}
    )
    zeros: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "egress": EMPTY_RULE,
        "ingress": EMPTY_RULE,
    }
    write_only: ClassVar[frozenset[str]] = frozenset({"revokeRulesOnDelete"})

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Descriptions that EC2 accepts, and ports in order."""
        yield from description_failures(self.token, "description", inputs.get("description"))
        for direction in _DIRECTIONS:
            for index, item in enumerate(as_list(inputs.get(direction))):
                rule = as_dict(item)
                place = f"{direction}[{index}]"
                text = rule.get("description")
                yield from description_failures(self.token, f"{place}.description", text)
                low, high = rule.get("fromPort"), rule.get("toPort")
                if rule.get("protocol") == "-1" and (low or high):
                    reason = f"{self.token} takes ports 0 to 0 in {place!r}, as its protocol is -1."
                    yield Failure(f"{place}.fromPort", f"{reason} Set both to 0.")

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        group = ctx.client("ec2").describe_security_groups(GroupIds=[id_])["SecurityGroups"][0]
        rules = {
            direction: as_given(to_rules(group.get(field) or (), id_), known.get(direction))
            for direction, field in _DIRECTIONS.items()
        }
        return {
            "arn": ctx.arn("ec2", f"security-group/{id_}"),
            "description": group.get("Description", ""),
            "name": group["GroupName"],
            "namePrefix": known.get("namePrefix") or "",
            "ownerId": group.get("OwnerId") or ctx.account,
            "tagsAll": tags.from_list(group.get("Tags")),
            "vpcId": group.get("VpcId", ""),
            **rules,
        }

    def update(
        self,
        ctx: Context,
        id_: str,
        old: Properties,  # noqa: ARG002
        new: Properties,
        changed: frozenset[str],
    ) -> None:
        for direction in _DIRECTIONS:
            if direction in changed:
                _set_rules(ctx.client("ec2"), id_, direction, new.get(direction) or ())

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        """Leave the group with the inline rules and no others: not with EC2's "allow all"."""
        for direction in _DIRECTIONS:
            _set_rules(ctx.client("ec2"), id_, direction, inputs.get(direction) or ())


class SecurityGroup(_Group):
    """A security group. EC2's own "allow all" egress rule is removed, as Terraform does."""

    token: ClassVar[str] = "aws:ec2/securityGroup:SecurityGroup"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset({"description", "name", "namePrefix", "vpcId"})
    defaults: ClassVar[Mapping[str, Value]] = {
        **_Group.defaults,
        "description": "Managed by Pulumi",
    }

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Names that EC2 accepts, and what holds for any group."""
        yield from super().validate(inputs)
        name = inputs.get("name")
        if isinstance(name, str) and name.lower().startswith("sg-"):
            reason = f"{self.token} got {name!r} for 'name'; EC2 keeps names that begin with sg-."
            yield Failure("name", f"{reason} Choose another name.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        name = inputs.get("name") or ctx.unique_name(inputs.get("namePrefix") or "terraform-")
        made = client.create_security_group(
            GroupName=name,
            Description=inputs.get("description") or "Managed by Pulumi",
            **given(inputs, {"VpcId": "vpcId"}),
            **tag_specifications("security-group", inputs),
        )
        return made["GroupId"]

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        client = ctx.client("ec2")
        if outputs.get("revokeRulesOnDelete"):
            _revoke_all(client, id_)
        client.delete_security_group(GroupId=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The VPC's group of that name: EC2 allows no second one."""
        name = inputs.get("name") or ctx.chosen_name
        if not name:
            return super().find(ctx, inputs)
        return _group_id(ctx, inputs.get("vpcId") or _default_vpc(ctx), name)


class DefaultSecurityGroup(_Group):
    """A VPC's default group, taken over: its rules become exactly the inline ones.

    It cannot be deleted; giving it up leaves it as it is.
    """

    token: ClassVar[str] = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    force_new: ClassVar[frozenset[str]] = frozenset({"vpcId"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        found = self.find(ctx, inputs)
        if found is None:
            message = f"VPC {inputs.get('vpcId')!r} has no default security group"
            raise refusal("DescribeSecurityGroups", "InvalidGroup.NotFound", message)
        return found

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        if inputs.get("tagsAll"):
            labels = tags.to_list(inputs["tagsAll"])
            ctx.client("ec2").create_tags(Resources=[id_], Tags=labels)
        super().finish(ctx, id_, inputs)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """AWS does not let go of it; only the record of it goes."""

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The VPC's default group: taking it over twice is the same as once."""
        return _group_id(ctx, inputs.get("vpcId") or _default_vpc(ctx), "default")


def _set_rules(client: Any, id_: str, direction: str, rules: Iterable[Properties]) -> None:
    """Leave one direction with the given rules: revoke, authorize and describe what differs."""
    group = client.describe_security_groups(GroupIds=[id_])["SecurityGroups"][0]
    present = singles(group.get(_DIRECTIONS[direction]) or ())
    wanted = singles(to_permission(rule, id_) for rule in rules)
    gone = [rule for rule in _rules(client, id_, direction) if single_of(rule) not in wanted]
    _revoke(client, direction, gone)
    added = [s.permission(text) for s, text in wanted.items() if s not in present]
    if added:
        getattr(client, f"authorize_security_group_{direction}")(GroupId=id_, IpPermissions=added)
    reworded = [s.permission(text) for s, text in wanted.items() if present.get(s, text) != text]
    if reworded:
        update = getattr(client, f"update_security_group_rule_descriptions_{direction}")
        update(GroupId=id_, IpPermissions=reworded)


def _revoke_all(client: Any, id_: str) -> None:
    """Remove the group's own rules, and those of other groups that name it."""
    for direction in _DIRECTIONS:
        _revoke(client, direction, _rules(client, id_, direction))
        name = f"{'egress.' if direction == 'egress' else ''}ip-permission.group-id"
        others = client.describe_security_groups(Filters=[{"Name": name, "Values": [id_]}])
        for other in others["SecurityGroups"]:
            rules = _rules(client, other["GroupId"], direction)
            _revoke(client, direction, [rule for rule in rules if single_of(rule).source == id_])


def _rules(client: Any, id_: str, direction: str) -> list[dict[str, Any]]:
    found = client.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [id_]}])
    egress = direction == "egress"
    return [rule for rule in found["SecurityGroupRules"] if bool(rule["IsEgress"]) is egress]


def _revoke(client: Any, direction: str, rules: list[dict[str, Any]]) -> None:
    """Revoke rules of one group by their ids. One that is gone already is a success."""
    if not rules:
        return
    try:
        getattr(client, f"revoke_security_group_{direction}")(
            GroupId=rules[0]["GroupId"],
            SecurityGroupRuleIds=[rule["SecurityGroupRuleId"] for rule in rules],
        )
    except ClientError as error:
        if code_of(error) not in {"InvalidPermission.NotFound", "InvalidGroup.NotFound"}:
            raise


def _group_id(ctx: Context, vpc: str, name: str) -> str | None:
    """The id of a VPC's group of that name: EC2 allows no second one."""
    found = ctx.client("ec2").describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": [name]}]
    )["SecurityGroups"]
    return str(found[0]["GroupId"]) if found else None


def _default_vpc(ctx: Context) -> str:
    found = ctx.client("ec2").describe_vpcs(Filters=[{"Name": "isDefault", "Values": ["true"]}])
    if not found["Vpcs"]:
        raise ProviderError(
            f"Could not create {ctx.name!r}: the region {ctx.region} has no default VPC. Set"
            " 'vpcId'."
        )
    return found["Vpcs"][0]["VpcId"]
