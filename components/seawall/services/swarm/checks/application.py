"""All checks of an application."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from seawall.errors import Problem
from seawall.services.checks import check_same_routes, repeated
from seawall.services.model import Application
from seawall.services.swarm.checks.services import check_service
from seawall.services.swarm.checks.volumes import check_volumes
from seawall.services.swarm.names import SERVICE_LIMIT, network_object
from seawall.services.swarm.options import Options
from seawall.services.swarm.ports import check_ports, node_ports

CONFIG_LIMIT: Final = 1000 * 1024
"""Bytes: what a config holds (swarmkit, manager/controlapi/config.go)."""

_NO_SIZES: Final[Mapping[str, int]] = MappingProxyType({})


def check_on_swarm(
    application: Application,
    options: Options,
    *,
    config_sizes: Mapping[str, int] = _NO_SIZES,
) -> tuple[Problem, ...]:
    """Everything that keeps the application from running on Swarm, in the order of the file.

    ``config_sizes``: bytes by config, as far as known.
    """
    ports = node_ports(application, laptop=options.laptop)
    return (
        *check_same_routes(application),
        *(
            problem
            for service in application.services
            for problem in check_service(application, service, ports, options)
        ),
        *check_ports(application, laptop=options.laptop),
        *_networks(application, options),
        *check_volumes(application, options),
        *_configs(config_sizes),
    )


def _networks(application: Application, options: Options) -> Iterator[Problem]:
    """Names of networks in the Swarm: one each, and not too long."""
    names = {network.name: network_object(network, options) for network in application.networks}
    for name in repeated(names.values()):
        same = sorted(each for each, found in names.items() if found == name)
        yield Problem(
            "",
            f"networks.{same[-1]}",
            f"the networks {' and '.join(same)} would both be '{name}' in the Swarm.",
            "Rename one.",
        )
    for network, name in sorted(names.items()):
        if len(name) > SERVICE_LIMIT:
            yield Problem(
                "",
                f"networks.{network}",
                f"the network is called '{name}' in the Swarm, with {len(name)} characters; "
                f"{SERVICE_LIMIT} are possible.",
                "Give the network or the platform a shorter name.",
            )


def _configs(sizes: Mapping[str, int]) -> Iterator[Problem]:
    for name, size in sorted(sizes.items()):
        path = f"configs.{name}"
        if not size:
            yield Problem(
                "",
                path,
                f"config '{name}' is empty, which Swarm does not take.",
                "Write something into it, or remove it.",
            )
        if size >= CONFIG_LIMIT:
            yield Problem(
                "",
                path,
                f"config '{name}' has {size} bytes, and Swarm takes less than {CONFIG_LIMIT}.",
                "Put it into the image or on a volume.",
            )
