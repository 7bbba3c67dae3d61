"""Pulumi's ``Engine`` service as a plain object: the program's log, and the root resource."""

from typing import Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2

from seawall_sandbox.engine.output import outside_program
from seawall_sandbox.engine.progress import Progress
from seawall_sandbox.events import Severity

_SEVERITIES: Final = {
    engine_pb2.INFO: Severity.INFO,
    engine_pb2.WARNING: Severity.WARNING,
    engine_pb2.ERROR: Severity.ERROR,
}
_EMPTY: Final = empty_pb2.Empty()


class EngineService:
    """Serves the program's log and the root resource."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._root = ""

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:  # noqa: N802
        """Show what the program logs; debug messages of the SDK are let go."""
        severity = _SEVERITIES.get(request.severity)
        if severity is not None:
            with outside_program():
                self._progress.say(severity, request.message, request.urn)
        return _EMPTY

    def GetRootResource(self, request: object) -> engine_pb2.GetRootResourceResponse:  # noqa: N802
        """The URN that was set as root."""
        del request
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(  # noqa: N802
        self, request: engine_pb2.SetRootResourceRequest
    ) -> engine_pb2.SetRootResourceResponse:
        """Note the root."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(  # noqa: N802
        self, request: engine_pb2.RequirePulumiVersionRequest
    ) -> engine_pb2.RequirePulumiVersionResponse:
        """Version demands are for the stock CLI: this engine is not one of its versions."""
        message = (
            f"The program requires the pulumi CLI {request.pulumi_version_range}; the embedded "
            "engine does not check that."
        )
        with outside_program():
            self._progress.say(Severity.WARNING, message)
        return engine_pb2.RequirePulumiVersionResponse()
