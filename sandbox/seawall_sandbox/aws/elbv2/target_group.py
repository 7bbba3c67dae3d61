"""``aws:lb/targetGroup:TargetGroup``."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.elbv2 import base
from seawall_sandbox.aws.errors import refusal
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
_HTTP: Final = frozenset({"HTTP", "HTTPS"})
_TARGET_TYPES: Final = frozenset({"instance", "ip", "lambda", "alb"})
_HEALTH_CHECK: Final = {
    "enabled": "HealthCheckEnabled",
    "healthyThreshold": "HealthyThresholdCount",
    "interval": "HealthCheckIntervalSeconds",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "timeout": "HealthCheckTimeoutSeconds",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}
_NUMBERS: Final = ("healthyThreshold", "interval", "timeout", "unhealthyThreshold")
_ATTRIBUTES: Final = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
    "loadBalancingAnomalyMitigation": "load_balancing.algorithm.anomaly_mitigation",
    "loadBalancingCrossZoneEnabled": "load_balancing.cross_zone.enabled",
    "preserveClientIp": "preserve_client_ip.enabled",
    "slowStart": "slow_start.duration_seconds",
}
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html"""
_SWITCHES: Final = {
    "connectionTermination": "deregistration_delay.connection_termination.enabled",
    "lambdaMultiValueHeadersEnabled": "lambda.multi_value_headers.enabled",
    "proxyProtocolV2": "proxy_protocol_v2.enabled",
}
_STICKINESS: Final = {
    "enabled": "stickiness.enabled",
    "type": "stickiness.type",
}
_COOKIE_SECONDS: Final = 86_400


class TargetGroup(ResourceType):
    """Where a load balancer sends requests. Its id is its ARN."""

    token = "aws:lb/targetGroup:TargetGroup"  # a type token
    force_new = frozenset(
        {
            "ipAddressType",
            "name",
            "namePrefix",
            "port",
            "protocol",
            "protocolVersion",
            "targetControlPort",
            "targetType",
            "vpcId",
        },
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "healthCheck.enabled": True,
        "healthCheck.healthyThreshold": 3,
        "healthCheck.interval": 30,
        "healthCheck.port": "traffic-port",
        "healthCheck.unhealthyThreshold": 3,
        "lambdaMultiValueHeadersEnabled": False,
        "proxyProtocolV2": False,
        "slowStart": 0,
        "stickiness.cookieDuration": _COOKIE_SECONDS,
        "stickiness.enabled": True,
        "targetGroupHealth.dnsFailover.minimumHealthyTargetsCount": "off",
        "targetGroupHealth.dnsFailover.minimumHealthyTargetsPercentage": "off",
        "targetGroupHealth.unhealthyStateRouting.minimumHealthyTargetsCount": 1,
        "targetGroupHealth.unhealthyStateRouting.minimumHealthyTargetsPercentage": "off",
        "targetHealthStates.unhealthyDrainingInterval": 0,
        "targetType": "instance",
    }
    implied: ClassVar[Mapping[str, Value]] = {
        "deregistrationDelay": 300,
        # A default of the Terraform provider's that fails its own check: the bridge drops it.
        "healthCheck.protocol": "HTTP",
    }
    computed = frozenset({"healthCheck.matcher", "healthCheck.path", "healthCheck.timeout"})
    write_only = frozenset({"targetControlPort", "targetGroupHealth", "targetHealthStates"})
    name_max = 32

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name, the kind of target, and what that kind needs."""
        name = inputs.get("name")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            reason = f"{name!r} is no target group name: 1 to 32 letters, digits, inner hyphens."
            yield Failure("name", f"{reason} Rename it.")
        kind = inputs.get("targetType")
        if isinstance(kind, str) and kind not in _TARGET_TYPES:
            known = ", ".join(sorted(_TARGET_TYPES))
            yield Failure("targetType", f"{kind!r} is not one of {known}. Choose one.")
        if kind in _TARGET_TYPES - {"lambda"}:
            for needed in ("port", "protocol", "vpcId"):
                if needed not in inputs:
                    reason = f"A target group of type {kind} needs {needed!r}."
                    yield Failure(needed, f"{reason} Set it.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        optional = {
            "IpAddressType": inputs.get("ipAddressType"),
            "Port": inputs.get("port"),
            "Protocol": inputs.get("protocol"),
            "ProtocolVersion": inputs.get("protocolVersion"),
            "VpcId": inputs.get("vpcId"),
            "Tags": base.tag_list(inputs),
            **_health_check(inputs),
        }
        answer = ctx.client("elbv2").create_target_group(
            Name=inputs["name"],
            TargetType=inputs["targetType"],
            **{key: value for key, value in optional.items() if value not in (None, [])},
        )
        return str(answer["TargetGroups"][0]["TargetGroupArn"])

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        _set_attributes(ctx, id_, inputs, frozenset(inputs))

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        elb = ctx.client("elbv2")
        found = elb.describe_target_groups(TargetGroupArns=[id_])["TargetGroups"][0]
        answer = elb.describe_target_group_attributes(TargetGroupArn=id_)
        values = {pair["Key"]: str(pair.get("Value", "")) for pair in answer["Attributes"]}
        outputs: Properties = {
            "arn": id_,
            "arnSuffix": id_.rpartition(":")[2],
            "deregistrationDelay": int(values.get(_ATTRIBUTES["deregistrationDelay"], 300)),
            "healthCheck": _read_health_check(found),
            "ipAddressType": found.get("IpAddressType", "ipv4"),
            "loadBalancerArns": as_list(found.get("LoadBalancerArns")),
            "loadBalancingCrossZoneEnabled": values.get(
                _ATTRIBUTES["loadBalancingCrossZoneEnabled"], "use_load_balancer_configuration"
            ),
            "name": found["TargetGroupName"],
            "namePrefix": known.get("namePrefix", ""),
            "port": found.get("Port", 0),
            "protocol": found.get("Protocol", ""),
            "slowStart": int(values.get(_ATTRIBUTES["slowStart"], 0)),
            "stickiness": _read_stickiness(values),
            # Only gateway load balancers have it; the real provider tells one absent object.
            "targetFailovers": known.get("targetFailovers") or [None],
            "targetType": found["TargetType"],
            "vpcId": found.get("VpcId", ""),
            "tagsAll": base.read_tags(ctx, id_),
        }
        for name, key in _SWITCHES.items():
            outputs[name] = values.get(key) == "true"
        if found.get("Protocol") in _HTTP:
            outputs["protocolVersion"] = found.get("ProtocolVersion", "HTTP1")
            outputs["loadBalancingAlgorithmType"] = values.get(
                _ATTRIBUTES["loadBalancingAlgorithmType"], "round_robin"
            )
            outputs["loadBalancingAnomalyMitigation"] = values.get(
                _ATTRIBUTES["loadBalancingAnomalyMitigation"], "off"
            )
        else:
            outputs["preserveClientIp"] = values.get(
                _ATTRIBUTES["preserveClientIp"], base.text(found["TargetType"] == "instance")
            )
        return outputs

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old
        if "healthCheck" in changed:
            checks = _health_check(new)
            ctx.client("elbv2").modify_target_group(TargetGroupArn=id_, **checks)
        _set_attributes(ctx, id_, new, changed)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Delete it; AWS refuses while a listener or a rule sends to it."""
        del outputs
        elb = ctx.client("elbv2")
        if not elb.describe_target_groups(TargetGroupArns=[id_])["TargetGroups"]:
            raise refusal("DeleteTargetGroup", "TargetGroupNotFound", f"{id_} is not there")
        elb.delete_target_group(TargetGroupArn=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        base.retag(ctx, id_, added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, which is unique in account and region, if the tags are what we set."""
        elb = ctx.client("elbv2")
        found = elb.describe_target_groups(Names=[inputs["name"]])["TargetGroups"][0]
        arn = str(found["TargetGroupArn"])
        return arn if base.read_tags(ctx, arn) == (as_dict(inputs.get("tagsAll"))) else None


def _health_check(inputs: Properties) -> dict[str, Any]:
    given = as_dict(inputs.get("healthCheck"))
    found: dict[str, Any] = {
        aws: given[name] for name, aws in _HEALTH_CHECK.items() if given.get(name) is not None
    }
    if given.get("matcher"):
        key = "GrpcCode" if inputs.get("protocolVersion") == "GRPC" else "HttpCode"
        found["Matcher"] = {key: given["matcher"]}
    return found


def _read_health_check(found: Mapping[str, Any]) -> Properties:
    check: Properties = {
        name: found.get(aws, "") for name, aws in _HEALTH_CHECK.items() if name not in _NUMBERS
    }
    for name in _NUMBERS:
        check[name] = int(found.get(_HEALTH_CHECK[name], 0))
    check["enabled"] = str(found.get("HealthCheckEnabled", True)).lower() == "true"
    matcher = as_dict(found.get("Matcher"))
    check["matcher"] = matcher.get("HttpCode") or matcher.get("GrpcCode") or ""
    return check


def _read_stickiness(values: Mapping[str, str]) -> Properties:
    kind = values.get("stickiness.type", "lb_cookie")
    cookies = kind.endswith("_cookie")
    seconds = values.get(f"stickiness.{kind}.duration_seconds", _COOKIE_SECONDS)
    return {
        "cookieDuration": int(seconds) if cookies else 0,
        "cookieName": values.get("stickiness.app_cookie.cookie_name", ""),
        "enabled": values.get("stickiness.enabled") == "true",
        "type": kind,
    }


def _set_attributes(ctx: Context, arn: str, inputs: Properties, names: frozenset[str]) -> None:
    attributes = {
        key: base.text(inputs[name])
        for name, key in {**_ATTRIBUTES, **_SWITCHES}.items()
        if name in names and inputs.get(name) not in (None, False, 0)
    }
    stickiness = inputs.get("stickiness")
    if stickiness and "stickiness" in names:
        for name, key in _STICKINESS.items():
            attributes[key] = base.text(stickiness[name])
        kind = stickiness["type"]
        if kind.endswith("_cookie"):
            seconds = base.text(stickiness["cookieDuration"])
            attributes[f"stickiness.{kind}.duration_seconds"] = seconds
        if stickiness.get("cookieName"):
            attributes["stickiness.app_cookie.cookie_name"] = stickiness["cookieName"]
    if attributes:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(attributes.items())]
        ctx.client("elbv2").modify_target_group_attributes(TargetGroupArn=arn, Attributes=pairs)
