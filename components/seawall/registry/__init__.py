"""The container registry: a repository for each service."""

from seawall.registry.component import Registry, RegistryArgs
from seawall.registry.policies import RegistryError, repository_name

__all__ = ["Registry", "RegistryArgs", "RegistryError", "repository_name"]
