"""What ``EksCluster`` and ``ClusterAddons`` take, validated. Pure."""

from ipaddress import IPv4Network
from typing import Annotated, Any, Final, Self, final

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from seawall.arguments import Arguments
from seawall.eks import checks
from seawall.eks.addons import CLUSTER_ADDONS
from seawall.errors import did_you_mean
from seawall.instance_types import architecture_of
from seawall.retention import retention_days

PUBLIC_CIDR_LIMIT: Final = 40
"""Ranges that the public endpoint takes (EKS service quotas)."""
NODE_LIMIT: Final = 450
"""Nodes in a managed node group (EKS service quotas)."""

Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
Principal = Annotated[str, AfterValidator(checks.principal)]


def _addon_versions(versions: dict[str, str]) -> dict[str, str]:
    known = [addon.name for addon in CLUSTER_ADDONS]
    for name in versions:
        if name not in known:
            raise ValueError(f"the cluster has no add-on '{name}'. {did_you_mean(name, known)}")
    return versions


def _somebody(admins: tuple[str, ...]) -> tuple[str, ...]:
    if not admins:
        raise ValueError(
            "nobody could use the Kubernetes API: creating a cluster gives no access to it. Name "
            "at least the role that runs Pulumi."
        )
    return admins


@final
class NodeArguments(Arguments):
    """The arguments of the nodes; see ``EksNodesArgs`` for what each means."""

    instance_types: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)] = ("m6i.large",)
    architecture: Annotated[str, StringConstraints(pattern="^(x86_64|arm64)$")] = "x86_64"
    capacity: Annotated[str, StringConstraints(pattern="^(on-demand|spot)$")] = "on-demand"
    min_size: Annotated[int, Field(ge=0)] = 3
    desired_size: Annotated[int, Field(ge=0)] = 3
    max_size: Annotated[int, Field(ge=1, le=NODE_LIMIT)] = 6
    disk_size: Annotated[int, Field(ge=20, le=16384)] = 50

    @model_validator(mode="after")
    def _one_architecture(self) -> Self:
        for name in self.instance_types:
            found = architecture_of(name)
            if found != self.architecture:
                raise ValueError(
                    f"instance type {name} is {found} and architecture is {self.architecture}. "
                    "Change one of the two."
                )
        return self

    @model_validator(mode="after")
    def _sizes_in_order(self) -> Self:
        if not self.min_size <= self.desired_size <= self.max_size:
            raise ValueError(
                f"min_size ({self.min_size}) <= desired_size ({self.desired_size}) <= max_size "
                f"({self.max_size}) does not hold. Put the three in that order."
            )
        return self


@final
class EgressArguments(Arguments):
    """The arguments of a way out; see ``EksEgressArgs`` for what each means."""

    cidr: IPv4Network
    port: Annotated[int, Field(ge=1, le=65535)]
    reason: Annotated[str, Field(min_length=1)]


@final
class ClusterArguments(Arguments):
    """The arguments of a cluster; see ``EksClusterArgs`` for what each means.

    Those that may be outputs of other resources are taken as they come.
    """

    region: Region
    version: Annotated[str, StringConstraints(pattern=r"^1\.\d{2}$")]
    vpc_id: Any
    control_plane_subnet_ids: Any
    node_subnet_ids: Any
    admins: Annotated[tuple[Principal, ...], AfterValidator(_somebody)]
    viewers: tuple[Principal, ...] = ()
    cluster_name: Annotated[
        str | None, StringConstraints(pattern=r"^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$")
    ] = None
    security_group_ids: Any = None
    egress: tuple[EgressArguments, ...] = ()
    service_cidr: Annotated[IPv4Network, AfterValidator(checks.service_cidr)] = IPv4Network(
        "172.20.0.0/16"
    )
    public_endpoint_cidrs: Annotated[
        tuple[Annotated[IPv4Network, AfterValidator(checks.public_range)], ...],
        Field(max_length=PUBLIC_CIDR_LIMIT),
    ] = ()
    nodes: NodeArguments = NodeArguments()
    repository_arns: Any = None
    addon_versions: Annotated[dict[str, str], AfterValidator(_addon_versions)] = Field(
        default_factory=dict[str, str]
    )
    log_retention_days: Annotated[int, AfterValidator(retention_days)] = 90
    deletion_protection: bool = True
    protect: bool = True
    tags: dict[str, str] = Field(default_factory=dict[str, str])

    @model_validator(mode="after")
    def _each_principal_once(self) -> Self:
        for arn in checks.repeated([*self.admins, *self.viewers]):
            raise ValueError(
                f"{arn} stands more than once in admins and viewers, and EKS takes one access "
                "entry for each principal. Remove the other mention."
            )
        return self

    @model_validator(mode="after")
    def _egress_has_a_group(self) -> Self:
        if self.egress and self.security_group_ids is not None:
            raise ValueError(
                "egress is for security groups that the cluster makes, and security_group_ids "
                "gives others. Declare the ways out where those groups are made."
            )
        return self


@final
class ClusterAddonsArguments(Arguments):
    """The arguments of the add-ons; see ``ClusterAddonsArgs`` for what each means."""

    cluster_name: Any
    vpc_id: Any
    region: Region
    storage_class: Annotated[
        str,
        StringConstraints(
            pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
            max_length=253,
        ),
    ] = "gp3"
    tags: dict[str, str] = Field(default_factory=dict[str, str])
