"""Seawall's components in a program of one's own: network, ports, registry and cluster."""  # noqa: INP001  # a Pulumi program, no package

import pulumi

from seawall import (
    ClusterAddons,
    EksCluster,
    Firewall,
    Flow,
    IpProtocol,
    Network,
    Peer,
    Ports,
    Registry,
)
from seawall.eks import cluster_flows

REGION = "eu-west-1"
TAGS = {"owner": "platform-team"}

network = Network(
    "base",
    {
        "cidr": "10.40.0.0/16",
        "zones": [f"{REGION}a", f"{REGION}b", f"{REGION}c"],
        "nat": "single",
        "protect": False,
        "tags": TAGS,
    },
)

# What a cluster needs, and two flows of our own: the entry from the office, and a way to the
# mail relay. Nothing else is open.
firewall = Firewall(
    "base",
    {
        "vpc_id": network.vpc_id,
        "flows": [
            *cluster_flows(),
            Flow(
                Peer.cidr("198.51.100.0/24"),
                Peer.group("load-balancer"),
                IpProtocol.TCP,
                Ports.one(443),
                "entry for the office",
            ),
            Flow(
                Peer.group("nodes"),
                Peer.cidr("192.0.2.25/32"),
                IpProtocol.TCP,
                Ports.one(587),
                "mail relay",
            ),
        ],
        "tags": TAGS,
    },
)

registry = Registry(
    "base",
    {
        "repositories": ["orders", "billing"],
        "namespace": "teams",
        "push_principals": ["arn:aws:iam::111122223333:role/ci"],
        "protect": False,
        "tags": TAGS,
    },
)

cluster = EksCluster(
    "base",
    {
        "region": REGION,
        "version": "1.35",
        "vpc_id": network.vpc_id,
        "control_plane_subnet_ids": network.control_plane_subnet_ids,
        "node_subnet_ids": network.private_subnet_ids,
        "security_group_ids": firewall.security_group_ids,
        "repository_arns": registry.repository_arns,
        "admins": ["arn:aws:iam::111122223333:role/platform-admin"],
        "nodes": {"instance_types": ["m6g.large"], "architecture": "arm64"},
        "deletion_protection": False,
        "protect": False,
        "tags": TAGS,
    },
    # Nodes wait for their ways out and their rules before they join.
    pulumi.ResourceOptions(depends_on=[network, firewall]),
)

addons = ClusterAddons(
    "base",
    {
        "cluster_name": cluster.cluster_name,
        "vpc_id": network.vpc_id,
        "region": REGION,
        "tags": TAGS,
    },
    pulumi.ResourceOptions(provider=cluster.provider, depends_on=[cluster]),
)

pulumi.export("clusterName", cluster.cluster_name)
pulumi.export("repositoryUrls", registry.repository_urls)
pulumi.export("securityGroupIds", firewall.security_group_ids)
pulumi.export("storageClass", addons.storage_class)
