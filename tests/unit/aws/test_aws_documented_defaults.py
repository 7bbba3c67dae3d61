"""The tables of defaults against what pulumi_aws's own documentation says of every argument."""

import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any, Final, get_args

import pytest

from seawall_sandbox.aws import registry, schema
from seawall_sandbox.aws.resource import ResourceType

_DEFAULT: Final = re.compile(
    r"[Dd]efaults?(?: value)?(?: is set)?(?: to| is|:)\s*(?:the )?`{1,2}\"?([^`\"]*)\"?`{1,2}"
)
_AUTOSCALER: Final = "kubeControllerManagerConfig.horizontalPodAutoscalerControllerConfig"
AWS_S_OWN: Final = {
    "aws:autoscaling/group:Group": {
        "availabilityZoneDistribution.capacityDistributionStrategy",
        "capacityReservationSpecification.capacityReservationPreference",
        "instanceRefresh.preferences.autoRollback",
        "instanceRefresh.preferences.checkpointDelay",
        "mixedInstancesPolicy.launchTemplate.overrides.instanceRequirements.bareMetal",
        "mixedInstancesPolicy.launchTemplate.overrides.instanceRequirements.burstablePerformance",
        "mixedInstancesPolicy.launchTemplate.overrides.instanceRequirements.localStorage",
        "mixedInstancesPolicy.launchTemplate.overrides.instanceRequirements.requireHibernateSupport",
    },
    "aws:ec2/instance:Instance": {
        "capacityReservationSpecification.capacityReservationPreference",
        "enclaveOptions.enabled",
        "instanceMarketOptions.marketType",
        "instanceMarketOptions.spotOptions.instanceInterruptionBehavior",
        "instanceMarketOptions.spotOptions.spotInstanceType",
        "secondaryNetworkInterfaces.deleteOnTermination",
        "secondaryNetworkInterfaces.deviceIndex",
        "secondaryNetworkInterfaces.interfaceType",
        "secondaryNetworkInterfaces.privateIpAddressCount",
    },
    "aws:ec2/launchTemplate:LaunchTemplate": {
        "instanceInitiatedShutdownBehavior",
        "instanceMarketOptions.spotOptions.instanceInterruptionBehavior",
        "instanceRequirements.bareMetal",
        "instanceRequirements.burstablePerformance",
        "instanceRequirements.localStorage",
        "instanceRequirements.requireHibernateSupport",
        "networkPerformanceOptions.bandwidthWeighting",
    },
    "aws:ec2/subnet:Subnet": {"mapCustomerOwnedIpOnLaunch"},
    "aws:ec2/vpc:Vpc": {"assignGeneratedIpv6CidrBlock"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"dnsOptions.privateDnsOnlyForInboundResolverEndpoint"},
    "aws:ecr/repository:Repository": {"forceDelete"},
    "aws:ecs/service:Service": {
        "deploymentConfiguration.lifecycleHooks.targetType",
        "deploymentConfiguration.lifecycleHooks.timeoutConfiguration.action",
        "deploymentConfiguration.lifecycleHooks.timeoutConfiguration.timeoutInMinutes",
        "deploymentConfiguration.strategy",
        "serviceConnectConfiguration.accessLogConfiguration.includeQueryParameters",
    },
    "aws:eks/cluster:Cluster": {
        "controlPlaneScalingConfig.tier",
        "kubeApiServerConfig.eventTtl",
        "kubeApiServerConfig.serviceNodePortRange.maxPort",
        "kubeApiServerConfig.serviceNodePortRange.minPort",
        f"{_AUTOSCALER}.horizontalPodAutoscalerSyncPeriod",
        "kubeSchedulerConfig.nodeResourcesFit.scoringStrategy.type",
    },
    "aws:eks/nodeGroup:NodeGroup": {
        "warmPoolConfig.minSize",
        "warmPoolConfig.poolState",
        "warmPoolConfig.reuseOnScaleIn",
    },
    "aws:kms/key:Key": {"deletionWindowInDays"},
    "aws:lb/listener:Listener": {"mutualAuthentication.ignoreClientCertificateExpiry"},
    "aws:lb/targetGroup:TargetGroup": {
        "targetFailovers.onDeregistration",
        "targetFailovers.onUnhealthy",
        "targetHealthStates.enableUnhealthyConnectionTermination",
    },
    "aws:s3/bucket:Bucket": {"replicationConfiguration.rules.priority"},
    "aws:ssm/parameter:Parameter": {"overwrite"},
}
"""Documented defaults that are AWS's own: the Terraform provider's schema has none there, so that
neither Check fills them in nor a preview knows them."""


def documented(type_: ResourceType) -> dict[str, str]:
    """The default of each argument, at any depth, whose documentation names one."""
    service, module_name, name = schema.parse_token(type_.token)
    module = schema._module(f"pulumi_aws.{service}", module_name)
    texts = _texts(getattr(module, f"{name}Args"), "", frozenset())
    found = ((path, _DEFAULT.search(text)) for path, text in texts)
    return {path: match[1] for path, match in found if match}


def _texts(class_: type, prefix: str, seen: frozenset[type]) -> Iterator[tuple[str, str]]:
    getters = {n: m.fget for n, m in vars(class_).items() if isinstance(m, property)}
    keys = {n: getattr(getter, "_pulumi_name", n) for n, getter in getters.items()}
    for name, getter in getters.items():
        yield prefix + keys[name], " ".join((getter.__doc__ or "").split())
    module = sys.modules[class_.__module__]
    for name, parameter in inspect.signature(class_.__init__).parameters.items():
        inner = _object(parameter.annotation, module) if name in keys else None
        if inner is not None and inner not in seen:
            yield from _texts(inner, f"{prefix}{keys[name]}.", seen | {class_})


def _object(annotation: Any, module: Any) -> type | None:
    """The class of the objects that an argument takes, by itself or in a list."""
    if schema._deferred(annotation):
        return None
    annotation = schema._resolve(annotation, module)
    if isinstance(annotation, type) and getattr(annotation, "_pulumi_input_type", False):
        return annotation
    found = (_object(a, module) for a in get_args(annotation) if a is not type(None))
    return next((class_ for class_ in found if class_ is not None), None)


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("type_", registry.resources(), ids=lambda type_: type_.token)
def test_every_documented_default_is_in_the_tables(type_: ResourceType) -> None:
    """With the same value; or AWS fills it in; or the list above says that it is AWS's own."""
    tables = {**type_.implied, **type_.usual, **type_.defaults}
    own = AWS_S_OWN.get(type_.token, set())
    left = set(own)
    for path, text in documented(type_).items():
        if path in tables:
            assert _said(tables[path]).lower() == text.lower(), path
            continue
        argument = type_.schema.inputs.get(path)
        if path not in type_.computed and not (argument and argument.computed):
            assert path in own, f"{path} is documented to be {text!r} by default"
            left.discard(path)
    assert left == set(), "These are in the tables now, or not documented: take them off the list."


def test_reader_of_the_documentation_finds_defaults_at_any_depth() -> None:
    found = documented(next(t for t in registry.resources() if t.token.endswith(":TargetGroup")))
    assert found["healthCheck.port"] == "traffic-port"
    assert found["targetGroupHealth.dnsFailover.minimumHealthyTargetsCount"] == "off"
