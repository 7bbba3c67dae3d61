"""Pulumi's ``ResourceMonitor`` service as a plain object.

The SDK calls them as it would call gRPC stubs: same messages, no sockets. What a request means is
that of pkg/resource/deploy/source_eval.go of pulumi/pulumi.
"""

import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import callback_pb2, provider_pb2, resource_pb2

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.assets import with_hashes
from seawall_sandbox.engine.deploy import Deployer
from seawall_sandbox.engine.errors import EngineError, MonitorError, UnsupportedError, UsageError
from seawall_sandbox.engine.hooks import Hooks
from seawall_sandbox.engine.output import outside_program
from seawall_sandbox.engine.progress import Progress, Stopped, explain
from seawall_sandbox.engine.providers import Registry
from seawall_sandbox.engine.requests import (
    given_provider,
    inherit,
    provider_of,
    read_goal,
    refuse_package_reference,
    refuse_unsupported,
)
from seawall_sandbox.engine.resource import Goal
from seawall_sandbox.engine.transforms import Transforms, own_transforms
from seawall_sandbox.events import Severity
from seawall_sandbox.protocol import ProviderError
from seawall_sandbox.values import UNKNOWN_STRING, Properties
from seawall_sandbox.wire import from_struct, to_struct

FEATURES: Final = {
    "secrets": resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    "resourceReferences": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    "outputValues": resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    "aliasSpecs": resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    "replacementTrigger": resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    "deletedWith": resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    "replaceWith": resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    "transforms": resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    "invokeTransforms": resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    "resourceHooks": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    "errorHooks": resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
}
"""What this monitor serves. The SDK itself refuses, by name, to use what is not among them."""

_EMPTY: Final = empty_pb2.Empty()

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _call(
    method: Callable[Concatenate["Monitor", _P], _R],
) -> Callable[Concatenate["Monitor", _P], _R]:
    """Run a service method outside the program's output, its errors as the SDK expects them."""

    @wraps(method)
    def guarded(self: "Monitor", /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with outside_program():
            try:
                return method(self, *args, **kwargs)
            except Stopped as error:
                raise MonitorError(grpc.StatusCode.UNAVAILABLE, "the run was stopped") from error

    return guarded


class Monitor:
    """Serves the resource monitor of one run.

    ``quiet`` is to be set when the program has nothing more to register: by the program itself, or
    by whoever sees it end. One that has hooks then waits for ``release``, as deletions call them.
    """

    def __init__(
        self,
        deployer: Deployer,
        registry: Registry,
        progress: Progress,
        info: resource_pb2.DeploymentInfo,
        *,
        transforms: Transforms,
        hooks: Hooks,
        continue_on_error: bool = False,
    ) -> None:
        self._deployer = deployer
        self._registry = registry
        self._progress = progress
        self._transforms = transforms
        self._hooks = hooks
        self.quiet = threading.Event()
        self._released = threading.Event()
        self._continue = continue_on_error
        self._failed: set[str] = set()
        self._info = info
        info.supportedFeatures.extend(FEATURES.values())

    # Names and requests below are the protocol's.

    def GetDeploymentInfo(self, request: object) -> resource_pb2.DeploymentInfo:  # noqa: N802
        """What the program may ask about the run."""
        del request
        return self._info

    def SupportsFeature(  # noqa: N802
        self, request: resource_pb2.SupportsFeatureRequest
    ) -> resource_pb2.SupportsFeatureResponse:
        """Whether the monitor serves a feature."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    @_call
    def Invoke(  # noqa: N802
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        """Call a provider function."""
        token = request.tok
        try:
            refuse_package_reference(request.packageRef, token)
            self._transforms.apply_to_invoke(request)
            reference = request.provider or self._deployer.default_provider(
                urns.package_of(token), request.version, request.pluginDownloadURL
            )
            instance = self._registry.get(reference)
            result = instance.invoke(token, from_struct(request.args))
        except Stopped:
            raise
        except Exception as error:
            message = f"invocation of {token} returned an error: {explain(error)}"
            raise MonitorError(grpc.StatusCode.UNKNOWN, message) from error
        response = resource_pb2.ResourceInvokeResponse(
            failures=[
                provider_pb2.CheckFailure(property=failure.property, reason=failure.reason)
                for failure in result.failures
            ],
            unknown=instance.is_unknown(token),
        )
        getattr(response, "return").CopyFrom(to_struct(result.outputs))
        return response

    @_call
    def Call(self, request: resource_pb2.ResourceCallRequest) -> object:  # noqa: N802
        """Methods of remote components: not served."""
        raise self._refuse(
            UnsupportedError(
                f"The program calls the method {request.tok}, which only remote (multi-language) "
                "components have; the embedded engine runs none. Use a Python component, or the "
                "stock pulumi CLI."
            )
        )

    @_call
    def ReadResource(  # noqa: N802
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Take in a resource that exists already."""
        type_, name = request.type, request.name
        self._progress.check_running()
        try:
            refuse_package_reference(request.packageRef, type_)
            goal = Goal(
                type=type_,
                name=name,
                custom=True,
                inputs=from_struct(request.properties),
                parent=request.parent,
                provider=provider_of(request, {}, self._deployer),
                dependencies=tuple(sorted(request.dependencies)),
                additional_secret_outputs=tuple(request.additionalSecretOutputs),
            )
            state = self._deployer.read(goal, request.id or UNKNOWN_STRING)
        except Stopped:
            raise
        except Exception as error:
            raise self._fail(error, type_, name, "") from error
        response = resource_pb2.ReadResourceResponse(
            urn=state.urn,
            properties=to_struct(state.outputs),
            unknown=self._registry.is_recorded(state),
        )
        if "id" in response.DESCRIPTOR.fields_by_name:
            response.id = "" if state.id == UNKNOWN_STRING else state.id
        return response

    @_call
    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """See one resource through."""
        type_, name, parent = request.type, request.name, request.parent
        self._hooks.stand_aside()
        self._progress.check_running()
        urn = ""
        try:
            urn = urns.build(self._info.stack, self._info.project, parent, type_, name)
            remote = self._registry.component_outputs(type_, urn) if request.remote else None
            refuse_unsupported(request, takes_remote=remote is not None)
            inherit(request, self._deployer)
            own = own_transforms(request)
            self._transform(request)
            goal, providers = read_goal(request, self._deployer)
            if self._continue and not self._failed.isdisjoint([parent, *goal.dependencies]):
                self._failed.add(urn)
                return resource_pb2.RegisterResourceResponse(urn=urn, result=resource_pb2.FAIL)
            outcome = self._deployer.register(goal, providers)
        except Stopped:
            raise
        except Exception as error:
            failure = self._fail(error, type_, name, urn)
            if self._continue and urn and not isinstance(error, UsageError):
                self._failed.add(urn)
                return resource_pb2.RegisterResourceResponse(urn=urn, result=resource_pb2.FAIL)
            raise failure from error
        state = outcome.state
        self._transforms.settled(state.urn, own)
        recorded = goal.custom and self._registry.is_recorded(state)
        # A component's outputs may refer to resources that are not registered yet.
        outputs: Properties = state.outputs if goal.custom else remote or {}
        return resource_pb2.RegisterResourceResponse(
            urn=state.urn,
            # To the SDK, no id is one that is not known.
            id="" if recorded else state.id,
            object=to_struct(outputs),
            unknown=outcome.unknown or recorded,
        )

    @_call
    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Give a component its outputs."""
        self._hooks.stand_aside()
        self._progress.check_running()
        if request.urn in self._failed:
            return _EMPTY
        try:
            outputs = with_hashes(from_struct(request.outputs), Path.cwd())
            self._deployer.register_outputs(request.urn, outputs)
        except EngineError as error:
            raise self._refuse(error) from error
        return _EMPTY

    @_call
    def SignalAndWaitForShutdown(self, request: object) -> empty_pb2.Empty:  # noqa: N802
        """The program has nothing more to register."""
        del request
        self._hooks.stand_aside()
        self.quiet.set()
        if self.holds_program:
            self._released.wait()
        return _EMPTY

    @property
    def holds_program(self) -> bool:
        """Whether a program that is done waits for ``release``."""
        return self._hooks.in_use

    def release(self) -> None:
        """Let the program end: nothing more is asked of its hooks."""
        self._released.set()

    @_call
    def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> object:  # noqa: N802
        """Parameterized providers: not served."""
        raise self._refuse(
            UnsupportedError(
                f"The program uses the parameterized package {request.name!r}; the embedded engine "
                "has no parameterized providers. Use the stock pulumi CLI."
            )
        )

    @_call
    def RegisterStackTransform(  # noqa: N802
        self, request: callback_pb2.Callback
    ) -> empty_pb2.Empty:
        """Take a function that may change every resource to come."""
        self._transforms.add_stack(request)
        return _EMPTY

    @_call
    def RegisterStackInvokeTransform(  # noqa: N802
        self, request: callback_pb2.Callback
    ) -> empty_pb2.Empty:
        """Take a function that may change every invoke to come."""
        self._transforms.add_invoke(request)
        return _EMPTY

    @_call
    def RegisterResourceHook(  # noqa: N802
        self, request: resource_pb2.RegisterResourceHookRequest
    ) -> empty_pb2.Empty:
        """Take a function to run before or after what is done with resources."""
        self._register_hook(self._hooks.add, request)
        return _EMPTY

    @_call
    def RegisterErrorHook(  # noqa: N802
        self, request: resource_pb2.RegisterErrorHookRequest
    ) -> empty_pb2.Empty:
        """Take a function that decides whether what failed is tried again."""
        self._register_hook(self._hooks.add_error_hook, request)
        return _EMPTY

    @staticmethod
    def _register_hook(add: Callable[[_R], None], request: _R) -> None:
        try:
            add(request)
        except EngineError as error:
            raise MonitorError(grpc.StatusCode.UNKNOWN, error.message) from error

    def _transform(self, request: resource_pb2.RegisterResourceRequest) -> None:
        transforms = self._transforms.of(request)
        if not transforms:
            return
        if request.custom and not urns.is_provider_type(request.type):
            # A transform sees the provider that its resource would have.
            request.provider = given_provider(request, self._deployer)
        self._transforms.apply(request, transforms)
        if request.custom and not request.provider and not urns.is_provider_type(request.type):
            package = urns.package_of(request.type)
            request.provider = self._deployer.default_provider(
                package, request.version, request.pluginDownloadURL
            )

    # Failures

    def _fail(self, error: Exception, type_: str, name: str, urn: str) -> MonitorError:
        """Tell the user, stop what has not begun, and give the program its RPC error."""
        message = explain(error)
        if isinstance(error, (EngineError, ProviderError)):
            urn = getattr(error, "urn", "") or urn
        else:
            message = f"{type_} {name!r}: {message}"
        self._progress.say(Severity.ERROR, message, urn)
        if not self._continue:
            self._progress.stop()
        return MonitorError(grpc.StatusCode.UNAVAILABLE, message)

    def _refuse(self, error: EngineError) -> MonitorError:
        self._progress.say(Severity.ERROR, error.message, error.urn)
        self._progress.stop()
        return MonitorError(grpc.StatusCode.UNIMPLEMENTED, error.message)
