"""``aws:lb/targetGroupAttachment:TargetGroupAttachment``."""

from collections.abc import Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.naming import prefixed_name
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties


class TargetGroupAttachment(ResourceType):
    """One target of a target group. Its id is the group's ARN and a time; nothing changes in place.

    https://www.pulumi.com/registry/packages/aws/api-docs/lb/targetgroupattachment/
    """

    token = "aws:lb/targetGroupAttachment:TargetGroupAttachment"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset(
        {"availabilityZone", "port", "quicServerId", "targetGroupArn", "targetId"}
    )
    name_property = ""

    def create(self, ctx: Context, inputs: Properties) -> str:
        ctx.client("elbv2").register_targets(
            TargetGroupArn=inputs["targetGroupArn"], Targets=[_target(inputs)]
        )
        return prefixed_name(f"{inputs['targetGroupArn']}-")

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        """The target, if the group still has it; one that is draining is gone."""
        if not known.get("targetGroupArn"):
            raise ValueError(f"a target cannot be told from the id {id_!r}: it cannot be imported.")
        if self._registered(ctx, known) is None:
            return None
        return {key: known[key] for key in self.schema.inputs if known.get(key) is not None}

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del id_
        if self._registered(ctx, outputs) is not None:
            ctx.client("elbv2").deregister_targets(
                TargetGroupArn=outputs["targetGroupArn"], Targets=[_target(outputs)]
            )

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The target, if the group has it: registering it twice is the same as once."""
        found = self._registered(ctx, inputs)
        return prefixed_name(f"{inputs['targetGroupArn']}-") if found else None

    @staticmethod
    def _registered(ctx: Context, known: Properties) -> Mapping[str, Any] | None:
        answer = ctx.client("elbv2").describe_target_health(TargetGroupArn=known["targetGroupArn"])
        wanted = _target(known)
        for entry in answer["TargetHealthDescriptions"]:
            target, state = entry["Target"], entry["TargetHealth"]["State"]
            same = target["Id"] == wanted["Id"]
            same_port = "Port" not in wanted or target.get("Port") in (None, wanted["Port"])
            if same and same_port and state != "draining":
                return target
        return None


def _target(inputs: Properties) -> dict[str, Any]:
    names = {"Id": "targetId", "Port": "port", "AvailabilityZone": "availabilityZone"}
    found = {aws: inputs.get(name) for aws, name in names.items()}
    return {aws: value for aws, value in found.items() if value is not None}
