"""EC2 and the load balancers: which instances there are, and what hangs on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from seawall_node.aws import Clients, calling, error_code
from seawall_node.errors import CloudError

CLUSTER_TAG = "seawall:cluster"
POOL_TAG = "seawall:pool"
SLOT_TAG = "seawall:slot"
VOLUME_DEVICE = "/dev/sdf"
"""Name under which the slot's volume is attached; Nitro instances show it by its id instead."""
SLOT_DEVICE_INDEX = 1
GONE = ("terminated",)


@dataclass(frozen=True)
class Instance:
    """An EC2 instance of the cluster."""

    id: str
    state: str
    zone: str
    addresses: tuple[str, ...]
    """Private addresses of all its interfaces."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_gone(self) -> bool:
        """Whether it will never come back."""
        return self.state in GONE


@dataclass(frozen=True)
class Attachment:
    """Where an interface or a volume is attached."""

    instance: str | None
    state: str


class Cloud:
    """Asks EC2 and Elastic Load Balancing. Raises ``CloudError``."""

    def __init__(self, clients: Clients, cluster: str) -> None:
        self._clients = clients
        self._cluster = cluster

    def instances(self) -> dict[str, Instance]:
        """All instances of the cluster, those that ended lately too, by id."""
        found: dict[str, Instance] = {}
        with calling("list the instances of the cluster"):
            pages = self._clients("ec2").get_paginator("describe_instances")
            wanted = [{"Name": f"tag:{CLUSTER_TAG}", "Values": [self._cluster]}]
            for page in pages.paginate(Filters=wanted):
                for reservation in page["Reservations"]:
                    for answer in reservation["Instances"]:
                        instance = _instance(answer)
                        found[instance.id] = instance
        return found

    def interface(self, interface_id: str) -> Attachment:
        """Where a network interface is."""
        with calling(f"look up the network interface {interface_id}"):
            answer = self._clients("ec2").describe_network_interfaces(
                NetworkInterfaceIds=[interface_id]
            )
        attachment: Mapping[str, Any] = answer["NetworkInterfaces"][0].get("Attachment") or {}
        return Attachment(attachment.get("InstanceId"), attachment.get("Status", "detached"))

    def attach_interface(self, interface_id: str, instance: str) -> None:
        """Attach a network interface as the second one."""
        with calling(f"attach the network interface {interface_id}"):
            self._clients("ec2").attach_network_interface(
                NetworkInterfaceId=interface_id,
                InstanceId=instance,
                DeviceIndex=SLOT_DEVICE_INDEX,
            )

    def volume(self, volume_id: str) -> Attachment:
        """Where a volume is."""
        with calling(f"look up the volume {volume_id}"):
            answer = self._clients("ec2").describe_volumes(VolumeIds=[volume_id])
        attachments: list[Mapping[str, Any]] = answer["Volumes"][0].get("Attachments") or []
        if not attachments:
            return Attachment(None, "detached")
        return Attachment(attachments[0]["InstanceId"], attachments[0]["State"])

    def attach_volume(self, volume_id: str, instance: str) -> None:
        """Attach a volume."""
        with calling(f"attach the volume {volume_id}"):
            self._clients("ec2").attach_volume(
                VolumeId=volume_id, InstanceId=instance, Device=VOLUME_DEVICE
            )

    def user_id(self) -> str:
        """The caller's ``aws:userid``: role id and instance id."""
        with calling("ask who this node is"):
            return str(self._clients("sts").get_caller_identity()["UserId"])

    def registry_login(self) -> tuple[str, str]:
        """User and password for the image registry; good for twelve hours."""
        import base64  # noqa: PLC0415  # once in six hours

        with calling("get a login of the image registry"):
            answer = self._clients("ecr").get_authorization_token()
        token: str = answer["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        return user, password

    def complete_termination(self, instance: str) -> None:
        """Let the autoscaling group end the instance now, if a lifecycle hook holds it."""
        with calling(f"let {instance} end"):
            scaling = self._clients("autoscaling")
            answer = scaling.describe_auto_scaling_instances(InstanceIds=[instance])
            for each in answer["AutoScalingInstances"]:
                if each["LifecycleState"] != "Terminating:Wait":
                    continue
                group = each["AutoScalingGroupName"]
                hooks = scaling.describe_lifecycle_hooks(AutoScalingGroupName=group)
                for hook in hooks["LifecycleHooks"]:
                    if hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING":
                        scaling.complete_lifecycle_action(
                            LifecycleHookName=hook["LifecycleHookName"],
                            AutoScalingGroupName=group,
                            InstanceId=instance,
                            LifecycleActionResult="CONTINUE",
                        )

    # load balancers

    def target_groups(self) -> list[str]:
        """The cluster's target groups, by their tag."""
        found: list[str] = []
        with calling("list the target groups of the cluster"):
            balancing = self._clients("elbv2")
            groups: list[str] = []
            for page in balancing.get_paginator("describe_target_groups").paginate():
                groups += [group["TargetGroupArn"] for group in page["TargetGroups"]]
            for some in _batches(groups, 20):
                answer = balancing.describe_tags(ResourceArns=some)
                for description in answer["TagDescriptions"]:
                    tags = {tag["Key"]: tag["Value"] for tag in description["Tags"]}
                    if tags.get(CLUSTER_TAG) == self._cluster:
                        found.append(description["ResourceArn"])
        return found

    def targets(self, group: str) -> dict[str, str]:
        """State of each instance in a target group: ``healthy``, ``unhealthy``, ``draining``..."""
        with calling(f"read the health in {group}"):
            answer = self._clients("elbv2").describe_target_health(TargetGroupArn=group)
        return {
            each["Target"]["Id"]: each["TargetHealth"]["State"]
            for each in answer["TargetHealthDescriptions"]
        }

    def deregister(self, group: str, instance: str) -> None:
        """Take an instance out of a target group: it gets no new connections from then on."""
        try:
            with calling(f"take {instance} out of {group}"):
                self._clients("elbv2").deregister_targets(
                    TargetGroupArn=group, Targets=[{"Id": instance}]
                )
        except CloudError as error:
            if error_code(error.__cause__) != "InvalidTarget":
                raise


def _instance(answer: Mapping[str, Any]) -> Instance:
    interfaces: list[Mapping[str, Any]] = answer.get("NetworkInterfaces") or []
    addresses: set[str] = {answer.get("PrivateIpAddress", "")}
    for interface in interfaces:
        more: list[Mapping[str, str]] = interface.get("PrivateIpAddresses") or []
        addresses.update(each["PrivateIpAddress"] for each in more)
    tags: list[Mapping[str, str]] = answer.get("Tags") or []
    return Instance(
        id=answer["InstanceId"],
        state=answer["State"]["Name"],
        zone=answer["Placement"]["AvailabilityZone"],
        addresses=tuple(sorted(addresses - {""})),
        tags={tag["Key"]: tag["Value"] for tag in tags},
    )


def _batches(items: list[str], size: int) -> Iterable[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
