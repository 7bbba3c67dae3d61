"""Listeners and their rules."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.elbv2 import base
from seawall_sandbox.aws.elbv2.actions import (
    action_defaults,
    from_actions,
    from_conditions,
    to_actions,
    to_conditions,
)
from seawall_sandbox.aws.errors import refusal
from seawall_sandbox.aws.loose import as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties, Value

_ENCRYPTED: Final = frozenset({"HTTPS", "TLS"})
_FIRST_POLICY: Final = "ELBSecurityPolicy-2016-08"
"""What AWS takes for an encrypted listener without ``sslPolicy``."""
_HIGHEST_PRIORITY: Final = 50_000


class Listener(ResourceType):
    """``aws:lb/listener:Listener``: a port of a load balancer. Its id is its ARN.

    moto has no mutual authentication and no header attributes: these arguments are repeated as they
    were given.
    """

    token = "aws:lb/listener:Listener"  # a type token
    emulated = "partly"
    force_new = frozenset({"loadBalancerArn"})
    defaults: ClassVar[Mapping[str, Value]] = action_defaults("defaultActions")
    computed = frozenset({"defaultActions.order", "defaultActions.targetGroupArn"})
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {"CertificateNotFound": ()}

    def create(self, ctx: Context, inputs: Properties) -> str:
        """Create it: with HTTP where an application load balancer's is not told otherwise.

        https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/elbv2/listener.go
        A gateway load balancer's has neither protocol nor port.
        """
        elb, balancer = ctx.client("elbv2"), inputs["loadBalancerArn"]
        kind = elb.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"][0]["Type"]
        usual = {"protocol": "HTTP"} if kind == "application" else {}
        answer = elb.create_listener(
            LoadBalancerArn=balancer,
            **_listener({**usual, **inputs}),
            **({"Tags": base.tag_list(inputs)} if inputs.get("tagsAll") else {}),
        )
        return str(answer["Listeners"][0]["ListenerArn"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        found = _describe(ctx, id_)
        protocol = found.get("Protocol", "")
        certificates = as_list(found.get("Certificates"))
        held = {
            key: value
            for key, value in known.items()
            if key.startswith("routingHttp") or key == "mutualAuthentication"
        }
        outputs: Properties = {
            **held,
            "alpnPolicy": (found.get("AlpnPolicy") or [""])[0],
            "arn": id_,
            "certificateArn": certificates[0]["CertificateArn"] if certificates else "",
            "defaultActions": from_actions(found["DefaultActions"]),
            "loadBalancerArn": found["LoadBalancerArn"],
            "port": found.get("Port", 0),
            "protocol": protocol,
            "sslPolicy": found.get("SslPolicy", "") if protocol in _ENCRYPTED else "",
            "tagsAll": base.read_tags(ctx, id_),
        }
        if protocol == "TCP":
            outputs["tcpIdleTimeoutSeconds"] = known.get("tcpIdleTimeoutSeconds") or 350
        return outputs

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old, changed
        ctx.client("elbv2").modify_listener(ListenerArn=id_, **_listener(new))

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("elbv2").delete_listener(ListenerArn=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        base.retag(ctx, id_, added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By load balancer and port: there is one listener per port."""
        answer = ctx.client("elbv2").describe_listeners(LoadBalancerArn=inputs["loadBalancerArn"])
        for listener in answer["Listeners"]:
            if listener.get("Port") == inputs.get("port"):
                return str(listener["ListenerArn"])
        return None


class ListenerRule(ResourceType):
    """``aws:lb/listenerRule:ListenerRule``: what a listener does with some requests."""

    token = "aws:lb/listenerRule:ListenerRule"  # a type token
    force_new = frozenset({"listenerArn"})
    defaults: ClassVar[Mapping[str, Value]] = action_defaults("actions")
    computed = frozenset({"actions.order", "actions.targetGroupArn"})
    sets = frozenset({"conditions"})
    write_only = frozenset({"transforms"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        elb = ctx.client("elbv2")
        listener = inputs["listenerArn"]
        priority = inputs.get("priority") or _free_priority(elb, listener)
        answer = elb.create_rule(
            ListenerArn=listener,
            Priority=priority,
            Conditions=to_conditions(inputs["conditions"]),
            Actions=to_actions(inputs["actions"]),
            **({"Tags": base.tag_list(inputs)} if inputs.get("tagsAll") else {}),
        )
        return str(answer["Rules"][0]["RuleArn"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        found = _describe_rule(ctx, id_)
        return {
            "actions": from_actions(found["Actions"]),
            "arn": id_,
            "conditions": from_conditions(found["Conditions"]),
            "listenerArn": known.get("listenerArn") or _listener_of(id_),
            "priority": int(found["Priority"]),
            "tagsAll": base.read_tags(ctx, id_),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old
        elb = ctx.client("elbv2")
        if "priority" in changed and new.get("priority"):
            wanted = {"RuleArn": id_, "Priority": new["priority"]}
            elb.set_rule_priorities(RulePriorities=[wanted])
        if changed & {"actions", "conditions"}:
            elb.modify_rule(
                RuleArn=id_,
                Conditions=to_conditions(new["conditions"]),
                Actions=to_actions(new["actions"]),
            )

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("elbv2").delete_rule(RuleArn=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        base.retag(ctx, id_, added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By listener and priority, which is unique there; else by what it does, and when."""
        rules = ctx.client("elbv2").describe_rules(ListenerArn=inputs["listenerArn"])["Rules"]
        what = (to_conditions(inputs["conditions"]), to_actions(inputs["actions"]))
        for rule in rules:
            if inputs.get("priority"):
                same = rule["Priority"] == str(inputs["priority"])
            else:
                found = from_conditions(rule["Conditions"]), from_actions(rule["Actions"])
                same = (to_conditions(found[0]), to_actions(found[1])) == what
            if same and rule["RuleArn"] not in ctx.held:
                return str(rule["RuleArn"])
        return None


def _describe(ctx: Context, arn: str) -> dict[str, Any]:
    found = ctx.client("elbv2").describe_listeners(ListenerArns=[arn])["Listeners"]
    if not found:
        raise refusal("DescribeListeners", "ListenerNotFound", f"{arn} is not there")
    return found[0]


def _describe_rule(ctx: Context, arn: str) -> dict[str, Any]:
    found = ctx.client("elbv2").describe_rules(RuleArns=[arn])["Rules"]
    if not found:
        raise refusal("DescribeRules", "RuleNotFound", f"{arn} is not there")
    return found[0]


def _listener(inputs: Properties) -> Mapping[str, Any]:
    protocol = inputs.get("protocol")
    certificate, alpn = inputs.get("certificateArn"), inputs.get("alpnPolicy")
    policy = inputs.get("sslPolicy") or (_FIRST_POLICY if protocol in _ENCRYPTED else None)
    optional = {
        "AlpnPolicy": [alpn] if alpn else None,
        "Certificates": [{"CertificateArn": certificate}] if certificate else None,
        "Port": inputs.get("port"),
        "Protocol": protocol,
        "SslPolicy": policy,
    }
    return {
        "DefaultActions": to_actions(inputs["defaultActions"]),
        **{key: value for key, value in optional.items() if value is not None},
    }


def _free_priority(elb: Any, listener: str) -> int:
    """One more than the highest in use, as the real provider takes it."""
    rules = elb.describe_rules(ListenerArn=listener)["Rules"]
    used = [int(rule["Priority"]) for rule in rules if rule["Priority"] != "default"]
    return min(max(used, default=0) + 1, _HIGHEST_PRIORITY)


def _listener_of(rule: str) -> str:
    return rule.replace(":listener-rule/", ":listener/").rpartition("/")[0]
