"""``aws:cloudtrail/trail:Trail``."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties, Value

_NAMES: Final[Mapping[str, str]] = {
    "cloudWatchLogsGroupArn": "CloudWatchLogsLogGroupArn",
    "cloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
    "includeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "isMultiRegionTrail": "IsMultiRegionTrail",
    "isOrganizationTrail": "IsOrganizationTrail",
    "kmsKeyId": "KmsKeyId",
    "s3BucketName": "S3BucketName",
    "s3KeyPrefix": "S3KeyPrefix",
    "snsTopicName": "SnsTopicName",
}


class Trail(ResourceType):
    """A trail of API calls. Its id is its ARN since version 6; its name alone needs a new one.

    moto keeps it; no call is logged. Event selectors are told as they were given.
    https://www.pulumi.com/registry/packages/aws/api-docs/cloudtrail/trail/
    """

    token = "aws:cloudtrail/trail:Trail"  # a type token
    emulated = "partly"
    force_new: ClassVar[frozenset[str]] = frozenset({"name"})
    defaults: ClassVar[Mapping[str, Value]] = {
        "enableLogFileValidation": False,
        "enableLogging": True,
        "eventSelectors.includeManagementEvents": True,
        "eventSelectors.readWriteType": "All",
        "includeGlobalServiceEvents": True,
        "isMultiRegionTrail": False,
        "isOrganizationTrail": False,
    }
    sets: ClassVar[frozenset[str]] = frozenset({"insightSelectors"})
    unemulated: ClassVar[frozenset[str]] = frozenset(
        {"advancedEventSelectors", "eventSelectors", "insightSelectors"}
    )
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "InvalidCloudWatchLogsLogGroupArnException": ("Access denied.",),
        "InvalidCloudWatchLogsRoleArnException": ("Access denied.",),
    }
    name_max = 128

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("cloudtrail")
        made = client.create_trail(
            Name=inputs["name"],
            TagsList=tags.to_list(as_dict(inputs.get("tagsAll"))),
            **_arguments(inputs),
        )
        return str(made["TrailARN"])

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        if inputs.get("enableLogging"):
            ctx.client("cloudtrail").start_logging(Name=id_)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        client = ctx.client("cloudtrail")
        trails = client.describe_trails(trailNameList=[id_])["trailList"]
        if not trails:
            return None
        found = trails[0]
        arn = str(found["TrailARN"])
        labels = client.list_tags(ResourceIdList=[arn])["ResourceTagList"]
        topic = str(found.get("SnsTopicARN") or "")
        outputs: Properties = {
            name: found.get(aws, "" if not name.startswith(("is", "include")) else False)
            for name, aws in _NAMES.items()
        }
        return outputs | {
            "arn": arn,
            "enableLogFileValidation": bool(found.get("LogFileValidationEnabled")),
            "enableLogging": bool(client.get_trail_status(Name=arn)["IsLogging"]),
            "homeRegion": found["HomeRegion"],
            "name": found["Name"],
            "snsTopicArn": topic,
            "tagsAll": tags.from_list(labels[0].get("TagsList")) if labels else {},
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old
        client = ctx.client("cloudtrail")
        client.update_trail(Name=id_, **_arguments(new))
        if "enableLogging" in changed:
            call = client.start_logging if new.get("enableLogging") else client.stop_logging
            call(Name=id_)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        if self.read(ctx, id_, outputs) is not None:
            ctx.client("cloudtrail").delete_trail(Name=_name(id_))

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        client = ctx.client("cloudtrail")
        if removed:
            gone = [{"Key": key} for key in removed]
            client.remove_tags(ResourceId=id_, TagsList=gone)
        if added:
            client.add_tags(ResourceId=id_, TagsList=tags.to_list(added))

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, which is unique in a region, if bucket and tags are what we set."""
        arn = ctx.arn("cloudtrail", f"trail/{inputs['name']}")
        found = self.read(ctx, arn, inputs) or {}
        same = found.get("tagsAll") == as_dict(inputs.get("tagsAll"))
        return arn if same and found.get("s3BucketName") == inputs["s3BucketName"] else None


def _name(arn: str) -> str:
    """The name in an ARN: moto deletes by nothing else."""
    return arn.rpartition("/")[2]


def _arguments(inputs: Properties) -> dict[str, Any]:
    found: dict[str, Any] = {aws: inputs.get(name) for name, aws in _NAMES.items()}
    found["EnableLogFileValidation"] = inputs.get("enableLogFileValidation")
    return {aws: value for aws, value in found.items() if value not in (None, "")}


RESOURCES: Final[tuple[type[ResourceType], ...]] = (Trail,)
