"""Typed settings of a stack.

``config.seawall:platform`` of ``stacks/Pulumi.<stack>.yaml``.

Everything is frozen and validated here, before any resource exists; see ``stack_file`` for reading
the file and reporting every error at once. Keys are camelCase in the file and snake_case here.
"""

from ipaddress import IPv4Network
from pathlib import PurePosixPath
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from seawall.regions import ZONES_BY_REGION

PlatformName = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$")]
Arn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{0,12}:.+$")
]
DomainName = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=253
    ),
]
Release = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]


class Model(BaseModel):
    """Base of the settings: frozen, camelCase in the file, unknown keys refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )


class NetworkSettings(Model):
    """The VPC."""

    cidr: IPv4Network = IPv4Network("10.20.0.0/16")
    """Address range of the VPC, /16 to /20, private (RFC 1918) addresses."""
    zones: Annotated[int, Field(ge=2, le=6)] | tuple[str, ...] = 3
    """Availability zones.

    How many (the region's first ones), or their names, such as us-east-1a.
    """
    nat: Annotated[str, Field(pattern="^(per-zone|single|none)$")] = "per-zone"
    """NAT gateways: per-zone (survives a zone), single (cheaper), none (no way out)."""
    isolated: bool = True
    """Whether there is a tier of subnets with no way to or from the internet (for databases)."""
    flow_log_retention_days: Annotated[int, Field(ge=1, le=3653)] = 90
    """How long flow logs are kept, in days; a value that CloudWatch Logs knows."""
    peer_cidrs: tuple[IPv4Network, ...] = ()
    """Ranges of other networks that will be connected; must not overlap with this one."""


class RegistrySettings(Model):
    """The container registry: one repository for each service."""

    encryption: Annotated[str, Field(pattern="^(aes256|kms)$")] = "aes256"
    """aes256 (Amazon's keys) or kms (a key of the platform).

    Create-time only: changing it replaces.
    """
    keep_images: Annotated[int, Field(ge=1, le=1000)] = 100
    """How many tagged images a repository keeps."""
    untagged_days: Annotated[int, Field(ge=1, le=365)] = 7
    """After how many days an untagged image is removed."""
    push_principals: tuple[Arn, ...] = ()
    """IAM principals (role ARNs) of other accounts or CI that may push."""
    pull_principals: tuple[Arn, ...] = ()
    """IAM principals that may pull, besides the cluster's nodes."""
    delete_with_images: bool = False
    """Gives up the protection of images: destroy deletes repositories that still hold some."""


class NodeSettings(Model):
    """The worker nodes of an EKS cluster: one managed node group over all zones."""

    instance_types: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")], ...] = (
        "m6i.large",
    )
    """EC2 instance types, all of one architecture; several widen the choice for spot."""
    architecture: Annotated[str, Field(pattern="^(x86_64|arm64)$")] = "x86_64"
    """Processor architecture of the instance types."""
    capacity: Annotated[str, Field(pattern="^(on-demand|spot)$")] = "on-demand"
    """How instances are bought."""
    min_size: Annotated[int, Field(ge=0, le=450)] = 3
    """Fewest nodes."""
    desired_size: Annotated[int, Field(ge=0, le=450)] = 3
    """Nodes at creation; afterwards the autoscaler's business."""
    max_size: Annotated[int, Field(ge=1, le=450)] = 6
    """Most nodes (EKS allows 450 in a group)."""
    disk_size: Annotated[int, Field(ge=20, le=16384)] = 50
    """Data volume of a node, in GiB, gp3, encrypted."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min_size <= self.desired_size <= self.max_size:
            message = (
                f"minSize ({self.min_size}) <= desiredSize ({self.desired_size}) <= maxSize "
                f"({self.max_size}) does not hold. Put the three in that order."
            )
            raise ValueError(message)
        return self


class ClusterSettings(Model):
    """The cluster that runs the services."""

    kind: Annotated[str, Field(pattern="^eks$")] = "eks"
    """Orchestrator: eks. Docker Swarm comes with a later release."""
    version: Annotated[str, Field(pattern=r"^1\.\d{2}$")] = "1.35"
    """Kubernetes version, major.minor."""
    service_cidr: IPv4Network = IPv4Network("172.20.0.0/16")
    """Addresses of Kubernetes Services, /12 to /24. Create-time only."""
    public_endpoint_cidrs: Annotated[tuple[IPv4Network, ...], Field(max_length=40)] = ()
    """Opens the Kubernetes API to these ranges of the internet.

    Empty: reachable inside the VPC only.
    """
    admins: Annotated[tuple[Arn, ...], Field(min_length=1)]
    """IAM principals (role ARNs) that administer the cluster; one of them is who runs Pulumi."""
    viewers: tuple[Arn, ...] = ()
    """IAM principals that may read all but secrets."""
    nodes: NodeSettings = NodeSettings()
    """Worker nodes."""
    log_retention_days: Annotated[int, Field(ge=1, le=3653)] = 90
    """How long control-plane logs are kept, in days; a value that CloudWatch Logs knows."""
    deletion_protection: bool = True
    """AWS refuses to delete the cluster until this is off."""


class SecretSettings(Model):
    """Where a secret's value comes from, instead of the source that the Compose file names."""

    generate: Annotated[int, Field(ge=8, le=256)] | None = None
    """Generate one of so many characters at the first update, kept in the stack's encrypted state.
    """
    from_config: bool = False
    """Take it from ``config.seawall:secrets``, set by ``pulumi config set --secret --path``."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.generate is None) == (not self.from_config):
            message = "a secret has exactly one source. Set either generate or fromConfig."
            raise ValueError(message)
        return self


class ServiceSettings(Model):
    """The services."""

    compose: tuple[PurePosixPath, ...] | PurePosixPath
    """The Compose file, or several of which later ones override earlier ones.

    Relative to the project.
    """
    release: Release
    """Tag under which the images built from this Compose file are in the registry.

    ``latest`` is refused.
    """
    profiles: tuple[str, ...] = ()
    """Compose profiles to switch on."""
    replicas: dict[str, Annotated[int, Field(ge=0, le=5000)]] = Field(default_factory=dict)
    """Replicas by service, instead of the Compose file's."""
    secrets: dict[str, SecretSettings] = Field(default_factory=dict)
    """Sources of secrets, by the names of the Compose file."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Values for ``${VARIABLE}`` in the Compose file; besides these only its ``.env`` is read."""
    storage_class: str = "gp3"
    """Kubernetes StorageClass of volumes; gp3 is made by Seawall, encrypted."""
    volume_size: Annotated[int, Field(ge=1, le=65536)] = 10
    """Size of a volume that does not say its own (``x-seawall.size``), in GiB."""

    @property
    def compose_files(self) -> tuple[PurePosixPath, ...]:
        """The Compose files as a tuple, whichever form was given."""
        return self.compose if isinstance(self.compose, tuple) else (self.compose,)

    @model_validator(mode="after")
    def _release_is_fixed(self) -> Self:
        if self.release == "latest":
            message = "release 'latest' moves. Name a fixed tag, such as a build number or a date."
            raise ValueError(message)
        return self


class IngressSettings(Model):
    """The public entry: one load balancer."""

    domain: DomainName | None = None
    """Host name of the platform; none: the load balancer's own name."""
    certificate_arn: Arn | None = None
    """ACM certificate for HTTPS on 443; port 80 then only redirects."""
    allow_plain_http: bool = False
    """Gives up encryption on the public entry: HTTP on port 80 without a certificate."""
    allowed_cidrs: tuple[IPv4Network, ...] = (IPv4Network("0.0.0.0/0"),)
    """Who may reach the entry."""
    internal: bool = False
    """A load balancer inside the VPC only."""

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if self.certificate_arn is None and not self.allow_plain_http:
            message = (
                "the public entry has no certificate. Set certificateArn, or allowPlainHttp: true "
                "to give up encryption."
            )
            raise ValueError(message)
        if self.certificate_arn is not None and self.allow_plain_http:
            message = "certificateArn and allowPlainHttp exclude each other. Remove one."
            raise ValueError(message)
        return self


class EgressRule(Model):
    """A way out of the platform for its nodes."""

    cidr: IPv4Network
    """Where to."""
    port: Annotated[int, Field(ge=1, le=65535)]
    """TCP port."""
    reason: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{3,200}$")
    ]
    """What it is for; becomes the rule's description."""


class FirewallSettings(Model):
    """Additions to the ports that the platform derives by itself."""

    egress: tuple[EgressRule, ...] = ()
    """Ways out besides HTTPS, such as a mail relay or an outside database."""


class PlatformSettings(Model):
    """Everything about one stack, ``config.seawall:platform``."""

    name: PlatformName
    """Name of the platform.

    Prefix of what AWS shows; lower case letters, digits, hyphens, at most 24.
    """
    network: NetworkSettings = NetworkSettings()
    """The VPC."""
    registry: RegistrySettings = RegistrySettings()
    """The container registry."""
    cluster: ClusterSettings
    """The cluster."""
    services: ServiceSettings
    """The services."""
    ingress: IngressSettings
    """The public entry."""
    firewall: FirewallSettings = FirewallSettings()
    """Additional ports."""
    protect_data: bool = True
    """Protects what holds data (volumes, repositories, keys, logs) from destroy."""
    tags: dict[str, str] = Field(default_factory=dict)
    """Tags on every AWS resource that takes tags."""


class Settings(Model):
    """A stack's settings with the region they hold for."""

    stack: str
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    platform: PlatformSettings

    @property
    def zones(self) -> tuple[str, ...]:
        """Names of the availability zones in use, in order."""
        zones = self.platform.network.zones
        if isinstance(zones, tuple):
            return zones
        return ZONES_BY_REGION[self.region][:zones]
