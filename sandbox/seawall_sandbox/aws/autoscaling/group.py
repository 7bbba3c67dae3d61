"""``aws:autoscaling/group:Group``."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.shapes import zero_of
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value, is_known

_PLAIN: Final[Mapping[str, str]] = {
    "capacityRebalance": "CapacityRebalance",
    "defaultCooldown": "DefaultCooldown",
    "desiredCapacity": "DesiredCapacity",
    "healthCheckGracePeriod": "HealthCheckGracePeriod",
    "healthCheckType": "HealthCheckType",
    "launchConfiguration": "LaunchConfigurationName",
    "maxSize": "MaxSize",
    "minSize": "MinSize",
    "placementGroup": "PlacementGroup",
    "protectFromScaleIn": "NewInstancesProtectedFromScaleIn",
    "terminationPolicies": "TerminationPolicies",
}
"""What moto keeps and changes."""
_FORGOTTEN: Final = frozenset(
    {
        "availabilityZoneDistribution",
        "capacityReservationSpecification",
        "context",
        "defaultInstanceWarmup",
        "desiredCapacityType",
        "enabledMetrics",
        "initialLifecycleHooks",
        "instanceLifecyclePolicy",
        "instanceMaintenancePolicy",
        "maxInstanceLifetime",
        "metricsGranularity",
        "serviceLinkedRoleArn",
        "suspendedProcesses",
        "trafficSources",
        "warmPool",
    }
)
_PROVIDERS_OWN: Final = frozenset(
    {
        "forceDelete",
        "forceDeleteWarmPool",
        "ignoreFailedScalingActivities",
        "initialLifecycleHooks",
        "instanceRefresh",
        "minElbCapacity",
        "waitForCapacityTimeout",
        "waitForElbCapacity",
    }
)
_COOLDOWN: Final = 300
_DISTRIBUTION: Final[Mapping[str, Value]] = {
    "onDemandAllocationStrategy": "prioritized",
    "onDemandBaseCapacity": 0,
    "onDemandPercentageAboveBaseCapacity": 100,
    "spotAllocationStrategy": "lowest-price",
    "spotInstancePools": 0,
}
"""What AWS takes for how instances are bought; and two pools where the lowest price decides.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_InstancesDistribution.html
"""


class Group(ResourceType):
    """An auto scaling group. Its id is its name. moto makes its instances at once.

    https://www.pulumi.com/registry/packages/aws/api-docs/autoscaling/group/
    """

    token = "aws:autoscaling/group:Group"  # a type token
    emulated = "partly"
    force_new: ClassVar[frozenset[str]] = frozenset({"initialLifecycleHooks", "name", "namePrefix"})
    defaults: ClassVar[Mapping[str, Value]] = {
        "forceDelete": False,
        "forceDeleteWarmPool": False,
        "healthCheckGracePeriod": 300,
        "ignoreFailedScalingActivities": False,
        "instanceRefresh.preferences.maxHealthyPercentage": 100,
        "instanceRefresh.preferences.minHealthyPercentage": 90,
        "instanceRefresh.preferences.scaleInProtectedInstances": "Ignore",
        "instanceRefresh.preferences.skipMatching": False,
        "instanceRefresh.preferences.standbyInstances": "Ignore",
        "metricsGranularity": "1Minute",
        "protectFromScaleIn": False,
        "waitForCapacityTimeout": "10m",
        "warmPool.maxGroupPreparedCapacity": -1,
        "warmPool.minSize": 0,
        "warmPool.poolState": "Stopped",
    }
    computed: ClassVar[frozenset[str]] = frozenset(
        {
            "launchTemplate.id",
            "launchTemplate.name",
            "launchTemplate.version",
            "mixedInstancesPolicy.instancesDistribution",
            *(f"mixedInstancesPolicy.instancesDistribution.{name}" for name in _DISTRIBUTION),
            *(
                f"mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.{name}"
                for name in ("launchTemplateId", "launchTemplateName", "version")
            ),
            "mixedInstancesPolicy.launchTemplate.overrides",
        }
    )
    sets: ClassVar[frozenset[str]] = frozenset(
        {
            "availabilityZones",
            "enabledMetrics",
            "initialLifecycleHooks",
            "loadBalancers",
            "suspendedProcesses",
            "tags",
            "targetGroupArns",
            "trafficSources",
            "vpcZoneIdentifiers",
        }
    )
    write_only: ClassVar[frozenset[str]] = _PROVIDERS_OWN
    unemulated: ClassVar[frozenset[str]] = _FORGOTTEN

    @property
    def taggable(self) -> bool:
        """Its tags are a list with flags, to which no default tags are added."""
        return False

    def checked_text(self, place: str, item: Properties) -> str | None:
        """Of a tag: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/autoscaling/group.go"""
        if place != "tags" or not is_known(item):
            return None
        propagated = "true" if item["propagateAtLaunch"] else "false"
        return f"{item['key']}-{item['value']}-{propagated}-"

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Sizes in order, and something to launch."""
        low, want, high = (inputs.get(k) for k in ("minSize", "desiredCapacity", "maxSize"))
        for name, below, above in (
            ("maxSize", low, high),
            ("desiredCapacity", low, want),
            ("maxSize", want, high),
        ):
            if isinstance(below, int) and isinstance(above, int) and below > above:
                reason = f"{self.token} got sizes out of order: {below} is above {above}."
                yield Failure(name, f"{reason} Set minSize <= desiredCapacity <= maxSize.")
        launches = ("launchConfiguration", "launchTemplate", "mixedInstancesPolicy")
        if not any(inputs.get(name) for name in launches):
            reason = f"{self.token} has nothing to launch."
            yield Failure("launchTemplate", f"{reason} Set one of: {', '.join(launches)}.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        name = inputs.get("name") or ctx.unique_name(inputs.get("namePrefix") or "terraform-")
        zones = as_list(inputs.get("availabilityZones"))
        ctx.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=name,
            Tags=_tags(str(name), inputs),
            **_arguments(inputs, frozenset(_PLAIN)),
            **({"AvailabilityZones": zones} if zones else {}),
            **_launch(inputs),
            **_network(inputs),
            **{
                aws: as_list(inputs.get(key))
                for key, aws in {
                    "loadBalancers": "LoadBalancerNames",
                    "targetGroupArns": "TargetGroupARNs",
                }.items()
                if inputs.get(key)
            },
        )
        return str(name)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        answer = ctx.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[id_])
        if not answer["AutoScalingGroups"]:
            return None
        found = answer["AutoScalingGroups"][0]
        inputs = self.schema.inputs
        outputs: Properties = {
            name: zero_of(inputs[name].type)
            for name in inputs
            if name == "initialLifecycleHooks" or name not in {*_PROVIDERS_OWN, "region"}
        }
        outputs |= {name: found[aws] for name, aws in _PLAIN.items() if found.get(aws) is not None}
        if found.get("TerminationPolicies") == ["Default"] and not known.get("terminationPolicies"):
            outputs["terminationPolicies"] = []
        subnets = str(found.get("VPCZoneIdentifier") or "")
        return outputs | {
            "arn": found["AutoScalingGroupARN"],
            "availabilityZones": found["AvailabilityZones"],
            "defaultCooldown": found.get("DefaultCooldown") or _COOLDOWN,
            "launchTemplate": _read_template(found, known),
            "loadBalancers": as_list(found.get("LoadBalancerNames")),
            "mixedInstancesPolicy": _mixed(as_dict(known.get("mixedInstancesPolicy"))),
            "name": id_,
            "namePrefix": known.get("namePrefix") or "",
            "predictedCapacity": 0,
            "serviceLinkedRoleArn": found.get("ServiceLinkedRoleARN") or "",
            "tags": [
                {
                    "key": tag["Key"],
                    "propagateAtLaunch": bool(tag.get("PropagateAtLaunch")),
                    "value": tag.get("Value", ""),
                }
                for tag in found.get("Tags") or ()
            ],
            "targetGroupArns": as_list(found.get("TargetGroupARNs")),
            "vpcZoneIdentifiers": [id_ for id_ in subnets.split(",") if id_],
            "warmPoolSize": 0,
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        client = ctx.client("autoscaling")
        arguments = _arguments(new, changed)
        if "launchTemplate" in changed:
            arguments |= _launch(new)
        if "vpcZoneIdentifiers" in changed:
            arguments |= _network(new)
        if arguments:
            client.update_auto_scaling_group(AutoScalingGroupName=id_, **arguments)
        if "tags" in changed:
            kept = {tag["key"] for tag in as_list(new.get("tags"))}
            gone = [t for t in _tags(id_, old) if t["Key"] not in kept]
            if gone:
                client.delete_tags(Tags=gone)
            if kept:
                client.create_or_update_tags(Tags=_tags(id_, new))
        if "targetGroupArns" in changed:
            before = set(as_list(old.get("targetGroupArns")))
            after = set(as_list(new.get("targetGroupArns")))
            for call, arns in (
                (client.attach_load_balancer_target_groups, after - before),
                (client.detach_load_balancer_target_groups, before - after),
            ):
                if arns:
                    call(AutoScalingGroupName=id_, TargetGroupARNs=sorted(arns))

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Scale down to nothing first, as the real provider does, then delete."""
        if self.read(ctx, id_, outputs) is None:
            return
        client = ctx.client("autoscaling")
        client.update_auto_scaling_group(
            AutoScalingGroupName=id_, MinSize=0, MaxSize=0, DesiredCapacity=0
        )
        client.delete_auto_scaling_group(AutoScalingGroupName=id_, ForceDelete=True)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, which is unique in a region, if the tags are what we set."""
        name = str(inputs.get("name") or ctx.chosen_name or "")
        if not name:
            return super().find(ctx, inputs)
        found = self.read(ctx, name, inputs)
        if found is None:
            return None
        same = _tags(name, found) == _tags(name, inputs)
        return name if same else None


def _arguments(inputs: Properties, names: frozenset[str]) -> dict[str, Any]:
    found = {aws: inputs.get(key) for key, aws in _PLAIN.items() if key in names}
    return {aws: value for aws, value in found.items() if value not in (None, "", [])}


def _launch(inputs: Properties) -> dict[str, Any]:
    """The launch template, from a mixed policy too: moto starts its instances from it."""
    given = as_dict(inputs.get("launchTemplate"))
    if given:
        return {"LaunchTemplate": _specification(given)}
    policy = as_dict(as_dict(inputs.get("mixedInstancesPolicy")).get("launchTemplate"))
    specification = as_dict(policy.get("launchTemplateSpecification"))
    if not specification:
        return {}
    given = {
        "id": specification.get("launchTemplateId"),
        "name": specification.get("launchTemplateName"),
        "version": specification.get("version"),
    }
    inner = {"LaunchTemplateSpecification": _specification(given)}
    return {"MixedInstancesPolicy": {"LaunchTemplate": inner}}


def _specification(given: Properties) -> dict[str, str]:
    key = "LaunchTemplateId" if given.get("id") else "LaunchTemplateName"
    version = str(given.get("version") or "$Default")
    return {key: str(given.get("id") or given.get("name")), "Version": version}


def _read_template(found: Mapping[str, Any], known: Properties) -> Properties | None:
    template = found.get("LaunchTemplate")
    if not template:
        return None
    given = as_dict(known.get("launchTemplate"))
    version = given.get("version", "") if given else template.get("Version", "")
    return {
        "id": template["LaunchTemplateId"],
        "name": template["LaunchTemplateName"],
        "version": version,
    }


def _mixed(given: Properties) -> Properties | None:
    """The policy as asked for, which moto forgets, with what AWS takes for the rest."""
    if not given:
        return None
    asked = {
        key: value
        for key, value in as_dict(given.get("instancesDistribution")).items()
        if value is not None
    }
    distribution = {**_DISTRIBUTION, "spotMaxPrice": "", **asked}
    if (
        distribution["spotAllocationStrategy"] == "lowest-price"
        and "spotInstancePools" not in asked
    ):
        distribution["spotInstancePools"] = 2
    return {**given, "instancesDistribution": distribution}


def _network(inputs: Properties) -> dict[str, str]:
    subnets = as_list(inputs.get("vpcZoneIdentifiers"))
    return {"VPCZoneIdentifier": ",".join(subnets)} if subnets else {}


def _tags(name: str, inputs: Properties) -> list[dict[str, Any]]:
    return [
        {
            "Key": tag["key"],
            "PropagateAtLaunch": tag["propagateAtLaunch"],
            "ResourceId": name,
            "ResourceType": "auto-scaling-group",
            "Value": tag["value"],
        }
        for tag in sorted(as_list(inputs.get("tags")), key=lambda tag: tag["key"])
    ]
