"""What the program's requests ask for, in the engine's own terms.

The meaning of each field is that of ``RegisterResource`` in pkg/resource/deploy/source_eval.go of
pulumi/pulumi.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from pulumi.runtime.proto import alias_pb2, resource_pb2

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.assets import with_hashes
from seawall_sandbox.engine.deploy import Deployer
from seawall_sandbox.engine.errors import EngineError, UnsupportedError
from seawall_sandbox.engine.hooks import bindings
from seawall_sandbox.engine.resource import Alias, Goal
from seawall_sandbox.wire import from_struct, from_value

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


def read_goal(
    request: resource_pb2.RegisterResourceRequest, deployer: Deployer
) -> tuple[Goal, dict[str, str]]:
    """What the program asks for, and the providers that a component hands down."""
    type_, custom = request.type, request.custom
    dependencies = set(request.dependencies)
    inputs = with_hashes(from_struct(request.object, dependencies=dependencies), Path.cwd())
    providers = dict(request.providers)
    provider = ""
    if not custom:
        inherited = deployer.component_providers(request.parent)
        providers = {**inherited, **providers}
    elif urns.is_provider_type(type_):
        if request.version:
            inputs["version"] = request.version
    else:
        provider = provider_of(request, providers, deployer)
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
        retain_on_delete=(request.retainOnDelete if request.HasField("retainOnDelete") else None),
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
        hooks=bindings(request),
    )
    return goal, providers


def provider_of(
    request: resource_pb2.RegisterResourceRequest | resource_pb2.ReadResourceRequest,
    providers: Mapping[str, str],
    deployer: Deployer,
) -> str:
    """The reference of the provider: given, handed down, or the package's default one."""
    package = urns.package_of(request.type)
    return (
        request.provider
        or providers.get(package, "")
        or deployer.component_providers(request.parent).get(package, "")
        or deployer.default_provider(package, request.version, request.pluginDownloadURL)
    )


def given_provider(request: resource_pb2.RegisterResourceRequest, deployer: Deployer) -> str:
    """The reference of the provider that is given or handed down, or nothing."""
    package = urns.package_of(request.type)
    return (
        request.provider
        or request.providers.get(package, "")
        or deployer.component_providers(request.parent).get(package, "")
    )


def inherit(request: resource_pb2.RegisterResourceRequest, deployer: Deployer) -> None:
    """Fill in what the parent hands down to a child that does not say otherwise."""
    parent = deployer.goal_of(request.parent) if request.parent else None
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


def refuse_unsupported(
    request: resource_pb2.RegisterResourceRequest, *, takes_remote: bool = False
) -> None:
    """Raise ``UnsupportedError`` naming what this engine does not have.

    ``takes_remote``: a remote component is kept without its children.
    """
    feature = ""
    if request.remote and not takes_remote:
        feature = "is a remote (multi-language) component"
    elif _has(request, "state_migrations"):
        feature = "has state migrations"
    elif request.envVarMappings:
        feature = "has environment variable mappings"
    refuse_package_reference(request.packageRef, request.type)
    if feature:
        raise UnsupportedError(
            f"{request.type} {request.name!r} {feature}, which the embedded engine does not "
            "have: remove it, or run the program with the stock pulumi CLI."
        )


def refuse_package_reference(reference: str, token: str) -> None:
    """Raise ``UnsupportedError`` when the request names a parameterized package."""
    if reference:
        raise UnsupportedError(
            f"{token} belongs to a parameterized package; the embedded engine has no "
            "parameterized providers. Use the stock pulumi CLI."
        )


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
