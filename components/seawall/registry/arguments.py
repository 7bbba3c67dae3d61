"""What ``Registry`` takes, validated. Pure."""

import re
from typing import Annotated, Final, final

from pydantic import AfterValidator, Field, model_validator

from seawall.arguments import Arguments, one_of
from seawall.registry.policies import repository_name

AES256: Final = "aes256"
KMS: Final = "kms"

_PRINCIPAL: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)/[^*]+)")


def _principal(arn: str) -> str:
    if not _PRINCIPAL.fullmatch(arn):
        raise ValueError(
            f"'{arn}' is not the ARN of an IAM role, user or account. Name principals with their "
            "account, such as arn:aws:iam::123456789012:role/ci: a wildcard would open the images "
            "to others."
        )
    return arn


def _without_repeats(services: tuple[str, ...]) -> tuple[str, ...]:
    repeated = sorted({service for service in services if services.count(service) > 1})
    if repeated:
        raise ValueError(f"{', '.join(repeated)} is named twice. Name each service once.")
    return services


@final
class RegistryArguments(Arguments):
    """The arguments of a registry; see ``RegistryArgs`` for what each means."""

    repositories: Annotated[tuple[str, ...], AfterValidator(_without_repeats)]
    namespace: str
    encryption: Annotated[str, AfterValidator(one_of(AES256, KMS))] = AES256
    keep_images: Annotated[int, Field(ge=1)] = 100
    untagged_days: Annotated[int, Field(ge=1)] = 7
    push_principals: tuple[Annotated[str, AfterValidator(_principal)], ...] = ()
    pull_principals: tuple[Annotated[str, AfterValidator(_principal)], ...] = ()
    delete_with_images: bool = False
    protect: bool = True
    tags: dict[str, str] = Field(default_factory=dict[str, str])

    @model_validator(mode="after")
    def _names_are_possible(self) -> "RegistryArguments":
        for service in self.repositories:
            repository_name(self.namespace, service)
        return self
