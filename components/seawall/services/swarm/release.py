"""A release: the stack file, the configs it needs, and a manifest of all it is made of. Pure.

A release is named by its content, so the same name is always the same release; it is stored once
and never changed. Going back is deploying an earlier one. The agent on the nodes
(``seawall_node.release``) reads the manifest and checks it against the name.

Values of secrets are in none of it. The manifest says which version of which parameter of Systems
Manager (SecureString) a secret is made from; the leader reads the value and hands it to its engine.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, final

from seawall.services.files import external_names, used_configs, used_secrets
from seawall.services.model import Application, Mode, Service
from seawall.services.swarm.capacity import tasks
from seawall.services.swarm.deploying import restart_of
from seawall.services.swarm.names import (
    config_object,
    secret_object,
    volume_label,
    volume_object,
)
from seawall.services.swarm.notation import as_text
from seawall.services.swarm.options import FileObject, Options, Storage
from seawall.services.swarm.ports import node_ports
from seawall.services.swarm.render import networks, render
from seawall.services.swarm.storage import named_volumes, volume_path
from seawall.services.users import user_of

MANIFEST: Final = "manifest.json"
STACK_FILE: Final = "stack.yaml"
SECRET_LIMIT: Final = 8192
"""Bytes: what an advanced parameter of Systems Manager holds
(https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html).
"""

PULLING: Final = 300
"""Seconds for images to arrive and for services to find each other at a first start."""
SPARE: Final = 30
"""Seconds that a batch of an update may take beyond its own times."""


@final
@dataclass(frozen=True, slots=True)
class SecretVersion:
    """Where the value of a secret is."""

    parameter: str
    """Name of the SecureString parameter, such as ``/shop/swarm/secrets/db_password``."""
    version: int
    """Its version, which stands for one value for ever."""


@final
@dataclass(frozen=True, slots=True)
class Release:
    """Everything that is stored of a release."""

    id: str
    """The release's name and a hash of its content, such as ``2026.11.22-1-0a1b2c3d4e5f``."""
    files: Mapping[str, bytes]
    """Content by path below the release's own directory; the manifest is among them."""


def make_release(
    application: Application,
    options: Options,
    *,
    name: str,
    config_contents: Mapping[str, bytes],
    secret_versions: Mapping[str, SecretVersion],
) -> Release:
    """The release of an application.

    ``name``: the release as people call it, the tag of built images. ``config_contents`` and
    ``secret_versions``: by config and by secret, all but external ones. The objects that
    ``options`` names for both are not looked at: they follow from these.
    """
    configs = _configs(application, options, config_contents)
    secrets = _secrets(application, options, secret_versions)
    options = replace(options, configs=configs, secrets=secrets)
    files = {
        STACK_FILE: as_text(render(application, options)).encode(),
        **{
            configs[config].file: config_contents[config]
            for config in used_configs(application)
            if configs[config].file
        },
    }
    manifest = {
        "name": name,
        "stack": options.stack,
        "files": {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)},
        "images": dict(sorted(options.images.items())),
        "configs": {config: {"object": known.name} for config, known in configs.items()},
        "secrets": {
            secret: {
                "object": known.name,
                **(
                    {"parameter": source.parameter, "version": source.version}
                    if (source := secret_versions.get(secret))
                    else {}
                ),
            }
            for secret, known in secrets.items()
        },
        "networks": {
            network: {"object": entry["name"]}
            for network, entry in networks(application, options).items()
        },
        "volumes": _volumes(application, options),
        "services": {
            service.name: _service(application, service, options)
            for service in application.services
        },
        "timeout": max(timeout(application, each, options) for each in application.services),
    }
    release = release_id(manifest)
    text = json.dumps({"release": release, **manifest}, indent=2, sort_keys=True) + "\n"
    return Release(release, MappingProxyType({**files, MANIFEST: text.encode()}))


def release_id(manifest: Mapping[str, Any]) -> str:
    """The identity of a release: its name, and a hash of everything else that its manifest says.

    The agent has the same rule.
    """
    said = {key: value for key, value in manifest.items() if key != "release"}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return f"{manifest['name']}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def startup(service: Service) -> float:
    """How long a task may take to become healthy, in seconds, before its engine ends it."""
    check = service.healthcheck
    if check is None:
        return 0.0
    return check.start_period + (check.interval + check.timeout) * max(1, check.retries)


def timeout(application: Application, service: Service, options: Options) -> int:
    """How long the rollout of a service may take, in seconds, forth or back."""
    count = tasks(service, node_ports(application, laptop=options.laptop), options)
    if service.mode is Mode.GLOBAL:
        count = options.nodes or 1
    rollout = service.rollout
    batches = max(1, math.ceil(count / (rollout.parallelism or count or 1)))
    each = (
        startup(service)
        + max(rollout.delay, rollout.monitor)
        + service.stop_grace_period
        + service.restart.delay
        + SPARE
    )
    return PULLING + math.ceil(batches * each)


def _configs(
    application: Application, options: Options, contents: Mapping[str, bytes]
) -> dict[str, FileObject]:
    external = external_names(application.configs)
    found: dict[str, FileObject] = {}
    for config in used_configs(application):
        if config in external:
            found[config] = FileObject(external[config])
        else:
            known = config_object(options.stack, config, contents[config])
            found[config] = FileObject(known, f"configs/{known}")
    return found


def _secrets(
    application: Application, options: Options, versions: Mapping[str, SecretVersion]
) -> dict[str, FileObject]:
    external = external_names(application.secrets)
    return {
        secret: FileObject(
            external[secret]
            if secret in external
            else secret_object(options.stack, secret, versions[secret].version)
        )
        for secret in used_secrets(application)
    }


def _volumes(application: Application, options: Options) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for service in application.services:
        for name in named_volumes(service):
            entry: dict[str, Any] = {"object": volume_object(name, options)}
            if options.storage is Storage.NODE:
                entry["label"] = volume_label(name, options)
            if options.storage is Storage.EFS:
                user = user_of(service)
                entry["path"] = volume_path(name, options)
                # The directory must be there before it can be mounted, and belong to its user.
                entry["owner"] = "" if user is None else ":".join(user.owner)
            found[name] = entry
    return dict(sorted(found.items()))


def _service(application: Application, service: Service, options: Options) -> dict[str, Any]:
    """What the agent watches a service by."""
    ports = node_ports(application, laptop=options.laptop)
    return {
        "object": f"{options.stack}_{service.name}",
        "tasks": None if service.mode is Mode.GLOBAL else tasks(service, ports, options),
        "monitor": service.rollout.monitor,
        "ends": service.mode is Mode.REPLICATED_JOB or restart_of(service).condition != "any",
    }
