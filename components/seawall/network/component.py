"""The VPC with its subnets, ways out, and flow logs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from seawall.arguments import validated
from seawall.component import Component, name_tags
from seawall.network.arguments import NetworkArguments
from seawall.network.layout import Tier, Zone, subnet_cidr
from seawall.network.policies import flow_log_delivery, flow_log_trust

_ANYWHERE = "0.0.0.0/0"
_FLOW_LOG_SECONDS = 60
"""The shorter of the two aggregation intervals that AWS offers (the other is 600)."""

_TIER_TAGS: Mapping[Tier, Mapping[str, str]] = {
    # The AWS load balancer controller finds its subnets by these tags
    # (https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html).
    Tier.PUBLIC: {"kubernetes.io/role/elb": "1"},
    Tier.PRIVATE: {"kubernetes.io/role/internal-elb": "1"},
    Tier.ISOLATED: {},
    Tier.CONTROL_PLANE: {},
}


class NetworkArgs(TypedDict):
    """What a ``Network`` is made from."""

    cidr: str
    """Address range of the VPC, /16 to /20, such as ``10.20.0.0/16``. Create-time only."""
    zones: Sequence[str]
    """Names of the availability zones, such as ``us-east-1a``: one to six, of one region.

    Zones may be added and removed later; no other zone's subnets move. A single NAT gateway stands
    in the first one.
    """
    nat: NotRequired[str | None]
    """NAT gateways: ``per-zone`` survives the loss of a zone, ``single`` is cheaper, ``none``
    leaves the private subnets without a way out. Default: ``per-zone``."""
    public: NotRequired[bool | None]
    """Whether there are public subnets and an internet gateway. Default: true."""
    isolated: NotRequired[bool | None]
    """Whether there are subnets with no way out of the VPC, for databases. Default: true."""
    s3_endpoint: NotRequired[bool | None]
    """Whether S3 is reached through a gateway endpoint instead of NAT: free of charge, and ECR
    keeps its image layers there. Default: true."""
    flow_log_retention_days: NotRequired[int | None]
    """How long flow logs are kept, in days; a period that CloudWatch Logs knows. Default: 90."""
    protect: NotRequired[bool | None]
    """Whether the flow logs are protected from destroy and kept. Default: true."""
    tags: NotRequired[Mapping[str, str] | None]
    """Tags on every resource that takes tags. Default: none but ``Name``."""


class Network(Component):
    """A VPC over several availability zones.

    It has up to four tiers of subnets: public (load balancers, NAT), private (nodes and pods),
    isolated (databases) and control plane (the interfaces of EKS). Nothing gets a public address
    by itself, the default security group lets nothing through, and all traffic is logged.

    Raises ``InvalidArgumentsError`` if an argument is unknown, missing or out of range.
    """

    vpc_id: pulumi.Output[str]
    """ID of the VPC."""
    cidr: pulumi.Output[str]
    """Address range of the VPC."""
    public_subnet_ids: pulumi.Output[Sequence[str]]
    """IDs of the public subnets, in the order of the zones; empty without that tier."""
    private_subnet_ids: pulumi.Output[Sequence[str]]
    """IDs of the private subnets, in the order of the zones."""
    isolated_subnet_ids: pulumi.Output[Sequence[str]]
    """IDs of the isolated subnets, in the order of the zones; empty without that tier."""
    control_plane_subnet_ids: pulumi.Output[Sequence[str]]
    """IDs of the control-plane subnets, in the order of the zones."""
    private_route_table_ids: pulumi.Output[Sequence[str]]
    """IDs of the private subnets' route tables, in the order of the zones."""
    s3_prefix_list_id: pulumi.Output[str | None]
    """ID of S3's prefix list, for firewall rules; None without the endpoint."""
    flow_log_group_name: pulumi.Output[str]
    """Name of the log group that holds the flow logs."""

    def __init__(
        self,
        name: str,
        args: NetworkArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, args, opts)
        self._name = name
        self._settings = validated("Network", name, NetworkArguments, args)
        settings = self._settings
        zones = settings.parsed_zones

        self._vpc = aws.ec2.Vpc(
            name,
            cidr_block=str(settings.cidr),
            # The private endpoint of EKS and interface endpoints need both.
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=name_tags(settings.tags, name),
            opts=self.child_options(),
        )
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default",
            vpc_id=self._vpc.id,
            # No rules: this group is what a resource gets that names none (CIS AWS 5.x).
            ingress=[],
            egress=[],
            tags=name_tags(settings.tags, f"{name}-default-unused"),
            opts=self.child_options(),
        )

        private = self._subnets(Tier.PRIVATE, zones)
        control_plane = self._subnets(Tier.CONTROL_PLANE, zones)
        isolated = self._subnets(Tier.ISOLATED, zones) if settings.isolated else {}
        public = self._subnets(Tier.PUBLIC, zones) if settings.public else {}

        self._shared_table("control-plane", control_plane)
        endpoint_tables: list[aws.ec2.RouteTable] = []
        if isolated:
            endpoint_tables.append(self._shared_table("isolated", isolated))
        gateways = self._internet(public) if public else {}
        private_tables = self._private_tables(private, gateways)
        endpoint_tables.extend(private_tables)
        endpoint = self._s3_endpoint(endpoint_tables) if settings.s3_endpoint else None
        logs = self._flow_logs()

        self.vpc_id = self._vpc.id
        self.cidr = self._vpc.cidr_block
        self.public_subnet_ids = _ids(public.values())
        self.private_subnet_ids = _ids(private.values())
        self.isolated_subnet_ids = _ids(isolated.values())
        self.control_plane_subnet_ids = _ids(control_plane.values())
        self.private_route_table_ids = _ids(private_tables)
        self.s3_prefix_list_id = (
            endpoint.prefix_list_id if endpoint else pulumi.Output.from_input(None)
        )
        self.flow_log_group_name = logs.name
        self.publish()

    def _subnets(self, tier: Tier, zones: Sequence[Zone]) -> dict[Zone, aws.ec2.Subnet]:
        subnets: dict[Zone, aws.ec2.Subnet] = {}
        for zone in zones:
            name = f"{self._name}-{tier}-{zone.key}"
            subnets[zone] = aws.ec2.Subnet(
                name,
                vpc_id=self._vpc.id,
                availability_zone=zone.name,
                cidr_block=str(subnet_cidr(self._settings.cidr, tier, zone.letter)),
                map_public_ip_on_launch=False,
                tags=name_tags({**self._settings.tags, **_TIER_TAGS[tier]}, name),
                opts=self.child_options(),
            )
        return subnets

    def _table(self, key: str) -> aws.ec2.RouteTable:
        name = f"{self._name}-{key}"
        return aws.ec2.RouteTable(
            name,
            vpc_id=self._vpc.id,
            tags=name_tags(self._settings.tags, name),
            opts=self.child_options(),
        )

    def _associate(self, key: str, table: aws.ec2.RouteTable, subnet: aws.ec2.Subnet) -> None:
        aws.ec2.RouteTableAssociation(
            f"{self._name}-{key}",
            route_table_id=table.id,
            subnet_id=subnet.id,
            opts=self.child_options(),
        )

    def _shared_table(self, key: str, subnets: Mapping[Zone, aws.ec2.Subnet]) -> aws.ec2.RouteTable:
        """One route table for a tier whose subnets all have the same ways out."""
        table = self._table(key)
        for zone, subnet in subnets.items():
            self._associate(f"{key}-{zone.key}", table, subnet)
        return table

    def _internet(self, public: Mapping[Zone, aws.ec2.Subnet]) -> dict[Zone, aws.ec2.NatGateway]:
        """The internet gateway with the public subnets' route, and the NAT gateways."""
        tags = self._settings.tags
        gateway = aws.ec2.InternetGateway(
            self._name,
            vpc_id=self._vpc.id,
            tags=name_tags(tags, self._name),
            opts=self.child_options(),
        )
        table = self._shared_table("public", public)
        route = aws.ec2.Route(
            f"{self._name}-public",
            route_table_id=table.id,
            destination_cidr_block=_ANYWHERE,
            gateway_id=gateway.id,
            opts=self.child_options(),
        )
        gateways: dict[Zone, aws.ec2.NatGateway] = {}
        for zone in self._settings.nat_zones:
            name = f"{self._name}-nat-{zone.key}"
            # The gateway detaches only when no address is mapped any more, so the addresses and
            # what uses them go first.
            address = aws.ec2.Eip(
                name,
                domain="vpc",
                tags=name_tags(tags, name),
                opts=self.child_options(depends_on=[gateway]),
            )
            gateways[zone] = aws.ec2.NatGateway(
                name,
                allocation_id=address.id,
                subnet_id=public[zone].id,
                tags=name_tags(tags, name),
                opts=self.child_options(depends_on=[gateway, route]),
            )
        return gateways

    def _private_tables(
        self,
        private: Mapping[Zone, aws.ec2.Subnet],
        gateways: Mapping[Zone, aws.ec2.NatGateway],
    ) -> list[aws.ec2.RouteTable]:
        """A route table for each zone, whatever ``nat`` is: so changing it only changes routes."""
        tables: list[aws.ec2.RouteTable] = []
        for zone, subnet in private.items():
            key = f"private-{zone.key}"
            table = self._table(key)
            self._associate(key, table, subnet)
            exit_zone = self._settings.nat_zone(zone)
            if exit_zone is not None:
                aws.ec2.Route(
                    f"{self._name}-{key}",
                    route_table_id=table.id,
                    destination_cidr_block=_ANYWHERE,
                    nat_gateway_id=gateways[exit_zone].id,
                    opts=self.child_options(),
                )
            tables.append(table)
        return tables

    def _s3_endpoint(self, tables: Sequence[aws.ec2.RouteTable]) -> aws.ec2.VpcEndpoint:
        name = f"{self._name}-s3"
        return aws.ec2.VpcEndpoint(
            name,
            vpc_id=self._vpc.id,
            vpc_endpoint_type="Gateway",
            service_name=f"com.amazonaws.{self._settings.region}.s3",
            route_table_ids=[table.id for table in tables],
            tags=name_tags(self._settings.tags, name),
            opts=self.child_options(),
        )

    def _flow_logs(self) -> aws.cloudwatch.LogGroup:
        """Accepted and rejected traffic of the whole VPC, into a log group of its own."""
        name = f"{self._name}-flow-logs"
        settings = self._settings
        # Only ever true or not given, so that the component's own options still reach the child.
        keep = True if settings.protect else None
        group = aws.cloudwatch.LogGroup(
            name,
            retention_in_days=settings.flow_log_retention_days,
            tags=name_tags(settings.tags, name),
            opts=self.child_options(protect=keep, retain_on_delete=keep),
        )
        role = aws.iam.Role(
            name,
            description=f"Delivery of the flow logs of {self._name}",
            assume_role_policy=self._vpc.arn.apply(flow_log_trust),
            tags=name_tags(settings.tags, name),
            opts=self.child_options(),
        )
        delivery = aws.iam.RolePolicy(
            name,
            role=role.id,
            policy=group.arn.apply(flow_log_delivery),
            opts=self.child_options(),
        )
        aws.ec2.FlowLog(
            name,
            vpc_id=self._vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=_FLOW_LOG_SECONDS,
            tags=name_tags(settings.tags, name),
            opts=self.child_options(depends_on=[delivery]),
        )
        return group


def _ids(resources: Iterable[pulumi.CustomResource]) -> pulumi.Output[Sequence[str]]:
    return pulumi.Output.all(*[resource.id for resource in resources])
