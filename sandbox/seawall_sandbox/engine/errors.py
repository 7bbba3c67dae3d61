"""What can go wrong in a run. Each message is a full sentence: what, where, why, cure."""

import grpc


class EngineError(Exception):
    """The run failed. What was done is in the state. Exit code 1."""

    def __init__(self, message: str, *, urn: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.urn = urn


class UsageError(EngineError):
    """Wrong usage or invalid input: nothing was touched. Exit code 2."""


class UnsupportedError(EngineError):
    """The program uses something of Pulumi that this engine does not have."""


class MonitorError(grpc.RpcError):
    """How the resource monitor refuses a call: what the SDK expects of a failed RPC."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self._code = code
        self._details = details

    def code(self) -> grpc.StatusCode:
        """The status code: ``UNAVAILABLE`` tells the SDK that the run was stopped."""
        return self._code

    def details(self) -> str:
        """The message."""
        return self._details
