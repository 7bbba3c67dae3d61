"""The ``aws`` provider: the protocol's calls, handed to the resource type that they are about."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from seawall_sandbox.aws import making, registry, tags
from seawall_sandbox.aws.check import check_inputs, conform
from seawall_sandbox.aws.clients import Clients, endpoint_from_environment
from seawall_sandbox.aws.config import Configuration, check_configuration, parse_configuration
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.diff import changed_properties, compare
from seawall_sandbox.aws.errors import (
    BotoCoreError,
    ClientError,
    UndecidedError,
    explain,
    what_happened,
)
from seawall_sandbox.aws.making import UNFINISHED, UnknownOutcomeError
from seawall_sandbox.aws.observe import after_failure, outputs_of
from seawall_sandbox.aws.patience import Patience
from seawall_sandbox.aws.preview import created_outputs, strip_defaults, updated_outputs
from seawall_sandbox.aws.refresh import imported_inputs, refreshed_inputs
from seawall_sandbox.aws.resource import DEFAULTS_KEY, ResourceType
from seawall_sandbox.aws.schema import function_schema
from seawall_sandbox.protocol import (
    CheckResult,
    DiffResult,
    InvokeResult,
    ProviderError,
    ResourceState,
)
from seawall_sandbox.values import UNKNOWN, Properties, Value


class AwsProvider:
    """pulumi-aws 7 against the emulator. Implements ``seawall_sandbox.protocol.Provider``.

    ``endpoint``: the emulator's address, by default from the environment when it is configured.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint
        self._clients: Clients | None = None
        self._configuration = Configuration(UNKNOWN)
        self._account: str | None = None
        self._lock = threading.Lock()
        self._taken: defaultdict[tuple[str, Value], set[str]] = defaultdict(set)
        self._lately: set[str] = set()

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:  # noqa: ARG002
        """Check the provider's own arguments; a region is required."""
        return check_configuration(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:  # noqa: ARG002
        """Compare configurations; another region does not replace the provider."""
        keys = {k for k in olds.keys() | news.keys() if olds.get(k) != news.get(k)}
        return DiffResult(bool(keys), diffs=tuple(sorted(keys)))

    def configure(self, config: Properties) -> None:
        """Take the configuration; refuses any endpoint that is not on this machine."""
        self._configuration = parse_configuration(config)
        endpoint = self._endpoint or endpoint_from_environment()
        self._clients = Clients(endpoint, Patience.of(self._configuration.attempts))

    def know(self, resources: Iterable[tuple[str, ResourceState]]) -> None:
        """Learn which resources there are, with their types: none of them is what a create makes.

        The engine tells those of the state; what is compared, read or made here adds itself.
        """
        with self._lock:
            for type_, state in resources:
                self._taken[type_, state.outputs.get("region")].add(state.id)

    def check(
        self, urn: str, type_: str, olds: Properties | None, news: Properties, seed: bytes
    ) -> CheckResult:
        """Validate and fill in; failures name resource and property."""
        configuration = self._configuration
        return check_inputs(
            self._type(type_),
            _name(urn),
            olds,
            news,
            seed,
            region=configuration.region,
            default_tags=configuration.default_tags,
        )

    def diff(
        self,
        urn: str,  # noqa: ARG002
        type_: str,
        old: ResourceState,
        news: Properties,
        ignore_changes: tuple[str, ...],
    ) -> DiffResult:
        """Compare what AWS last said with the new inputs."""
        type_object = self._type(type_)
        wanted = self._prepare(type_object, news)
        if DEFAULTS_KEY in news:
            wanted[DEFAULTS_KEY] = news[DEFAULTS_KEY]
        self.know([(type_, old)])
        result = compare(type_object, old, wanted, ignore_changes)
        return replace(result, changed=True) if UNFINISHED in old.outputs else result

    def create(
        self, urn: str, type_: str, inputs: Properties, *, preview: bool, timeout: float
    ) -> ResourceState:
        """Create, and answer with what AWS says of it."""
        type_object = self._type(type_)
        wanted = self._prepare(type_object, inputs)
        if preview:
            return ResourceState("", created_outputs(type_object, wanted))
        with self._lock:
            held = frozenset(self._taken[type_, wanted.get("region")])
        ctx = self._context(urn, wanted, timeout, held)
        id_ = ""
        try:
            id_ = making.make(type_object, ctx, wanted)
            outputs = making.complete(type_object, ctx, id_, wanted)
        except UnknownOutcomeError as unknown:
            raise _uncertain(unknown, type_, urn) from unknown
        except (ClientError, BotoCoreError, ProviderError, ValueError) as error:
            failure = _told(error, "create", type_, urn)
            if id_:
                failure.state = failure.state or _unfinished(id_, wanted)
            raise failure from error
        state = ResourceState(id_, outputs, secret_outputs=type_object.secret_outputs)
        self.know([(type_, state)])
        with self._lock:
            self._lately |= {id_, *(str(outputs[k]) for k in ("arn", "name") if outputs.get(k))}
        return state

    def read(
        self, urn: str, type_: str, id_: str, inputs: Properties, outputs: Properties
    ) -> ResourceState:
        """What AWS has now; with empty inputs and outputs it is an import by id."""
        type_object = self._type(type_)
        imported = not inputs and not outputs
        known = self._prepare(type_object, {**outputs, **inputs})
        ctx = self._context(urn, known, 0)
        try:
            found = outputs_of(type_object, ctx, id_, known, imported=imported)
        except (ClientError, BotoCoreError, ValueError) as error:
            raise _told(error, "read", type_, urn) from error
        if found is None:
            return ResourceState("", {})
        self.know([(type_, ResourceState(id_, found))])
        new_inputs = (
            imported_inputs(type_object, found)
            if imported
            else refreshed_inputs(type_object, inputs, found)
        )
        if UNFINISHED in outputs:
            found[UNFINISHED] = True
        return ResourceState(
            found["id"], found, new_inputs, secret_outputs=type_object.secret_outputs
        )

    def update(
        self,
        urn: str,
        type_: str,
        old: ResourceState,
        news: Properties,
        *,
        ignore_changes: tuple[str, ...],
        preview: bool,
        timeout: float,
    ) -> ResourceState:
        """Change in place what differs, and answer with what AWS says then."""
        type_object = self._type(type_)
        wanted = self._prepare(type_object, news)
        if preview:
            changed = changed_properties(compare(type_object, old, wanted, ignore_changes))
            known = {key: value for key, value in old.outputs.items() if key != UNFINISHED}
            return ResourceState(old.id, updated_outputs(type_object, known, wanted, changed))
        before = replace(old, inputs=_without_notes(old.inputs or {}))
        ctx = self._context(urn, wanted, timeout)
        try:
            if UNFINISHED in old.outputs:
                found = making.complete(type_object, ctx, old.id, before.inputs or wanted)
                before = replace(before, outputs=found)
            outputs = making.change(type_object, ctx, before, wanted, ignore_changes)
        except (ClientError, BotoCoreError, ProviderError, ValueError) as error:
            failure = _told(error, "update", type_, urn)
            failure.state = failure.state or after_failure(type_object, ctx, before)
            raise failure from error
        if outputs is None:
            raise ProviderError(
                f"Could not update {type_} {_name(urn)!r}: AWS has no {old.id!r} any more. Refresh"
                " the stack, so that it is made again."
            )
        return ResourceState(old.id, outputs, secret_outputs=type_object.secret_outputs)

    def delete(self, urn: str, type_: str, old: ResourceState, *, timeout: float) -> None:
        """Delete, waiting a while for whatever still uses the resource."""
        type_object = self._type(type_)
        known = self._prepare(type_object, {**_without_notes(old.inputs or {}), **old.outputs})
        ctx = self._context(urn, known, timeout)
        try:
            making.delete(type_object, ctx, old.id, known)
        except (ClientError, BotoCoreError, ValueError) as error:
            raise _told(error, "delete", type_, urn) from error
        with self._lock:
            self._taken[type_, old.outputs.get("region")].discard(old.id)

    def find(
        self, urn: str, type_: str, inputs: Properties, held: frozenset[str]
    ) -> ResourceState | None:
        """The resource that an interrupted create of these inputs left behind.

        Without an id when there is none; ``None`` when that cannot be told. ``held``: ids of the
        type that belong to other resources of the stack.
        """
        type_object = self._type(type_)
        wanted = self._prepare(type_object, inputs)
        ctx = self._context(urn, wanted, 0, held)
        try:
            id_ = making.find(type_object, ctx, wanted)
            outputs = outputs_of(type_object, ctx, id_, wanted) if id_ else None
        except UndecidedError:
            return None
        except (ClientError, BotoCoreError) as error:
            raise _told(error, "look for", type_, urn) from error
        return (
            ResourceState("", {}) if outputs is None else ResourceState(id_ or "", outputs, inputs)
        )

    def finish(self, urn: str, type_: str, id_: str, inputs: Properties) -> ResourceState:
        """Complete an interrupted create that ``find`` found."""
        type_object = self._type(type_)
        wanted = self._prepare(type_object, inputs)
        ctx = self._context(urn, wanted, 0)
        try:
            outputs = making.complete(type_object, ctx, id_, wanted)
        except (ClientError, BotoCoreError, ProviderError, ValueError) as error:
            failure = _told(error, "finish", type_, urn)
            failure.state = failure.state or _unfinished(id_, wanted)
            raise failure from error
        return ResourceState(id_, outputs, inputs)

    def invoke(self, token: str, args: Properties) -> InvokeResult:
        """Call a function."""
        function = registry.function(token)
        if function is None:
            raise ProviderError(self._unsupported(token, "function", registry.functions()))
        wanted, failures = conform(args, function_schema(token), token)
        if failures:
            return InvokeResult({}, tuple(failures))
        ctx = self._context("", wanted, 0)
        try:
            outputs = function(ctx, wanted)
            secret = registry.secret_outputs(token, outputs)
            return InvokeResult(outputs, secret_outputs=secret)
        except (ClientError, BotoCoreError, ValueError) as error:
            raise _told(error, "call", token, "") from error

    def supports(self, token: str) -> bool:
        """Whether it has that resource type or function."""
        return registry.resource(token) is not None or registry.function(token) is not None

    def supported(self) -> tuple[str, ...]:
        """All tokens it has, sorted."""
        return tuple(sorted([*(t.token for t in registry.resources()), *registry.functions()]))

    def records_only(self, token: str) -> bool:
        """Whether the emulator does not have that resource type: it is kept, not emulated."""
        found = registry.resource(token)
        return found is not None and found.emulated == "recorded"

    def _type(self, token: str) -> ResourceType:
        found = registry.resource(token)
        if found is None:
            known = tuple(t.token for t in registry.resources())
            raise ProviderError(self._unsupported(token, "resource type", known))
        return found

    @staticmethod
    def _unsupported(token: str, kind: str, known: tuple[str, ...]) -> str:
        return (
            f"The sandbox's aws provider has no {kind} {token!r}. It has: {', '.join(known)}."
            " Use one of these, or run the stack with the stock pulumi CLI against AWS."
        )

    def _prepare(self, type_: ResourceType, inputs: Properties) -> Properties:
        """Inputs without notes, and with the tags to set."""
        wanted = _without_notes(inputs)
        if type_.taggable and "tagsAll" not in wanted:
            merged = tags.merge(self._configuration.default_tags, wanted.get("tags"))
            if merged is UNKNOWN or merged:
                wanted["tagsAll"] = merged
        return wanted

    def _context(
        self, urn: str, inputs: Properties, timeout: float, held: frozenset[str] = frozenset()
    ) -> Context:
        region = inputs.get("region") or self._configuration.region
        if not isinstance(region, str) or self._clients is None:
            raise ProviderError(
                f"The aws provider cannot work on {_name(urn) or 'this'!r}: its region is not known"
                " yet. Set aws:region to a fixed value."
            )
        with self._lock:
            lately = frozenset(self._lately)
        return Context(
            self._clients,
            region=region,
            account=self._account_number,
            default_tags=self._configuration.default_tags,
            urn=urn,
            timeout=timeout,
            held=held,
            lately=lately,
        )

    def _account_number(self) -> str:
        if self._account is None:
            if self._clients is None:
                raise ProviderError("The aws provider was asked for its account unconfigured.")
            region = self._configuration.region
            client = self._clients.get("sts", region if isinstance(region, str) else "us-east-1")
            self._account = str(client.get_caller_identity()["Account"])
        return self._account


def _told(error: Exception, action: str, type_: str, urn: str) -> ProviderError:
    if isinstance(error, ProviderError):
        return error
    return explain(error, action=action, type_=type_, name=_name(urn))


def _unfinished(id_: str, wanted: Properties) -> ResourceState:
    """What AWS has made, with nothing known of it but what was asked for."""
    return ResourceState(id_, {**wanted, "id": id_, UNFINISHED: True}, wanted)


def _uncertain(unknown: UnknownOutcomeError, type_: str, urn: str) -> ProviderError:
    """That a create may have made the resource, and that nobody knows."""
    happened, cure = what_happened(unknown.lost)
    doubt = f" ({what_happened(unknown.doubt)[0]})" if unknown.doubt is not None else ""
    return ProviderError(
        f"Could not create {type_} {_name(urn)!r}: {happened}. Whether AWS made it is not known"
        f"{doubt}. {cure} The next run looks for it.",
        uncertain=True,
    )


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _without_notes(values: Properties) -> Properties:
    return {
        key: strip_defaults(v) for key, v in values.items() if key != DEFAULTS_KEY and v is not None
    }
