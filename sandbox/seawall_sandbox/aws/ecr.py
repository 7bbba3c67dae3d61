"""ECR: repositories, their policies, and the registry's settings."""

import base64
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import is_json_object, normal, rfc3339
from seawall_sandbox.aws.held import held, hold, release
from seawall_sandbox.aws.naming import automatic_name
from seawall_sandbox.aws.recorded import RecordedOnly
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value, is_known

_NAME: Final = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")
_MUTABILITIES: Final = frozenset(
    {"MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"},
)
_MOST_FILTERS: Final = 5
"""https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html"""
_MOST_POLICY_CHARACTERS: Final = 30_720
_TOKEN_LIFE: Final = timedelta(hours=12)
_FILTERS: Final = "imageTagMutabilityExclusionFilters"


class Repository(ResourceType):
    """``aws:ecr/repository:Repository``. Its id is its name.

    moto forgets which tags are excluded from (im)mutability: the provider holds them.
    """

    token = "aws:ecr/repository:Repository"  # noqa: S105  # a type token
    emulated = "partly"
    force_new = frozenset({"encryptionConfigurations", "name"})
    defaults: ClassVar[Mapping[str, Value]] = {"imageTagMutability": "MUTABLE"}
    computed = frozenset({"encryptionConfigurations.kmsKey"})
    write_only = frozenset({"forceDelete"})
    name_max = 256

    def automatic_name(self, name: str, seed: bytes) -> str:
        """In lower case, as ECR wants it."""
        return automatic_name(name.lower(), seed, max_length=self.name_max)

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name, the mutability and its exclusions."""
        name = inputs.get("name")
        if isinstance(name, str) and not (2 <= len(name) <= 256 and _NAME.fullmatch(name)):
            reason = (
                f"{name!r} is no repository name: 2 to 256 lower-case letters, digits and ._-/, with"
                " a letter or digit around each separator."
            )
            yield Failure("name", f"{reason} Rename it.")
        mutability = inputs.get("imageTagMutability")
        if isinstance(mutability, str) and mutability not in _MUTABILITIES:
            known = ", ".join(sorted(_MUTABILITIES))
            yield Failure(
                "imageTagMutability", f"{mutability!r} is not one of {known}. Choose one."
            )
        filters = inputs.get(_FILTERS)
        if isinstance(mutability, str) and is_known(filters):
            excluding = mutability.endswith("_WITH_EXCLUSION")
            if excluding != bool(filters) or len(filters or []) > _MOST_FILTERS:
                reason = f"{mutability} goes with {'1 to 5' if excluding else 'no'} filters."
                yield Failure(_FILTERS, f"{reason} Give both, or none.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        optional = {
            "imageScanningConfiguration": inputs.get("imageScanningConfiguration"),
            "imageTagMutabilityExclusionFilters": inputs.get(_FILTERS),
            "tags": tags.to_list(inputs.get("tagsAll") or {}),
        }
        for encryption in inputs.get("encryptionConfigurations") or []:
            optional["encryptionConfiguration"] = {
                "encryptionType": encryption.get("encryptionType", "AES256"),
                **({"kmsKey": encryption["kmsKey"]} if encryption.get("kmsKey") else {}),
            }
        ctx.client("ecr").create_repository(
            repositoryName=inputs["name"],
            imageTagMutability=inputs["imageTagMutability"],
            **{key: value for key, value in optional.items() if value},
        )
        id_ = ctx.created(inputs["name"])
        hold(ctx, self.token, id_, {_FILTERS: inputs[_FILTERS]} if inputs.get(_FILTERS) else {})
        return id_

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        ecr = ctx.client("ecr")
        repository = ecr.describe_repositories(repositoryNames=[id_])["repositories"][0]
        arn = repository["repositoryArn"]
        encryption = repository["encryptionConfiguration"]
        return {
            "arn": arn,
            "encryptionConfigurations": [
                {
                    "encryptionType": encryption["encryptionType"],
                    "kmsKey": encryption.get("kmsKey", ""),
                },
            ],
            "imageScanningConfiguration": repository["imageScanningConfiguration"],
            "imageTagMutability": repository["imageTagMutability"],
            _FILTERS: [],
            "name": repository["repositoryName"],
            "registryId": repository["registryId"],
            "repositoryUrl": repository["repositoryUri"],
            "tagsAll": tags.from_list(ecr.list_tags_for_resource(resourceArn=arn)["tags"]),
            **held(ctx, self.token, id_),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old
        ecr = ctx.client("ecr")
        if changed & {"imageTagMutability", _FILTERS}:
            filters = new.get(_FILTERS) or []
            ecr.put_image_tag_mutability(
                repositoryName=id_,
                imageTagMutability=new["imageTagMutability"],
                **({"imageTagMutabilityExclusionFilters": filters} if filters else {}),
            )
            hold(ctx, self.token, id_, {_FILTERS: filters})
        if "imageScanningConfiguration" in changed:
            scanning = new.get("imageScanningConfiguration") or {"scanOnPush": False}
            ecr.put_image_scanning_configuration(
                repositoryName=id_, imageScanningConfiguration=scanning
            )

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Delete it; with images in it only by ``forceDelete``."""
        force = bool(outputs.get("forceDelete"))
        ctx.client("ecr").delete_repository(repositoryName=id_, force=force)
        release(ctx, self.token, id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        arn = ctx.arn("ecr", f"repository/{id_}")
        if removed:
            ctx.client("ecr").untag_resource(resourceArn=arn, tagKeys=removed)
        if added:
            ctx.client("ecr").tag_resource(resourceArn=arn, tags=tags.to_list(added))

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, if the tags are what we set."""
        found = self.read(ctx, str(inputs["name"]), inputs)
        same = found is not None and found["tagsAll"] == (inputs.get("tagsAll") or {})
        return str(inputs["name"]) if same else None


class LifecyclePolicy(ResourceType):
    """``aws:ecr/lifecyclePolicy:LifecyclePolicy``. Its id is the repository's name."""

    token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"  # noqa: S105  # a type token
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

    token = "aws:ecr/repositoryPolicy:RepositoryPolicy"  # noqa: S105  # a type token
    force_new = frozenset({"repository"})
    documents = frozenset({"policy"})
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


class PullThroughCacheRule(RecordedOnly):
    """``aws:ecr/pullThroughCacheRule:PullThroughCacheRule``. Its id is the repository prefix."""

    token = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"  # noqa: S105  # a type token
    id_property = "ecrRepositoryPrefix"
    force_new = frozenset(
        {"ecrRepositoryPrefix", "upstreamRegistryUrl", "upstreamRepositoryPrefix"}
    )
    implied: ClassVar[Mapping[str, Value]] = {"upstreamRepositoryPrefix": "ROOT"}

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The prefix's form, and where the credentials must lie."""
        prefix = inputs.get("ecrRepositoryPrefix")
        if (
            isinstance(prefix, str)
            and prefix != "ROOT"
            and not (2 <= len(prefix) <= 30 and _NAME.fullmatch(prefix))
        ):
            reason = (
                f"{prefix!r} is no repository prefix: 2 to 30 lower-case letters, digits, ._-/."
            )
            yield Failure("ecrRepositoryPrefix", f"{reason} Rename it.")
        credential = inputs.get("credentialArn")
        if isinstance(credential, str) and ":secret:ecr-pullthroughcache/" not in credential:
            reason = f"{credential!r} names no secret whose name begins with ecr-pullthroughcache/."
            yield Failure("credentialArn", f"{reason} Keep the credentials under such a name.")

    def derive(self, ctx: Context, id_: str, inputs: Properties) -> Properties:
        """The registry, and the defaults that ECR fills in."""
        del id_
        return {
            "credentialArn": inputs.get("credentialArn", ""),
            "customRoleArn": inputs.get("customRoleArn", ""),
            "registryId": ctx.account,
            "upstreamRepositoryPrefix": inputs.get("upstreamRepositoryPrefix", "ROOT"),
        }


class RegistryScanningConfiguration(ResourceType):
    """``aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration``: one per registry.

    Its id is the account number. Deleting it puts basic scanning without rules back.
    """

    token = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"  # noqa: S105  # a type token
    sets = frozenset({"rules", "rules.repositoryFilters"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        _put_scanning(ctx, inputs)
        return ctx.account

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        answer = ctx.client("ecr").get_registry_scanning_configuration()
        configuration = answer["scanningConfiguration"]
        return {
            "registryId": id_,
            "rules": [
                {
                    "repositoryFilters": rule["repositoryFilters"],
                    "scanFrequency": rule["scanFrequency"],
                }
                for rule in configuration["rules"]
            ],
            "scanType": configuration["scanType"],
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del id_, old, changed
        _put_scanning(ctx, new)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del id_, outputs
        _put_scanning(ctx, {"scanType": "BASIC"})


def get_authorization_token(ctx: Context, args: Properties) -> Properties:
    """``aws:ecr/getAuthorizationToken:getAuthorizationToken``: what ``docker login`` needs.

    The token opens nothing: no registry runs in the sandbox. Its end is twelve hours after its
    making, as with ECR.
    """
    answer = ctx.client("ecr").get_authorization_token()
    data = answer["authorizationData"][0]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return {
        "authorizationToken": data["authorizationToken"],
        "expiresAt": rfc3339(datetime.now(UTC) + _TOKEN_LIFE),
        "id": ctx.region,
        "password": password,
        "proxyEndpoint": data["proxyEndpoint"],
        "region": ctx.region,
        "registryId": args.get("registryId"),
        "userName": user,
    }


def get_repository(ctx: Context, args: Properties) -> Properties:
    """``aws:ecr/getRepository:getRepository``: a repository by name."""
    name = str(args["name"])
    found = Repository().read(ctx, name, {})
    if found is None:
        raise ValueError(f"ECR has no repository {name!r}. Create it, or correct the name.")
    ecr = ctx.client("ecr")
    images: list[dict[str, Any]] = ecr.describe_images(repositoryName=name)["imageDetails"]
    newest = max(images, key=lambda image: image["imagePushedAt"], default=None)
    return {
        "arn": found["arn"],
        "encryptionConfigurations": found["encryptionConfigurations"],
        "id": name,
        "imageScanningConfigurations": [found["imageScanningConfiguration"]],
        "imageTagMutability": found["imageTagMutability"],
        "imageTagMutabilityExclusionFilters": found[_FILTERS],
        "mostRecentImageTags": newest.get("imageTags", []) if newest else [],
        "name": name,
        "region": ctx.region,
        "registryId": found["registryId"],
        "repositoryUrl": found["repositoryUrl"],
        "tags": found["tagsAll"],
    }


def _check_policy(inputs: Properties) -> Iterable[Failure]:
    policy = inputs.get("policy")
    if isinstance(policy, str) and not is_json_object(policy):
        yield Failure("policy", "The policy is no JSON object. Correct it.")


def _put_scanning(ctx: Context, inputs: Properties) -> None:
    ctx.client("ecr").put_registry_scanning_configuration(
        scanType=inputs["scanType"],
        rules=[
            {
                "scanFrequency": rule["scanFrequency"],
                "repositoryFilters": rule["repositoryFilters"],
            }
            for rule in inputs.get("rules") or []
        ],
    )


RESOURCES: Final[tuple[type[ResourceType], ...]] = (
    LifecyclePolicy,
    PullThroughCacheRule,
    RegistryScanningConfiguration,
    Repository,
    RepositoryPolicy,
)
FUNCTIONS: Final = {
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": get_authorization_token,
    "aws:ecr/getRepository:getRepository": get_repository,
}
