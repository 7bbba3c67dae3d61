"""What EKS looks up in other services before it takes a call, and what it makes there."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import normal
from seawall_sandbox.aws.eks import rules
from seawall_sandbox.aws.errors import ClientError, is_gone

CLUSTER_TAG: Final = "aws:eks:cluster-name"
"""The tag by which EKS knows its own security group."""
_GROUP_DESCRIPTION: Final = (
    "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes, "
    "as well as any managed workloads."
)


def cluster(ctx: Context, name: str) -> dict[str, Any]:
    """What ministack says of a cluster. Raises EKS's error when there is none."""
    return ctx.client("eks").describe_cluster(name=name)["cluster"]


def active_cluster(ctx: Context, name: str, operation: str) -> dict[str, Any]:
    """A cluster that is ready for work."""
    found = cluster(ctx, name)
    rules.check_active(found["status"], name, operation)
    return found


def node_group_names(ctx: Context, cluster_name: str) -> list[str]:
    """The names of a cluster's node groups."""
    return ctx.client("eks").list_nodegroups(clusterName=cluster_name)["nodegroups"]


def require_role(ctx: Context, arn: str, service: str, operation: str) -> None:
    """Refuse a role that does not exist, or that does not trust the service."""
    name = arn.rpartition("/")[2]
    try:
        role = ctx.client("iam").get_role(RoleName=name)["Role"]
    except ClientError as error:
        if not is_gone(error):
            raise
        role = None
    if (
        role is None
        or role["Arn"] != arn
        or not rules.trusts(normal(role["AssumeRolePolicyDocument"]), service)
    ):
        message = (
            f"Role with arn: {arn}, could not be assumed because it does not exist or the trusted "
            f"entity is not correct: {service} must be allowed to assume it."
        )
        raise rules.refusal(operation, rules.INVALID_PARAMETER, message)


def subnets(ctx: Context, ids: Sequence[str], operation: str) -> list[dict[str, Any]]:
    """The subnets of these ids, all of one VPC. Raises EKS's error where they are not."""
    try:
        found = ctx.client("ec2").describe_subnets(SubnetIds=list(ids))["Subnets"]
    except ClientError as error:
        if not is_gone(error):
            raise
        message = f"One of the subnets {', '.join(ids)} does not exist: {error}"
        raise rules.refusal(operation, rules.INVALID_PARAMETER, message) from error
    if len({subnet["VpcId"] for subnet in found}) > 1:
        message = f"The subnets {', '.join(ids)} are not all in the same VPC."
        raise rules.refusal(operation, rules.INVALID_PARAMETER, message)
    return found


def require_groups(ctx: Context, ids: Sequence[str], vpc: str, operation: str) -> None:
    """Refuse security groups that do not exist or belong to another VPC."""
    if not ids:
        return
    found = ctx.client("ec2").describe_security_groups(
        Filters=[{"Name": "group-id", "Values": list(ids)}, {"Name": "vpc-id", "Values": [vpc]}],
    )["SecurityGroups"]
    missing = sorted(set(ids) - {group["GroupId"] for group in found})
    if missing:
        message = f"The security groups {', '.join(missing)} do not exist in {vpc}."
        raise rules.refusal(operation, rules.INVALID_PARAMETER, message)


def vpc_ranges(ctx: Context, vpc: str) -> list[str]:
    """The IPv4 ranges of a VPC."""
    found = ctx.client("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
    blocks = found.get("CidrBlockAssociationSet") or [{"CidrBlock": found["CidrBlock"]}]
    return [block["CidrBlock"] for block in blocks]


def cluster_group(ctx: Context, name: str) -> dict[str, Any] | None:
    """The security group that EKS made for a cluster, or ``None``."""
    groups = ctx.client("ec2").describe_security_groups(
        Filters=[{"Name": f"tag:{CLUSTER_TAG}", "Values": [name]}],
    )["SecurityGroups"]
    return groups[0] if groups else None


def ensure_cluster_group(ctx: Context, name: str, vpc: str) -> str:
    """The id of the cluster's own security group, made as EKS makes it as far as it is not there.

    https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
    """
    found = cluster_group(ctx, name)
    group = str(found["GroupId"]) if found is not None else _make_group(ctx, name, vpc)
    if found is None or not _own_rules(found):
        ctx.client("ec2").authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}],
        )
    return group


def _make_group(ctx: Context, name: str, vpc: str) -> str:
    number = int(hashlib.sha256(f"{ctx.region}/{name}".encode()).hexdigest()[:8], 16)
    group_name = f"eks-cluster-sg-{name}-{number}"
    labels = {
        "Name": group_name,
        CLUSTER_TAG: name,
        f"kubernetes.io/cluster/{name}": "owned",
    }
    made = ctx.client("ec2").create_security_group(
        GroupName=group_name,
        Description=_GROUP_DESCRIPTION,
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags.to_list(labels)}],
    )
    return str(made["GroupId"])


def remove_cluster_group(ctx: Context, name: str) -> None:
    """Remove the cluster's own security group, if it is there."""
    found = cluster_group(ctx, name)
    if found is None:
        return
    ec2 = ctx.client("ec2")
    own = _own_rules(found)
    if own:
        ec2.revoke_security_group_ingress(GroupId=found["GroupId"], IpPermissions=_plain(own))
    ec2.delete_security_group(GroupId=found["GroupId"])


def _own_rules(group: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a group permits to itself."""
    return [
        {**rule, "UserIdGroupPairs": pairs}
        for rule in group["IpPermissions"]
        if (pairs := [p for p in rule["UserIdGroupPairs"] if p["GroupId"] == group["GroupId"]])
    ]


def tags_of(ctx: Context, arn: str) -> Mapping[str, str]:
    """The tags of anything that EKS has: they are current here alone, not in its description."""
    return ctx.client("eks").list_tags_for_resource(resourceArn=arn)["tags"]


def retag(ctx: Context, arn: str, added: dict[str, str], removed: list[str]) -> None:
    """Set and remove tags of anything that EKS has."""
    eks = ctx.client("eks")
    if removed:
        # One at a time: ministack takes one key per call.
        for key in removed:
            eks.untag_resource(resourceArn=arn, tagKeys=[key])
    if added:
        eks.tag_resource(resourceArn=arn, tags=added)


def _plain(permissions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Permissions as a revoke call takes them: protocol, ports and groups alone."""
    return [
        {
            **{key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule},
            "UserIdGroupPairs": [{"GroupId": pair["GroupId"]} for pair in rule["UserIdGroupPairs"]],
        }
        for rule in permissions
    ]
