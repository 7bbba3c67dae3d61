"""The public arguments of ``EksCluster`` and ``ClusterAddons``."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi


class EksNodesArgs(TypedDict):
    """The worker nodes: one managed node group over all zones."""

    instance_types: NotRequired[Sequence[str] | None]
    """EC2 instance types of one architecture, 1 to 20. Default: m6i.large."""
    architecture: NotRequired[str | None]
    """Processor architecture of the types: x86_64 or arm64. Default: x86_64."""
    capacity: NotRequired[str | None]
    """How instances are bought: on-demand or spot. Default: on-demand."""
    min_size: NotRequired[int | None]
    """Fewest nodes. Default: 3.

    EKS refuses a minimum above the number of nodes that it wants at that moment: to go higher,
    let the autoscaler (or the console) raise that number first.
    """
    desired_size: NotRequired[int | None]
    """Nodes at creation; afterwards the autoscaler's business. Default: 3."""
    max_size: NotRequired[int | None]
    """Most nodes, at most 450. Default: 6."""
    disk_size: NotRequired[int | None]
    """Data volume of a node (images, logs, emptyDir), in GiB, 20 to 16384. Default: 50."""


class EksEgressArgs(TypedDict):
    """A way out for the nodes besides HTTPS."""

    cidr: str
    """Where to: a range of IPv4 addresses."""
    port: int
    """TCP port."""
    reason: str
    """What it is for; becomes the rule's description."""


class EksClusterArgs(TypedDict):
    """What an ``EksCluster`` is made from."""

    region: str
    """AWS region of the cluster, such as us-east-1; goes into the kubeconfig and role names."""
    version: str
    """Kubernetes version, major and minor, such as 1.35."""
    vpc_id: pulumi.Input[str]
    """ID of the VPC."""
    control_plane_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """IDs of subnets in at least two zones, for the control plane's network interfaces."""
    node_subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    """IDs of the private subnets of the nodes and their pods."""
    admins: Sequence[str]
    """ARNs of IAM roles or users that administer the cluster (AmazonEKSClusterAdminPolicy).

    At least one, and they exist already. The role that runs Pulumi must be one of them: creating a
    cluster gives no access to it.
    """
    viewers: NotRequired[Sequence[str] | None]
    """ARNs of IAM roles or users that may read all but secrets (AmazonEKSViewPolicy).

    Default: none.
    """
    cluster_name: NotRequired[str | None]
    """Name of the cluster in AWS. Create-time only. Default: the component's name."""
    security_group_ids: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]] | None]
    """IDs of security groups by role, ``control-plane`` and ``nodes``, whose rules are made from
    ``cluster_flows``. Default: the cluster makes them."""
    egress: NotRequired[Sequence[EksEgressArgs] | None]
    """Ways out for the nodes besides HTTPS, where the cluster makes its security groups.

    Default: none.
    """
    service_cidr: NotRequired[str | None]
    """Addresses of Kubernetes Services, /12 to /24, private. Create-time only.

    Default: 172.20.0.0/16.
    """
    public_endpoint_cidrs: NotRequired[Sequence[str] | None]
    """Opens the Kubernetes API to these ranges of the internet, at most 40.

    Default: none; the API is reachable inside the VPC only, such as from a runner there or through
    a Systems Manager session to a node.
    """
    nodes: NotRequired[EksNodesArgs | None]
    """Worker nodes. Default: three m6i.large."""
    repository_arns: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]] | None]
    """ARNs of the ECR repositories of this account that nodes may pull from.

    Default: all of the account (AmazonEC2ContainerRegistryPullOnly).
    """
    addon_versions: NotRequired[Mapping[str, str] | None]
    """Versions of EKS add-ons by name, such as ``v1.20.4-eksbuild.1``.

    Default: what EKS chooses for this Kubernetes version when it makes the add-on; EKS does not
    change it afterwards.
    """
    log_retention_days: NotRequired[int | None]
    """How long control-plane logs are kept, in days; a period that CloudWatch Logs knows.

    Default: 90.
    """
    deletion_protection: NotRequired[bool | None]
    """Whether AWS refuses to delete the cluster. Default: true."""
    protect: NotRequired[bool | None]
    """Whether Pulumi refuses to delete or replace the cluster, its key and its logs.

    Default: true.
    """
    tags: NotRequired[Mapping[str, str] | None]
    """Tags on every AWS resource, on nodes with their volumes, and on the volumes of pods.

    Default: none but ``Name``.
    """


class ClusterAddonsArgs(TypedDict):
    """What ``ClusterAddons`` is made from."""

    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    vpc_id: pulumi.Input[str]
    """ID of the cluster's VPC."""
    region: str
    """AWS region of the cluster, such as us-east-1."""
    storage_class: NotRequired[str | None]
    """Name of the default StorageClass: encrypted gp3 volumes. Default: gp3."""
    tags: NotRequired[Mapping[str, str] | None]
    """Tags on every AWS resource, also on the load balancers that the cluster makes.

    Default: none but ``Name``.
    """
