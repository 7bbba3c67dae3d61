"""Provider functions about EKS."""

import base64
import hashlib
from typing import Any

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.eks import facts, rules
from seawall_sandbox.aws.eks.cluster import Cluster
from seawall_sandbox.values import Properties

_PREFIX = "k8s-aws-v1."


def get_addon_version(ctx: Context, args: Properties) -> Properties:
    """``aws:eks/getAddonVersion:getAddonVersion``: from the sandbox's own table.

    The newest and the default version are the same here. Raises EKS's error for an add-on or a
    Kubernetes version that the table does not have.
    """
    name, kubernetes = str(args["addonName"]), str(args["kubernetesVersion"])
    rules.check_version(kubernetes, "DescribeAddonVersions")
    version = facts.addon_version(name, kubernetes)
    if version is None:
        known = ", ".join(facts.addon_names())
        message = (
            f"The sandbox knows no version of the add-on {name!r} for Kubernetes {kubernetes}. "
            f"Add-ons that it has heard of: {known}. Pin the version in your settings instead."
        )
        raise rules.refusal("DescribeAddonVersions", rules.NOT_FOUND, message)
    return {
        "addonName": name,
        "id": name,
        "kubernetesVersion": kubernetes,
        "mostRecent": args.get("mostRecent"),
        "region": ctx.region,
        "version": version,
    }


def get_cluster(ctx: Context, args: Properties) -> Properties:
    """``aws:eks/getCluster:getCluster``: a cluster by name. Raises EKS's error if there is none."""
    name = str(args["name"])
    found = Cluster().read(ctx, name, {})
    if found is None:
        message = f"No cluster found for name: {name}."
        raise rules.refusal("DescribeCluster", rules.NOT_FOUND, message)
    lists = {
        "accessConfigs": "accessConfig",
        "certificateAuthorities": "certificateAuthority",
        "computeConfigs": "computeConfig",
        "controlPlaneScalingConfigs": "controlPlaneScalingConfig",
        "kubeApiServerConfigs": "kubeApiServerConfig",
        "kubeControllerManagerConfigs": "kubeControllerManagerConfig",
        "kubeSchedulerConfigs": "kubeSchedulerConfig",
        "outpostConfigs": "outpostConfig",
        "remoteNetworkConfigs": "remoteNetworkConfig",
        "storageConfigs": "storageConfig",
        "upgradePolicies": "upgradePolicy",
        "zonalShiftConfigs": "zonalShiftConfig",
    }
    same = (
        "arn",
        "clusterId",
        "createdAt",
        "deletionProtection",
        "enabledClusterLogTypes",
        "endpoint",
        "identities",
        "name",
        "platformVersion",
        "roleArn",
        "status",
        "version",
        "vpcConfig",
    )
    return {
        **{key: found.get(key) for key in same},
        **{key: _as_list(found.get(one)) for key, one in lists.items()},
        "id": name,
        "kubernetesNetworkConfigs": [_network(found["kubernetesNetworkConfig"])],
        "region": ctx.region,
        "tags": found["tagsAll"],
    }


def get_cluster_auth(ctx: Context, args: Properties) -> Properties:
    """``aws:eks/getClusterAuth:getClusterAuth``: a token in EKS's form, which opens nothing.

    A real one is a signed request that lasts a quarter of an hour; this one follows from the
    cluster's name, so that previews agree.
    """
    name = str(args["name"])
    digest = hashlib.sha256(f"{ctx.region}/{name}".encode()).hexdigest()
    request = f"https://sts.{ctx.region}.amazonaws.com/?Action=GetCallerIdentity&Sandbox={digest}"
    token = base64.urlsafe_b64encode(request.encode()).decode().rstrip("=")
    return {
        "id": name,
        "name": name,
        "region": ctx.region,
        "token": _PREFIX + token,
    }


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _network(found: Properties) -> Properties:
    balancing = found.get("elasticLoadBalancing")
    return {**found, "elasticLoadBalancings": _as_list(balancing)}
