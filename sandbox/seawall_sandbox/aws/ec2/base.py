"""What EC2 types share: tags on the resource id, tags at creation, ARNs."""

from collections.abc import Mapping
from typing import Any

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties


def tag_specifications(kind: str, inputs: Properties) -> dict[str, Any]:
    """The ``TagSpecifications`` argument of a create call, or nothing without tags."""
    wanted = inputs.get("tagsAll")
    if not wanted:
        return {}
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags.to_list(wanted)}]}


def given(inputs: Properties, names: Mapping[str, str]) -> dict[str, Any]:
    """Call arguments by AWS name, for those inputs (camelCase name by AWS name) that are set."""
    found = {aws: inputs.get(name) for aws, name in names.items()}
    return {aws: value for aws, value in found.items() if value is not None and value != ""}


class Ec2Resource(ResourceType):
    """A resource whose tags are set by its EC2 id."""

    def retag(
        self,
        ctx: Context,
        id_: str,
        outputs: Properties,  # noqa: ARG002  # for others
        added: dict[str, str],
        removed: list[str],
    ) -> None:
        """Set and remove tags with CreateTags and DeleteTags."""
        retag(ctx, id_, added, removed)


def retag(ctx: Context, id_: str, added: dict[str, str], removed: list[str]) -> None:
    """Set and remove tags of anything that has an EC2 id."""
    client = ctx.client("ec2")
    if removed:
        client.delete_tags(Resources=[id_], Tags=[{"Key": key} for key in removed])
    if added:
        client.create_tags(Resources=[id_], Tags=tags.to_list(added))
