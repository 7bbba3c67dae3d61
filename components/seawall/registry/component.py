"""The container registry: one repository for each service."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from seawall.arguments import validated
from seawall.component import Component, name_tags
from seawall.outputs import by_key
from seawall.registry.arguments import KMS, RegistryArguments
from seawall.registry.policies import lifecycle_policy, repository_name, repository_policy

_KEY_DELETION_DAYS = 30
"""The longest time that KMS keeps a key that is to be deleted: time to notice."""


class RegistryArgs(TypedDict):
    """What a ``Registry`` is made from."""

    repositories: Sequence[str]
    """Names of the services: each gets a repository ``<namespace>/<service>``."""
    namespace: NotRequired[str | None]
    """First part of the repositories' names. Default: the component's name."""
    encryption: NotRequired[str | None]
    """``aes256`` (Amazon's keys) or ``kms`` (a key of the registry's own, rotated every year).

    Create-time only: another value replaces the repositories and loses their images. Default:
    ``aes256``."""
    keep_images: NotRequired[int | None]
    """How many tagged images a repository keeps; older ones are removed. Default: 100."""
    untagged_days: NotRequired[int | None]
    """After how many days an untagged image is removed. Default: 7."""
    push_principals: NotRequired[Sequence[str] | None]
    """ARNs of IAM roles, users or accounts that may push and pull. Default: none."""
    pull_principals: NotRequired[Sequence[str] | None]
    """ARNs of IAM roles, users or accounts that may pull. Default: none.

    Principals of the registry's own account may have the permission from their own policies, as
    the cluster's nodes have."""
    delete_with_images: NotRequired[bool | None]
    """Gives up the protection of images: repositories that hold some are deleted with them.
    Default: false."""
    protect: NotRequired[bool | None]
    """Whether repositories and key are protected from destroy and kept. Default: true, unless
    ``delete_with_images``."""
    tags: NotRequired[Mapping[str, str] | None]
    """Tags on every resource that takes tags. Default: none but ``Name``."""


class Registry(Component):
    """Private ECR repositories: scanned on push, with tags that never move.

    Account-wide settings of ECR (enhanced scanning, replication) are left alone: two stacks in one
    account would fight over them.

    Raises ``InvalidArgumentsError`` if an argument is unknown, missing or out of range.
    """

    repository_urls: pulumi.Output[Mapping[str, str]]
    """URLs of the repositories by service, without tag."""
    repository_arns: pulumi.Output[Sequence[str]]
    """ARNs of the repositories, in the order of the services' names."""

    def __init__(
        self,
        name: str,
        args: RegistryArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, args, opts)
        settings = validated(
            "Registry",
            name,
            RegistryArguments,
            {**args, "namespace": args.get("namespace") or name},
        )
        self._name = name
        self._settings = settings
        # Only ever true or not given, so that the component's own options still reach the child.
        self._keep = True if settings.protect and not settings.delete_with_images else None

        key = self._key() if settings.encryption == KMS else None
        repositories = {
            service: self._repository(service, key) for service in sorted(settings.repositories)
        }

        self.repository_urls = by_key(
            {service: repository.repository_url for service, repository in repositories.items()}
        )
        self.repository_arns = pulumi.Output.all(
            *[repository.arn for repository in repositories.values()]
        )
        self.publish()

    def _key(self) -> aws.kms.Key:
        """The key of the repositories, usable through the account's IAM policies as usual."""
        name = f"{self._name}-registry"
        key = aws.kms.Key(
            name,
            description=f"Container images of {self._settings.namespace}",
            enable_key_rotation=True,
            deletion_window_in_days=_KEY_DELETION_DAYS,
            tags=name_tags(self._settings.tags, name),
            opts=self.child_options(protect=self._keep, retain_on_delete=self._keep),
        )
        aws.kms.Alias(
            name,
            name=f"alias/{self._settings.namespace}/registry",
            target_key_id=key.key_id,
            opts=self.child_options(),
        )
        return key

    def _repository(self, service: str, key: aws.kms.Key | None) -> aws.ecr.Repository:
        settings = self._settings
        name = f"{self._name}-{service}"
        repository = aws.ecr.Repository(
            name,
            name=repository_name(settings.namespace, service),
            image_scanning_configuration={"scan_on_push": True},
            image_tag_mutability="IMMUTABLE",
            encryption_configurations=[
                {"encryption_type": "KMS", "kms_key": key.arn}
                if key
                else {"encryption_type": "AES256"}
            ],
            force_delete=settings.delete_with_images,
            tags=name_tags(settings.tags, name),
            opts=self.child_options(protect=self._keep, retain_on_delete=self._keep),
        )
        aws.ecr.LifecyclePolicy(
            name,
            repository=repository.name,
            policy=lifecycle_policy(settings.untagged_days, settings.keep_images),
            opts=self.child_options(),
        )
        policy = repository_policy(settings.push_principals, settings.pull_principals)
        if policy is not None:
            aws.ecr.RepositoryPolicy(
                name,
                repository=repository.name,
                policy=policy,
                opts=self.child_options(),
            )
        return repository
