"""ECR: repositories, their policies, and the registry's settings."""

from typing import Final

from seawall_sandbox.aws.ecr.policies import LifecyclePolicy, RepositoryPolicy
from seawall_sandbox.aws.ecr.registry import (
    PullThroughCacheRule,
    RegistryScanningConfiguration,
    get_authorization_token,
    get_credentials,
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
    "aws:ecr/getCredentials:getCredentials": get_credentials,
    "aws:ecr/getRepository:getRepository": get_repository,
}
_TOKEN: Final = frozenset({"authorizationToken", "password"})
SECRETS: Final[dict[str, Secrets]] = {
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": lambda _: _TOKEN,
    "aws:ecr/getCredentials:getCredentials": lambda _: _TOKEN,
}
