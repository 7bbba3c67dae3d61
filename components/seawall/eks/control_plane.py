"""The Kubernetes control plane: its role, key, log group, and the cluster itself."""

from collections.abc import Sequence
from typing import Final

import pulumi
import pulumi_aws as aws

from seawall.component import Component, name_tags
from seawall.eks import iam
from seawall.eks.arguments import ClusterArguments
from seawall.eks.roles import GrantedRole, granted_role

_LOG_TYPES: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
"""All that EKS has."""
_KEY_DELETION_DAYS: Final = 30
"""The longest time to think again that KMS gives."""


def cluster_name(name: str, spec: ClusterArguments) -> str:
    """Name of the cluster in AWS."""
    return spec.cluster_name or name


def protection(spec: ClusterArguments) -> bool | None:
    """``protect`` of a child that holds data: never false, so that the owner's own holds."""
    return True if spec.protect else None


def secrets_key(owner: Component, name: str, spec: ClusterArguments) -> aws.kms.Key:
    """The KMS key that Kubernetes secrets are encrypted with, rotated each year."""
    child = f"{name}-secrets"
    cluster = cluster_name(name, spec)
    key = aws.kms.Key(
        child,
        description=f"Kubernetes secrets of the EKS cluster {cluster}",
        enable_key_rotation=True,
        deletion_window_in_days=_KEY_DELETION_DAYS,
        tags=name_tags(spec.tags, child),
        opts=owner.child_options(protect=protection(spec)),
    )
    aws.kms.Alias(
        child,
        name=f"alias/eks/{cluster}",
        target_key_id=key.key_id,
        opts=owner.child_options(),
    )
    return key


def control_plane_role(
    owner: Component, name: str, spec: ClusterArguments, key: aws.kms.Key
) -> GrantedRole:
    """The control plane's role: run the cluster, use its key."""
    cluster = cluster_name(name, spec)
    return granted_role(
        owner,
        f"{name}-cluster",
        role_name=iam.role_name(cluster, spec.region, "cluster"),
        description=f"Control plane of the EKS cluster {cluster}",
        trust=iam.service_trust("eks.amazonaws.com"),
        managed_policies={
            "control-plane": iam.managed_policy(
                iam.partition_of(spec.region), "AmazonEKSClusterPolicy"
            )
        },
        inline_policies={"encryption": key.arn.apply(iam.encryption_policy)},
        tags=spec.tags,
    )


def log_group(owner: Component, name: str, spec: ClusterArguments) -> aws.cloudwatch.LogGroup:
    """Where EKS writes the control plane's logs.

    EKS makes it by itself if it is not there, with no end to retention.
    """
    child = f"{name}-control-plane"
    return aws.cloudwatch.LogGroup(
        child,
        name=f"/aws/eks/{cluster_name(name, spec)}/cluster",
        retention_in_days=spec.log_retention_days,
        tags=name_tags(spec.tags, child),
        opts=owner.child_options(protect=protection(spec)),
    )


def control_plane(
    owner: Component,
    name: str,
    spec: ClusterArguments,
    *,
    role: GrantedRole,
    key: aws.kms.Key,
    security_group_id: pulumi.Input[str],
    depends_on: Sequence[pulumi.Resource],
) -> aws.eks.Cluster:
    """The cluster: API inside the VPC, access by IAM only, everything logged and encrypted."""
    return aws.eks.Cluster(
        name,
        name=cluster_name(name, spec),
        version=spec.version,
        role_arn=role.role.arn,
        access_config=aws.eks.ClusterAccessConfigArgs(
            authentication_mode="API",
            bootstrap_cluster_creator_admin_permissions=False,
        ),
        # The network plug-in and the rest come as add-ons, with their own roles.
        bootstrap_self_managed_addons=False,
        vpc_config=aws.eks.ClusterVpcConfigArgs(
            subnet_ids=spec.control_plane_subnet_ids,
            security_group_ids=[security_group_id],
            endpoint_private_access=True,
            endpoint_public_access=bool(spec.public_endpoint_cidrs),
            public_access_cidrs=[str(block) for block in spec.public_endpoint_cidrs] or None,
        ),
        kubernetes_network_config=aws.eks.ClusterKubernetesNetworkConfigArgs(
            ip_family="ipv4", service_ipv4_cidr=str(spec.service_cidr)
        ),
        encryption_config=aws.eks.ClusterEncryptionConfigArgs(
            provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn),
            resources=["secrets"],
        ),
        enabled_cluster_log_types=list(_LOG_TYPES),
        # Extended support costs six times as much; AWS upgrades a cluster left behind.
        upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
        zonal_shift_config=aws.eks.ClusterZonalShiftConfigArgs(enabled=True),
        deletion_protection=spec.deletion_protection,
        tags=name_tags(spec.tags, name),
        opts=owner.child_options(
            depends_on=[*role.permissions, *depends_on],
            protect=protection(spec),
            # Both count at creation only; a change would replace the cluster.
            ignore_changes=[
                "accessConfig.bootstrapClusterCreatorAdminPermissions",
                "bootstrapSelfManagedAddons",
            ],
            # 8 to 14 minutes were measured for a creation; an update of the version takes longer.
            custom_timeouts=pulumi.CustomTimeouts(create="30m", update="60m", delete="30m"),
        ),
    )
