"""The container registry: a repository for each service."""

from seawall.registry.component import Registry, RegistryArgs
from seawall.registry.policies import RegistryError, image_reference, repository_name

__all__ = ["Registry", "RegistryArgs", "RegistryError", "image_reference", "repository_name"]
