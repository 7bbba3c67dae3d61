"""``kubernetes:helm.sh/v3:Release``: recorded, not installed.

There is neither Helm nor a cluster in the sandbox. What a release was declared with is written to
``2-helm``, without the texts among its values: a chart's passwords are plain texts there.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from seawall_sandbox.kubernetes import naming, render
from seawall_sandbox.kubernetes.objects import identifier, map_of
from seawall_sandbox.kubernetes.paths import covers, parse, write
from seawall_sandbox.kubernetes.replacement import changes
from seawall_sandbox.protocol import (
    CheckResult,
    DiffKind,
    DiffResult,
    Failure,
    ResourceState,
)
from seawall_sandbox.values import Properties, Secret, Value, without_secrets

_REPLACING = [parse("name"), parse("namespace")]


class HelmRelease:
    """The resource type. ``directory`` is asked only when something is written."""

    def __init__(self, directory: Callable[[], Path], namespace: str) -> None:
        self._directory = directory
        self._namespace = namespace

    def check(
        self, urn: str, olds: Properties | None, news: Properties, seed: bytes
    ) -> CheckResult:
        """Needs a chart; without a name it gets an automatic one, and the default namespace."""
        inputs = {"namespace": self._namespace, **news}
        if not inputs.get("name"):
            automatic = naming.automatic(urn.rpartition("::")[2], seed)
            inputs["name"] = (olds or {}).get("name") or automatic
        failures = () if inputs.get("chart") else (Failure("chart", "The chart is missing."),)
        return CheckResult(inputs, failures)

    def diff(
        self, urn: str, old: ResourceState, news: Properties, ignore_changes: tuple[str, ...]
    ) -> DiffResult:
        """Another name or namespace is another release; all else is an upgrade."""
        del urn
        ignored = [parse(path) for path in ignore_changes]
        compared = changes(without_secrets(old.inputs or {}), without_secrets(news), _REPLACING)
        found = {
            path: change
            for path, change in compared.items()
            if not any(covers(pattern, path) for pattern in ignored)
        }
        replacing = (DiffKind.ADD_REPLACE, DiffKind.DELETE_REPLACE, DiffKind.UPDATE_REPLACE)
        return DiffResult(
            changed=bool(found),
            replaces=tuple(write(path) for path, change in found.items() if change in replacing),
            diffs=tuple(dict.fromkeys(str(path[0]) for path in found)),
            detailed={write(path): change for path, change in found.items()},
        )

    def create(self, urn: str, inputs: Properties, *, preview: bool) -> ResourceState:
        """Write the release down."""
        return ResourceState("", inputs) if preview else self._written(urn, inputs, revision=1)

    def read(self, urn: str, id_: str, inputs: Properties, outputs: Properties) -> ResourceState:
        """What is on record, as long as its file is there."""
        del urn
        there = self._path(*id_.split("/", 1)).exists()
        return ResourceState(id_, outputs, inputs) if there else ResourceState("", {})

    def find(self, urn: str, inputs: Properties) -> ResourceState:
        """The release that an interrupted ``create`` of this resource left; no id if it did not."""
        path = self._path(str(inputs["namespace"]), str(inputs["name"]))
        made = render.owner(path) == urn
        return _recorded(inputs, revision=1) if made else ResourceState("", {})

    def update(
        self, urn: str, old: ResourceState, news: Properties, *, preview: bool
    ) -> ResourceState:
        """Write the changed release down."""
        if preview:
            return ResourceState(old.id, news)
        revision = int(map_of(old.outputs.get("status")).get("revision", 0))
        return self._written(urn, news, revision=revision + 1)

    def delete(self, urn: str, old: ResourceState) -> None:
        """Remove the file."""
        del urn
        render.remove(self._path(*old.id.split("/", 1)))

    def _written(self, urn: str, inputs: Properties, *, revision: int) -> ResourceState:
        plain = cast("dict[str, Any]", without_secrets(inputs))
        namespace, name = str(plain["namespace"]), str(plain["name"])
        repository = map_of(plain.get("repositoryOpts")).get("repo")
        content = {
            "chart": plain["chart"],
            "name": name,
            "namespace": namespace,
            "repository": repository,
            "values": _without_texts(inputs.get("values") or {}),
            "version": plain.get("version"),
        }
        render.write(
            self._path(namespace, name),
            urn,
            {key: value for key, value in content.items() if value is not None},
        )
        return _recorded(inputs, revision=revision)

    def _path(self, namespace: str, name: str) -> Path:
        return self._directory() / "2-helm" / f"{namespace}-{name}.yaml"


def _recorded(inputs: Properties, *, revision: int) -> ResourceState:
    plain = cast("dict[str, Any]", without_secrets(inputs))
    namespace, name = str(plain["namespace"]), str(plain["name"])
    # The words of the real provider, although nothing was installed.
    status = {
        "chart": plain["chart"],
        "name": name,
        "namespace": namespace,
        "revision": revision,
        "status": "deployed",
        "version": plain.get("version") or "",
    }
    return ResourceState(identifier(namespace, name), {**inputs, "status": status})


def _without_texts(value: Value) -> Value:
    """The shape of a chart's values, with numbers and switches, without texts and secrets."""
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {key: _without_texts(item) for key, item in items.items()}
    if isinstance(value, list):
        return [_without_texts(item) for item in cast("list[Any]", value)]
    return render.WITHHELD if isinstance(value, (str, Secret)) else value
