"""Who may use the Kubernetes API: EKS access entries."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from seawall.component import Component, name_tags
from seawall.eks.arguments import ClusterArguments
from seawall.eks.checks import principal_key
from seawall.eks.iam import partition_of

_ADMIN_POLICY = "AmazonEKSClusterAdminPolicy"
_VIEW_POLICY = "AmazonEKSViewPolicy"
"""Reads everything but secrets (https://docs.aws.amazon.com/eks/latest/userguide/
access-policy-permissions.html)."""


def access_entries(
    owner: Component, name: str, spec: ClusterArguments, cluster: aws.eks.Cluster
) -> Sequence[pulumi.Resource]:
    """An access entry with one policy for the whole cluster, for each principal."""
    grants = [("admin", arn, _ADMIN_POLICY) for arn in spec.admins]
    grants += [("viewer", arn, _VIEW_POLICY) for arn in spec.viewers]
    made: list[pulumi.Resource] = []
    for role, arn, policy in grants:
        child = f"{name}-{role}-{principal_key(arn)}"
        entry = aws.eks.AccessEntry(
            child,
            cluster_name=cluster.name,
            principal_arn=arn,
            type="STANDARD",
            tags=name_tags(spec.tags, child),
            opts=owner.child_options(),
        )
        association = aws.eks.AccessPolicyAssociation(
            child,
            cluster_name=cluster.name,
            # From the entry, so that the association waits for it.
            principal_arn=entry.principal_arn,
            policy_arn=(f"arn:{partition_of(spec.region)}:eks::aws:cluster-access-policy/{policy}"),
            access_scope=aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            opts=owner.child_options(),
        )
        made += [entry, association]
    return made
