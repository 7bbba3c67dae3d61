"""What a release needs before it starts, and what it leaves behind.

Values in, values out: nothing here talks to an engine or to AWS. Secrets, configs, networks, nodes
are the objects of Docker's API (https://docs.docker.com/reference/api/engine/), the manifest is the
release's ``manifest.json``. Python 3.9, standard library.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MANIFEST = "manifest.json"
STACK_FILE = "stack.yaml"
ORIGIN_LABEL = "seawall.origin"
"""Label of a secret: parameter, version and time of change that its value came from."""
NAMESPACE_LABEL = "com.docker.stack.namespace"
"""Label by which ``docker stack`` knows what belongs to a stack."""


@dataclass(frozen=True)
class Fetch:
    """A secret that must be made before the release: from this version of a parameter."""

    name: str
    parameter: str
    version: int


@dataclass(frozen=True)
class Leftovers:
    """Names of what no kept release uses."""

    secrets: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


def release_id(manifest: Mapping[str, Any]) -> str:
    """The identity of a release: its name, and a hash of everything that the manifest says."""
    said = {key: value for key, value in manifest.items() if key != "release"}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return f"{manifest['name']}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def unsound(
    release: str, manifest: Mapping[str, Any], files: Mapping[str, bytes], registry: str
) -> tuple[str, ...]:
    """Why a fetched release must not be deployed; empty: nothing speaks against it.

    Its manifest must have the hash that the release is named by, every file the hash that the
    manifest says, and every image a fixed name in the platform's registry.
    """
    found: list[str] = []
    if manifest.get("release") != release or release_id(manifest) != release:
        found.append(
            f"The manifest of release {release} is another one than it was published with. "
            "Publish the release anew."
        )
    said: Mapping[str, str] = manifest["files"]
    for name in sorted(set(said) | set(files)):
        if name not in files:
            found.append(f"The file {name} of release {release} is missing. Publish it anew.")
        elif name not in said or hashlib.sha256(files[name]).hexdigest() != said[name]:
            found.append(
                f"The file {name} of release {release} was changed after it was published."
            )
    for service, image in sorted(manifest["images"].items()):
        if registry and not image.startswith(registry.rstrip("/") + "/"):
            found.append(f"Service {service} runs {image}, which is not in {registry}.")
        if not _is_fixed(image):
            found.append(f"Service {service} runs {image}, which is not a fixed version.")
    return tuple(found)


def wanted_secrets(
    manifest: Mapping[str, Any],
    existing: Sequence[Mapping[str, Any]],
    origins: Mapping[str, str],
) -> tuple[tuple[Fetch, ...], tuple[str, ...]]:
    """Secrets to be made, and reasons why the release cannot have what it needs.

    ``origins``: by name of the object, what ``ORIGIN_LABEL`` must say (see ``origin``). A secret of
    that name with another origin holds another value: the parameter was made anew, and its versions
    count from 1 again.
    """
    there = {item["Spec"]["Name"]: part(item["Spec"], "Labels") for item in existing}
    fetches: list[Fetch] = []
    reasons: list[str] = []
    for secret, entry in sorted(manifest["secrets"].items()):
        name = entry["object"]
        if "parameter" not in entry:
            if name not in there:
                reasons.append(
                    f"The secret {secret} is external, but the swarm has no secret {name}. Create "
                    "it on a manager."
                )
        elif name not in there:
            fetches.append(Fetch(name, entry["parameter"], entry["version"]))
        elif there[name].get(ORIGIN_LABEL) != origins.get(name):
            reasons.append(
                f"The swarm's secret {name} came from another parameter than "
                f"{entry['parameter']}:{entry['version']}. Change the value once more, so that it "
                "gets a version of its own."
            )
    return tuple(fetches), tuple(reasons)


def origin(parameter: str, version: int, modified: datetime) -> str:
    """What tells one value of a parameter from every other, without telling the value."""
    return f"{parameter}:{version}@{int(modified.timestamp() * 1000)}"


def volume_labels(
    manifest: Mapping[str, Any],
    previous: Mapping[str, Any] | None,
    nodes: Sequence[Mapping[str, Any]],
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Labels that give each volume on a node its node, as (node id, label); and reasons against.

    A volume keeps its node. A new one goes to the ready node that has the fewest. Where the
    previous release had the volume and no node has, its node is gone, and a new one would be empty.
    """
    labels = {node["ID"]: dict(part(node["Spec"], "Labels")) for node in nodes}
    able = [
        node["ID"]
        for node in nodes
        if node["Status"]["State"] == "ready" and node["Spec"]["Availability"] == "active"
    ]
    had = _objects(previous or {}, "volumes")
    added: list[tuple[str, str]] = []
    reasons: list[str] = []
    for volume, entry in sorted(manifest["volumes"].items()):
        label = entry.get("label")
        if not label or any(found.get(label) == "true" for found in labels.values()):
            continue
        if entry["object"] in had:
            reasons.append(
                f"The node that had the volume {volume} is gone, and its data with it. Restore "
                f"them on a node and give it the label {label}=true."
            )
        elif not able:
            reasons.append(f"No node is ready to take the volume {volume}. Start a worker.")
        else:
            chosen = min(able, key=lambda node: (_volumes_on(labels[node]), node))
            labels[chosen][label] = "true"
            added.append((chosen, label))
    return tuple(added), tuple(reasons)


def deploy_command(stack: str, stack_file: str) -> tuple[str, ...]:
    """The command that hands a release to the swarm; it returns before anything has started.

    The registry is asked for a digest only where the image's name has changed, so that a release
    never restarts a service because the registry did not answer.
    """
    return (
        *("docker", "stack", "deploy", "--compose-file", stack_file),
        *("--prune", "--with-registry-auth", "--resolve-image", "changed", stack),
    )


def leftovers(
    kept: Sequence[Mapping[str, Any]],
    stack: str,
    secrets: Sequence[Mapping[str, Any]],
    configs: Sequence[Mapping[str, Any]],
    networks: Sequence[Mapping[str, Any]],
) -> Leftovers:
    """What is the stack's and no kept release uses: versions of secrets, configs, networks."""
    used = {
        kind: {name for manifest in kept for name in _objects(manifest, kind)}
        for kind in ("secrets", "configs", "networks")
    }

    def unused(items: Sequence[Mapping[str, Any]], kind: str) -> tuple[str, ...]:
        specs = [item.get("Spec", item) for item in items]
        own = (s["Name"] for s in specs if part(s, "Labels").get(NAMESPACE_LABEL) == stack)
        return tuple(sorted(name for name in own if name not in used[kind]))

    return Leftovers(
        unused(secrets, "secrets"), unused(configs, "configs"), unused(networks, "networks")
    )


def part(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A part of an object of the API; empty where it is missing or null."""
    found: Mapping[str, Any] | None = item.get(key)
    return found or {}


def _objects(manifest: Mapping[str, Any], kind: str) -> list[str]:
    return [str(entry["object"]) for entry in part(manifest, kind).values()]


def _is_fixed(image: str) -> bool:
    name = image.rpartition("/")[2]
    return "@sha256:" in name or (":" in name and not name.endswith(":latest"))


def _volumes_on(labels: Mapping[str, str]) -> int:
    return sum(label.startswith("seawall.volume.") for label in labels)
