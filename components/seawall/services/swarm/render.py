"""All of an application as a stack file of ``docker stack deploy``. Pure."""

from collections.abc import Mapping
from typing import Final

from seawall.services.files import used_configs, used_secrets
from seawall.services.model import Application, Network
from seawall.services.swarm.containers import container
from seawall.services.swarm.deploying import deploy
from seawall.services.swarm.names import network_object
from seawall.services.swarm.notation import StackFile
from seawall.services.swarm.options import FileObject, Options
from seawall.services.swarm.ports import node_ports
from seawall.services.swarm.storage import volumes

BASE_VERSION: Final = "3.9"
"""The first schema with limits of processes (docker client 20.10)."""
START_INTERVAL_VERSION: Final = "3.12"
"""The first schema with ``start_interval`` (docker client 25)."""


def render(application: Application, options: Options) -> StackFile:
    """The stack file.

    Its ``version`` is the lowest that has all keys in use: a client refuses versions that it does
    not know, and the newest (3.13) needs client 27. Whatever fits the lower one fits 3.13.
    """
    ports = node_ports(application, laptop=options.laptop)
    services = {
        service.name: {
            **container(service, ports, options),
            "deploy": deploy(application, service, ports, options),
        }
        for service in application.services
    }
    newer = any("start_interval" in service.get("healthcheck", {}) for service in services.values())
    result: StackFile = {
        "version": START_INTERVAL_VERSION if newer else BASE_VERSION,
        "services": services,
        "networks": networks(application, options),
    }
    for section, found in (
        ("volumes", volumes(application, options)),
        ("configs", _files(used_configs(application), options.configs)),
        ("secrets", _files(used_secrets(application), options.secrets)),
    ):
        if found:
            result[section] = found
    return result


def networks(application: Application, options: Options) -> StackFile:
    """The overlay networks that services are in; nothing outside the stack joins them."""
    known = {network.name: network for network in application.networks}
    used = {
        membership.network for service in application.services for membership in service.networks
    }
    return {name: _network(known.get(name, Network(name)), options) for name in sorted(used)}


def _network(network: Network, options: Options) -> StackFile:
    result: StackFile = {
        "name": network_object(network, options),
        "driver": "overlay",
        "attachable": False,
    }
    if network.encrypted or options.encrypted:
        result["driver_opts"] = {"encrypted": ""}
    if network.internal:
        result["internal"] = True
    return result


def _files(used: tuple[str, ...], objects: Mapping[str, FileObject]) -> StackFile:
    return {
        name: {"name": known.name, **({"file": known.file} if known.file else {"external": True})}
        for name in used
        if (known := objects[name])
    }
