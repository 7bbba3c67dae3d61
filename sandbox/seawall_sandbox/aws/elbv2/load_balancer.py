"""``aws:lb/loadBalancer:LoadBalancer``."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.elbv2 import base
from seawall_sandbox.aws.errors import ClientError, refusal
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_APPLICATION: Final = "application"
_NETWORK: Final = "network"
_NAME: Final = re.compile(r"(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")
_ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {
    "clientKeepAlive": {_APPLICATION: "client_keep_alive.seconds"},
    "desyncMitigationMode": {_APPLICATION: "routing.http.desync_mitigation_mode"},
    "dnsRecordClientRoutingPolicy": {_NETWORK: "dns_record.client_routing_policy"},
    "dropInvalidHeaderFields": {_APPLICATION: "routing.http.drop_invalid_header_fields.enabled"},
    "enableCrossZoneLoadBalancing": {
        _NETWORK: "load_balancing.cross_zone.enabled",
        "gateway": "load_balancing.cross_zone.enabled",
    },
    "enableDeletionProtection": dict.fromkeys(
        (_APPLICATION, _NETWORK, "gateway"), "deletion_protection.enabled"
    ),
    "enableHttp2": {_APPLICATION: "routing.http2.enabled"},
    "enableTlsVersionAndCipherSuiteHeaders": {
        _APPLICATION: "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
    },
    "enableWafFailOpen": {_APPLICATION: "waf.fail_open.enabled"},
    "enableXffClientPort": {_APPLICATION: "routing.http.xff_client_port.enabled"},
    "enableZonalShift": dict.fromkeys((_APPLICATION, _NETWORK), "zonal_shift.config.enabled"),
    "idleTimeout": {_APPLICATION: "idle_timeout.timeout_seconds"},
    "preserveHostHeader": {_APPLICATION: "routing.http.preserve_host_header.enabled"},
    "xffHeaderProcessingMode": {_APPLICATION: "routing.http.xff_header_processing.mode"},
}
"""Attributes by argument and kind of load balancer.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
"""
_LOGS: Final = {
    "accessLogs": "access_logs.s3",
    "connectionLogs": "connection_logs.s3",
    "healthCheckLogs": "health_check_logs.s3",
}


class LoadBalancer(ResourceType):
    """An application, network or gateway load balancer. Its id is its ARN."""

    token = "aws:lb/loadBalancer:LoadBalancer"  # a type token
    force_new = frozenset(
        {
            "customerOwnedIpv4Pool",
            "internal",
            "loadBalancerType",
            "name",
            "namePrefix",
            "subnetMappings",
        },
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        **{f"{logs}.enabled": False for logs in _LOGS},
        "clientKeepAlive": 3600,
        "desyncMitigationMode": "defensive",
        "dnsRecordClientRoutingPolicy": "any_availability_zone",
        "dropInvalidHeaderFields": False,
        "enableCrossZoneLoadBalancing": False,
        "enableDeletionProtection": False,
        "enableHttp2": True,
        "enableTlsVersionAndCipherSuiteHeaders": False,
        "enableWafFailOpen": False,
        "enableXffClientPort": False,
        "enableZonalShift": False,
        "idleTimeout": 60,
        "loadBalancerType": _APPLICATION,
        "preserveHostHeader": False,
        "xffHeaderProcessingMode": "append",
    }
    sets = frozenset({"securityGroups", "subnetMappings", "subnets"})
    name_max = 32

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name's form."""
        name = inputs.get("name")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            reason = (
                f"{name!r} is no load balancer name: 1 to 32 letters, digits and inner hyphens, not"
                " beginning with internal-."
            )
            yield Failure("name", f"{reason} Rename it.")

    def inapplicable(self, inputs: Properties) -> frozenset[str]:
        """Attributes that this kind of load balancer does not have or cannot change."""
        kind = inputs.get("loadBalancerType")
        return frozenset(name for name, keys in _ATTRIBUTES.items() if kind not in keys)

    def create(self, ctx: Context, inputs: Properties) -> str:
        kind = inputs["loadBalancerType"]
        _check_network(ctx, inputs, kind)
        optional = {
            "IpAddressType": inputs.get("ipAddressType"),
            "SecurityGroups": inputs.get("securityGroups"),
            "SubnetMappings": _mappings(inputs),
            "Subnets": inputs.get("subnets"),
            "Tags": base.tag_list(inputs),
        }
        answer = ctx.client("elbv2").create_load_balancer(
            Name=inputs["name"],
            Type=kind,
            Scheme="internal" if inputs.get("internal") else "internet-facing",
            **{key: value for key, value in optional.items() if value},
        )
        return str(answer["LoadBalancers"][0]["LoadBalancerArn"])

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        _set_attributes(ctx, id_, inputs["loadBalancerType"], inputs, frozenset(inputs))
        ctx.wait(lambda: _describe(ctx, id_)["State"]["Code"] == "active", "become active")

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        found = _describe(ctx, id_)
        kind = found["Type"]
        zones = as_list(found.get("AvailabilityZones"))
        return {
            "arn": id_,
            "arnSuffix": id_.partition(":loadbalancer/")[2],
            "customerOwnedIpv4Pool": "",
            "dnsName": found["DNSName"],
            "internal": found.get("Scheme") == "internal",
            "ipAddressType": found["IpAddressType"],
            "loadBalancerType": kind,
            "name": found["LoadBalancerName"],
            "namePrefix": known.get("namePrefix", ""),
            "securityGroups": as_list(found.get("SecurityGroups")),
            "subnetMappings": [_mapping_output(zone) for zone in zones],
            "subnets": [zone["SubnetId"] for zone in zones],
            "vpcId": found["VpcId"],
            "zoneId": found["CanonicalHostedZoneId"],
            "tagsAll": base.read_tags(ctx, id_),
            **_read_attributes(ctx, id_, kind),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        elb = ctx.client("elbv2")
        if changed & {"subnets", "subnetMappings"}:
            mappings = _mappings(new)
            given = {"SubnetMappings": mappings} if mappings else {"Subnets": new["subnets"]}
            elb.set_subnets(LoadBalancerArn=id_, **given)
        if "securityGroups" in changed and new.get("securityGroups"):
            elb.set_security_groups(LoadBalancerArn=id_, SecurityGroups=new["securityGroups"])
        if "ipAddressType" in changed and new.get("ipAddressType"):
            elb.set_ip_address_type(LoadBalancerArn=id_, IpAddressType=new["ipAddressType"])
        _set_attributes(ctx, id_, old["loadBalancerType"], new, changed)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Delete it, unless it is protected: then AWS refuses, and so do we."""
        del outputs
        found = _read_attributes(ctx, id_, _describe(ctx, id_)["Type"])
        if found["enableDeletionProtection"]:
            message = f"Load balancer '{id_}' cannot be deleted because deletion protection is on"
            raise refusal("DeleteLoadBalancer", "OperationNotPermitted", message)
        ctx.client("elbv2").delete_load_balancer(LoadBalancerArn=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        base.retag(ctx, id_, added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, which is unique in account and region, if the tags are what we set."""
        elb = ctx.client("elbv2")
        found = elb.describe_load_balancers(Names=[inputs["name"]])["LoadBalancers"][0]
        arn = str(found["LoadBalancerArn"])
        return arn if base.read_tags(ctx, arn) == (as_dict(inputs.get("tagsAll"))) else None


def _describe(ctx: Context, arn: str) -> dict[str, Any]:
    elb = ctx.client("elbv2")
    found = elb.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    if not found:
        raise refusal("DescribeLoadBalancers", "LoadBalancerNotFound", f"{arn} is not there")
    return found[0]


def _check_network(ctx: Context, inputs: Properties, kind: str) -> None:
    """Refuse what AWS refuses of subnets and security groups; moto takes any."""
    ids = inputs.get("subnets") or [m["subnetId"] for m in as_list(inputs.get("subnetMappings"))]
    ec2 = ctx.client("ec2")
    try:
        found = ec2.describe_subnets(SubnetIds=ids)["Subnets"] if ids else None
    except ClientError as error:
        message = f"The subnets {', '.join(ids)} cannot be found: {error}"
        raise refusal("CreateLoadBalancer", "SubnetNotFound", message) from error
    subnets = as_list(found)
    zones = {subnet["AvailabilityZone"] for subnet in subnets}
    if kind == _APPLICATION and len(zones) < 2:
        message = "At least two subnets in two different Availability Zones must be specified"
        raise refusal("CreateLoadBalancer", "ValidationError", message)
    if len(zones) < len(subnets):
        message = "A load balancer cannot be attached to multiple subnets in the same zone"
        raise refusal("CreateLoadBalancer", "InvalidConfigurationRequest", message)
    groups = set(as_list(inputs.get("securityGroups")))
    if groups:
        of_vpc = [
            {"Name": "group-id", "Values": sorted(groups)},
            {"Name": "vpc-id", "Values": [subnets[0]["VpcId"]]},
        ]
        there = ec2.describe_security_groups(Filters=of_vpc)["SecurityGroups"]
        missing = sorted(groups - {group["GroupId"] for group in there})
        if missing:
            message = f"One or more security groups are invalid: {', '.join(missing)}"
            raise refusal("CreateLoadBalancer", "InvalidSecurityGroup", message)


def _mappings(inputs: Properties) -> list[dict[str, str]]:
    names = {
        "SubnetId": "subnetId",
        "AllocationId": "allocationId",
        "PrivateIPv4Address": "privateIpv4Address",
        "IPv6Address": "ipv6Address",
    }
    return [
        {aws: mapping[name] for aws, name in names.items() if mapping.get(name)}
        for mapping in as_list(inputs.get("subnetMappings"))
    ]


def _mapping_output(zone: Mapping[str, Any]) -> Properties:
    address = (as_list(zone.get("LoadBalancerAddresses")) or [{}])[0]
    return {
        "allocationId": address.get("AllocationId", ""),
        "ipv6Address": address.get("IPv6Address", ""),
        "outpostId": zone.get("OutpostId", ""),
        "privateIpv4Address": address.get("PrivateIPv4Address", ""),
        "subnetId": zone["SubnetId"],
    }


def _set_attributes(
    ctx: Context, arn: str, kind: str, inputs: Properties, names: frozenset[str]
) -> None:
    attributes = {
        keys[kind]: base.text(inputs[name])
        for name, keys in _ATTRIBUTES.items()
        if name in names and kind in keys and inputs.get(name) is not None
    }
    for name, prefix in _LOGS.items():
        if name in names:
            logs = as_dict(inputs.get(name))
            on = bool(logs) and logs.get("enabled", name != "accessLogs")
            attributes[f"{prefix}.enabled"] = base.text(on)
            if on:
                attributes[f"{prefix}.bucket"] = logs["bucket"]
                attributes[f"{prefix}.prefix"] = logs.get("prefix", "")
    if attributes:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(attributes.items())]
        ctx.client("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=pairs)


def _read_attributes(ctx: Context, arn: str, kind: str) -> Properties:
    answer = ctx.client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)
    values = {pair["Key"]: pair.get("Value", "") for pair in answer["Attributes"]}
    found: Properties = {}
    for name, keys in _ATTRIBUTES.items():
        if kind in keys:
            default = LoadBalancer.defaults[name]
            value = values.get(keys[kind])
            found[name] = default if value is None else base.parse(value, like=default)
    prefix = _LOGS["accessLogs"]
    if kind == _APPLICATION:
        found["enableCrossZoneLoadBalancing"] = True  # always, and it cannot be changed
    found["accessLogs"] = {
        "bucket": values.get(f"{prefix}.bucket", ""),
        "enabled": values.get(f"{prefix}.enabled") == "true",
        "prefix": values.get(f"{prefix}.prefix", ""),
    }
    return found
