"""Managed policies, inline policies of roles, and attachments."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import normal
from seawall_sandbox.aws.iam import rules
from seawall_sandbox.aws.iam.role import attached
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_NAME_MAX = 128
_MAX_VERSIONS = 5
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html"""


class Policy(ResourceType):
    """``aws:iam/policy:Policy``: a managed policy. Its id is its ARN."""

    token = "aws:iam/policy:Policy"  # a type token
    force_new = frozenset({"description", "name", "namePrefix", "path"})
    defaults: ClassVar[Mapping[str, Value]] = {"path": "/"}
    documents = frozenset({"policy"})
    write_only = frozenset({"delayAfterPolicyCreationInMs"})
    name_max = _NAME_MAX

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name, and the policy's form."""
        yield from rules.check_name(inputs, _NAME_MAX)
        yield from rules.check_policy(inputs, "policy")

    def create(self, ctx: Context, inputs: Properties) -> str:
        description = inputs.get("description")
        answer = ctx.client("iam").create_policy(
            PolicyName=inputs["name"],
            Path=inputs["path"],
            PolicyDocument=inputs["policy"],
            Tags=tags.to_list(as_dict(inputs.get("tagsAll"))),
            **({"Description": description} if description else {}),
        )
        return str(answer["Policy"]["Arn"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        iam = ctx.client("iam")
        policy = iam.get_policy(PolicyArn=id_)["Policy"]
        version = iam.get_policy_version(PolicyArn=id_, VersionId=policy["DefaultVersionId"])
        labels = iam.list_policy_tags(PolicyArn=id_)["Tags"]
        return {
            "arn": policy["Arn"],
            "attachmentCount": policy.get("AttachmentCount", 0),
            "description": policy.get("Description", ""),
            "name": policy["PolicyName"],
            "namePrefix": known.get("namePrefix", ""),
            "path": policy["Path"],
            "policy": normal(version["PolicyVersion"]["Document"]),
            "policyId": policy["PolicyId"],
            "tagsAll": tags.from_list(labels),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Make the document the new default version; the oldest goes when five exist."""
        del old
        if "policy" not in changed:
            return
        iam = ctx.client("iam")
        versions = _other_versions(iam, id_)
        if len(versions) >= _MAX_VERSIONS - 1:
            oldest = min(versions, key=lambda version: version["CreateDate"])
            iam.delete_policy_version(PolicyArn=id_, VersionId=oldest["VersionId"])
        iam.create_policy_version(PolicyArn=id_, PolicyDocument=new["policy"], SetAsDefault=True)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        iam = ctx.client("iam")
        for version in _other_versions(iam, id_):
            iam.delete_policy_version(PolicyArn=id_, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        if removed:
            ctx.client("iam").untag_policy(PolicyArn=id_, TagKeys=removed)
        if added:
            ctx.client("iam").tag_policy(PolicyArn=id_, Tags=tags.to_list(added))

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By ARN, which follows from path and name."""
        path = str(inputs["path"]).strip("/")
        name = f"{path}/{inputs['name']}" if path else inputs["name"]
        arn = ctx.arn("iam", f"policy/{name}", region=False)
        ctx.client("iam").get_policy(PolicyArn=arn)
        return arn


class RolePolicy(ResourceType):
    """``aws:iam/rolePolicy:RolePolicy``: an inline policy. Its id is ``<role>:<name>``."""

    token = "aws:iam/rolePolicy:RolePolicy"  # a type token
    force_new = frozenset({"name", "namePrefix", "role"})
    documents = frozenset({"policy"})
    name_max = _NAME_MAX

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name, and the policy's form."""
        yield from rules.check_name(inputs, _NAME_MAX)
        yield from rules.check_policy(inputs, "policy")

    def create(self, ctx: Context, inputs: Properties) -> str:
        _put(ctx, inputs["role"], inputs["name"], inputs["policy"])
        return f"{inputs['role']}:{inputs['name']}"

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        role, _, name = id_.partition(":")
        answer = ctx.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return {
            "name": name,
            "namePrefix": known.get("namePrefix", ""),
            "policy": normal(answer["PolicyDocument"]),
            "role": role,
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old, changed
        role, _, name = id_.partition(":")
        _put(ctx, role, name, new["policy"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        role, _, name = id_.partition(":")
        ctx.client("iam").delete_role_policy(RoleName=role, PolicyName=name)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By role and name, if the document is the same."""
        role, name = inputs["role"], inputs["name"]
        answer = ctx.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        same = normal(answer["PolicyDocument"]) == normal(inputs["policy"])
        return f"{role}:{name}" if same else None


class RolePolicyAttachment(ResourceType):
    """``aws:iam/rolePolicyAttachment:RolePolicyAttachment``. Its id is ``<role>/<policy ARN>``.

    That is the form in which the real provider imports one.
    """

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"  # a type token
    force_new = frozenset({"role", "policyArn"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        role, arn = inputs["role"], inputs["policyArn"]
        ctx.client("iam").attach_role_policy(RoleName=role, PolicyArn=arn)
        return f"{role}/{arn}"

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        role, _, arn = id_.partition("/")
        if arn not in attached(ctx.client("iam"), role):
            return None
        return {"policyArn": arn, "role": role}

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        role, _, arn = id_.partition("/")
        ctx.client("iam").detach_role_policy(RoleName=role, PolicyArn=arn)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The same policy on the same role."""
        role, arn = inputs["role"], inputs["policyArn"]
        return f"{role}/{arn}" if arn in attached(ctx.client("iam"), role) else None


def _put(ctx: Context, role: str, name: str, policy: str) -> None:
    ctx.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)


def _other_versions(iam: Any, arn: str) -> list[dict[str, Any]]:
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    return [version for version in versions if not version["IsDefaultVersion"]]
