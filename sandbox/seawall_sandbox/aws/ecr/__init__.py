"""ECR: repositories, their policies, and the registry's settings."""

from typing import Final

from seawall_sandbox.aws.ecr.policies import LifecyclePolicy, RepositoryPolicy
from seawall_sandbox.aws.ecr.registry import (
    PullThroughCacheRule,
    RegistryScanningConfiguration,
    get_authorization_token,
)
from seawall_sandbox.aws.ecr.repository import Repository, get_repository
from seawall_sandbox.aws.registry import Function, Secrets
from seawall_sandbox.aws.resource import ResourceType

RESOURCES: Final[tuple[type[ResourceType], ...]] = (
    LifecyclePolicy,
    PullThroughCacheRule,
    RegistryScanningConfiguration,
    Repository,
    RepositoryPolicy,
)
FUNCTIONS: Final[dict[str, Function]] = {
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": get_authorization_token,
    "aws:ecr/getRepository:getRepository": get_repository,
}
SECRETS: Final[dict[str, Secrets]] = {
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": lambda _: frozenset(
        {"authorizationToken", "password"}
    ),
}
