"""Pulumi's ``ResourceMonitor`` and ``Engine`` services as plain objects.

The SDK calls them as it would call gRPC stubs: same messages, no sockets. What a request means is
that of pkg/resource/deploy/source_eval.go of pulumi/pulumi.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import alias_pb2, engine_pb2, provider_pb2, resource_pb2

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.apply import Applier, Stopped, explain
from seawall_sandbox.engine.deploy import Deployer
from seawall_sandbox.engine.errors import EngineError, MonitorError, UnsupportedError, UsageError
from seawall_sandbox.engine.output import outside_program
from seawall_sandbox.engine.providers import Registry
from seawall_sandbox.engine.resource import Alias, Goal
from seawall_sandbox.events import Severity
from seawall_sandbox.protocol import ProviderError
from seawall_sandbox.values import UNKNOWN_STRING, Properties
from seawall_sandbox.wire import from_struct, from_value, to_struct

FEATURES: Final = {
    "secrets": resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    "resourceReferences": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    "outputValues": resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    "aliasSpecs": resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    "replacementTrigger": resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    "deletedWith": resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    "replaceWith": resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
}
"""What this monitor serves. The SDK itself refuses, by name, to use what is not among them."""

_SEVERITIES: Final = {
    engine_pb2.INFO: Severity.INFO,
    engine_pb2.WARNING: Severity.WARNING,
    engine_pb2.ERROR: Severity.ERROR,
}
_DURATION: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|us|µs|ns|s)")
_UNIT_SECONDS: Final = {
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
}
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
    """Serves the resource monitor of one run."""

    def __init__(
        self,
        deployer: Deployer,
        registry: Registry,
        applier: Applier,
        info: resource_pb2.DeploymentInfo,
        *,
        continue_on_error: bool = False,
    ) -> None:
        self._deployer = deployer
        self._registry = registry
        self._applier = applier
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
            self._no_package_ref(request.packageRef, token)
            reference = request.provider or self._deployer.default_provider(
                urns.package_of(token), request.version, request.pluginDownloadURL
            )
            result = self._registry.get(reference).invoke(token, from_struct(request.args))
        except Stopped:
            raise
        except Exception as error:
            message = f"invocation of {token} returned an error: {explain(error)}"
            raise MonitorError(grpc.StatusCode.UNKNOWN, message) from error
        response = resource_pb2.ResourceInvokeResponse(
            failures=[
                provider_pb2.CheckFailure(property=failure.property, reason=failure.reason)
                for failure in result.failures
            ]
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
        self._applier.check_running()
        try:
            self._no_package_ref(request.packageRef, type_)
            goal = Goal(
                type=type_,
                name=name,
                custom=True,
                inputs=from_struct(request.properties),
                parent=request.parent,
                provider=self._provider(request, {}),
                dependencies=tuple(sorted(request.dependencies)),
                additional_secret_outputs=tuple(request.additionalSecretOutputs),
            )
            state = self._deployer.read(goal, request.id or UNKNOWN_STRING)
        except Stopped:
            raise
        except Exception as error:
            raise self._fail(error, type_, name, "") from error
        response = resource_pb2.ReadResourceResponse(
            urn=state.urn, properties=to_struct(state.outputs)
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
        self._applier.check_running()
        urn = ""
        try:
            self._refuse_unsupported(request)
            self._inherit(request)
            urn = urns.build(self._info.stack, self._info.project, parent, type_, name)
            goal, providers = self._goal(request)
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
        # A component's outputs may refer to resources that are not registered yet.
        outputs: Properties = state.outputs if goal.custom else {}
        return resource_pb2.RegisterResourceResponse(
            urn=state.urn, id=state.id, object=to_struct(outputs), unknown=outcome.unknown
        )

    @_call
    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Give a component its outputs."""
        if request.urn in self._failed:
            return _EMPTY
        try:
            self._deployer.register_outputs(request.urn, from_struct(request.outputs))
        except EngineError as error:
            raise self._refuse(error) from error
        return _EMPTY

    def SignalAndWaitForShutdown(self, request: object) -> empty_pb2.Empty:  # noqa: N802
        """The program has nothing more to register."""
        del request
        return _EMPTY

    @_call
    def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> object:  # noqa: N802
        """Parameterized providers: not served."""
        raise self._refuse(
            UnsupportedError(
                f"The program uses the parameterized package {request.name!r}; the embedded engine "
                "has no parameterized providers. Use the stock pulumi CLI."
            )
        )

    # What a registration asks for

    def _goal(self, request: resource_pb2.RegisterResourceRequest) -> tuple[Goal, dict[str, str]]:
        type_, custom = request.type, request.custom
        dependencies = set(request.dependencies)
        inputs = from_struct(request.object, dependencies=dependencies)
        providers = dict(request.providers)
        provider = ""
        if not custom:
            inherited = self._deployer.component_providers(request.parent)
            providers = {**inherited, **providers}
        elif urns.is_provider_type(type_):
            if request.version:
                inputs["version"] = request.version
        else:
            provider = self._provider(request, providers)
        by_property = {
            key: tuple(sorted(value.urns)) for key, value in request.propertyDependencies.items()
        }
        if not by_property:
            by_property = dict.fromkeys(inputs, tuple(sorted(dependencies)))
        before: bool | None = None
        if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace:
            before = request.deleteBeforeReplace
        goal = Goal(
            type=type_,
            name=request.name,
            custom=custom,
            inputs=inputs,
            parent=request.parent,
            provider=provider,
            dependencies=tuple(sorted(dependencies)),
            property_dependencies=by_property,
            protect=request.protect if request.HasField("protect") else None,
            retain_on_delete=(
                request.retainOnDelete if request.HasField("retainOnDelete") else None
            ),
            delete_before_replace=before,
            deleted_with=request.deletedWith,
            replace_with=tuple(request.replace_with),
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            replacement_trigger=(
                from_value(request.replacement_trigger)
                if request.HasField("replacement_trigger")
                else None
            ),
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
            aliases=tuple(_aliases(request)),
            import_id=request.importId,
            timeouts=_timeouts(request),
        )
        return goal, providers

    def _provider(
        self,
        request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest,
        providers: Mapping[str, str],
    ) -> str:
        package = urns.package_of(request.type)
        return (
            request.provider
            or providers.get(package, "")
            or self._deployer.component_providers(request.parent).get(package, "")
            or self._deployer.default_provider(package, request.version, request.pluginDownloadURL)
        )

    def _inherit(self, request: resource_pb2.RegisterResourceRequest) -> None:
        parent = self._deployer.goal_of(request.parent) if request.parent else None
        if parent is None:
            return
        request.deletedWith = request.deletedWith or parent.deleted_with
        if not request.HasField("protect") and parent.protect is not None:
            request.protect = parent.protect
        if not request.HasField("retainOnDelete") and parent.retain_on_delete is not None:
            request.retainOnDelete = parent.retain_on_delete
        if not request.provider and parent.provider:
            serves = urns.package_of(urns.type_of(urns.parse_reference(parent.provider).urn))
            if not request.custom or serves == urns.package_of(request.type):
                request.provider = parent.provider

    def _refuse_unsupported(self, request: resource_pb2.RegisterResourceRequest) -> None:
        feature = ""
        if request.remote:
            feature = "is a remote (multi-language) component"
        elif _has(request, "transforms"):
            feature = "has transforms"
        elif _has(request, "state_migrations"):
            feature = "has state migrations"
        elif any(names for _, names in request.hooks.ListFields()):
            feature = "has resource hooks"
        elif request.envVarMappings:
            feature = "has environment variable mappings"
        self._no_package_ref(request.packageRef, request.type)
        if feature:
            raise UnsupportedError(
                f"{request.type} {request.name!r} {feature}, which the embedded engine does not "
                "have: remove it, or run the program with the stock pulumi CLI."
            )

    def _no_package_ref(self, reference: str, token: str) -> None:
        if reference:
            raise UnsupportedError(
                f"{token} belongs to a parameterized package; the embedded engine has no "
                "parameterized providers. Use the stock pulumi CLI."
            )

    # Failures

    def _fail(self, error: Exception, type_: str, name: str, urn: str) -> MonitorError:
        """Tell the user, stop what has not begun, and give the program its RPC error."""
        message = explain(error)
        if isinstance(error, (EngineError, ProviderError)):
            urn = getattr(error, "urn", "") or urn
        else:
            message = f"{type_} {name!r}: {message}"
        self._applier.say(Severity.ERROR, message, urn)
        if not self._continue:
            self._applier.stop()
        return MonitorError(grpc.StatusCode.UNAVAILABLE, message)

    def _refuse(self, error: EngineError) -> MonitorError:
        self._applier.say(Severity.ERROR, error.message, error.urn)
        self._applier.stop()
        return MonitorError(grpc.StatusCode.UNIMPLEMENTED, error.message)


class EngineService:
    """Serves the program's log and the root resource."""

    def __init__(self, applier: Applier) -> None:
        self._applier = applier
        self._root = ""

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:  # noqa: N802
        """Show what the program logs; debug messages of the SDK are let go."""
        severity = _SEVERITIES.get(request.severity)
        if severity is not None:
            with outside_program():
                self._applier.say(severity, request.message, request.urn)
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
            self._applier.say(Severity.WARNING, message)
        return engine_pb2.RequirePulumiVersionResponse()


def _aliases(request: resource_pb2.RegisterResourceRequest) -> Iterable[Alias]:
    for urn in request.aliasURNs:
        yield Alias(urn=urn)
    # The stubs of the SDK leave the element type open.
    for alias in cast("Iterable[alias_pb2.Alias]", getattr(request, "aliases")):  # noqa: B009
        if alias.HasField("spec"):
            spec = alias.spec
            yield Alias(
                name=spec.name,
                type=spec.type,
                stack=spec.stack,
                project=spec.project,
                parent=spec.parentUrn,
                no_parent=spec.noParent,
            )
        else:
            yield Alias(urn=alias.urn)


def _has(request: resource_pb2.RegisterResourceRequest, field: str) -> bool:
    return any(descriptor.name == field for descriptor, _ in request.ListFields())


def _timeouts(request: resource_pb2.RegisterResourceRequest) -> dict[str, float]:
    given: Any = request.customTimeouts
    return {
        name: seconds(getattr(given, name), request.name)
        for name in ("create", "update", "delete", "read")
        if getattr(given, name)
    }


def seconds(text: str, owner: str) -> float:
    """A duration such as ``1h30m`` in seconds; raises ``EngineError`` when it is not one."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise EngineError(
            f"The timeout {text!r} of {owner!r} is not a duration: write it like 30s, 5m or 1h30m."
        )
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
