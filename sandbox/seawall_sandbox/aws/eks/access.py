"""Who may use a cluster: access entries and the policies on them."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import rfc3339
from seawall_sandbox.aws.eks import access_rules, lookups, rules
from seawall_sandbox.aws.errors import ClientError, code_of, is_gone
from seawall_sandbox.aws.held import held, hold, release
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties, Value

_CLUSTER: Final = "aws:eks/cluster:Cluster"
_ENTRY: Final = "aws:eks/accessEntry:AccessEntry"
_NODE_GROUPS: Final = ["system:nodes"]
_NODE_USER: Final = "system:node:{{EC2PrivateDNSName}}"
_SESSION_USER: Final = "system:node:{{SessionName}}"
_FIXED: Final[Mapping[str, tuple[str, list[str]]]] = {
    "EC2": (_NODE_USER, _NODE_GROUPS),
    "EC2_LINUX": (_NODE_USER, _NODE_GROUPS),
    "EC2_WINDOWS": (_NODE_USER, ["eks:kube-proxy-windows", *_NODE_GROUPS]),
    "FARGATE_LINUX": (
        _SESSION_USER,
        ["system:bootstrappers", *_NODE_GROUPS, "system:node-proxier"],
    ),
    "HYBRID_LINUX": (_SESSION_USER, ["system:bootstrappers", *_NODE_GROUPS]),
}
"""User and groups that EKS gives to entries of nodes.

https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
"""
_KNOWN_TO_MINISTACK: Final = frozenset({"STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX"})
_ADMIN: Final = "cluster-access-policy/AmazonEKSClusterAdminPolicy"


class AccessEntry(ResourceType):
    """``aws:eks/accessEntry:AccessEntry``. Its id is ``<cluster>:<principal ARN>``."""

    token = _ENTRY
    emulated = "partly"
    force_new = frozenset({"clusterName", "principalArn", "type"})
    defaults: ClassVar[Mapping[str, Value]] = {"type": "STANDARD"}
    sets = frozenset({"kubernetesGroups"})
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        rules.INVALID_PARAMETER: ("The specified principalArn is invalid: invalid principal",)
    }

    def create(self, ctx: Context, inputs: Properties) -> str:
        name, principal = str(inputs["clusterName"]), str(inputs["principalArn"])
        lookups.active_cluster(ctx, name, "CreateAccessEntry")
        mode = held(ctx, _CLUSTER, name)["accessConfig"]["authenticationMode"]
        access_rules.check_access_entry(inputs, mode, "CreateAccessEntry")
        _require_principal(ctx, principal)
        return _create_entry(ctx, name, principal, inputs)

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        _hold_type(ctx, id_, str(inputs["type"]))

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        name, _, principal = id_.partition(":")
        entry = describe_entry(ctx, name, principal)
        return {
            "accessEntryArn": entry["accessEntryArn"],
            "clusterName": name,
            "createdAt": rfc3339(entry["createdAt"]),
            "kubernetesGroups": entry["kubernetesGroups"],
            "modifiedAt": rfc3339(entry["modifiedAt"]),
            "principalArn": entry["principalArn"],
            "type": entry["type"],
            "userName": entry["username"],
            "tagsAll": dict(lookups.tags_of(ctx, entry["accessEntryArn"])),
            **held(ctx, self.token, id_),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del changed
        access_rules.check_access_entry({**old, **new}, "API", "UpdateAccessEntry")
        name, _, principal = id_.partition(":")
        user, _ = _user_and_groups(principal, new)
        ctx.client("eks").update_access_entry(
            clusterName=name,
            principalArn=principal,
            kubernetesGroups=as_list(new.get("kubernetesGroups")),
            username=user,
        )

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        name, _, principal = id_.partition(":")
        release(ctx, self.token, id_)
        ctx.client("eks").delete_access_entry(clusterName=name, principalArn=principal)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del id_
        lookups.retag(ctx, outputs["accessEntryArn"], added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By cluster and principal, if the tags are what we set."""
        name, principal = str(inputs["clusterName"]), str(inputs["principalArn"])
        entry = describe_entry(ctx, name, principal)
        labels = tags.without_system(lookups.tags_of(ctx, entry["accessEntryArn"]))
        return f"{name}:{principal}" if labels == (as_dict(inputs.get("tagsAll"))) else None


class AccessPolicyAssociation(ResourceType):
    """``aws:eks/accessPolicyAssociation:AccessPolicyAssociation``.

    Its id is ``<cluster>#<principal ARN>#<policy ARN>``.
    """

    token = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"  # a type token
    force_new = frozenset({"accessScope", "clusterName", "policyArn", "principalArn"})
    sets = frozenset({"accessScope.namespaces"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        name, principal = str(inputs["clusterName"]), str(inputs["principalArn"])
        lookups.active_cluster(ctx, name, "AssociateAccessPolicy")
        entry = AccessEntry().read(ctx, f"{name}:{principal}", {}) or {}
        access_rules.check_access_policy(inputs, entry["type"], "AssociateAccessPolicy")
        scope = inputs["accessScope"]
        namespaces = scope.get("namespaces")
        ctx.client("eks").associate_access_policy(
            clusterName=name,
            principalArn=principal,
            policyArn=inputs["policyArn"],
            accessScope={
                "type": scope["type"],
                **({"namespaces": namespaces} if namespaces else {}),
            },
        )
        return f"{name}#{principal}#{inputs['policyArn']}"

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        name, principal, policy = id_.split("#")
        answer = ctx.client("eks").list_associated_access_policies(
            clusterName=name, principalArn=principal
        )
        policies = answer["associatedAccessPolicies"]
        found = next((p for p in policies if p["policyArn"] == policy), None)
        if found is None:
            return None
        scope = found["accessScope"]
        return {
            "accessScope": {
                "namespaces": as_list(scope.get("namespaces")),
                "type": scope["type"],
            },
            "associatedAt": rfc3339(found["associatedAt"]),
            "clusterName": name,
            "modifiedAt": rfc3339(found["modifiedAt"]),
            "policyArn": policy,
            "principalArn": principal,
        }

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        name, principal, policy = id_.split("#")
        ctx.client("eks").disassociate_access_policy(
            clusterName=name, principalArn=principal, policyArn=policy
        )

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By cluster, principal and policy."""
        id_ = f"{inputs['clusterName']}#{inputs['principalArn']}#{inputs['policyArn']}"
        return id_ if self.read(ctx, id_, inputs) else None


def describe_entry(ctx: Context, cluster: str, principal: str) -> dict[str, Any]:
    """What ministack says of an access entry. Raises EKS's error when there is none."""
    answer = ctx.client("eks").describe_access_entry(clusterName=cluster, principalArn=principal)
    return answer["accessEntry"]


def check_mode_change(old: Properties, new: Properties) -> None:
    """Refuse a way back to the aws-auth ConfigMap: EKS goes forward only."""
    order = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")
    before, after = old["authenticationMode"], new["authenticationMode"]
    if order.index(after) < order.index(before):
        message = f"Unsupported authentication mode update from {before} to {after}."
        raise rules.refusal("UpdateClusterConfig", rules.INVALID_PARAMETER, message)


def bootstrap_creator(ctx: Context, cluster: str, access_config: Properties) -> None:
    """Make the caller an administrator, where the cluster asks for it and entries are in use."""
    if (
        access_config["authenticationMode"] == "CONFIG_MAP"
        or not access_config["bootstrapClusterCreatorAdminPermissions"]
    ):
        return
    caller = ctx.client("sts").get_caller_identity()["Arn"].replace(":sts:", ":iam:")
    ensure_entry(ctx, cluster, caller, "STANDARD")
    ctx.client("eks").associate_access_policy(
        clusterName=cluster,
        principalArn=caller,
        policyArn=f"arn:{ctx.partition}:eks::aws:{_ADMIN}",
        accessScope={"type": "cluster"},
    )


def ensure_entry(ctx: Context, cluster: str, principal: str, kind: str) -> None:
    """Make an access entry as EKS does by itself, unless there is one."""
    try:
        _create_entry(ctx, cluster, principal, {"type": kind})
    except ClientError as error:
        if code_of(error) != rules.IN_USE:
            raise
    else:
        _hold_type(ctx, f"{cluster}:{principal}", kind)


def remove_all(ctx: Context, cluster: str) -> None:
    """Remove all access entries of a cluster: ministack would keep them for a later namesake."""
    eks = ctx.client("eks")
    for principal in eks.list_access_entries(clusterName=cluster)["accessEntries"]:
        release(ctx, _ENTRY, f"{cluster}:{principal}")
        eks.delete_access_entry(clusterName=cluster, principalArn=principal)


def _create_entry(ctx: Context, cluster: str, principal: str, inputs: Properties) -> str:
    kind = str(inputs["type"])
    user, groups = _user_and_groups(principal, inputs)
    ctx.client("eks").create_access_entry(
        clusterName=cluster,
        principalArn=principal,
        kubernetesGroups=groups,
        username=user,
        type=kind if kind in _KNOWN_TO_MINISTACK else "STANDARD",
        tags=as_dict(inputs.get("tagsAll")),
    )
    return f"{cluster}:{principal}"


def _hold_type(ctx: Context, id_: str, kind: str) -> None:
    """Keep the type of an entry that ministack does not know."""
    hold(ctx, _ENTRY, id_, {} if kind in _KNOWN_TO_MINISTACK else {"type": kind})


def _user_and_groups(principal: str, inputs: Properties) -> tuple[str, list[str]]:
    """User name and groups as given, or as EKS makes them."""
    fixed = _FIXED.get(str(inputs.get("type")))
    if fixed is not None:
        return str(inputs.get("userName") or fixed[0]), fixed[1]
    groups = list(as_list(inputs.get("kubernetesGroups")))
    _, partition, _, _, account, resource = principal.split(":", 5)
    kind, _, path = resource.partition("/")
    user = principal
    if kind == "role":
        role = path.rpartition("/")[2]
        user = f"arn:{partition}:sts::{account}:assumed-role/{role}/{{{{SessionName}}}}"
    return str(inputs.get("userName") or user), groups


def _require_principal(ctx: Context, arn: str) -> None:
    """Refuse a principal of this account that IAM does not have."""
    parts = arn.split(":", 5)
    kind, _, path = (parts[5] if len(parts) == 6 else "").partition("/")
    name = path.rpartition("/")[2]
    valid = parts[0] == "arn" and len(parts) == 6 and parts[2] == "iam" and kind in {"role", "user"}
    if valid and parts[4] == ctx.account:
        iam = ctx.client("iam")
        try:
            found = (
                iam.get_role(RoleName=name)["Role"]
                if kind == "role"
                else iam.get_user(UserName=name)["User"]
            )
            valid = found["Arn"] == arn
        except ClientError as error:
            if not is_gone(error):
                raise
            valid = False
    if not valid:
        message = f"The specified principalArn is invalid: invalid principal {arn}."
        raise rules.refusal("CreateAccessEntry", rules.INVALID_PARAMETER, message)
