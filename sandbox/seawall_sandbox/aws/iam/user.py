"""IAM users, their access keys, groups and who is in them."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import rfc3339
from seawall_sandbox.aws.iam import rules
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_USER_NAME_MAX = 64
_GROUP_NAME_MAX = 128


class User(ResourceType):
    """``aws:iam/user:User``. Its id is its name.

    The real provider renames a user in place, which changes its id; here another name is another
    user.
    """

    token = "aws:iam/user:User"  # a type token
    force_new = frozenset({"name"})
    defaults: ClassVar[Mapping[str, Value]] = {"forceDestroy": False, "path": "/"}
    write_only = frozenset({"forceDestroy"})
    name_max = _USER_NAME_MAX

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name."""
        yield from rules.check_name(inputs, _USER_NAME_MAX)

    def create(self, ctx: Context, inputs: Properties) -> str:
        boundary = inputs.get("permissionsBoundary")
        ctx.client("iam").create_user(
            UserName=inputs["name"],
            Path=inputs["path"],
            Tags=tags.to_list(as_dict(inputs.get("tagsAll"))),
            **({"PermissionsBoundary": boundary} if boundary else {}),
        )
        return str(inputs["name"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        user = ctx.client("iam").get_user(UserName=id_)["User"]
        return {
            "arn": user["Arn"],
            "name": user["UserName"],
            "path": user["Path"],
            "permissionsBoundary": as_dict(user.get("PermissionsBoundary")).get(
                "PermissionsBoundaryArn", ""
            ),
            "tagsAll": tags.from_list(user.get("Tags")),
            "uniqueId": user["UserId"],
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Another path or boundary."""
        del old
        iam = ctx.client("iam")
        if "path" in changed:
            iam.update_user(UserName=id_, NewPath=new["path"])
        if "permissionsBoundary" in changed:
            boundary = new.get("permissionsBoundary")
            if boundary:
                iam.put_user_permissions_boundary(UserName=id_, PermissionsBoundary=boundary)
            else:
                iam.delete_user_permissions_boundary(UserName=id_)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Delete it; with ``forceDestroy`` its keys and what is attached to it first."""
        iam = ctx.client("iam")
        if outputs.get("forceDestroy"):
            for key in iam.list_access_keys(UserName=id_)["AccessKeyMetadata"]:
                iam.delete_access_key(UserName=id_, AccessKeyId=key["AccessKeyId"])
            for policy in iam.list_attached_user_policies(UserName=id_)["AttachedPolicies"]:
                iam.detach_user_policy(UserName=id_, PolicyArn=policy["PolicyArn"])
            for name in iam.list_user_policies(UserName=id_)["PolicyNames"]:
                iam.delete_user_policy(UserName=id_, PolicyName=name)
        for group in iam.list_groups_for_user(UserName=id_)["Groups"]:
            iam.remove_user_from_group(GroupName=group["GroupName"], UserName=id_)
        iam.delete_user(UserName=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        if removed:
            ctx.client("iam").untag_user(UserName=id_, TagKeys=removed)
        if added:
            ctx.client("iam").tag_user(UserName=id_, Tags=tags.to_list(added))

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, with the same path."""
        user = ctx.client("iam").get_user(UserName=inputs["name"])["User"]
        return user["UserName"] if user["Path"] == inputs["path"] else None


class AccessKey(ResourceType):
    """``aws:iam/accessKey:AccessKey``. AWS tells the secret once: only the state has it then."""

    token = "aws:iam/accessKey:AccessKey"  # a type token
    force_new = frozenset({"pgpKey", "user"})
    implied: ClassVar[Mapping[str, Value]] = {"status": "Active"}
    secret_outputs = frozenset({"secret", "sesSmtpPasswordV4"})

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """No key to encrypt it with."""
        if inputs.get("pgpKey") is not None:
            reason = f"{self.token}: the sandbox does not encrypt with 'pgpKey'. Leave it out."
            yield Failure("pgpKey", reason)

    def create(self, ctx: Context, inputs: Properties) -> str:
        iam = ctx.client("iam")
        key = iam.create_access_key(UserName=inputs["user"])["AccessKey"]
        ctx.told["secret"] = key["SecretAccessKey"]
        return str(key["AccessKeyId"])

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        if inputs.get("status", "Active") != "Active":
            ctx.client("iam").update_access_key(
                UserName=inputs["user"], AccessKeyId=id_, Status=inputs["status"]
            )

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        user = known.get("user")
        if not user:
            user = ctx.client("iam").get_access_key_last_used(AccessKeyId=id_)["UserName"]
        keys = ctx.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
        found = next((key for key in keys if key["AccessKeyId"] == id_), None)
        if found is None:
            return None
        secret = ctx.told.get("secret") or known.get("secret")
        told: Properties = {}
        if isinstance(secret, str):
            told = {"secret": secret, "sesSmtpPasswordV4": _smtp_password(secret, ctx.region)}
        return {
            **told,
            "createDate": rfc3339(found["CreateDate"]),
            "status": found["Status"],
            "user": user,
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Another status."""
        del changed
        ctx.told["secret"] = old.get("secret")
        status = new.get("status", "Active")
        ctx.client("iam").update_access_key(UserName=new["user"], AccessKeyId=id_, Status=status)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        ctx.client("iam").delete_access_key(UserName=outputs["user"], AccessKeyId=id_)


def _smtp_password(secret: str, region: str) -> str:
    """The password for Amazon SES that a secret access key makes.

    https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html
    """
    signature = f"AWS4{secret}".encode()
    for message in ("11111111", region, "ses", "aws4_request", "SendRawEmail"):
        signature = hmac.new(signature, message.encode(), hashlib.sha256).digest()
    return base64.b64encode(b"\x04" + signature).decode()


class Group(ResourceType):
    """``aws:iam/group:Group``. Its id is its name; another name is another group, as with users."""

    token = "aws:iam/group:Group"  # a type token
    force_new = frozenset({"name"})
    defaults: ClassVar[Mapping[str, Value]] = {"path": "/"}
    name_max = _GROUP_NAME_MAX

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name."""
        yield from rules.check_name(inputs, _GROUP_NAME_MAX)

    def create(self, ctx: Context, inputs: Properties) -> str:
        ctx.client("iam").create_group(GroupName=inputs["name"], Path=inputs["path"])
        return str(inputs["name"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        group = ctx.client("iam").get_group(GroupName=id_)["Group"]
        return {
            "arn": group["Arn"],
            "name": group["GroupName"],
            "path": group["Path"],
            "uniqueId": group["GroupId"],
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Another path."""
        del old, changed
        ctx.client("iam").update_group(GroupName=id_, NewPath=new["path"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("iam").delete_group(GroupName=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, with the same path."""
        group = ctx.client("iam").get_group(GroupName=inputs["name"])["Group"]
        return group["GroupName"] if group["Path"] == inputs["path"] else None


class GroupMembership(ResourceType):
    """``aws:iam/groupMembership:GroupMembership``: these users are in a group. Its id is a name."""

    token = "aws:iam/groupMembership:GroupMembership"  # a type token
    force_new = frozenset({"group", "name"})
    sets = frozenset({"users"})
    write_only = frozenset({"name"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        del ctx  # the group is there, and this is but a name for who is in it
        return str(inputs["name"])

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        del id_
        _move(ctx, inputs["group"], set(), set(inputs["users"]))

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        users = _members(ctx, known["group"])
        if not users:
            return None
        return {"group": known["group"], "name": id_, "users": users}

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Other users."""
        del id_, changed
        _move(ctx, new["group"], set(old["users"]), set(new["users"]))

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del id_
        _move(ctx, outputs["group"], set(outputs["users"]), set())

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The group, if these users are in it."""
        there = _members(ctx, inputs["group"])
        return str(inputs["name"]) if set(there) == set(inputs["users"]) else None


def _members(ctx: Context, group: str) -> list[str]:
    pages = ctx.client("iam").get_paginator("get_group").paginate(GroupName=group)
    return sorted(user["UserName"] for page in pages for user in page["Users"])


def _move(ctx: Context, group: str, before: set[str], after: set[str]) -> None:
    iam: Any = ctx.client("iam")
    for user in sorted(before - after):
        iam.remove_user_from_group(GroupName=group, UserName=user)
    for user in sorted(after - before):
        iam.add_user_to_group(GroupName=group, UserName=user)
