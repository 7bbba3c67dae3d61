"""EKS: clusters, node groups, add-ons, access, pod identity."""

from typing import Final

from seawall_sandbox.aws.eks.access import AccessEntry, AccessPolicyAssociation
from seawall_sandbox.aws.eks.addon import Addon
from seawall_sandbox.aws.eks.cluster import Cluster
from seawall_sandbox.aws.eks.fargate_profile import FargateProfile
from seawall_sandbox.aws.eks.functions import get_addon_version, get_cluster, get_cluster_auth
from seawall_sandbox.aws.eks.node_group import NodeGroup
from seawall_sandbox.aws.eks.pod_identity import PodIdentityAssociation
from seawall_sandbox.aws.registry import Function, Secrets
from seawall_sandbox.aws.resource import ResourceType

RESOURCES: Final[tuple[type[ResourceType], ...]] = (
    AccessEntry,
    AccessPolicyAssociation,
    Addon,
    Cluster,
    FargateProfile,
    NodeGroup,
    PodIdentityAssociation,
)
FUNCTIONS: Final[dict[str, Function]] = {
    "aws:eks/getAddonVersion:getAddonVersion": get_addon_version,
    "aws:eks/getCluster:getCluster": get_cluster,
    "aws:eks/getClusterAuth:getClusterAuth": get_cluster_auth,
}
SECRETS: Final[dict[str, Secrets]] = {
    "aws:eks/getClusterAuth:getClusterAuth": lambda _: frozenset({"token"}),
}
