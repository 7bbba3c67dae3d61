"""What is attached to a repository: lifecycle and permissions."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import is_json_object, normal
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties

_MOST_POLICY_CHARACTERS: Final = 30_720
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html"""


class LifecyclePolicy(ResourceType):
    """``aws:ecr/lifecyclePolicy:LifecyclePolicy``. Its id is the repository's name."""

    token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"  # a type token
    force_new = frozenset({"policy", "repository"})
    documents = frozenset({"policy"})
    delete_before_replace = True

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The policy's form and length."""
        yield from _check_policy(inputs)
        policy = inputs.get("policy")
        if isinstance(policy, str) and len(policy) > _MOST_POLICY_CHARACTERS:
            reason = f"The policy has {len(policy)} characters, {_MOST_POLICY_CHARACTERS} fit."
            yield Failure("policy", f"{reason} Shorten it.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        name = str(inputs["repository"])
        policy = inputs["policy"]
        ctx.client("ecr").put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=policy)
        return name

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        answer = ctx.client("ecr").get_lifecycle_policy(repositoryName=id_)
        return {
            "policy": normal(answer["lifecyclePolicyText"]),
            "registryId": answer["registryId"],
            "repository": answer["repositoryName"],
        }

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("ecr").delete_lifecycle_policy(repositoryName=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The repository's policy, if it says the same."""
        found = self.read(ctx, str(inputs["repository"]), inputs)
        same = found is not None and found["policy"] == normal(inputs["policy"])
        return str(inputs["repository"]) if same else None


class RepositoryPolicy(ResourceType):
    """``aws:ecr/repositoryPolicy:RepositoryPolicy``. Its id is the repository's name."""

    token = "aws:ecr/repositoryPolicy:RepositoryPolicy"  # a type token
    force_new = frozenset({"repository"})
    documents = frozenset({"policy"})
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "InvalidParameterException": ("Principal not found",)
    }
    delete_before_replace = True

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The policy's form."""
        yield from _check_policy(inputs)

    def create(self, ctx: Context, inputs: Properties) -> str:
        name = str(inputs["repository"])
        ctx.client("ecr").set_repository_policy(repositoryName=name, policyText=inputs["policy"])
        return name

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        answer = ctx.client("ecr").get_repository_policy(repositoryName=id_)
        return {
            "policy": normal(answer["policyText"]),
            "registryId": answer["registryId"],
            "repository": answer["repositoryName"],
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old, changed
        ctx.client("ecr").set_repository_policy(repositoryName=id_, policyText=new["policy"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("ecr").delete_repository_policy(repositoryName=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The repository's policy, if it says the same."""
        found = self.read(ctx, str(inputs["repository"]), inputs)
        same = found is not None and found["policy"] == normal(inputs["policy"])
        return str(inputs["repository"]) if same else None


def _check_policy(inputs: Properties) -> Iterable[Failure]:
    policy = inputs.get("policy")
    if isinstance(policy, str) and not is_json_object(policy):
        yield Failure("policy", "The policy is no JSON object. Correct it.")
