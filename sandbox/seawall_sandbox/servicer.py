"""One provider object as Pulumi's gRPC service ``ResourceProvider``.

Of the service, what the engine calls for plain resources and functions is here. Components,
parameters and the like answer UNIMPLEMENTED, as the generated base class does.
"""

# ruff: noqa: N802, ARG002  # gRPC fixes the names and arguments of the methods

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar, cast

import grpc
from google.protobuf import any_pb2, empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from seawall_sandbox.protocol import (
    CheckResult,
    DiffKind,
    DiffResult,
    Failure,
    Provider,
    ProviderError,
    ResourceState,
)
from seawall_sandbox.values import Properties, Secret
from seawall_sandbox.wire import from_struct, to_struct

_KINDS = {
    DiffKind.ADD: provider_pb2.PropertyDiff.Kind.ADD,
    DiffKind.ADD_REPLACE: provider_pb2.PropertyDiff.Kind.ADD_REPLACE,
    DiffKind.DELETE: provider_pb2.PropertyDiff.Kind.DELETE,
    DiffKind.DELETE_REPLACE: provider_pb2.PropertyDiff.Kind.DELETE_REPLACE,
    DiffKind.UPDATE: provider_pb2.PropertyDiff.Kind.UPDATE,
    DiffKind.UPDATE_REPLACE: provider_pb2.PropertyDiff.Kind.UPDATE_REPLACE,
}
_STATUS_DETAILS = "grpc-status-details-bin"
"""Where gRPC carries a ``google.rpc.Status`` with more than code and text."""

logger = logging.getLogger(__name__)

_Arguments = ParamSpec("_Arguments")
_Response = TypeVar("_Response")


def _reported(method: Callable[_Arguments, _Response]) -> Callable[_Arguments, _Response]:
    """Report what a method raises as the engine expects it."""

    @wraps(method)
    def reporting(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Response:
        try:
            return method(*args, **kwargs)
        except ProviderError as error:
            failure = error
        except Exception as error:
            logger.exception("%s failed", method.__name__)
            failure = ProviderError(
                f"The provider failed in {method.__name__}: {type(error).__name__}: {error}"
            )
        # gRPC passes self, the request and the context by position.
        _abort(cast("grpc.ServicerContext", args[2]), failure)

    return reporting


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine's calls with those of ``provider``.

    A provider with a true attribute ``accepts_secrets`` gets ``Secret`` in inputs and recorded
    outputs, and says in its answers what is secret; any other gets plain values, and the engine
    keeps track.
    """

    def __init__(self, package: str, version: str, provider: Provider) -> None:
        self._package = package
        self._version = version
        self._provider = provider
        self._accepts_secrets = bool(getattr(provider, "accepts_secrets", False))

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Want no resource references and no output values; secrets if the provider does."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=self._accepts_secrets)

    def GetPluginInfo(
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> plugin_pb2.PluginInfo:
        """The version of the SDK whose programs this plugin serves."""
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Name and version alone: programs in Python bring their own types."""
        schema = {"name": self._package, "version": self._version}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def Attach(
        self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Nothing to do: this provider never calls the engine back."""
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Let running calls finish: each is short against the emulator."""
        return empty_pb2.Empty()

    @_reported
    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Check the provider's configuration."""
        return _checked(
            self._provider.check_config(request.urn, _plain(request.olds), _plain(request.news))
        )

    @_reported
    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Compare two configurations of the provider."""
        # ``olds`` are the provider's outputs, which are its inputs of the last time.
        return _compared(
            self._provider.diff_config(request.urn, _plain(request.olds), _plain(request.news))
        )

    @_reported
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Configure the provider."""
        self._provider.configure(_plain(request.args))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=self._accepts_secrets, supportsPreview=True
        )

    @_reported
    def Check(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Check the inputs of a resource."""
        olds = self._given(request.olds) or None
        return _checked(
            self._provider.check(
                request.urn,
                _type(request.urn),
                olds,
                self._given(request.news),
                request.randomSeed,
            )
        )

    @_reported
    def Diff(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Compare a resource's state with new inputs."""
        return _compared(
            self._provider.diff(
                request.urn,
                _type(request.urn),
                ResourceState(
                    request.id, self._given(request.olds), self._given(request.old_inputs)
                ),
                self._given(request.news),
                tuple(request.ignoreChanges),
            )
        )

    @_reported
    def Create(
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Create a resource, or say what a preview knows of it."""
        state = self._provider.create(
            request.urn,
            _type(request.urn),
            self._given(request.properties),
            preview=request.preview,
            timeout=request.timeout,
        )
        return provider_pb2.CreateResponse(id=state.id, properties=_outputs(state))

    @_reported
    def Read(
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Read a resource as it is now."""
        state = self._provider.read(
            request.urn,
            _type(request.urn),
            request.id,
            self._given(request.inputs),
            self._given(request.properties),
        )
        # To the engine, empty properties are those of a resource that exists and has none, and
        # empty inputs replace the recorded ones: what is not said must be left out.
        response = provider_pb2.ReadResponse(id=state.id)
        if state.id:
            response.properties.CopyFrom(_outputs(state))
            if state.inputs is not None:
                response.inputs.CopyFrom(to_struct(state.inputs))
        return response

    @_reported
    def Update(
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Change a resource in place, or say what a preview knows of it."""
        state = self._provider.update(
            request.urn,
            _type(request.urn),
            ResourceState(request.id, self._given(request.olds), self._given(request.old_inputs)),
            self._given(request.news),
            ignore_changes=tuple(request.ignoreChanges),
            preview=request.preview,
            timeout=request.timeout,
        )
        return provider_pb2.UpdateResponse(properties=_outputs(state))

    @_reported
    def Delete(
        self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Delete a resource."""
        self._provider.delete(
            request.urn,
            _type(request.urn),
            ResourceState(
                request.id, self._given(request.properties), self._given(request.old_inputs)
            ),
            timeout=request.timeout,
        )
        return empty_pb2.Empty()

    @_reported
    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Call a function."""
        result = self._provider.invoke(request.tok, _plain(request.args))
        response = provider_pb2.InvokeResponse(failures=_failures(result.failures))
        # ``return`` is a keyword of Python, so the field is reached by its name.
        outputs = _with_secrets(result.outputs, result.secret_outputs)
        getattr(response, "return").CopyFrom(to_struct(outputs))
        return response

    def _given(self, struct: struct_pb2.Struct) -> Properties:
        return from_struct(struct, secrets=self._accepts_secrets)


def _plain(struct: struct_pb2.Struct) -> Properties:
    return from_struct(struct, secrets=False)


def _type(urn: str) -> str:
    """The resource type in a URN: ``urn:pulumi:stack::project::parents$type::name``."""
    return urn.split("::")[2].rpartition("$")[2]


def _outputs(state: ResourceState) -> struct_pb2.Struct:
    return to_struct(_with_secrets(state.outputs, state.secret_outputs))


def _with_secrets(outputs: Properties, names: frozenset[str]) -> Properties:
    return {
        name: Secret(value) if name in names and not isinstance(value, Secret) else value
        for name, value in outputs.items()
    }


def _failures(failures: tuple[Failure, ...]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=f.property, reason=f.reason) for f in failures]


def _checked(result: CheckResult) -> provider_pb2.CheckResponse:
    return provider_pb2.CheckResponse(
        inputs=to_struct(result.inputs), failures=_failures(result.failures)
    )


def _compared(result: DiffResult) -> provider_pb2.DiffResponse:
    changes = provider_pb2.DiffResponse.DiffChanges
    return provider_pb2.DiffResponse(
        changes=changes.DIFF_SOME if result.changed else changes.DIFF_NONE,
        replaces=result.replaces,
        diffs=result.diffs,
        stables=result.stables,
        deleteBeforeReplace=result.delete_before_replace,
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=_KINDS[kind])
            for path, kind in result.detailed.items()
        },
        hasDetailedDiff=bool(result.detailed),
    )


def _abort(context: grpc.ServicerContext, error: ProviderError) -> NoReturn:
    if error.state is not None:
        failed = provider_pb2.ErrorResourceInitFailed(
            id=error.state.id,
            properties=_outputs(error.state),
            inputs=to_struct(error.state.inputs or {}),
            reasons=[error.message],
        )
        detail = any_pb2.Any()
        detail.Pack(failed)
        code: int = grpc.StatusCode.UNKNOWN.value[0]
        status = status_pb2.Status(code=code, message=error.message, details=[detail])
        context.set_trailing_metadata(((_STATUS_DETAILS, status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, error.message)
