"""The ``kubernetes`` provider of the sandbox: objects are validated and written, never applied."""

from seawall_sandbox.kubernetes.provider import KubernetesProvider

__all__ = ["KubernetesProvider"]
