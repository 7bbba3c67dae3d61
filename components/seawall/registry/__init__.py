"""The container registry: a repository for each service."""

from typing import TYPE_CHECKING

from seawall.lazy import load_on_demand
from seawall.registry.policies import RegistryError, repository_name

if TYPE_CHECKING:
    from seawall.registry.component import Registry, RegistryArgs

__all__ = ["Registry", "RegistryArgs", "RegistryError", "repository_name"]

__getattr__, __dir__ = load_on_demand(__name__, {"component": ("Registry", "RegistryArgs")})
