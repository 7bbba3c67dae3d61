"""``aws:ecr/repository:Repository``, and the function that finds one."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.held import held, hold, release
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.naming import automatic_name
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value, is_known

NAME: Final = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")
"""Names of repositories and of their prefixes."""
_MUTABILITIES: Final = frozenset(
    {"MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"},
)
_MOST_FILTERS: Final = 5
"""https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html"""
_FILTERS: Final = "imageTagMutabilityExclusionFilters"


class Repository(ResourceType):
    """``aws:ecr/repository:Repository``. Its id is its name.

    moto forgets which tags are excluded from (im)mutability: the provider holds them.
    """

    token = "aws:ecr/repository:Repository"  # a type token
    emulated = "partly"
    force_new = frozenset({"encryptionConfigurations", "name"})
    defaults: ClassVar[Mapping[str, Value]] = {
        "encryptionConfigurations.encryptionType": "AES256",
        "imageTagMutability": "MUTABLE",
    }
    computed = frozenset({"encryptionConfigurations.kmsKey"})
    write_only = frozenset({"forceDelete"})
    name_max = 256

    def automatic_name(self, name: str, seed: bytes) -> str:
        """In lower case, as ECR wants it."""
        return automatic_name(name.lower(), seed, max_length=self.name_max)

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name, the mutability and its exclusions."""
        name = inputs.get("name")
        if isinstance(name, str) and not (2 <= len(name) <= 256 and NAME.fullmatch(name)):
            reason = (
                f"{name!r} is no repository name: 2 to 256 lower-case letters, digits and"
                " ._-/, with a letter or digit around each separator."
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

    def inapplicable(self, inputs: Properties) -> frozenset[str]:
        """Encryption and scanning stay as they are when nothing is said of them (any more)."""
        return frozenset({"encryptionConfigurations", "imageScanningConfiguration"} - inputs.keys())

    def create(self, ctx: Context, inputs: Properties) -> str:
        optional = {
            "imageScanningConfiguration": inputs.get("imageScanningConfiguration"),
            "imageTagMutabilityExclusionFilters": inputs.get(_FILTERS),
            "tags": tags.to_list(as_dict(inputs.get("tagsAll"))),
        }
        for encryption in as_list(inputs.get("encryptionConfigurations")):
            optional["encryptionConfiguration"] = {
                "encryptionType": encryption.get("encryptionType", "AES256"),
                **({"kmsKey": encryption["kmsKey"]} if encryption.get("kmsKey") else {}),
            }
        ctx.client("ecr").create_repository(
            repositoryName=inputs["name"],
            imageTagMutability=inputs["imageTagMutability"],
            **{key: value for key, value in optional.items() if value},
        )
        return str(inputs["name"])

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        hold(ctx, self.token, id_, {_FILTERS: inputs[_FILTERS]} if inputs.get(_FILTERS) else {})

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
            filters = as_list(new.get(_FILTERS))
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
        same = found is not None and found["tagsAll"] == (as_dict(inputs.get("tagsAll")))
        return str(inputs["name"]) if same else None


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
