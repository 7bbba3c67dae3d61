"""The security groups and their rules, out of the ledger."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
from pydantic import Field

from seawall.arguments import Arguments, InvalidArgumentsError, validated
from seawall.component import Component, name_tags
from seawall.firewall.flows import Flow, IpProtocol, PeerKind
from seawall.firewall.ledger import Direction, Ledger, Rule
from seawall.outputs import by_key


class FirewallArgs(TypedDict):
    """What a ``Firewall`` is made from."""

    vpc_id: pulumi.Input[str]
    """ID of the VPC."""
    flows: Sequence[Flow]
    """All traffic that the platform needs; anything else is closed."""
    workloads_in: NotRequired[str | None]
    """Role of the group whose machines run the workloads. Default: ``nodes``."""
    prefix_list_ids: NotRequired[Mapping[str, pulumi.Input[str]] | None]
    """IDs of the prefix lists that the flows name, by short name such as ``s3``. Default: none."""
    tags: NotRequired[Mapping[str, str] | None]
    """Tags on every resource that takes tags. Default: none but ``Name``."""


class _Arguments(Arguments):
    # An ID may be an output, of which pydantic can say nothing.
    vpc_id: object
    flows: tuple[Flow, ...]
    workloads_in: str = "nodes"
    prefix_list_ids: dict[str, object] = Field(default_factory=dict[str, object])
    tags: dict[str, str] = Field(default_factory=dict[str, str])


class Firewall(Component):
    """A security group for each role, with the rules that the flows need and no others.

    Each flow becomes a rule at each end that is a group of the platform: egress at its source,
    ingress at its target, with the reasons as description. Rules are resources of their own, so a
    change of one touches no other.

    Raises ``InvalidArgumentsError`` for wrong arguments and ``LedgerError`` for flows that are
    never opened.
    """

    security_group_ids: pulumi.Output[Mapping[str, str]]
    """IDs of the security groups by role: ``control-plane``, ``nodes``, ``load-balancer``..."""

    def __init__(
        self,
        name: str,
        args: FirewallArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        # Flows are values of the program, not of the cloud: they are no inputs of the resource.
        super().__init__(name, {key: value for key, value in args.items() if key != "flows"}, opts)
        settings = validated("Firewall", name, _Arguments, args)
        self._name = name
        self._tags = settings.tags
        self._prefix_list_ids: Mapping[str, pulumi.Input[str]] = args.get("prefix_list_ids") or {}
        ledger = Ledger(settings.flows)
        absent = [key for key in ledger.prefix_lists() if key not in self._prefix_list_ids]
        if absent:
            raise InvalidArgumentsError(
                f"Firewall '{name}': argument prefix_list_ids has no ID for "
                f"{', '.join(absent)}, which a flow names. Add it."
            )

        self.ledger = ledger
        self.security_groups = {
            role: self._group(role, args["vpc_id"]) for role in ledger.groups(settings.workloads_in)
        }
        for rule in ledger.rules(settings.workloads_in):
            self._rule(rule)

        self.security_group_ids = by_key(
            {role: group.id for role, group in self.security_groups.items()}
        )
        self.publish()

    def _group(self, role: str, vpc_id: pulumi.Input[str]) -> aws.ec2.SecurityGroup:
        name = f"{self._name}-{role}"
        return aws.ec2.SecurityGroup(
            name,
            description=f"{self._name}: {role}",
            vpc_id=vpc_id,
            # Groups name each other in their rules; AWS deletes none that is still named.
            revoke_rules_on_delete=True,
            tags=name_tags(self._tags, name),
            opts=self.child_options(),
        )

    def _rule(self, rule: Rule) -> None:
        name = f"{self._name}-{rule.key}"
        by_number = rule.protocol not in (IpProtocol.TCP, IpProtocol.UDP, IpProtocol.ICMP)
        # ICMP has types in the place of ports, and -1 is all of them; the others take no ports.
        first, last = (None, None) if by_number else (rule.ports.first, rule.ports.last)
        kind = rule.peer.kind
        resource = (
            aws.vpc.SecurityGroupIngressRule
            if rule.direction is Direction.INGRESS
            else aws.vpc.SecurityGroupEgressRule
        )
        resource(
            name,
            security_group_id=self.security_groups[rule.group].id,
            ip_protocol=rule.protocol.value,
            from_port=first,
            to_port=last,
            cidr_ipv4=rule.peer.name if kind is PeerKind.CIDR else None,
            referenced_security_group_id=(
                self.security_groups[rule.peer.name].id if kind is PeerKind.GROUP else None
            ),
            prefix_list_id=(
                self._prefix_list_ids[rule.peer.name] if kind is PeerKind.PREFIX_LIST else None
            ),
            description=rule.description,
            tags=name_tags(self._tags, name),
            opts=self.child_options(),
        )
