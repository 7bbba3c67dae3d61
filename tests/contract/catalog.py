"""Every component class of Seawall with a way to make one, and what its file says about it."""

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import pulumi
from mocks import Registered

import seawall
from seawall.component import Component
from seawall.eks import ClusterAddons, EksCluster
from seawall.firewall import ANY_PORT, Firewall, Flow, IpProtocol, Peer, Ports
from seawall.network import Network
from seawall.registry import Registry
from seawall.secrets import Secrets
from seawall.services import Services
from seawall.services.model import (
    Application,
    FileMount,
    FileSource,
    Membership,
    Mount,
    MountKind,
    Port,
    Route,
    Service,
    Volume,
)
from seawall.services.model import Network as ApplicationNetwork
from seawall.settings import SecretSettings

Make = Callable[[str, pulumi.ResourceOptions | None], Component]

TAGS = {"team": "platform"}
ROLE = "arn:aws:iam::123456789012:role/deploy"

APPLICATION = Application(
    name="shop",
    services=(
        Service(
            name="db",
            image="postgres:18",
            ports=(Port(5432),),
            networks=(Membership("back"),),
            mounts=(Mount(MountKind.VOLUME, "/var/lib/postgresql", "data"),),
            secrets=(FileMount("password", "/run/secrets/password"),),
            user="999:999",
        ),
        Service(
            name="web",
            image="web:1",
            ports=(Port(8080),),
            networks=(Membership("back"),),
            routes=(Route("/", 8080),),
            user="1000:1000",
        ),
    ),
    networks=(ApplicationNetwork("back", internal=True),),
    volumes=(Volume("data"),),
    secrets=(FileSource("password", environment="PASSWORD"),),
)

FLOWS = (
    Flow(Peer.internet(), Peer.group("load-balancer"), IpProtocol.TCP, Ports.one(443), "entry"),
    Flow(Peer.group("load-balancer"), Peer.workload("web"), IpProtocol.TCP, Ports.one(80), "web"),
    Flow(Peer.group("nodes"), Peer.group("nodes"), IpProtocol.ICMP, ANY_PORT, "path MTU"),
    Flow(Peer.group("nodes"), Peer.prefix_list("s3"), IpProtocol.TCP, Ports.one(443), "layers"),
)


def _network(name: str, opts: pulumi.ResourceOptions | None) -> Component:
    zones = ["us-east-1a", "us-east-1b"]
    return Network(
        name, {"cidr": "10.20.0.0/16", "zones": zones, "protect": False, "tags": TAGS}, opts
    )


def _firewall(name: str, opts: pulumi.ResourceOptions | None) -> Component:
    return Firewall(
        name,
        {"vpc_id": "vpc-1", "flows": FLOWS, "prefix_list_ids": {"s3": "pl-1"}, "tags": TAGS},
        opts,
    )


def _registry(name: str, opts: pulumi.ResourceOptions | None) -> Component:
    return Registry(
        name,
        {
            "repositories": ["web", "db"],
            "encryption": "kms",
            "pull_principals": [ROLE],
            "protect": False,
            "tags": TAGS,
        },
        opts,
    )


def _cluster(name: str, opts: pulumi.ResourceOptions | None) -> Component:
    return EksCluster(
        name,
        {
            "region": "us-east-1",
            "version": "1.35",
            "vpc_id": "vpc-1",
            "control_plane_subnet_ids": ["subnet-1", "subnet-2"],
            "node_subnet_ids": ["subnet-3", "subnet-4"],
            "admins": [ROLE],
            "protect": False,
            "tags": TAGS,
        },
        opts,
    )


def _addons(name: str, opts: pulumi.ResourceOptions | None) -> Component:
    return ClusterAddons(
        name,
        {"cluster_name": name, "vpc_id": "vpc-1", "region": "us-east-1", "tags": TAGS},
        opts,
    )


def _secrets(name: str, opts: pulumi.ResourceOptions | None) -> Component:
    return Secrets(
        name,
        {
            "sources": APPLICATION.secrets,
            "settings": {"password": SecretSettings(generate=32)},
        },
        opts,
    )


def _services(name: str, opts: pulumi.ResourceOptions | None) -> Component:
    return Services(
        name,
        {
            "application": APPLICATION,
            "images": {"db": "registry/db:18", "web": "registry/web:1"},
            "secret_values": {"password": "planted"},
            "namespace": name,
            "ingress": {"allow_plain_http": True},
            "public_subnet_cidrs": ["10.20.192.0/23"],
            "vpc_cidr": "10.20.0.0/16",
            "protect": False,
            "tags": TAGS,
        },
        opts,
    )


CATALOG: MappingProxyType[type[Component], Make] = MappingProxyType(
    {
        Network: _network,
        Firewall: _firewall,
        Registry: _registry,
        EksCluster: _cluster,
        ClusterAddons: _addons,
        Secrets: _secrets,
        Services: _services,
    }
)
"""A way to make each component, with every kind of child, and nothing protected."""


def component_classes() -> set[type[Component]]:
    """Every component class in any module of Seawall, whether the catalog knows it or not.

    Commands are left out: they declare nothing, and load the whole sandbox.
    """
    for module in pkgutil.walk_packages(seawall.__path__, "seawall."):
        if not module.name.startswith("seawall.cli"):
            importlib.import_module(module.name)
    found: set[type[Component]] = set()
    waiting = [Component]
    while waiting:
        for subclass in waiting.pop().__subclasses__():
            if subclass.__module__.startswith("seawall.") and subclass not in found:
                found.add(subclass)
                waiting.append(subclass)
    return found


def arguments_class(component: type[Component]) -> type:
    """The TypedDict that a component takes."""
    return inspect.signature(component.__init__).parameters["args"].annotation


def documented(class_: type) -> Iterator[tuple[str, str]]:
    """The annotated names of a class with the docstring below each, empty if there is none."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(class_))).body[0]
    assert isinstance(tree, ast.ClassDef)
    for statement, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        text = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            text = str(following.value.value)
        yield statement.target.id, text


def components(registered: list[Registered]) -> list[Registered]:
    """The registrations that are components of Seawall."""
    return [item for item in registered if item.type.startswith("seawall:")]


def in_kubernetes(item: Registered) -> bool:
    """Whether a resource is an object in a cluster."""
    return item.type.startswith("kubernetes:")


def tags_of(inputs: Any) -> dict[str, str]:
    """The tags among a resource's inputs."""
    return dict(inputs.get("tags") or {})
