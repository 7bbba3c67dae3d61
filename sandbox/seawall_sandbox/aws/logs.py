"""CloudWatch Logs: log groups."""

import re
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.held import held, hold, release
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure, ProviderError
from seawall_sandbox.values import Properties, Value

_NAME: Final = re.compile(r"[\w./#-]{1,512}", re.ASCII)
_RETENTIONS: Final = frozenset(
    {
        0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
        2922, 3288, 3653,
    },
)  # fmt: skip
"""Days that PutRetentionPolicy takes; 0 keeps events for ever.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""
_HELD: Final = ("deletionProtectionEnabled", "logGroupClass")
_CLASSES: Final = frozenset({"STANDARD", "INFREQUENT_ACCESS", "DELIVERY"})


class LogGroup(ResourceType):
    """``aws:cloudwatch/logGroup:LogGroup``. Its id is its name.

    moto knows neither deletion protection nor classes, and cannot change the key: the provider
    holds these.
    """

    token = "aws:cloudwatch/logGroup:LogGroup"  # a type token
    emulated = "partly"
    force_new = frozenset({"name", "namePrefix", "logGroupClass"})
    defaults: ClassVar[Mapping[str, Value]] = {"retentionInDays": 0, "skipDestroy": False}
    write_only = frozenset({"skipDestroy"})
    name_max = 512

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name, the retention and the class."""
        name = inputs.get("name")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            reason = f"{name!r} is no log group name: 1 to 512 letters, digits and ._-/# only."
            yield Failure("name", f"{reason} Rename it.")
        days = inputs.get("retentionInDays")
        if isinstance(days, int) and days not in _RETENTIONS:
            known = ", ".join(str(number) for number in sorted(_RETENTIONS))
            yield Failure("retentionInDays", f"{days} days are not one of {known}. Choose one.")
        class_ = inputs.get("logGroupClass")
        if isinstance(class_, str) and class_ not in _CLASSES:
            known = ", ".join(sorted(_CLASSES))
            yield Failure("logGroupClass", f"{class_!r} is not one of {known}. Choose one.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        logs = ctx.client("logs")
        optional = {
            "kmsKeyId": inputs.get("kmsKeyId"),
            "logGroupClass": inputs.get("logGroupClass"),
            "tags": inputs.get("tagsAll"),
        }
        name = str(inputs["name"])
        arguments = {key: value for key, value in optional.items() if value}
        logs.create_log_group(logGroupName=name, **arguments)
        return name

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        hold(ctx, self.token, id_, {key: inputs[key] for key in _HELD if key in inputs})
        if inputs["retentionInDays"]:
            days = inputs["retentionInDays"]
            ctx.client("logs").put_retention_policy(logGroupName=id_, retentionInDays=days)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        logs = ctx.client("logs")
        groups = logs.describe_log_groups(logGroupNamePrefix=id_)["logGroups"]
        group = next((group for group in groups if group["logGroupName"] == id_), None)
        if group is None:
            return None
        arn = str(group["arn"]).removesuffix(":*")
        return {
            "arn": arn,
            "deletionProtectionEnabled": False,
            "kmsKeyId": group.get("kmsKeyId", ""),
            "logGroupClass": "STANDARD",
            "name": id_,
            "namePrefix": known.get("namePrefix", ""),
            "retentionInDays": group.get("retentionInDays", 0),
            "tagsAll": tags.without_system(logs.list_tags_for_resource(resourceArn=arn)["tags"]),
            **held(ctx, self.token, id_),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old
        logs = ctx.client("logs")
        if "retentionInDays" in changed:
            if new["retentionInDays"]:
                days = new["retentionInDays"]
                logs.put_retention_policy(logGroupName=id_, retentionInDays=days)
            else:
                logs.delete_retention_policy(logGroupName=id_)
        zeros = {"deletionProtectionEnabled": False, "kmsKeyId": ""}
        hold(ctx, self.token, id_, {k: new.get(k, zeros[k]) for k in zeros if k in changed})

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        if outputs.get("skipDestroy"):
            return
        if outputs.get("deletionProtectionEnabled"):
            raise ProviderError(
                f"Could not delete {self.token} {ctx.name!r}: the log group {id_!r} has deletion"
                " protection. Set deletionProtectionEnabled to false and update first."
            )
        release(ctx, self.token, id_)
        ctx.client("logs").delete_log_group(logGroupName=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        arn = ctx.arn("logs", f"log-group:{id_}")
        if removed:
            ctx.client("logs").untag_resource(resourceArn=arn, tagKeys=removed)
        if added:
            ctx.client("logs").tag_resource(resourceArn=arn, tags=added)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, if the tags are what we set."""
        found = self.read(ctx, str(inputs["name"]), inputs)
        same = found is not None and found["tagsAll"] == (as_dict(inputs.get("tagsAll")))
        return str(inputs["name"]) if same else None


RESOURCES: Final[tuple[type[ResourceType], ...]] = (LogGroup,)
