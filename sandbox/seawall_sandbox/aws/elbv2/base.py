"""What the types of Elastic Load Balancing share: tags by ARN, and attributes as texts."""

from typing import Any

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.values import Properties, Value


def tag_list(inputs: Properties) -> list[dict[str, str]]:
    """The tags to set, as a create call takes them."""
    return tags.to_list(as_dict(inputs.get("tagsAll")))


def read_tags(ctx: Context, arn: str) -> dict[str, str]:
    """The tags that something has now."""
    answer = ctx.client("elbv2").describe_tags(ResourceArns=[arn])["TagDescriptions"]
    return tags.from_list(answer[0]["Tags"]) if answer else {}


def retag(ctx: Context, arn: str, added: dict[str, str], removed: list[str]) -> None:
    """Set and remove tags."""
    elb = ctx.client("elbv2")
    if removed:
        elb.remove_tags(ResourceArns=[arn], TagKeys=removed)
    if added:
        elb.add_tags(ResourceArns=[arn], Tags=tags.to_list(added))


def text(value: Value) -> str:
    """A value as an attribute holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def parse(value: Any, *, like: Value) -> Value:
    """An attribute as a value of the same type as another."""
    if isinstance(like, bool):
        return str(value).lower() == "true"
    return int(value) if isinstance(like, int) else value
