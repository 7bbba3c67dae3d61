"""Composes the platform from settings and application. Nothing else knows all components."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import pulumi

from seawall.eks import ClusterAddons, EksCluster
from seawall.firewall import Firewall
from seawall.flows import egress, entry_cidrs, entry_tier, platform_flows
from seawall.images import images
from seawall.network import Network, Tier
from seawall.program import Inputs
from seawall.registry import Registry
from seawall.secrets import Secrets
from seawall.services import Services


@final
@dataclass(frozen=True, slots=True)
class Platform:
    """The components of a stack and what it exports."""

    network: Network
    firewall: Firewall
    registry: Registry
    cluster: EksCluster
    addons: ClusterAddons
    services: Services
    outputs: Mapping[str, pulumi.Output[Any]]


def build(inputs: Inputs) -> Platform:
    """Declare every resource of the stack."""
    settings, application = inputs.settings, inputs.application
    platform = settings.platform
    name = platform.name
    tags = {**platform.tags, "seawall:platform": name, "seawall:stack": settings.stack}

    network = Network(
        name,
        {
            "cidr": str(platform.network.cidr),
            "zones": list(settings.zones),
            "nat": platform.network.nat,
            "isolated": platform.network.isolated,
            "flow_log_retention_days": platform.network.flow_log_retention_days,
            "protect": platform.protect_data,
            "tags": tags,
        },
    )
    firewall = Firewall(
        name,
        {"vpc_id": network.vpc_id, "flows": platform_flows(platform, application), "tags": tags},
    )
    registry = Registry(
        name,
        {
            "repositories": [service.name for service in application.services],
            "encryption": platform.registry.encryption,
            "keep_images": platform.registry.keep_images,
            "untagged_days": platform.registry.untagged_days,
            "push_principals": list(platform.registry.push_principals),
            "pull_principals": list(platform.registry.pull_principals),
            "delete_with_images": platform.registry.delete_with_images,
            "protect": platform.protect_data,
            "tags": tags,
        },
    )
    nodes = platform.cluster.nodes
    cluster = EksCluster(
        name,
        {
            "version": platform.cluster.version,
            "vpc_id": network.vpc_id,
            "control_plane_subnet_ids": network.control_plane_subnet_ids,
            "node_subnet_ids": network.private_subnet_ids,
            "security_group_ids": firewall.security_group_ids,
            "repository_arns": registry.repository_arns,
            "service_cidr": str(platform.cluster.service_cidr),
            "public_endpoint_cidrs": [str(c) for c in platform.cluster.public_endpoint_cidrs],
            "admins": list(platform.cluster.admins),
            "viewers": list(platform.cluster.viewers),
            "nodes": {
                "instance_types": list(nodes.instance_types),
                "architecture": nodes.architecture,
                "capacity": nodes.capacity,
                "min_size": nodes.min_size,
                "desired_size": nodes.desired_size,
                "max_size": nodes.max_size,
                "disk_size": nodes.disk_size,
            },
            "region": settings.region,
            "log_retention_days": platform.cluster.log_retention_days,
            "deletion_protection": platform.cluster.deletion_protection,
            "protect": platform.protect_data,
            "tags": tags,
        },
        # Nodes need the ways out and the rules before they can join.
        pulumi.ResourceOptions(depends_on=[network, firewall]),
    )
    on_cluster = pulumi.ResourceOptions(provider=cluster.provider, depends_on=[cluster])
    addons = ClusterAddons(
        name,
        {
            "cluster_name": cluster.cluster_name,
            "vpc_id": network.vpc_id,
            "region": settings.region,
            "tags": tags,
        },
        on_cluster,
    )
    secrets = Secrets(name, {"sources": application.secrets, "settings": platform.services.secrets})
    services = Services(
        name,
        {
            "application": application,
            "images": {
                image.service: registry.repository_urls[image.service].apply(
                    lambda url, tag=image.tag: f"{url}:{tag}"
                )
                for image in images(application, platform.services.release)
            },
            "secret_values": secrets.values,
            "config_values": {
                config.name: os.environ[config.environment]
                for config in application.configs
                if config.environment
            },
            "namespace": name,
            "ingress": {
                "domain": platform.ingress.domain,
                "certificate_arn": platform.ingress.certificate_arn,
                "allow_plain_http": platform.ingress.allow_plain_http,
                "allowed_cidrs": [str(cidr) for cidr in platform.ingress.allowed_cidrs],
                "internal": platform.ingress.internal,
                "security_group_id": firewall.security_groups["load-balancer"].id,
                "subnet_ids": (
                    network.public_subnet_ids
                    if entry_tier(platform) is Tier.PUBLIC
                    else network.private_subnet_ids
                ),
            },
            "public_subnet_cidrs": entry_cidrs(settings),
            "egress": egress(platform),
            "kubernetes_version": platform.cluster.version,
            "protect": platform.protect_data,
            "storage_class": platform.services.storage_class,
            "default_volume_size": platform.services.volume_size,
            "vpc_cidr": str(platform.network.cidr),
            "tags": tags,
        },
        pulumi.ResourceOptions(provider=cluster.provider, depends_on=[addons]),
    )
    return Platform(
        network=network,
        firewall=firewall,
        registry=registry,
        cluster=cluster,
        addons=addons,
        services=services,
        outputs={
            "entryUrl": services.entry_url,
            "clusterName": cluster.cluster_name,
            "clusterVersion": cluster.version,
            "kubeconfig": cluster.kubeconfig,
            "namespace": services.namespace,
            "registryUrls": registry.repository_urls,
            "vpcId": network.vpc_id,
        },
    )
