"""What EKS refuses of access entries and policies. Pure, like ``rules``."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from seawall_sandbox.aws.eks import facts, rules
from seawall_sandbox.aws.loose import as_list

_ACCESS_ENTRY_TYPES: Final = frozenset(
    {"STANDARD", "EC2", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX"},
)


def check_access_entry(inputs: Mapping[str, Any], authentication_mode: str, operation: str) -> None:
    """Refuse an access entry where EKS does."""
    if authentication_mode == "CONFIG_MAP":
        message = (
            "The cluster's authentication mode must be set to one of "
            "[API, API_AND_CONFIG_MAP] to perform this operation."
        )
        raise rules.refusal(operation, rules.INVALID_REQUEST, message)
    kind = inputs.get("type") or "STANDARD"
    if kind not in _ACCESS_ENTRY_TYPES:
        known = ", ".join(sorted(_ACCESS_ENTRY_TYPES))
        message = f"The access entry type '{kind}' is not one of {known}."
        raise rules.refusal(operation, rules.INVALID_PARAMETER, message)
    groups = cast("Sequence[str]", as_list(inputs.get("kubernetesGroups")))
    if kind != "STANDARD" and groups:
        message = f"An access entry of type {kind} takes no kubernetesGroups."
        raise rules.refusal(operation, rules.INVALID_REQUEST, message)
    for group in groups:
        if group.startswith(("system:", "eks:", "aws:", "amazon:", "iam:")):
            message = f"The kubernetes group name {group} is invalid, it cannot start with system:"
            raise rules.refusal(operation, rules.INVALID_PARAMETER, message)


def check_access_policy(inputs: Mapping[str, Any], entry_type: str, operation: str) -> None:
    """Refuse an access policy that EKS does not have, or a scope that does not fit."""
    arn = str(inputs["policyArn"])
    if not facts.is_access_policy(arn):
        message = (
            f"The policyArn '{arn}' names no EKS access policy. Known: "
            f"{', '.join(sorted(facts.ACCESS_POLICIES))}."
        )
        raise rules.refusal(operation, rules.INVALID_PARAMETER, message)
    if entry_type not in {"STANDARD", "EC2"}:
        message = f"Access policies cannot be associated with an access entry of type {entry_type}."
        raise rules.refusal(operation, rules.INVALID_REQUEST, message)
    scope = inputs["accessScope"]
    namespaces = as_list(scope.get("namespaces"))
    if scope["type"] not in {"cluster", "namespace"}:
        message = f"The access scope '{scope['type']}' is neither cluster nor namespace."
        raise rules.refusal(operation, rules.INVALID_PARAMETER, message)
    if (scope["type"] == "namespace") != bool(namespaces):
        message = "The access scope 'namespace', and no other, names namespaces."
        raise rules.refusal(operation, rules.INVALID_PARAMETER, message)
