"""The worker nodes: their role, launch template and managed node group."""

import base64
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from seawall.component import Component, name_tags
from seawall.eks import iam
from seawall.eks.arguments import ClusterArguments
from seawall.eks.bottlerocket import user_data
from seawall.eks.control_plane import cluster_name
from seawall.eks.roles import GrantedRole, granted_role

_ROOT_DEVICE = "/dev/xvda"
"""Bottlerocket's own volume: two images of the system, read-only.

It has the size that the AMI gives it: EC2 refuses a smaller one, and nothing uses a larger one."""
_DATA_DEVICE = "/dev/xvdb"
_MAX_UNAVAILABLE_PERCENT = 33
"""Share of the nodes that an update replaces at a time: with three zones, one zone's worth."""
_AMI_TYPES = {"x86_64": "BOTTLEROCKET_x86_64", "arm64": "BOTTLEROCKET_ARM_64"}
_CAPACITY_TYPES = {"on-demand": "ON_DEMAND", "spot": "SPOT"}
_TAGGED = ("instance", "network-interface", "volume")
"""What EC2 makes from the launch template, which the node group's own tags do not reach."""


def node_role(owner: Component, name: str, spec: ClusterArguments) -> GrantedRole:
    """The nodes' role: join the cluster, pull images, be managed by Systems Manager.

    It has no rights of the network plug-in: that has a role of its own.
    """
    cluster = cluster_name(name, spec)
    partition = iam.partition_of(spec.region)
    managed = {
        "worker": iam.managed_policy(partition, "AmazonEKSWorkerNodePolicy"),
        "ssm": iam.managed_policy(partition, "AmazonSSMManagedInstanceCore"),
    }
    inline: dict[str, pulumi.Input[str]] = {}
    if spec.repository_arns is None:
        managed["pull"] = iam.managed_policy(partition, "AmazonEC2ContainerRegistryPullOnly")
    else:
        inline["pull"] = pulumi.Output.from_input(spec.repository_arns).apply(iam.pull_policy)
    return granted_role(
        owner,
        f"{name}-node",
        role_name=iam.role_name(cluster, spec.region, "node"),
        description=f"Nodes of the EKS cluster {cluster}",
        trust=iam.service_trust("ec2.amazonaws.com"),
        managed_policies=managed,
        inline_policies=inline,
        tags=spec.tags,
    )


def launch_template(
    owner: Component, name: str, spec: ClusterArguments, security_group_id: pulumi.Input[str]
) -> aws.ec2.LaunchTemplate:
    """How a node starts: disks, metadata service, security group, Bottlerocket's settings."""
    child = f"{name}-node"
    return aws.ec2.LaunchTemplate(
        child,
        description=f"Nodes of the EKS cluster {cluster_name(name, spec)}",
        update_default_version=True,
        user_data=base64.b64encode(user_data().encode()).decode(),
        vpc_security_group_ids=[security_group_id],
        block_device_mappings=[
            _disk(_ROOT_DEVICE, None),
            _disk(_DATA_DEVICE, spec.nodes.disk_size),
        ],
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled",
            http_tokens="required",
            # One hop ends at the node: pods do not reach the node's credentials.
            http_put_response_hop_limit=1,
            instance_metadata_tags="disabled",
        ),
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(
                resource_type=kind, tags=name_tags(spec.tags, child)
            )
            for kind in _TAGGED
        ],
        tags=name_tags(spec.tags, child),
        opts=owner.child_options(),
    )


def _disk(device: str, size: int | None) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgs:
    return aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
        device_name=device,
        ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
            volume_type="gp3",
            volume_size=size,
            encrypted="true",
            delete_on_termination="true",
        ),
    )


def node_group(
    owner: Component,
    name: str,
    spec: ClusterArguments,
    *,
    cluster: aws.eks.Cluster,
    role: aws.iam.Role,
    template: aws.ec2.LaunchTemplate,
    depends_on: Sequence[pulumi.Resource],
) -> aws.eks.NodeGroup:
    """The managed node group over the subnets' zones, of the cluster's Kubernetes version."""
    child = f"{name}-nodes"
    nodes = spec.nodes
    return aws.eks.NodeGroup(
        child,
        cluster_name=cluster.name,
        version=cluster.version,
        node_role_arn=role.arn,
        subnet_ids=spec.node_subnet_ids,
        ami_type=_AMI_TYPES[nodes.architecture],
        capacity_type=_CAPACITY_TYPES[nodes.capacity],
        instance_types=list(nodes.instance_types),
        launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
            id=template.id, version=template.latest_version.apply(str)
        ),
        scaling_config=aws.eks.NodeGroupScalingConfigArgs(
            min_size=nodes.min_size, desired_size=nodes.desired_size, max_size=nodes.max_size
        ),
        update_config=aws.eks.NodeGroupUpdateConfigArgs(
            max_unavailable_percentage=_MAX_UNAVAILABLE_PERCENT
        ),
        node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
        tags=name_tags(spec.tags, child),
        opts=owner.child_options(
            depends_on=depends_on,
            # The autoscaler's business after creation.
            ignore_changes=["scalingConfig.desiredSize"],
        ),
    )
