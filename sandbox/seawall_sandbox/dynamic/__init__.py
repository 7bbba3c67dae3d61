"""Dynamic providers: those that a program defines itself, with ``pulumi.dynamic``."""

from seawall_sandbox.dynamic.process import Plugins
from seawall_sandbox.dynamic.provider import PACKAGE, DynamicProvider

__all__ = ["PACKAGE", "DynamicProvider", "Plugins"]
