"""``aws:iam/role:Role``."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import normal, rfc3339
from seawall_sandbox.aws.iam import rules
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_NAME_MAX = 64


class Role(ResourceType):
    """An IAM role with its trust policy, and if asked for, its inline and managed policies."""

    token = "aws:iam/role:Role"  # a type token
    force_new = frozenset({"name", "namePrefix", "path"})
    defaults: ClassVar[Mapping[str, Value]] = {
        "forceDetachPolicies": False,
        "maxSessionDuration": 3600,
        "path": "/",
    }
    sets = frozenset({"managedPolicyArns", "inlinePolicies"})
    documents = frozenset({"assumeRolePolicy", "inlinePolicies.policy"})
    write_only = frozenset({"forceDetachPolicies"})
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "MalformedPolicyDocument": ("Invalid principal in policy",)
    }
    name_max = _NAME_MAX

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Names, and the trust policy's form."""
        yield from rules.check_name(inputs, _NAME_MAX)
        yield from rules.check_policy(inputs, "assumeRolePolicy")

    def create(self, ctx: Context, inputs: Properties) -> str:
        iam = ctx.client("iam")
        optional = {
            "Description": inputs.get("description"),
            "PermissionsBoundary": inputs.get("permissionsBoundary"),
        }
        iam.create_role(
            RoleName=inputs["name"],
            Path=inputs["path"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            MaxSessionDuration=inputs["maxSessionDuration"],
            Tags=tags.to_list(as_dict(inputs.get("tagsAll"))),
            **{key: value for key, value in optional.items() if value},
        )
        return str(inputs["name"])

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        iam = ctx.client("iam")
        _put_inline(iam, id_, [], as_list(inputs.get("inlinePolicies")))
        _attach(iam, id_, [], as_list(inputs.get("managedPolicyArns")))

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        iam = ctx.client("iam")
        role = iam.get_role(RoleName=id_)["Role"]
        return {
            "arn": role["Arn"],
            "assumeRolePolicy": normal(role["AssumeRolePolicyDocument"]),
            "createDate": rfc3339(role["CreateDate"]),
            "description": role.get("Description", ""),
            "inlinePolicies": _inline(iam, id_),
            "managedPolicyArns": attached(iam, id_),
            "maxSessionDuration": role["MaxSessionDuration"],
            "name": role["RoleName"],
            "namePrefix": known.get("namePrefix", ""),
            "path": role["Path"],
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get(
                "PermissionsBoundaryArn", ""
            ),
            "uniqueId": role["RoleId"],
            "tagsAll": tags.from_list(role.get("Tags")),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        iam = ctx.client("iam")
        if "assumeRolePolicy" in changed:
            iam.update_assume_role_policy(RoleName=id_, PolicyDocument=new["assumeRolePolicy"])
        if changed & {"description", "maxSessionDuration"}:
            iam.update_role(
                RoleName=id_,
                Description=new.get("description", ""),
                MaxSessionDuration=new["maxSessionDuration"],
            )
        if "permissionsBoundary" in changed:
            boundary = new.get("permissionsBoundary")
            if boundary:
                iam.put_role_permissions_boundary(RoleName=id_, PermissionsBoundary=boundary)
            else:
                iam.delete_role_permissions_boundary(RoleName=id_)
        if "inlinePolicies" in changed:
            given = as_list(new.get("inlinePolicies"))
            _put_inline(iam, id_, as_list(old.get("inlinePolicies")), given)
        if "managedPolicyArns" in changed:
            given = as_list(new.get("managedPolicyArns"))
            _attach(iam, id_, as_list(old.get("managedPolicyArns")), given)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Delete the role; it leaves its instance profiles by itself, as with the real provider.

        Policies that this very resource has put on go with it, others only by
        ``forceDetachPolicies``; without, IAM refuses.
        """
        iam = ctx.client("iam")
        for profile in iam.list_instance_profiles_for_role(RoleName=id_)["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(
                InstanceProfileName=profile["InstanceProfileName"], RoleName=id_
            )
        everything = outputs.get("forceDetachPolicies")
        managed = attached(iam, id_) if everything else as_list(outputs.get("managedPolicyArns"))
        inline = _inline(iam, id_) if everything else as_list(outputs.get("inlinePolicies"))
        _attach(iam, id_, [arn for arn in managed if arn in attached(iam, id_)], [])
        names = {policy["name"] for policy in _inline(iam, id_)}
        _put_inline(iam, id_, [policy for policy in inline if policy.get("name") in names], [])
        iam.delete_role(RoleName=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        if removed:
            ctx.client("iam").untag_role(RoleName=id_, TagKeys=removed)
        if added:
            ctx.client("iam").tag_role(RoleName=id_, Tags=tags.to_list(added))

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, which is unique in the account; only if path and tags are what we set."""
        role = ctx.client("iam").get_role(RoleName=inputs["name"])["Role"]
        ours = role["Path"] == inputs["path"]
        same = tags.from_list(role.get("Tags")) == (as_dict(inputs.get("tagsAll")))
        return str(role["RoleName"]) if ours and same else None


def get_role(ctx: Context, args: Properties) -> Properties:
    """``aws:iam/getRole:getRole``: a role by name."""
    name = str(args["name"])
    found = Role().read(ctx, name, {}) or {}
    same = (
        "arn",
        "assumeRolePolicy",
        "createDate",
        "description",
        "maxSessionDuration",
        "path",
        "permissionsBoundary",
        "uniqueId",
    )
    return {
        **{key: found[key] for key in same},
        "id": name,
        "name": name,
        "roleLastUseds": [],
        "tags": found["tagsAll"],
    }


def attached(iam: Any, holder: str, kind: str = "role") -> list[str]:
    """The ARNs of the managed policies of a role, user or group, sorted."""
    name = {f"{kind.capitalize()}Name": holder}
    pages = iam.get_paginator(f"list_attached_{kind}_policies").paginate(**name)
    return sorted(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])


def _inline(iam: Any, role: str) -> list[Properties]:
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=role)
    names = sorted(name for page in pages for name in page["PolicyNames"])
    return [
        {
            "name": name,
            "policy": normal(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]),
        }
        for name in names
    ]


def _put_inline(iam: Any, role: str, before: list[Properties], after: list[Properties]) -> None:
    kept = {policy["name"] for policy in after if policy.get("name")}
    for policy in before:
        if policy.get("name") and policy["name"] not in kept:
            iam.delete_role_policy(RoleName=role, PolicyName=policy["name"])
    for policy in after:
        if policy.get("name"):  # one empty block says: no inline policies but these, none
            iam.put_role_policy(
                RoleName=role, PolicyName=policy["name"], PolicyDocument=policy["policy"]
            )


def _attach(iam: Any, role: str, before: list[str], after: list[str]) -> None:
    for arn in sorted(set(before) - set(after)):
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in sorted(set(after) - set(before)):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
