"""No key of the Compose specification is lost in silence."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.errors import InvalidInputError
from seawall.services.compose.account import account
from seawall.services.compose.keys import IGNORED, REFUSED, TAKEN
from seawall.services.compose.node import Node, Problems
from seawall.services.compose.schema import load_schema
from seawall.services.model import Application, Fate

RESOLVED = ("services.*.extends.", "include.")
"""What the source resolves before the account is drawn up."""

IN_PARTS = {"services.*.tmpfs"}
"""What the long form splits into keys of its own."""

MERGED = {"services.*.env_file", "services.*.label_file", "services.*.profiles"}
"""What shows in the model in other values, tested on their own."""


def resolve(part: Any) -> dict[str, Any]:
    while "$ref" in part:
        part = load_schema()["$defs"][part["$ref"].rsplit("/", 1)[-1]]
    return cast("dict[str, Any]", part)


def branches(part: Any) -> Iterator[dict[str, Any]]:
    part = resolve(part)
    yield part
    for below in part.get("oneOf", []) + part.get("anyOf", []):
        yield from branches(below)


def covered(pattern: str) -> bool:
    steps = pattern.split(".")
    return any(
        ".".join(steps[:length]) in rules or f"{pattern}.*" in rules
        for rules in (TAKEN, IGNORED, REFUSED)
        for length in range(1, len(steps) + 1)
    )


def schema_keys(part: Any, prefix: str) -> Iterator[str]:
    """Every path of named keys that the schema knows below a place, until a rule covers it."""
    for branch in branches(part):
        for key, below in branch.get("properties", {}).items():
            pattern = f"{prefix}.{key}" if prefix else key
            inner = () if covered(pattern) else tuple(schema_keys(below, pattern))
            yield from inner or (pattern,)
        for pattern_part in branch.get("patternProperties", {}).values():
            if pattern_part:
                yield from schema_keys(pattern_part, f"{prefix}.*")
        if "items" in branch and not covered(f"{prefix}.*"):
            yield from schema_keys(branch["items"], f"{prefix}.*")


def test_the_table_covers_every_key_of_the_schema() -> None:
    keys = set(schema_keys(load_schema(), "")) - IN_PARTS
    assert len(keys) > 150
    assert not {key for key in keys if not covered(key) and not key.startswith(RESOLVED)}


def test_no_key_has_two_fates() -> None:
    for one, two in itertools.combinations((set(TAKEN), set(IGNORED), set(REFUSED)), 2):
        assert not one & two


SERVICE_EXAMPLES: Mapping[str, Any] = {
    "image": "b:2",
    "build.context": ".",
    "build.dockerfile": {"build": {"context": ".", "dockerfile": "other.Dockerfile"}},
    "build.target": {"build": {"context": ".", "target": "prod"}},
    "build.args": {"build": {"context": ".", "args": {"A": "b"}}},
    "command": "run",
    "entrypoint": "run",
    "environment": {"A": "b"},
    "labels": {"a": "b"},
    "annotations": {"a": "b"},
    "working_dir": "/srv",
    "user": "1000",
    "hostname": "web",
    "init": True,
    "tty": True,
    "stdin_open": True,
    "read_only": True,
    "cap_add": ["NET_BIND_SERVICE"],
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "sysctls": {"net.ipv4.tcp_syncookies": 1},
    "ulimits": {"nofile": 9},
    "extra_hosts": ["a=10.0.0.1"],
    "shm_size": "64m",
    "stop_grace_period": "30s",
    "stop_signal": "SIGINT",
    "pull_policy": "always",
    "platform": "linux/arm64",
    "cpus": 1.5,
    "cpu_quota": 50000,
    "cpu_period": {"cpu_period": 50000, "cpu_quota": 50000},
    "mem_limit": "64m",
    "mem_reservation": "32m",
    "pids_limit": 100,
    "scale": 2,
    "restart": "on-failure:3",
    "expose": ["80"],
    "links": ["other"],
    "ports.*.target": {"ports": [{"target": 80}]},
    "ports.*.published": {"ports": [{"target": 80, "published": 80}]},
    "ports.*.protocol": {"ports": [{"target": 80, "protocol": "udp"}]},
    "ports.*.host_ip": {"ports": [{"target": 80, "host_ip": "127.0.0.1"}]},
    "ports.*.mode": {"ports": [{"target": 80, "mode": "host"}]},
    "ports.*.name": {"ports": [{"target": 80, "name": "http"}]},
    "ports.*.app_protocol": {"ports": [{"target": 80, "app_protocol": "http"}]},
    "volumes.*.type": {"volumes": [{"type": "tmpfs", "target": "/d"}]},
    "volumes.*.source": {"volumes": [{"type": "volume", "source": "data", "target": "/d"}]},
    "volumes.*.target": {"volumes": [{"type": "volume", "target": "/e"}]},
    "volumes.*.read_only": {"volumes": [{"type": "volume", "target": "/d", "read_only": True}]},
    "volumes.*.volume.nocopy": {
        "volumes": [{"type": "volume", "target": "/d", "volume": {"nocopy": True}}]
    },
    "volumes.*.volume.subpath": {
        "volumes": [{"type": "volume", "target": "/d", "volume": {"subpath": "x"}}]
    },
    "volumes.*.tmpfs.size": {
        "volumes": [{"type": "tmpfs", "target": "/d", "tmpfs": {"size": "1m"}}]
    },
    "tmpfs.*.target": {"tmpfs": ["/run"]},
    "tmpfs.*.size": {"tmpfs": ["/run:size=1m"]},
    "tmpfs.*.ro": {"tmpfs": ["/run:ro"]},
    "networks.*.aliases": {"networks": {"default": {"aliases": ["x"]}}},
    "depends_on.*.condition": {"depends_on": {"other": {"condition": "service_started"}}},
    "depends_on.*.required": {
        "depends_on": {"gone": {"condition": "service_started", "required": False}}
    },
    "healthcheck.test": {"healthcheck": {"test": "x"}},
    "healthcheck.interval": {"healthcheck": {"test": "x", "interval": "7s"}},
    "healthcheck.timeout": {"healthcheck": {"test": "x", "timeout": "7s"}},
    "healthcheck.retries": {"healthcheck": {"test": "x", "retries": 7}},
    "healthcheck.start_period": {"healthcheck": {"test": "x", "start_period": "7s"}},
    "healthcheck.start_interval": {"healthcheck": {"test": "x", "start_interval": "7s"}},
    "healthcheck.disable": {"healthcheck": {"test": "x", "disable": True}},
    "x-seawall": {"expose": ["80"], "x-seawall": {"ingress": [{"path": "/", "port": 80}]}},
    "deploy.mode": {"deploy": {"mode": "global"}},
    "deploy.replicas": {"deploy": {"replicas": 3}},
    "deploy.endpoint_mode": {"deploy": {"endpoint_mode": "dnsrr"}},
    "deploy.labels": {"deploy": {"labels": {"a": "b"}}},
    "deploy.placement.constraints": {"deploy": {"placement": {"constraints": ["a == b"]}}},
    "deploy.placement.max_replicas_per_node": {
        "deploy": {"placement": {"max_replicas_per_node": 1}}
    },
    "deploy.placement.preferences.*.spread": {
        "deploy": {"placement": {"preferences": [{"spread": "node.labels.zone"}]}}
    },
    **{
        f"deploy.resources.{kind}.{key}": {"deploy": {"resources": {kind: {key: value}}}}
        for kind in ("limits", "reservations")
        for key, value in (("cpus", "0.5"), ("memory", "64M"), ("pids", 100))
        if (kind, key) != ("reservations", "pids")
    },
    **{
        f"deploy.{config}.{key}": {"deploy": {config: {key: value}}}
        for config in ("update_config", "rollback_config")
        for key, value in (
            ("parallelism", 3),
            ("delay", "7s"),
            ("monitor", "7s"),
            ("order", "start-first"),
            ("failure_action", "continue"),
            ("max_failure_ratio", 0.5),
        )
    },
    **{
        f"deploy.restart_policy.{key}": {"deploy": {"restart_policy": {key: value}}}
        for key, value in (
            ("condition", "none"),
            ("delay", "7s"),
            ("max_attempts", 3),
            ("window", "7s"),
        )
    },
    **{
        f"{section}.*.{key}": {section: [{"source": "one", key: value}]}
        for section in ("secrets", "configs")
        for key, value in (("target", "/x"), ("uid", "7"), ("gid", "7"), ("mode", "0400"))
    },
    **{f"{section}.*.source": {section: [{"source": "one"}]} for section in ("secrets", "configs")},
}

TOP_EXAMPLES: Mapping[str, Any] = {
    "name": {"name": "other"},
    "networks.*.internal": {"networks": {"default": {"internal": True}}},
    "networks.*.driver_opts.encrypted": {
        "networks": {"default": {"driver_opts": {"encrypted": ""}}}
    },
    "volumes.*.driver": {"volumes": {"data": {"driver": "ebs"}}},
    "volumes.*.x-seawall.size": {"volumes": {"data": {"x-seawall": {"size": "20G"}}}},
    "volumes.*.x-seawall.shared": {"volumes": {"data": {"x-seawall": {"shared": True}}}},
    **{
        f"{section}.*.{key}": {section: {"one": value}}
        for section in ("secrets", "configs")
        for key, value in (
            ("file", {"file": "compose.yaml"}),
            ("environment", {"environment": "B"}),
            ("external", {"external": True}),
            ("name", {"external": True, "name": "other"}),
        )
    },
    "configs.*.content": {"configs": {"one": {"content": "text"}}},
}

WITHOUT: Mapping[str, Any] = {
    "cpu_period": {"cpu_quota": 50000},
    "healthcheck.disable": {"healthcheck": {"test": "x"}},
    "networks.*.aliases": {"networks": {"default": None}},
    "x-seawall": {"expose": ["80"]},
    "build.dockerfile": {"build": "."},
    "build.target": {"build": "."},
    "build.args": {"build": "."},
    **{
        pattern: {"ports": [{"target": 80}]}
        for pattern in SERVICE_EXAMPLES
        if pattern.startswith("ports.") and not pattern.endswith("target")
    },
    **{
        pattern: {"healthcheck": {"test": "x"}}
        for pattern in SERVICE_EXAMPLES
        if pattern.startswith("healthcheck.") and not pattern.endswith("test")
    },
    **{
        pattern: {"volumes": [{"type": "volume", "target": "/d"}]}
        for pattern in SERVICE_EXAMPLES
        if pattern.startswith("volumes.") and pattern != "volumes.*.tmpfs.size"
    },
    "volumes.*.tmpfs.size": {"volumes": [{"type": "tmpfs", "target": "/d"}]},
    **{pattern: {"tmpfs": ["/run"]} for pattern in ("tmpfs.*.size", "tmpfs.*.ro")},
    **{
        f"{section}.*.{key}": {section: [{"source": "one"}]}
        for section in ("secrets", "configs")
        for key in ("target", "uid", "gid", "mode")
    },
    "deploy.update_config": {},
}
"""The service without the key, where that is more than nothing."""


def document(service: dict[str, Any], top: dict[str, Any] | None = None) -> str:
    whole: dict[str, Any] = {
        "services": {"web": {"image": "a:1", **service}, "other": {"image": "a:1"}},
        "volumes": {"data": {}},
        "networks": {"default": {}},
        "secrets": {"one": {"environment": "A"}},
        "configs": {"one": {"environment": "A"}},
        **(top or {}),
    }
    return yaml.safe_dump(whole)


FILES = {"Dockerfile": "FROM scratch\n", "other.Dockerfile": "FROM scratch\n"}


@pytest.mark.parametrize("pattern", sorted(TAKEN - MERGED), ids=str)
def test_a_taken_key_changes_the_application(
    pattern: str, loaded: Callable[..., Application]
) -> None:
    key = pattern.removeprefix("services.*.")
    if key == pattern:
        without, example = document({}), document({}, TOP_EXAMPLES[pattern])
    else:
        value = SERVICE_EXAMPLES[key]
        whole = isinstance(value, dict) and ("." in key or key in value)
        service = value if whole else {key.split(".")[0]: value}
        without, example = document(WITHOUT.get(key, {})), document(service)
    before, after = loaded(without, files=FILES), loaded(example, files=FILES)
    fields = ("name", "services", "networks", "volumes", "secrets", "configs")
    changed = [name for name in fields if getattr(before, name) != getattr(after, name)]
    gone = {note.path for note in after.notes} - {note.path for note in before.notes}
    assert changed or (pattern.endswith("depends_on.*.required") and gone)


def example(part: Any) -> Any:
    """The smallest value with content that the schema takes."""
    part = resolve(part)
    for choice in part.get("oneOf", []) + part.get("anyOf", []):
        if ("type" in choice or "$ref" in choice) and (value := example(choice)) is not None:
            return value
    if "enum" in part:
        return part["enum"][0]
    kinds = part.get("type", "object")
    kind = kinds if isinstance(kinds, str) else next(k for k in kinds if k != "null")
    if kind == "array":
        return [example(part.get("items", {"type": "string"}))]
    if kind == "object":
        wanted = part.get("required", []) or list(part.get("properties", {}))[:1]
        if not wanted:
            inner = next(iter(part.get("patternProperties", {}).values()), {"type": "string"})
            return {"x1": example(inner or {"type": "string"})}
        return {key: example(part["properties"][key]) for key in wanted}
    simple = {"string": "x1", "integer": 1, "number": 1, "boolean": True}
    return simple.get(kind)


def placed(pattern: str) -> dict[str, Any]:
    """A document that holds nothing but an example of this key."""
    steps = pattern.split(".")
    part: Any = load_schema()
    trail: list[str] = []
    for step in steps:
        found = next(below for below in steps_below(part, step) if below)
        trail.append("[]" if step == "*" and is_list(part) else "name" if step == "*" else step)
        part = found
    value = example(part)
    for step in reversed(trail):
        value = [value] if step == "[]" else {step: value}
    return cast("dict[str, Any]", value)


def steps_below(part: Any, step: str) -> Iterator[Any]:
    """What the schema has under a key; ``*`` is any name of a mapping, or else any item."""
    for branch in branches(part):
        if step != "*":
            yield branch.get("properties", {}).get(step)
        else:
            yield from branch.get("patternProperties", {}).values()
    for branch in branches(part):
        yield branch.get("items") if step == "*" else None


def is_list(part: Any) -> bool:
    mapping = any(any(branch.get("patternProperties", {}).values()) for branch in branches(part))
    return not mapping and any("items" in branch for branch in branches(part))


def node(value: Any, path: tuple[str | int, ...] = ()) -> Node:
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return Node({k: node(v, (*path, k)) for k, v in entries.items()}, "f", path, 1)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return Node(tuple(node(v, (*path, i)) for i, v in enumerate(items)), "f", path, 1)
    return Node(value, "f", path, 1)


def in_schema(pattern: str) -> bool:
    return not pattern.startswith("services.*.tmpfs.")


@pytest.mark.parametrize("pattern", sorted(filter(in_schema, IGNORED)))
def test_an_ignored_key_is_noted_with_the_reason(pattern: str) -> None:
    problems = Problems()
    notes = account(node(placed(pattern)), problems)
    assert [note.why for note in notes] == [IGNORED[pattern]]
    assert notes[0].fate is Fate.IGNORED
    assert not problems.found


@pytest.mark.parametrize("pattern", sorted(REFUSED))
def test_a_refused_key_is_a_problem_with_a_cure(pattern: str) -> None:
    problems = Problems()
    assert account(node(placed(pattern)), problems) == ()
    (problem,) = problems.found
    assert REFUSED[pattern].why in problem.message
    assert problem.cure == REFUSED[pattern].cure


@pytest.mark.parametrize(
    ("key", "value"),
    [("privileged", False), ("ipc", "private"), ("network_mode", "bridge"), ("devices", [])],
)
def test_a_harmless_value_of_a_refused_key_passes(key: str, value: Any) -> None:
    problems = Problems()
    account(node({"services": {"web": {key: value}}}), problems)
    assert not problems.found


SIMPLE = sorted(
    pattern
    for pattern in (*IGNORED, *REFUSED)
    if pattern.startswith("services.*.") and pattern.count(".") == 2  # a key of its own
)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(SIMPLE)), st.sets(st.sampled_from(["x-a", "zeta", "unheard"])))
def test_every_key_ends_in_exactly_one_place(patterns: set[str], others: set[str]) -> None:
    service: dict[str, Any] = {"image": "a:1", **dict.fromkeys(others, "x")}
    for pattern in patterns:
        service |= placed(pattern)["services"]["name"]
    problems = Problems()
    notes = account(node({"services": {"web": service}}), problems)
    noted = {note.path.split(".")[2] for note in notes}
    refused = {problem.path.split(".")[2].partition("[")[0] for problem in problems.found}
    assert not noted & refused
    assert noted | refused == set(service) - {"image"}


def test_an_extension_is_noted_and_a_new_key_refused(
    loaded: Callable[..., Application],
) -> None:
    text = "x-top: 1\nservices: {web: {image: 'a:1', x-mine: {a: b}}}"
    assert [note.path for note in loaded(text).notes] == ["services.web.x-mine", "x-top"]
    with pytest.raises(InvalidInputError, match="not known"):
        loaded("services: {web: {image: 'a:1', brand_new: 1}}")
