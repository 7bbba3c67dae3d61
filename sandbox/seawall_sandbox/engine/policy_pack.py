"""The connection to one policy pack: its configuration, and what it is asked."""

from collections.abc import Iterable, Mapping
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from seawall_sandbox.engine import policy_config
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.engine.policy_process import PackProcess
from seawall_sandbox.wire import to_struct


class Pack:
    """A running pack, configured. Raises ``UsageError`` for a configuration that is not valid."""

    def __init__(
        self,
        process: PackProcess,
        stack: analyzer_pb2.AnalyzerStackConfigureRequest,
        given: Mapping[str, policy_config.Settings],
    ) -> None:
        self._directory = process.directory
        limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._channel = grpc.insecure_channel(
            f"127.0.0.1:{process.port}", [*limits, ("grpc.enable_http_proxy", 0)]
        )
        self._stub = analyzer_pb2_grpc.AnalyzerStub(self._channel)
        try:
            self._call("ConfigureStack", stack)
            info: analyzer_pb2.AnalyzerInfo = self._call("GetAnalyzerInfo", empty_pb2.Empty())
            self._name = f"{info.name}@v{process.version or info.version}"
            self._configure(info, given)
        except BaseException:
            self._channel.close()
            raise

    def label(self, policy: str) -> str:
        """How a policy is named to the user."""
        return f"Policy {policy} of the pack {self._name}"

    def remediate(self, request: analyzer_pb2.AnalyzeRequest) -> Iterable[analyzer_pb2.Remediation]:
        """What the pack would change in a resource's inputs."""
        response = self._call("Remediate", request)
        return () if response is None else response.remediations

    def analyze(
        self, request: analyzer_pb2.AnalyzeRequest
    ) -> Iterable[analyzer_pb2.AnalyzeDiagnostic]:
        """What the pack says about a resource."""
        return self._call("Analyze", request).diagnostics

    def analyze_stack(
        self, request: analyzer_pb2.AnalyzeStackRequest
    ) -> Iterable[analyzer_pb2.AnalyzeDiagnostic]:
        """What the pack says about all resources together."""
        return self._call("AnalyzeStack", request).diagnostics

    def close(self) -> None:
        """Let go of the connection."""
        self._channel.close()

    def _configure(
        self, info: analyzer_pb2.AnalyzerInfo, given: Mapping[str, policy_config.Settings]
    ) -> None:
        policies = [
            policy_config.Policy(
                name=policy.name,
                level=policy_config.LEVELS[policy.enforcementLevel],
                schema=(
                    json_format.MessageToDict(policy.configSchema.properties)
                    if policy.HasField("configSchema")
                    else None
                ),
                required=tuple(policy.configSchema.required),
            )
            for policy in info.policies
        ]
        initial = {
            name: policy_config.Settings(
                policy_config.LEVELS[config.enforcementLevel],
                json_format.MessageToDict(config.properties),
            )
            for name, config in info.initialConfig.items()
        }
        settings, problems = policy_config.reconcile(policies, initial, given)
        if problems:
            raise UsageError(
                f"The configuration of the policy pack {self._name} is not valid: "
                f"{'; '.join(problems)}. Nothing was touched."
            )
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for name, setting in settings.items():
            request.policyConfig[name].enforcementLevel = analyzer_pb2.EnforcementLevel.Value(
                setting.level.upper()
            )
            request.policyConfig[name].properties.CopyFrom(to_struct(setting.properties))
        self._call("Configure", request)

    def _call(self, method: str, request: object) -> Any:
        """Call the pack; nothing for an optional method that it does not have."""
        try:
            return getattr(self._stub, method)(request)
        except grpc.RpcError as error:
            code: Any = getattr(error, "code", None)
            details: Any = getattr(error, "details", None)
            optional = method in {"ConfigureStack", "Remediate", "Configure"}
            if optional and code is not None and code() is grpc.StatusCode.UNIMPLEMENTED:
                return None
            raise EngineError(
                f"The policy pack {self._directory} failed in {method}: "
                f"{details() if details else error}"
            ) from error
