"""A small cloud in memory, its provider, and a way to run programs against it."""

# ruff: noqa: ARG002  # the provider's methods take what the protocol hands them

import textwrap
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seawall_sandbox.engine.run import Engine, Options, Project
from seawall_sandbox.engine.secrets import PassphraseSecrets
from seawall_sandbox.engine.state import Backend
from seawall_sandbox.events import Op, RunResult, SilentDisplay
from seawall_sandbox.protocol import (
    CheckResult,
    DiffKind,
    DiffResult,
    Failure,
    InvokeResult,
    Properties,
    ProviderError,
    ResourceState,
)
from seawall_sandbox.values import UNKNOWN

PASSPHRASE = "correct horse"
SALT = PassphraseSecrets(PASSPHRASE).state


@dataclass
class Cloud:
    """What exists, what was asked for, and what is to go wrong."""

    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    configured: list[dict[str, Any]] = field(default_factory=list)
    seeds: list[bytes] = field(default_factory=list)
    inputs_seen: list[dict[str, Any]] = field(default_factory=list)
    hooks: dict[tuple[str, str], Callable[[], None]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    count: int = 0

    def fail(self, call: str, name: str, error: Exception) -> None:
        def hook() -> None:
            raise error

        self.hooks[call, name] = hook

    def note(self, call: str, urn: str) -> None:
        name = urn.rpartition("::")[2]
        with self.lock:
            if call not in ("created", "updated", "deleted"):
                self.calls.append((call, name))
        hook = self.hooks.get((call, name))
        if hook:
            hook()


class CloudProvider:
    """Types ``test:index:<anything>``: ``size`` is changed in place, ``kind`` replaces.

    ``slot`` replaces too, and must be free before the new one is made. ``name`` is automatic.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.config: Properties = {}

    def check_config(self, urn, olds, news):
        return CheckResult(news)

    def diff_config(self, urn, olds, news):
        region = olds.get("region") != news.get("region")
        return DiffResult(changed=olds != news, replaces=("region",) if region else ())

    def configure(self, config):
        self.cloud.configured.append(config)
        self.config = config

    def check(self, urn, type_, olds, news, seed):
        self.cloud.seeds.append(seed)
        if news.get("size") == "wrong":
            return CheckResult(news, (Failure("size", "must be a number"),))
        name = (olds or {}).get("name") or f"{urn.rpartition('::')[2]}-{seed.hex()[:7]}"
        return CheckResult({"name": name, **news})

    def diff(self, urn, type_, old, news, ignore_changes):
        olds = old.inputs
        kinds = {}
        for key in sorted({*olds, *news}):
            if olds.get(key, None) == news.get(key, None) and key in olds and key in news:
                continue
            kind = "add" if key not in olds else "delete" if key not in news else "update"
            if key in ("kind", "slot", "name"):
                kind += "-replace"
            kinds[key] = DiffKind(kind)
        replaces = tuple(key for key, kind in kinds.items() if kind.endswith("-replace"))
        return DiffResult(
            changed=bool(kinds),
            replaces=replaces,
            diffs=tuple(kinds),
            detailed=kinds,
            delete_before_replace="slot" in replaces,
        )

    def create(self, urn, type_, inputs, *, preview, timeout):
        if preview:
            return ResourceState("", {**inputs, "arn": UNKNOWN})
        self.cloud.note("create", urn)
        with self.cloud.lock:
            self.cloud.count += 1
            id_ = f"i-{self.cloud.count}"
            self.cloud.inputs_seen.append(inputs)
            self.cloud.things[id_] = {**inputs, "arn": f"arn:{id_}"}
        self.cloud.note("created", urn)
        return ResourceState(id_, dict(self.cloud.things[id_]))

    def read(self, urn, type_, id_, inputs, outputs):
        self.cloud.note("read", urn)
        thing = self.cloud.things.get(id_)
        if thing is None:
            return ResourceState("", {})
        given = {key: value for key, value in thing.items() if key != "arn"}
        return ResourceState(id_, dict(thing), inputs=given)

    def update(self, urn, type_, old, news, *, ignore_changes, preview, timeout):
        if preview:
            return ResourceState(old.id, {**old.outputs, **news})
        self.cloud.note("update", urn)
        self.cloud.things[old.id] = {**news, "arn": f"arn:{old.id}"}
        self.cloud.note("updated", urn)
        return ResourceState(old.id, dict(self.cloud.things[old.id]))

    def delete(self, urn, type_, old, *, timeout):
        self.cloud.note("delete", urn)
        self.cloud.things.pop(old.id, None)
        self.cloud.note("deleted", urn)

    def find(self, urn, type_, inputs, held):
        for id_, thing in self.cloud.things.items():
            if thing.get("name") == inputs.get("name") and id_ not in held:
                return ResourceState(id_, dict(thing))
        return ResourceState("", {})

    def invoke(self, token, args):
        if token.endswith("fail"):
            raise ProviderError("The function failed: it always does.")
        return InvokeResult({"echo": args, "region": self.config.get("region")})

    def supports(self, token):
        return token.startswith("test:")

    def supported(self):
        return ("test:index:Thing",)


class Blind:
    """The same provider without a way to find what an interrupted create left."""

    def __init__(self, provider: CloudProvider) -> None:
        for name in dir(provider):
            if not name.startswith("_") and name != "find":
                setattr(self, name, getattr(provider, name))


PRELUDE = """
import pulumi
from typing import Any

class Thing(pulumi.CustomResource):
    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    size: pulumi.Output[Any]
    def __init__(self, resource_name, opts=None, **props):
        props = {"arn": None, "name": None, **props}
        super().__init__("test:index:Thing", resource_name, props, opts)

class Provider(pulumi.ProviderResource):
    def __init__(self, resource_name, opts=None, **props):
        super().__init__("test", resource_name, props, opts)

class Group(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("test:index:Group", name, None, opts)

O = pulumi.ResourceOptions
"""


@dataclass
class Lab:
    """One project in a directory, over one cloud."""

    directory: Path
    cloud: Cloud
    config: dict[str, str] = field(default_factory=lambda: {"test:region": "here"})
    secret_keys: frozenset[str] = frozenset()
    blind: bool = False
    stack: str = "dev"
    display: SilentDisplay = field(default_factory=SilentDisplay)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def backend(self) -> Backend:
        return Backend(self.directory / "state", "lab", PASSPHRASE, encryption_salt=SALT)

    def write(self, program: str) -> None:
        (self.directory / "__main__.py").write_text(PRELUDE + textwrap.dedent(program))

    def engine(self, program: str | None = None, **options: Any) -> Engine:
        if program is not None:
            self.write(program)
        project = Project(
            directory=self.directory,
            name="lab",
            main=self.directory / "__main__.py",
            config=self.config,
            secret_keys=self.secret_keys,
        )

        def factory():
            provider = CloudProvider(self.cloud)
            return Blind(provider) if self.blind else provider

        return Engine(
            project,
            self.stack,
            self.backend(),
            {"test": factory, **self.extra},
            self.display,
            Options(**options),
        )

    def preview(self, program: str | None = None, **options: Any) -> RunResult:
        return self.engine(program, **options).preview()

    def up(self, program: str | None = None, *, fails: bool = False, **options: Any) -> RunResult:
        result = self.engine(program, **options).up()
        assert result.failed == fails, result.diagnostics
        return result

    def destroy(self, *, fails: bool = False, **options: Any) -> RunResult:
        result = self.engine(**options).destroy()
        assert result.failed == fails, result.diagnostics
        return result

    def state(self) -> dict[str, Any]:
        """Entries by name; pending deletions by name and ``!``."""
        return {
            entry.urn.rpartition("::")[2] + ("!" if entry.delete else ""): entry
            for entry in self.backend().load(self.stack).resources
        }

    def text(self) -> str:
        return (self.directory / "state" / "lab" / f"{self.stack}.json").read_text()


def ops(result: RunResult, *, same: bool = False) -> list[tuple[str, str]]:
    """The steps as (operation, name), without the stack, the default provider, and sames."""
    return [
        (step.op.value, step.urn.rpartition("::")[2])
        for step in result.steps
        if (same or step.op is not Op.SAME) and not step.type.startswith("pulumi:")
    ]
