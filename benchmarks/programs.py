"""Makes Pulumi projects of a given size out of the resource types that a platform has."""

from pathlib import Path

STACK = "bench"
PER_GROUP = 10

_PROGRAM = '''\
"""{count} resources in groups of ten: a network with subnets, routes, firewall and role."""

import json

import pulumi
import pulumi_aws as aws

COUNT = {count}
TRUST = json.dumps(
    {{
        "Version": "2012-10-17",
        "Statement": [
            {{
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {{"Service": "ec2.amazonaws.com"}},
            }}
        ],
    }}
)


def group(number: int) -> aws.ec2.Vpc:
    """Ten resources; all but the network, the role and the log group wait for another of them."""
    name, net = f"g{{number}}", f"10.{{number % 256}}"
    tags = {{"Group": str(number), "Team": "bench"}}
    vpc = aws.ec2.Vpc(
        f"{{name}}-vpc", cidr_block=f"{{net}}.0.0/16", enable_dns_hostnames=True, tags=tags
    )
    subnets = [
        aws.ec2.Subnet(
            f"{{name}}-subnet-{{n}}", vpc_id=vpc.id, cidr_block=f"{{net}}.{{n}}.0/24", tags=tags
        )
        for n in range(2)
    ]
    table = aws.ec2.RouteTable(f"{{name}}-routes", vpc_id=vpc.id, tags=tags)
    for n, subnet in enumerate(subnets):
        aws.ec2.RouteTableAssociation(
            f"{{name}}-routes-{{n}}", subnet_id=subnet.id, route_table_id=table.id
        )
    firewall = aws.ec2.SecurityGroup(f"{{name}}-firewall", vpc_id=vpc.id, tags=tags)
    aws.vpc.SecurityGroupIngressRule(
        f"{{name}}-https",
        security_group_id=firewall.id,
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        cidr_ipv4=vpc.cidr_block,
        tags=tags,
    )
    aws.iam.Role(f"{{name}}-role", assume_role_policy=TRUST, tags=tags)
    aws.cloudwatch.LogGroup(f"{{name}}-logs", retention_in_days=30, tags=tags)
    return vpc


networks = [group(number) for number in range(COUNT // {per_group})]
pulumi.export("networks", [network.id for network in networks])
'''


def write(directory: Path, count: int) -> Path:
    """Write a project named like ``directory``, of ``count`` resources, a multiple of ten.

    The stack and the provider come on top of them.
    """
    if count % PER_GROUP:
        raise ValueError(f"The program has groups of {PER_GROUP}, so not {count} resources.")
    directory.mkdir(parents=True)
    (directory / "Pulumi.yaml").write_text(
        f"name: {directory.name}\nruntime: python\n", encoding="utf-8"
    )
    (directory / f"Pulumi.{STACK}.yaml").write_text(
        "config:\n  aws:region: eu-central-1\n", encoding="utf-8"
    )
    program = _PROGRAM.format(count=count, per_group=PER_GROUP)
    (directory / "__main__.py").write_text(program, encoding="utf-8")
    return directory
