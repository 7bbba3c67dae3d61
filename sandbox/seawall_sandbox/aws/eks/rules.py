"""What EKS refuses, with its error codes. Pure: what AWS would look up comes in as a value.

The emulator takes anything. Codes and limits: the ``Errors`` sections and the parameter
descriptions of https://docs.aws.amazon.com/eks/latest/APIReference/API_Operations.html.
"""

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from seawall_sandbox.aws import errors
from seawall_sandbox.aws.eks import facts
from seawall_sandbox.aws.errors import ClientError
from seawall_sandbox.aws.loose import as_dict, as_list

INVALID_PARAMETER: Final = "InvalidParameterException"
INVALID_REQUEST: Final = "InvalidRequestException"
NOT_FOUND: Final = "ResourceNotFoundException"
IN_USE: Final = "ResourceInUseException"

_STATUS: Final = {NOT_FOUND: 404, IN_USE: 409}
_CLUSTER_NAME: Final = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}")
_NODE_GROUP_NAME: Final = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,62}")
_ADDON_VERSION: Final = re.compile(r"v\d+\.\d+\.\d+(-[\w.]+)?-eksbuild\.\d+")
_LOG_TYPES: Final = frozenset({"api", "audit", "authenticator", "controllerManager", "scheduler"})
_AUTHENTICATION_MODES: Final = frozenset({"CONFIG_MAP", "API", "API_AND_CONFIG_MAP"})
_PRIVATE_RANGES: Final = tuple(
    ipaddress.ip_network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
_MAX_PUBLIC_CIDRS: Final = 40
_MAX_CLUSTER_SECURITY_GROUPS: Final = 5
_TAINT_EFFECTS: Final = frozenset({"NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"})
_CAPACITY_TYPES: Final = frozenset({"ON_DEMAND", "SPOT", "CAPACITY_BLOCK"})


def refusal(operation: str, code: str, message: str) -> ClientError:
    """The error that boto3 raises when EKS refuses a call."""
    return errors.refusal(operation, code, message, _STATUS.get(code, 400))


def trusts(assume_role_policy: str, service: str) -> bool:
    """Whether a role's trust policy lets an AWS service assume the role."""
    document = cast("dict[str, Any]", json.loads(assume_role_policy))
    for statement in cast("list[dict[str, Any]]", _as_list(document.get("Statement", []))):
        principal = statement.get("Principal", {})
        if statement.get("Effect") != "Allow" or not isinstance(principal, dict):
            continue
        services = _as_list(cast("dict[str, Any]", principal).get("Service", []))
        actions = [str(action).lower() for action in _as_list(statement.get("Action", []))]
        if service in services and {"sts:assumerole", "sts:*", "*"} & set(actions):
            return True
    return False


def check_cluster(inputs: Mapping[str, Any], operation: str) -> None:
    """Refuse cluster arguments that EKS refuses by themselves."""
    name = str(inputs["name"])
    if not _CLUSTER_NAME.fullmatch(name):
        message = (
            f"The cluster name '{name}' is not valid: at most 100 letters, digits, hyphens and "
            "underscores, beginning with a letter or a digit."
        )
        raise refusal(operation, INVALID_PARAMETER, message)
    check_version(inputs.get("version"), operation)
    for kind in as_list(inputs.get("enabledClusterLogTypes")):
        if kind not in _LOG_TYPES:
            message = f"The log type '{kind}' is not valid. Known: {', '.join(sorted(_LOG_TYPES))}."
            raise refusal(operation, INVALID_PARAMETER, message)
    mode = as_dict(inputs.get("accessConfig")).get("authenticationMode")
    if mode is not None and mode not in _AUTHENTICATION_MODES:
        message = (
            f"The authentication mode '{mode}' is not one of API, API_AND_CONFIG_MAP, CONFIG_MAP."
        )
        raise refusal(operation, INVALID_PARAMETER, message)
    _check_endpoints(inputs["vpcConfig"], operation)
    _check_auto_mode(inputs, operation)


def check_version(version: object, operation: str) -> None:
    """Refuse a Kubernetes version that is not ``<major>.<minor>``."""
    if version is not None and not facts.is_kubernetes_version(str(version)):
        message = (
            f"unsupported Kubernetes version '{version}': EKS takes major.minor, such as 1.35."
        )
        raise refusal(operation, INVALID_PARAMETER, message)


def check_upgrade(old: str, new: str) -> None:
    """Refuse a control plane update that EKS refuses: downwards, or over more than one minor."""
    step = _minor(new) - _minor(old)
    if step not in {0, 1}:
        message = (
            f"Unsupported Kubernetes minor version update from {old} to {new}: "
            "one minor version upwards at a time."
        )
        raise refusal("UpdateClusterVersion", INVALID_PARAMETER, message)


def check_zones(zones: Iterable[str], operation: str = "CreateCluster") -> None:
    """Refuse cluster subnets that lie in fewer than two zones."""
    if len(set(zones)) < 2:
        message = "Subnets specified must be in at least two different AZs."
        raise refusal(operation, INVALID_PARAMETER, message)


def check_service_cidr(cidr: str, vpc_cidrs: Sequence[str]) -> None:
    """Refuse a service range that is not private, of a wrong size, or overlaps the VPC."""
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        message = f"The serviceIpv4Cidr '{cidr}' is not an IPv4 range: {error}."
        raise refusal("CreateCluster", INVALID_PARAMETER, message) from error
    if not 12 <= network.prefixlen <= 24 or not any(
        network.subnet_of(cast("ipaddress.IPv4Network", range_)) for range_ in _PRIVATE_RANGES
    ):
        message = (
            f"The serviceIpv4Cidr '{cidr}' must be of size /12 to /24 within 10.0.0.0/8, "
            "172.16.0.0/12 or 192.168.0.0/16."
        )
        raise refusal("CreateCluster", INVALID_PARAMETER, message)
    for vpc_cidr in vpc_cidrs:
        if network.overlaps(ipaddress.IPv4Network(vpc_cidr)):
            message = f"The serviceIpv4Cidr '{cidr}' overlaps the VPC's range {vpc_cidr}."
            raise refusal("CreateCluster", INVALID_PARAMETER, message)


def check_active(status: str, cluster: str, operation: str) -> None:
    """Refuse work on a cluster that is not ready."""
    if status != "ACTIVE":
        message = f"Cluster '{cluster}' is not in ACTIVE status, but {status}."
        raise refusal(operation, INVALID_REQUEST, message)


def check_node_group(inputs: Mapping[str, Any], cluster_version: str, operation: str) -> None:
    """Refuse node group arguments that EKS refuses by themselves."""
    name = str(inputs["nodeGroupName"])
    if not _NODE_GROUP_NAME.fullmatch(name):
        message = (
            f"The node group name '{name}' is not valid: at most 63 letters, digits, hyphens and "
            "underscores, beginning with a letter or a digit."
        )
        raise refusal(operation, INVALID_PARAMETER, message)
    _check_scaling(inputs["scalingConfig"], operation)
    ami_type = inputs.get("amiType")
    if ami_type is not None and ami_type not in facts.AMI_TYPES:
        message = f"The amiType '{ami_type}' is not one of {', '.join(sorted(facts.AMI_TYPES))}."
        raise refusal(operation, INVALID_PARAMETER, message)
    capacity = inputs.get("capacityType")
    if capacity is not None and capacity not in _CAPACITY_TYPES:
        message = f"The capacityType '{capacity}' is not one of CAPACITY_BLOCK, ON_DEMAND, SPOT."
        raise refusal(operation, INVALID_PARAMETER, message)
    _check_template(inputs, operation)
    for taint in as_list(inputs.get("taints")):
        if taint.get("effect") not in _TAINT_EFFECTS:
            known = ", ".join(sorted(_TAINT_EFFECTS))
            message = f"The taint effect '{taint.get('effect')}' is not one of {known}."
            raise refusal(operation, INVALID_PARAMETER, message)
    version = inputs.get("version")
    check_version(version, operation)
    if version is not None and _minor(str(version)) > _minor(cluster_version):
        message = (
            f"Node group Kubernetes version {version} is newer than the cluster's "
            f"{cluster_version}: update the cluster first."
        )
        raise refusal(operation, INVALID_PARAMETER, message)


def check_addon(inputs: Mapping[str, Any], cluster_version: str, operation: str) -> None:
    """Refuse an add-on that EKS does not have, or settings that are no object."""
    name = str(inputs["addonName"])
    if name not in facts.addon_names():
        message = (
            f"Addon {name} specified is not supported in {cluster_version} kubernetes version. "
            f"Known: {', '.join(facts.addon_names())}."
        )
        raise refusal(operation, INVALID_PARAMETER, message)
    version = inputs.get("addonVersion")
    if version is not None and not _ADDON_VERSION.fullmatch(str(version)):
        message = (
            f"Addon version '{version}' specified is not supported: EKS versions look like "
            f"{facts.addon_version(name, cluster_version) or 'v1.2.3-eksbuild.1'}."
        )
        raise refusal(operation, INVALID_PARAMETER, message)
    values = inputs.get("configurationValues")
    if values and not isinstance(_parsed(str(values)), dict):
        message = "ConfigurationValue provided in request is not supported: not a JSON object."
        raise refusal(operation, INVALID_PARAMETER, message)


def _check_endpoints(vpc: Mapping[str, Any], operation: str) -> None:
    if vpc.get("endpointPublicAccess") is False and not vpc.get("endpointPrivateAccess"):
        message = "Private and public endpoint access cannot be false."
        raise refusal(operation, INVALID_PARAMETER, message)
    cidrs = cast("Sequence[str]", as_list(vpc.get("publicAccessCidrs")))
    if len(cidrs) > _MAX_PUBLIC_CIDRS:
        message = f"{len(cidrs)} publicAccessCidrs are given; at most {_MAX_PUBLIC_CIDRS} fit."
        raise refusal(operation, INVALID_PARAMETER, message)
    for cidr in cidrs:
        try:
            ipaddress.ip_network(cidr)
        except ValueError as error:
            message = f"The following CIDR is not valid in publicAccessCidrs: {error}."
            raise refusal(operation, INVALID_PARAMETER, message) from error
    groups = cast("Sequence[str]", as_list(vpc.get("securityGroupIds")))
    if len(groups) > _MAX_CLUSTER_SECURITY_GROUPS:
        message = (
            f"{len(groups)} security groups are given; at most {_MAX_CLUSTER_SECURITY_GROUPS} fit."
        )
        raise refusal(operation, INVALID_PARAMETER, message)


def _check_auto_mode(inputs: Mapping[str, Any], operation: str) -> None:
    network = as_dict(inputs.get("kubernetesNetworkConfig"))
    storage = as_dict(inputs.get("storageConfig"))
    switches = {
        bool(as_dict(inputs.get("computeConfig")).get("enabled")),
        bool(as_dict(network.get("elasticLoadBalancing")).get("enabled")),
        bool(as_dict(storage.get("blockStorage")).get("enabled")),
    }
    if len(switches) > 1:
        message = (
            "For EKS Auto Mode, please ensure that all required configs, including computeConfig, "
            "kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully "
            "disabled."
        )
        raise refusal(operation, INVALID_PARAMETER, message)


def _check_scaling(scaling: Mapping[str, Any], operation: str) -> None:
    smallest, desired, largest = (
        int(scaling[key]) for key in ("minSize", "desiredSize", "maxSize")
    )
    if smallest < 0 or largest < 1:
        message = f"minSize {smallest} is below 0 or maxSize {largest} is below 1."
    elif smallest > desired:
        message = f"Minimum capacity {smallest} can't be greater than desired size {desired}"
    elif desired > largest:
        message = f"desired capacity {desired} can't be greater than max size {largest}"
    else:
        return
    raise refusal(operation, INVALID_PARAMETER, message)


def _check_template(inputs: Mapping[str, Any], operation: str) -> None:
    template = inputs.get("launchTemplate")
    if not template:
        return
    if bool(template.get("id")) == bool(template.get("name")):
        message = "Either provide launch template ID or launch template name in the request."
        raise refusal(operation, INVALID_PARAMETER, message)
    if inputs.get("diskSize") is not None:
        message = "Disk size must be specified within the launch template."
        raise refusal(operation, INVALID_PARAMETER, message)
    if inputs.get("remoteAccess"):
        message = "Remote access configuration cannot be specified with a launch template."
        raise refusal(operation, INVALID_PARAMETER, message)


def _minor(version: str) -> int:
    return int(version.split(".")[1])


def _as_list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None
