"""The package ``lab`` of the agreement corpus: a cloud in one JSON file, and its provider.

Deterministic, so that two engines that ask the same get the same: ids count the things of a name,
automatic labels count what was made before, and nothing comes from a clock or a seed.

Types are ``lab:index:<anything>``. A change of ``kind`` or ``label`` replaces; so does one of
``slot``, which must be free before the new thing is made; all else is changed in place. ``fails``
lists the calls that fail: check, diff, create, read, update, delete, and create-half and
update-half, which leave a thing made in part; ``create:2`` fails the first two times. ``tokened``
asks for an output ``token`` that is always secret.
"""

# ruff: noqa: ARG002  # the provider's methods take what the protocol hands them

import json
import os
import threading
from pathlib import Path
from typing import Any

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

PACKAGE = "lab"
VERSION = "1.0.0"
_REPLACING = ("kind", "label", "slot")
_COMPUTED = ("arn", "revision", "seconds", "token")


_lock = threading.Lock()
"""Held while the file changes; two processes never ask for changes at once."""


class Cloud:
    """What exists, by id, and how many things each name has had: kept in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._path = cloud(directory)
        self._calls = directory / "calls.txt"
        self._lock = _lock

    def _load(self) -> dict[str, Any]:
        if not self._path.exists():
            return {"things": {}, "made": {}}
        return json.loads(self._path.read_text(encoding="utf-8"))

    def _save(self, content: dict[str, Any]) -> None:
        # In one move: an engine asks for several things at once, from several processes.
        temporary = self._path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        temporary.write_text(json.dumps(content, default=str), encoding="utf-8")
        temporary.replace(self._path)

    def calls(self) -> list[str]:
        """What was asked for, in order, and what hooks of the program noted (``prelude.py``)."""
        return self._calls.read_text(encoding="utf-8").splitlines() if self._calls.exists() else []

    def note(self, call: str, name: str) -> None:
        """Remember a call that changes or reads a thing."""
        with self._calls.open("a", encoding="utf-8") as file:
            file.write(f"{call} {name}\n")

    def made(self, name: str) -> int:
        return self._load()["made"].get(name, 0)

    def thing(self, id_: str) -> Properties | None:
        return self._load()["things"].get(id_)

    def create(self, name: str, inputs: Properties) -> str:
        with self._lock:
            content = self._load()
            count = content["made"][name] = content["made"].get(name, 0) + 1
            content["things"][f"{name}-{count}"] = {**inputs, "revision": 1}
            self._save(content)
        return f"{name}-{count}"

    def update(self, id_: str, inputs: Properties) -> None:
        with self._lock:
            content = self._load()
            revision = content["things"].get(id_, {}).get("revision", 0) + 1
            content["things"][id_] = {**inputs, "revision": revision}
            self._save(content)

    def delete(self, id_: str) -> None:
        with self._lock:
            content = self._load()
            content["things"].pop(id_, None)
            self._save(content)

    def drift(self, edits: dict[str, Properties | None]) -> None:
        """Change things behind the engine's back; ``None`` removes one."""
        with self._lock:
            content = self._load()
            for id_, properties in edits.items():
                if properties is None:
                    content["things"].pop(id_, None)
                else:
                    known = content["things"].get(id_, {"revision": 1})
                    content["things"][id_] = {**known, **properties}
            self._save(content)


class LabProvider:
    """Implements ``seawall_sandbox.protocol.Provider`` over the cloud in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._cloud = Cloud(directory)
        self._config: Properties = {}

    def check_config(self, urn, olds, news):
        if news.get("region") == "nowhere":
            return CheckResult(news, (Failure("region", "there is no such region"),))
        return CheckResult(news)

    def diff_config(self, urn, olds, news):
        moved = olds.get("region") != news.get("region")
        kinds = _kinds(olds, news, ("region",))
        return DiffResult(
            changed=bool(kinds),
            replaces=("region",) if moved else (),
            diffs=tuple(kinds),
            detailed=kinds,
        )

    def configure(self, config):
        self._config = config

    def check(self, urn, type_, olds, news, seed):
        name = _name(urn)
        if "check" in _fails(news):
            return CheckResult(news, (Failure("size", "must be a number"),))
        label = (olds or {}).get("label") or f"{name}-label-{self._cloud.made(name) + 1}"
        return CheckResult({"label": label, **news})

    def diff(self, urn, type_, old, news, ignore_changes):
        if "diff" in _fails(news):
            raise ProviderError(f"The diff of {_name(urn)} fails: it always does.")
        kinds = _kinds(old.inputs or {}, news, _REPLACING)
        replaces = tuple(key for key, kind in kinds.items() if kind.endswith("-replace"))
        return DiffResult(
            changed=bool(kinds),
            replaces=replaces,
            diffs=tuple(dict.fromkeys(path.partition(".")[0] for path in kinds)),
            detailed=kinds,
            stables=("arn",),
            delete_before_replace="slot" in replaces,
        )

    def create(self, urn, type_, inputs, *, preview, timeout):
        outputs = dict(inputs)
        if preview:
            unknown = dict.fromkeys(("arn", "revision"), UNKNOWN)
            if inputs.get("tokened"):
                unknown["token"] = UNKNOWN
            return ResourceState("", {**outputs, **unknown}, secret_outputs=frozenset({"token"}))
        self._ask("create", urn, inputs)
        id_ = self._cloud.create(_name(urn), inputs)
        state = self._state(id_, inputs, 1, timeout)
        if "create-half" in _fails(inputs):
            raise ProviderError(f"{_name(urn)} is made in half.", state=state)
        return state

    def read(self, urn, type_, id_, inputs, outputs):
        self._ask("read", urn, inputs)
        thing = self._cloud.thing(id_)
        if thing is None:
            return ResourceState("", {})
        given = {key: value for key, value in thing.items() if key not in _COMPUTED}
        state = self._state(id_, given, thing["revision"], outputs.get("seconds", 0))
        return ResourceState(id_, state.outputs, given, state.secret_outputs)

    def update(self, urn, type_, old, news, *, ignore_changes, preview, timeout):
        if preview:
            outputs = {**news, "arn": old.outputs.get("arn"), "revision": UNKNOWN}
            if news.get("tokened"):
                outputs["token"] = old.outputs.get("token", UNKNOWN)
            return ResourceState(old.id, outputs, secret_outputs=frozenset({"token"}))
        self._ask("update", urn, news)
        self._cloud.update(old.id, news)
        thing = self._cloud.thing(old.id) or {}
        state = self._state(old.id, news, thing["revision"], timeout)
        if "update-half" in _fails(news):
            raise ProviderError(f"{_name(urn)} is changed in half.", state=state)
        return state

    def delete(self, urn, type_, old, *, timeout):
        thing = self._cloud.thing(old.id)
        self._ask("delete", urn, thing or {})
        self._cloud.delete(old.id)

    def invoke(self, token, args):
        function = token.rpartition(":")[2]
        if function == "crash":
            raise ProviderError("The function crashes: it always does.")
        if function == "refuse":
            return InvokeResult({}, (Failure("key", "is not one that can be looked up"),))
        outputs = {"echo": args.get("key"), "region": self._config.get("region", "")}
        secret = frozenset({"echo"}) if function == "reveal" else frozenset[str]()
        return InvokeResult(outputs, secret_outputs=secret)

    def supports(self, token):
        return token.startswith("lab:index:")

    def supported(self):
        return ("lab:index:Thing", "lab:index:lookup")

    def _ask(self, call: str, urn: str, inputs: Properties) -> None:
        name = _name(urn)
        self._cloud.note(call, name)
        asked = self._cloud.calls().count(f"{call} {name}")
        first = {f"{call}:{times}" for times in range(asked, 10)}
        if not first.union((call,)).isdisjoint(_fails(inputs)):
            raise ProviderError(f"The {call} of {_name(urn)} fails: it was asked to.")

    def _state(self, id_: str, inputs: Properties, revision: int, timeout: float) -> ResourceState:
        outputs = {**inputs, "arn": f"arn:lab:{id_}", "revision": revision}
        if timeout:
            outputs["seconds"] = timeout
        if inputs.get("tokened"):
            outputs["token"] = f"token-of-{id_}"
        return ResourceState(id_, outputs, secret_outputs=frozenset({"token"}))


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _fails(inputs: Properties) -> list[str]:
    fails = inputs.get("fails")
    return fails if isinstance(fails, list) else []


def _kinds(olds: Properties, news: Properties, replacing: tuple[str, ...]) -> dict[str, DiffKind]:
    """The changes by path; maps are compared key by key, lists as a whole."""
    kinds: dict[str, DiffKind] = {}

    def compare(path: str, old: Any, new: Any, *, had: bool, has: bool) -> None:
        if had and has and isinstance(old, dict) and isinstance(new, dict):
            for key in sorted({*old, *new}):
                inner = f"{path}.{key}"
                compare(inner, old.get(key), new.get(key), had=key in old, has=key in new)
            return
        if had and has and old == new:
            return
        kind = "update" if had and has else "add" if has else "delete"
        end = "-replace" if path.partition(".")[0] in replacing else ""
        kinds[path] = DiffKind(kind + end)

    for key in sorted({*olds, *news}):
        if key not in _COMPUTED:
            compare(key, olds.get(key), news.get(key), had=key in olds, has=key in news)
    return kinds


def make(directory: Path) -> LabProvider:
    """The provider over the cloud in ``directory``."""
    return LabProvider(directory)


def drift(directory: Path, edits: dict[str, Properties | None]) -> None:
    """Change the cloud in ``directory`` behind the engine's back."""
    Cloud(directory).drift(edits)


def cloud(directory: Path) -> Path:
    """The file of the cloud in ``directory``."""
    return directory / "cloud.json"


def calls(directory: Path) -> list[str]:
    """What providers were asked for in ``directory`` so far, in order."""
    return Cloud(directory).calls()
