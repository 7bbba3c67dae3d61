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


class _InlinePolicy(ResourceType):
    """A policy of one role, user or group, the ``holder``. Its id is ``<holder>:<name>``."""

    holder: ClassVar[str]
    documents = frozenset({"policy"})
    name_max = _NAME_MAX

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name, and the policy's form."""
        yield from rules.check_name(inputs, _NAME_MAX)
        yield from rules.check_policy(inputs, "policy")

    def create(self, ctx: Context, inputs: Properties) -> str:
        self._put(ctx, inputs[self.holder], inputs["name"], inputs["policy"])
        return f"{inputs[self.holder]}:{inputs['name']}"

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        holder, _, name = id_.partition(":")
        return {
            self.holder: holder,
            "name": name,
            "namePrefix": known.get("namePrefix", ""),
            "policy": self._get(ctx, holder, name),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old, changed
        holder, _, name = id_.partition(":")
        self._put(ctx, holder, name, new["policy"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        holder, _, name = id_.partition(":")
        _call(ctx, "delete_{}_policy", self.holder, holder, PolicyName=name)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By holder and name, if the document is the same."""
        holder, name = inputs[self.holder], inputs["name"]
        same = self._get(ctx, holder, name) == normal(inputs["policy"])
        return f"{holder}:{name}" if same else None

    def _get(self, ctx: Context, holder: str, name: str) -> str:
        answer = _call(ctx, "get_{}_policy", self.holder, holder, PolicyName=name)
        return normal(answer["PolicyDocument"])

    def _put(self, ctx: Context, holder: str, name: str, policy: str) -> None:
        _call(ctx, "put_{}_policy", self.holder, holder, PolicyName=name, PolicyDocument=policy)


class RolePolicy(_InlinePolicy):
    """``aws:iam/rolePolicy:RolePolicy``."""

    token = "aws:iam/rolePolicy:RolePolicy"  # a type token
    force_new = frozenset({"name", "namePrefix", "role"})
    holder = "role"


class UserPolicy(_InlinePolicy):
    """``aws:iam/userPolicy:UserPolicy``."""

    token = "aws:iam/userPolicy:UserPolicy"  # a type token
    force_new = frozenset({"name", "namePrefix", "user"})
    holder = "user"


class GroupPolicy(_InlinePolicy):
    """``aws:iam/groupPolicy:GroupPolicy``."""

    token = "aws:iam/groupPolicy:GroupPolicy"  # a type token
    force_new = frozenset({"name", "namePrefix", "group"})
    holder = "group"


class _Attachment(ResourceType):
    """A managed policy on one role, user or group. Its id is ``<holder>/<policy ARN>``.

    That is the form in which the real provider imports one.
    """

    holder: ClassVar[str]

    def create(self, ctx: Context, inputs: Properties) -> str:
        holder, arn = inputs[self.holder], inputs["policyArn"]
        _call(ctx, "attach_{}_policy", self.holder, holder, PolicyArn=arn)
        return f"{holder}/{arn}"

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        holder, _, arn = id_.partition("/")
        if arn not in attached(ctx.client("iam"), holder, self.holder):
            return None
        return {"policyArn": arn, self.holder: holder}

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        holder, _, arn = id_.partition("/")
        _call(ctx, "detach_{}_policy", self.holder, holder, PolicyArn=arn)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The same policy on the same holder."""
        holder, arn = inputs[self.holder], inputs["policyArn"]
        there = attached(ctx.client("iam"), holder, self.holder)
        return f"{holder}/{arn}" if arn in there else None


class RolePolicyAttachment(_Attachment):
    """``aws:iam/rolePolicyAttachment:RolePolicyAttachment``."""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"  # a type token
    force_new = frozenset({"role", "policyArn"})
    holder = "role"


class UserPolicyAttachment(_Attachment):
    """``aws:iam/userPolicyAttachment:UserPolicyAttachment``."""

    token = "aws:iam/userPolicyAttachment:UserPolicyAttachment"  # a type token
    force_new = frozenset({"policyArn", "user"})
    holder = "user"


class GroupPolicyAttachment(_Attachment):
    """``aws:iam/groupPolicyAttachment:GroupPolicyAttachment``."""

    token = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"  # a type token
    force_new = frozenset({"group", "policyArn"})
    holder = "group"


def _call(ctx: Context, call: str, kind: str, holder: str, **arguments: str) -> dict[str, Any]:
    """A call of IAM that there is for each kind of holder."""
    method = getattr(ctx.client("iam"), call.format(kind))
    return method(**{f"{kind.capitalize()}Name": holder}, **arguments)


def _other_versions(iam: Any, arn: str) -> list[dict[str, Any]]:
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    return [version for version in versions if not version["IsDefaultVersion"]]
