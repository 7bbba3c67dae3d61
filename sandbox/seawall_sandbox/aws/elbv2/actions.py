"""Actions and conditions of listeners, between Pulumi's names and AWS's. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.values import Properties, Value

_CONFIGS: Final = {
    "authenticateCognito": "AuthenticateCognitoConfig",
    "authenticateOidc": "AuthenticateOidcConfig",
    "fixedResponse": "FixedResponseConfig",
    "jwtValidation": "JwtValidationConfig",
    "redirect": "RedirectConfig",
}
"""Objects of an action whose keys differ in their first letter alone."""
_REDIRECT: Final = {
    "host": "#{host}",
    "path": "/#{path}",
    "port": "#{port}",
    "protocol": "#{protocol}",
    "query": "#{query}",
}
"""What AWS takes for the parts of a redirect that are not given.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
"""
_CONDITIONS: Final = {
    "hostHeader": "host-header",
    "httpHeader": "http-header",
    "httpRequestMethod": "http-request-method",
    "pathPattern": "path-pattern",
    "sourceIp": "source-ip",
}


def action_defaults(place: str) -> Mapping[str, Value]:
    """What the real provider fills in within actions at this place.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/elbv2/listener.go
    """
    return {
        f"{place}.forward.stickiness.enabled": False,
        f"{place}.forward.targetGroups.weight": 1,
        **{f"{place}.redirect.{key}": value for key, value in _REDIRECT.items()},
    }


def to_actions(actions: list[Properties]) -> list[dict[str, Any]]:
    """Actions as a call takes them."""
    return [_to_action(action, order) for order, action in enumerate(actions, 1)]


def from_actions(actions: list[dict[str, Any]]) -> list[Properties]:
    """Actions as outputs have them, in their order."""
    ordered = sorted(actions, key=lambda action: int(action.get("Order", 1)))
    return [_from_action(action, order) for order, action in enumerate(ordered, 1)]


def to_conditions(conditions: list[Properties]) -> list[dict[str, Any]]:
    """Conditions as a call takes them: one field each."""
    found: list[dict[str, Any]] = []
    for condition in conditions:
        for key, field in _CONDITIONS.items():
            if condition.get(key):
                config = {_upper(name): value for name, value in condition[key].items() if value}
                found.append({"Field": field, f"{_upper(key)}Config": config})
        if condition.get("queryStrings"):
            values = [
                {_upper(name): value for name, value in pair.items() if value}
                for pair in condition["queryStrings"]
            ]
            found.append({"Field": "query-string", "QueryStringConfig": {"Values": values}})
    return found


def from_conditions(conditions: list[dict[str, Any]]) -> list[Properties]:
    """Conditions as outputs have them."""
    by_field = {field: key for key, field in _CONDITIONS.items()}
    found: list[Properties] = []
    for condition in conditions:
        field = condition["Field"]
        if field == "query-string":
            pairs = condition["QueryStringConfig"]["Values"]
            found.append({"queryStrings": [_lowered(pair) for pair in pairs]})
            continue
        key = by_field[field]
        config = condition.get(f"{_upper(key)}Config") or {"Values": condition.get("Values", [])}
        found.append({key: _lowered(config)})
    return found


def _to_action(action: Properties, order: int) -> dict[str, Any]:
    found: dict[str, Any] = {"Type": action["type"], "Order": action.get("order") or order}
    forward = action.get("forward")
    if forward:
        found["ForwardConfig"] = _to_forward(forward)
    elif action.get("targetGroupArn"):
        found["TargetGroupArn"] = action["targetGroupArn"]
    for key, name in _CONFIGS.items():
        config = action.get(key)
        if config:
            found[name] = {_upper(k): v for k, v in config.items() if v is not None}
    return found


def _to_forward(forward: Properties) -> dict[str, Any]:
    config: dict[str, Any] = {
        "TargetGroups": [
            {"TargetGroupArn": group["arn"], "Weight": group.get("weight", 1)}
            for group in forward["targetGroups"]
        ],
    }
    stickiness = forward.get("stickiness")
    if stickiness:
        config["TargetGroupStickinessConfig"] = {
            "Enabled": stickiness.get("enabled", False),
            "DurationSeconds": stickiness["duration"],
        }
    return config


def _from_action(action: Mapping[str, Any], order: int) -> Properties:
    found: Properties = {"order": int(action.get("Order", order)), "type": action["Type"]}
    if action.get("TargetGroupArn"):
        found["targetGroupArn"] = action["TargetGroupArn"]
    elif action.get("ForwardConfig"):
        found["forward"] = _from_forward(action["ForwardConfig"])
    for key, name in _CONFIGS.items():
        if action.get(name):
            found[key] = _lowered(action[name])
    return found


def _from_forward(config: Mapping[str, Any]) -> Properties:
    groups = [
        {"arn": group["TargetGroupArn"], "weight": int(group.get("Weight", 1))}
        for group in config.get("TargetGroups", [])
    ]
    found: Properties = {"targetGroups": groups}
    stickiness = as_dict(config.get("TargetGroupStickinessConfig"))
    if stickiness.get("DurationSeconds"):
        found["stickiness"] = {
            "duration": int(stickiness["DurationSeconds"]),
            "enabled": bool(stickiness.get("Enabled")),
        }
    return found


def _lowered(config: Mapping[str, Any]) -> Properties:
    return {f"{key[0].lower()}{key[1:]}": value for key, value in config.items()}


def _upper(name: str) -> str:
    return f"{name[0].upper()}{name[1:]}"
