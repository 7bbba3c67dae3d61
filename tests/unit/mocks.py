"""Runs a Pulumi program without engine, provider or network, and says what it registered.

``record(program)`` is the one entry. Each call has its own event loop, settings and monitor in its
own context, so calls share nothing and the order of tests does not matter. It waits for all that
the program began, and raises whatever went wrong in it, also inside an ``apply``.

It is strict: a type that no installed SDK has, the same URN twice, a URN with an empty name, or a
function call without a prepared answer is an error. Outputs that only a cloud knows (``arn``,
``repositoryUrl``) are made up from the SDK's own types, so that a program never reads ``None``
where the real provider gives a value. With ``preview=True`` they are unknown, as in a preview.

Unlike ``pulumi.runtime.set_mocks`` it shows parents, protection, dependencies, providers and the
registered outputs of components.
"""

import asyncio
import contextvars
import importlib
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, get_args, get_origin

from google.protobuf import empty_pb2, struct_pb2
from pulumi import _types
from pulumi.output import Unknown
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockEngine, MockMonitor
from pulumi.runtime.proto import engine_pb2, resource_pb2
from pulumi.runtime.settings import SETTINGS, Settings, configure
from pulumi.runtime.stack import run_in_stack

ACCOUNT = "123456789012"
REGION = "us-east-1"
STACK_TYPE = "pulumi:pulumi:Stack"
UNKNOWN = "<unknown>"
"""What a preview does not know yet."""

_SDKS = {"aws": "pulumi_aws", "kubernetes": "pulumi_kubernetes", "random": "pulumi_random"}
_OWN = "seawall:index:"
_PROVIDERS = "pulumi:providers:"


@dataclass(frozen=True)
class Registered:
    """One registration as the engine would receive it."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    """Plain values by camelCase name: secrets unwrapped, unknowns as ``UNKNOWN``."""
    parent: str
    """URN of the parent; the stack's own URN at the top."""
    urn: str
    custom: bool
    protect: bool
    retain_on_delete: bool
    depends_on: frozenset[str]
    """URNs of everything it waits for, explicitly or through a property."""
    provider: str
    """Name of the explicit provider; empty for the default one."""
    ignore_changes: tuple[str, ...]
    secrets: frozenset[str]
    """Top-level inputs that contain a secret."""
    additional_secret_outputs: tuple[str, ...] = ()
    delete_before_replace: bool = False
    timeouts: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What ``register_outputs`` gave; empty for custom resources."""
    outputs_registered: int = 0
    """How often ``register_outputs`` was called."""


def record(
    program: Callable[[], Awaitable[None] | object],
    *,
    preview: bool = False,
    calls: Mapping[str, Mapping[str, Any]] | None = None,
    project: str = "seawall",
    stack: str = "test",
) -> list[Registered]:
    """Run ``program`` and return its registrations, sorted by URN, without the stack's own.

    ``calls`` holds the answers to function calls by token, such as
    ``{"aws:index/getRegion:getRegion": {"name": "us-east-1"}}``.
    """
    monitor = _Monitor(preview=preview, calls=calls or {})

    def run() -> None:
        settings = Settings(
            project=project,
            stack=stack,
            monitor=monitor,
            engine=_Engine(None),
            dry_run=preview,
            organization="organization",
        )
        configure(settings)
        asyncio.run(_run(program))
        assert not SETTINGS.outputs, "outputs were still pending when the program ended"

    # In a thread, where the stack is short: the SDK walks it for every resource.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(contextvars.Context().run, run).result()
    return monitor.recorded()


def by_type(registered: Iterable[Registered], type_: str) -> dict[str, Registered]:
    """The registrations of one type, by name."""
    return {item.name: item for item in registered if item.type == type_}


def names(registered: Iterable[Registered]) -> list[tuple[str, str]]:
    """Type and name of each registration, sorted: for exact resource lists."""
    return sorted((item.type, item.name) for item in registered)


async def _run(program: Callable[[], object]) -> None:
    # One failure leaves many futures with the same exception, which the first one raises already.
    # Reported when they are collected, that is while pytest parses a source file, they make
    # Python before 3.11.8 end the whole test run (python/cpython issue 106905).
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    await run_in_stack(lambda: _returned(program()))


def _returned(value: object) -> Awaitable[None] | None:
    return value if isinstance(value, Awaitable) else None


class _Engine(MockEngine):
    """Turns a logged error or warning into a failed test: SDKs warn where a program is wrong."""

    def Log(self, request: Any) -> empty_pb2.Empty:  # noqa: N802  # the protocol's name
        if request.severity >= engine_pb2.WARNING:
            raise AssertionError(request.message)
        return empty_pb2.Empty()


class _Monitor(MockMonitor):
    """Records registrations and answers like an engine whose providers never fail."""

    def __init__(self, *, preview: bool, calls: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # the methods that use it are replaced
        self._preview = preview
        self._calls = calls
        self._seen: dict[str, Registered] = {}

    def recorded(self) -> list[Registered]:
        return [self._seen[urn] for urn in sorted(self._seen)]

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        chain = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if chain == STACK_TYPE else f"{chain}${type_}"
        return f"urn:pulumi:{SETTINGS.stack}::{SETTINGS.project}::{qualified}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if not request.name:
            raise ValueError(f"{request.type} has no name")
        if urn in self._seen:
            raise ValueError(f"two resources have the URN {urn}")
        inputs, secrets = _plain(request.object)
        item = Registered(
            type=request.type,
            name=request.name,
            inputs=inputs,
            parent=request.parent,
            urn=urn,
            custom=request.custom,
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            depends_on=frozenset(request.dependencies),
            provider=_provider_name(request.provider),
            ignore_changes=tuple(request.ignoreChanges),
            secrets=secrets,
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
            delete_before_replace=request.deleteBeforeReplace,
            timeouts={
                key: value
                for key in ("create", "update", "delete")
                if (value := getattr(request.customTimeouts, key))
            },
        )
        self._seen[urn] = item
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        known = {} if self._preview else made_up(request.type, request.name)
        for key, value in known.items():
            if key not in state.fields:
                state.update({key: value})
        return resource_pb2.RegisterResourceResponse(
            urn=urn,
            id=self._id(request),
            object=state,
        )

    def _id(self, request: Any) -> str:
        if not request.custom:
            return ""
        if self._preview:
            return rpc.UNKNOWN if request.type.startswith(_PROVIDERS) else ""
        return f"{request.name}.id"

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        if request.urn in self._seen:
            before = self._seen[request.urn]
            outputs, _ = _plain(request.outputs)
            self._seen[request.urn] = replace(
                before, outputs=outputs, outputs_registered=before.outputs_registered + 1
            )
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        if request.tok not in self._calls:
            raise ValueError(f"the program calls {request.tok}, for which the test has no answer")
        answer = struct_pb2.Struct()
        answer.update(dict(self._calls[request.tok]))
        return resource_pb2.ResourceInvokeResponse(**{"return": answer})

    def ReadResource(self, request: Any) -> Any:  # noqa: N802  # the protocol's name
        raise ValueError(f"the program reads {request.type} {request.id} from the cloud")


def _provider_name(reference: str) -> str:
    """The name out of ``urn:...::name::id``; empty if there is no reference."""
    return reference.split("::")[-2] if reference else ""


def _plain(struct: struct_pb2.Struct) -> tuple[dict[str, Any], frozenset[str]]:
    properties = rpc.deserialize_properties(struct, keep_unknowns=True)
    secrets = frozenset(key for key, value in properties.items() if _holds_secret(value))
    return {key: _revealed(value) for key, value in properties.items()}, secrets


def _holds_secret(value: Any) -> bool:
    if rpc.is_rpc_secret(value):
        return True
    if isinstance(value, Mapping):
        return any(_holds_secret(item) for item in value.values())
    return isinstance(value, list) and any(_holds_secret(item) for item in value)


def _revealed(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    if rpc.is_rpc_secret(value):
        return _revealed(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: _revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_revealed(item) for item in value]
    return value


def sdk_class(type_: str) -> type | None:
    """The SDK's class of a type token; None for components and providers.

    Raises ``ValueError`` for a type that no installed SDK has.
    """
    if type_.startswith((_OWN, _PROVIDERS)):
        return None
    package, module, name = type_.split(":")
    # aws:ec2/vpc:Vpc lives in pulumi_aws.ec2; kubernetes:networking.k8s.io/v1:Ingress in
    # pulumi_kubernetes.networking.v1; random:index/randomPassword:RandomPassword at the top.
    if package == "kubernetes":
        path = module.replace(".k8s.io", "").replace("helm.sh", "helm").replace("/", ".")
    else:
        path = module.partition("/")[0].replace("index", "")
    try:
        found = importlib.import_module(".".join(filter(None, (_SDKS[package], path))))
        return getattr(found, name)
    except (KeyError, ImportError, AttributeError) as error:
        raise ValueError(f"no installed SDK has the type {type_}") from error


def made_up(type_: str, name: str) -> dict[str, Any]:
    """A value of the right kind for every output of a type.

    Kubernetes objects are what their author wrote, so nothing is made up for them.
    """
    class_ = sdk_class(type_)
    if class_ is None or type_.startswith("kubernetes:"):
        return {}
    return {
        key: _value(kind, name, key)
        for key, kind in _types.resource_types(class_).items()
        if key not in {"tags", "tagsAll"}
    }


def _value(kind: Any, name: str, key: str) -> Any:
    if key == "arn":
        return f"arn:aws:mock:{REGION}:{ACCOUNT}:{name}"
    if key == "region":
        return REGION
    if re.fullmatch(r"ownerId|registryId|accountId", key):
        return ACCOUNT
    if kind is str:
        return name if key == "name" else f"{name}.{key}"
    if kind is bool:
        return False
    if kind in (int, float):
        return 0
    origin = get_origin(kind)
    if origin is not None:
        inner = get_args(kind)
        if issubclass(origin, Mapping):
            return {}
        return [_value(inner[0], name, key)]
    if isinstance(kind, type) and _types.is_output_type(kind):
        return {
            part: _value(part_kind, name, f"{key}.{part}")
            for part, part_kind in _types.output_type_types(kind).items()
        }
    return None
