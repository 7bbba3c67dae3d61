"""The ``random`` provider of the sandbox: passwords and ids that are made once and then kept."""

from seawall_sandbox.random.provider import RandomProvider

__all__ = ["RandomProvider"]
