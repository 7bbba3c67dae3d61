"""What ECS types share: tags with names in lower case."""

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.values import Properties


def tag_list(inputs: Properties) -> list[dict[str, str]]:
    """The tags to set, as a create call takes them."""
    return tags.to_list(as_dict(inputs.get("tagsAll")), "key", "value")


def read_tags(ctx: Context, arn: str) -> dict[str, str]:
    """The tags that something has now."""
    answer = ctx.client("ecs").list_tags_for_resource(resourceArn=arn)
    return tags.from_list(answer.get("tags"), "key", "value")


def retag(ctx: Context, arn: str, added: dict[str, str], removed: list[str]) -> None:
    """Set and remove tags."""
    ecs = ctx.client("ecs")
    if removed:
        ecs.untag_resource(resourceArn=arn, tagKeys=removed)
    if added:
        ecs.tag_resource(resourceArn=arn, tags=tags.to_list(added, "key", "value"))
