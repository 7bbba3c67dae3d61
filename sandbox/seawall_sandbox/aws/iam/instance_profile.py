"""``aws:iam/instanceProfile:InstanceProfile``."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import rfc3339
from seawall_sandbox.aws.iam import rules
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_NAME_MAX = 128


class InstanceProfile(ResourceType):
    """What hands a role to EC2 instances. Holds one role at most."""

    token = "aws:iam/instanceProfile:InstanceProfile"  # a type token
    force_new = frozenset({"name", "namePrefix", "path"})
    defaults: ClassVar[Mapping[str, Value]] = {"path": "/"}
    name_max = _NAME_MAX

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name's form."""
        yield from rules.check_name(inputs, _NAME_MAX)

    def create(self, ctx: Context, inputs: Properties) -> str:
        iam = ctx.client("iam")
        iam.create_instance_profile(
            InstanceProfileName=inputs["name"],
            Path=inputs["path"],
            Tags=tags.to_list(as_dict(inputs.get("tagsAll"))),
        )
        return str(inputs["name"])

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        iam = ctx.client("iam")
        there = iam.get_instance_profile(InstanceProfileName=id_)["InstanceProfile"]["Roles"]
        if inputs.get("role") and inputs["role"] not in {role["RoleName"] for role in there}:
            iam.add_role_to_instance_profile(InstanceProfileName=id_, RoleName=inputs["role"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        answer = ctx.client("iam").get_instance_profile(InstanceProfileName=id_)
        profile = answer["InstanceProfile"]
        roles = [role["RoleName"] for role in profile["Roles"]]
        return {
            "arn": profile["Arn"],
            "createDate": rfc3339(profile["CreateDate"]),
            "name": profile["InstanceProfileName"],
            "namePrefix": known.get("namePrefix", ""),
            "path": profile["Path"],
            "role": roles[0] if roles else "",
            "uniqueId": profile["InstanceProfileId"],
            "tagsAll": tags.from_list(profile.get("Tags")),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        if "role" not in changed:
            return
        iam = ctx.client("iam")
        if old.get("role"):
            iam.remove_role_from_instance_profile(InstanceProfileName=id_, RoleName=old["role"])
        if new.get("role"):
            iam.add_role_to_instance_profile(InstanceProfileName=id_, RoleName=new["role"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        iam = ctx.client("iam")
        profile = iam.get_instance_profile(InstanceProfileName=id_)["InstanceProfile"]
        for role in profile["Roles"]:
            iam.remove_role_from_instance_profile(
                InstanceProfileName=id_, RoleName=role["RoleName"]
            )
        iam.delete_instance_profile(InstanceProfileName=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        iam = ctx.client("iam")
        if removed:
            iam.untag_instance_profile(InstanceProfileName=id_, TagKeys=removed)
        if added:
            iam.tag_instance_profile(InstanceProfileName=id_, Tags=tags.to_list(added))

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, if path and tags are what we set."""
        answer = ctx.client("iam").get_instance_profile(InstanceProfileName=inputs["name"])
        profile = answer["InstanceProfile"]
        same = tags.from_list(profile.get("Tags")) == (as_dict(inputs.get("tagsAll")))
        return str(inputs["name"]) if profile["Path"] == inputs["path"] and same else None
