"""What the renderer needs besides the application."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from types import MappingProxyType
from typing import final

from seawall.services.kubernetes.names import Text
from seawall.services.kubernetes.quantities import GIB


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """The public entry: one Application Load Balancer."""

    domain: str | None = None
    """Host name of the platform; None: the load balancer's own."""
    certificate_arn: Text | None = None
    """ACM certificate. None: plain HTTP."""
    allowed_cidrs: tuple[IPv4Network, ...] = (IPv4Network("0.0.0.0/0"),)
    """Who may reach the entry."""
    internal: bool = False
    """Inside the VPC only."""
    security_group_id: Text | None = None
    """The load balancer's security group. None: the controller makes one."""
    subnet_ids: Text | None = None
    """Its subnets, joined by commas. None: the controller finds them by their tags."""
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Tags of the load balancer and its target groups."""

    @property
    def encrypted(self) -> bool:
        """Whether the entry speaks HTTPS."""
        return self.certificate_arn is not None


@final
@dataclass(frozen=True, slots=True)
class Options:
    """Where and how the application is rendered."""

    namespace: str
    images: Mapping[str, Text]
    """Image reference by service."""
    secret_names: Mapping[str, Text]
    """Name of the Secret object, by the Compose file's name."""
    config_names: Mapping[str, str]
    """Name of the ConfigMap, by the Compose file's name."""
    vpc_cidr: IPv4Network
    """Addresses of the VPC, pods included; not part of the internet."""
    entry: Entry = Entry()
    load_balancer_cidrs: tuple[IPv4Network, ...] = ()
    """Subnets in which the load balancer stands: requests to pods come from there."""
    storage_class: str = "gp3"
    """StorageClass of volumes that one node mounts."""
    shared_storage_class: str | None = None
    """StorageClass of volumes that many nodes mount at once."""
    default_volume_size: int = 10 * GIB
    """Size, in bytes, of a volume that does not say its own."""
    kubernetes_version: str = "1.35"
    """Version of the cluster, major.minor; pins the Pod Security Standards."""
