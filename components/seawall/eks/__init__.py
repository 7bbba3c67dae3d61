"""EKS: the cluster, its nodes, and what must be in it before workloads."""

from seawall.eks.cluster_addons import ClusterAddons
from seawall.eks.component import EksCluster
from seawall.eks.flows import cluster_flows
from seawall.eks.inputs import (
    ClusterAddonsArgs,
    EksClusterArgs,
    EksEgressArgs,
    EksNodesArgs,
)

__all__ = [
    "ClusterAddons",
    "ClusterAddonsArgs",
    "EksCluster",
    "EksClusterArgs",
    "EksEgressArgs",
    "EksNodesArgs",
    "cluster_flows",
]
