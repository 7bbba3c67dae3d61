"""Whether the sandbox's provider answers a recorded call as the real one did."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from recordings import Recording, values
from versions import EVERYWHERE, SINCE, UNTIL

from seawall_sandbox.aws import registry
from seawall_sandbox.aws.provider import AwsProvider
from seawall_sandbox.aws.resource import DEFAULTS_KEY, ResourceType
from seawall_sandbox.aws.schema import Type
from seawall_sandbox.protocol import ResourceState

UNSUPPORTED = "the sandbox's provider does not have it"
_AUTOMATIC = re.compile(r"-[0-9a-f]{7}(?=\.fifo$|$)")


def judge(provider: AwsProvider, recording: Recording) -> list[str]:
    """What differs, in words; empty when the answers agree. For calls that need no emulator."""
    type_ = registry.resource(recording.token)
    if type_ is None:
        return [UNSUPPORTED]
    judges = {"Check": _check, "Preview": _preview, "Diff": _diff}
    return list(judges[recording.method](provider, type_, recording))


def _check(provider: AwsProvider, type_: ResourceType, recording: Recording) -> Iterator[str]:
    request = recording.request
    news = of_version_7(type_, values(request["news"]))
    olds = values(request["olds"]) or None
    result = provider.check(urn_of(recording), type_.token, olds, news, b"seed")
    for failure in result.failures:
        yield f"refused: {failure.property}: {failure.reason}"
    if not result.failures:
        wanted = _comparable(type_, values(recording.response["inputs"]))
        yield from differences(wanted, _comparable(type_, result.inputs), "")


def _preview(provider: AwsProvider, type_: ResourceType, recording: Recording) -> Iterator[str]:
    request = recording.request
    if "olds" in request:
        old = ResourceState(request["id"], values(request["olds"]), values(request["oldInputs"]))
        state = provider.update(
            urn_of(recording),
            type_.token,
            old,
            of_version_7(type_, values(request["news"])),
            ignore_changes=tuple(request.get("ignoreChanges") or ()),
            preview=True,
            timeout=0,
        )
    else:
        inputs = of_version_7(type_, values(request["properties"]))
        state = provider.create(urn_of(recording), type_.token, inputs, preview=True, timeout=0)
    yield from differences(
        outputs_of_both(type_, values(recording.response["properties"])),
        outputs_of_both(type_, state.outputs),
        "",
    )


def _diff(provider: AwsProvider, type_: ResourceType, recording: Recording) -> Iterator[str]:
    request, response = recording.request, recording.response
    old = ResourceState(
        request["id"],
        values(request["olds"]),
        of_version_7(type_, values(request.get("oldInputs") or {})),
    )
    ignored = tuple(request.get("ignoreChanges") or ())
    news = of_version_7(type_, values(request["news"]))
    result = provider.diff(urn_of(recording), type_.token, old, news, ignored)
    changed = response["changes"] != "DIFF_NONE"
    if result.changed is not changed:
        yield f"changed: recorded {changed}, got {result.changed}: {dict(result.detailed)}"
    known = type_.schema.inputs.keys() | type_.schema.outputs
    for key in ("replaces", "diffs"):
        wanted = {_top(path) for path in response.get(key) or ()} & known
        got: set[str] = set(getattr(result, key))
        if wanted != got:
            yield f"{key}: recorded {sorted(wanted)}, got {sorted(got)}"
    blocked = bool(response.get("deleteBeforeReplace"))
    if blocked is not result.delete_before_replace:
        yield f"deleteBeforeReplace: recorded {blocked}, got {result.delete_before_replace}"
    stables = set(response.get("stables") or ()) & type_.schema.inputs.keys() - EVERYWHERE
    mine = set(result.stables) - EVERYWHERE
    other_since = _changed_by_version(type_).keys()
    if stables - mine - other_since:
        yield f"stables: {sorted(stables - mine - other_since)} are not called so"
    surplus = (mine - stables) & request["olds"].keys() - other_since
    if not result.replaces and surplus:
        yield f"stables: {sorted(surplus)} can change in place"


def differences(wanted: Any, got: Any, place: str) -> Iterator[str]:
    """Every place where two values differ. Numbers and their texts are told apart."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in sorted(wanted.keys() | got.keys()):
            path = f"{place}.{key}" if place else key
            if key not in got:
                yield f"{path}: recorded {wanted[key]!r}, missing"
            elif key not in wanted:
                yield f"{path}: not recorded, got {got[key]!r}"
            else:
                yield from differences(wanted[key], got[key], path)
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from differences(one, other, f"{place}[{index}]")
    elif wanted is not got and (wanted != got or isinstance(wanted, bool) != isinstance(got, bool)):
        yield f"{place}: recorded {wanted!r}, got {got!r}"


def of_version_7(type_: ResourceType, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs without what version 7 dropped, at any depth."""
    found = {
        key: _known(type_.schema.inputs[key].type, value)
        for key, value in inputs.items()
        if key in type_.schema.inputs
    }
    if DEFAULTS_KEY in inputs:
        found[DEFAULTS_KEY] = [key for key in inputs[DEFAULTS_KEY] if key in type_.schema.inputs]
    if "tagsAll" in inputs:
        found["tagsAll"] = inputs["tagsAll"]
    return found


def _known(of: Type | None, value: Any) -> Any:
    if of is not None and of.kind == "object" and isinstance(value, dict):
        return {
            key: _known(of.properties[key].type if key in of.properties else None, item)
            for key, item in value.items()
            if key in of.properties or key == DEFAULTS_KEY
        }
    if of is not None and of.kind == "list" and isinstance(value, list):
        return [_known(of.element, item) for item in value]
    if of is not None and of.kind == "map" and isinstance(value, dict):
        # Version 6 stopped noting defaults in maps, which can have none.
        return {key: item for key, item in value.items() if key != DEFAULTS_KEY}
    return value


def _comparable(type_: ResourceType, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Checked inputs as both versions have them, with automatic names made alike."""
    found = of_both(type_, of_version_7(type_, inputs))
    name = type_.name_property
    if name in found[DEFAULTS_KEY] and isinstance(found[name], str):
        found[name] = _AUTOMATIC.sub("-<automatic>", found[name])
    return found


def outputs_of_both(type_: ResourceType, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs without what only one of the versions has."""
    known = {
        key: _known(type_.schema.inputs[key].type, value) if key in type_.schema.inputs else value
        for key, value in outputs.items()
        if key in type_.schema.outputs or key == "id"
    }
    return of_both(type_, known)


def _changed_by_version(type_: ResourceType) -> Mapping[str, str]:
    return {**UNTIL.get(type_.token, {}), **SINCE.get(type_.token, {})}


def of_both(type_: ResourceType, value: Any, path: str = "") -> Any:
    """A value without what only one of the versions has, at any depth."""
    left_out = {*EVERYWHERE, *_changed_by_version(type_)}
    if isinstance(value, list) and path.endswith(DEFAULTS_KEY):
        outer = path[: -len(DEFAULTS_KEY)]
        return sorted(key for key in value if f"{outer}{key}" not in left_out)
    if isinstance(value, list):
        return [of_both(type_, item, path) for item in value]
    if isinstance(value, dict):
        places = {key: f"{path}.{key}" if path else key for key in value}
        return {
            key: of_both(type_, item, places[key])
            for key, item in value.items()
            if places[key] not in left_out
        }
    return value


def urn_of(recording: Recording) -> str:
    """The URN under which a recording is replayed."""
    return f"urn:pulumi:dev::project::{recording.token}::{recording.name}"


def _top(path: str) -> str:
    return path.split(".", 1)[0].split("[", 1)[0]
