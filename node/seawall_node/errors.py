"""What goes wrong, as full sentences: what, where, why, cure."""

from __future__ import annotations


class AgentError(Exception):
    """Base of every error that the agent raises on purpose."""


class ConfigError(AgentError):
    """``node.json`` is missing or wrong."""


class MetadataError(AgentError):
    """The instance metadata service gave no answer, or one that makes no sense."""


class CloudError(AgentError):
    """AWS refused a request or did not answer it."""


class ConflictError(AgentError):
    """Somebody else changed the cluster record first: read it again and decide anew."""


class EngineError(AgentError):
    """Docker refused a request or did not answer. ``status`` is its HTTP status, 0 without one."""

    def __init__(self, message: str, status: int = 0) -> None:
        self.status = status
        super().__init__(message)


class RefusedError(AgentError):
    """A command that would do harm now. The text says why, and what to do first."""
