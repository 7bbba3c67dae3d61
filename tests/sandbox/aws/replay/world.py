"""What recorded calls take for granted: networks, roles, clusters, made anew in the emulator.

A recording names things by ids that exist in no emulator. The first time such an id turns up, a
thing of that kind is made, and from then on it stands for the recorded one.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3

from seawall_sandbox.aws.provider import AwsProvider

REGION = "us-west-2"
ACCOUNT = "123456789012"
_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Principal": {
                    "Service": [
                        "ec2.amazonaws.com",
                        "eks.amazonaws.com",
                        "eks-fargate-pods.amazonaws.com",
                        "pods.eks.amazonaws.com",
                    ]
                },
            }
        ],
    }
)
_EC2_ID = re.compile(r"(vpc|subnet|sg|rtb|igw|eipalloc|nat|lt)-[0-9a-f]{8,17}")


class World:
    """One region of the emulator, furnished as recordings need it."""

    def __init__(self, endpoint: str, provider: AwsProvider) -> None:
        self._endpoint = endpoint
        self._provider = provider
        self._made: dict[str, str] = {}
        self._subnets = 0
        self.client: Callable[[str], Any] = cache(self._client)

    def adapt(self, value: Any, key: str = "") -> Any:
        """A recorded value with everything in it that must exist replaced by what does."""
        if isinstance(value, dict):
            return {name: self.adapt(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.adapt(item, key) for item in value]
        if not isinstance(value, str) or not value:
            return value
        if key.lower().startswith("availabilityzone"):
            return value.replace("us-east-1", REGION)
        if _EC2_ID.fullmatch(value):
            return self._once(value, getattr(self, f"_{value.partition('-')[0]}"))
        if value.startswith("arn:"):
            return self._of_arn(value)
        needed: Mapping[str, Callable[[str], str]] = {
            "clusterName": self._cluster,
            "repository": self._repository,
            "role": self._role,
            "s3BucketName": self._bucket,
        }
        return self._once(value, needed[key]) if key in needed else value

    def image_owners(self, args: dict[str, Any]) -> dict[str, Any]:
        """Owners and ids of images that the emulator has: recorded ones are Amazon's own."""
        if "owners" not in args:
            return args
        filters = [
            {**one, "values": [self._image()]} if one["name"] == "image-id" else one
            for one in args.get("filters") or ()
        ]
        return {**args, "owners": ["amazon"], "filters": filters}

    def _image(self) -> str:
        return self.client("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]

    def stand_in(self, recorded: str, real: str) -> None:
        """Let a real id stand for a recorded one."""
        self._made[recorded] = real

    def bucket(self, name: str) -> str:
        """A bucket that stands for the one of that name."""
        return self._once(name, self._bucket)

    def launch_template(self, name: str) -> str:
        """The name of a launch template that stands for the one of that name."""
        return self._once(name, self._named_template)

    def key(self, recorded: str) -> str:
        """A KMS key that stands for the one of that id."""
        make = self.client("kms").create_key
        return self._once(recorded, lambda _: make()["KeyMetadata"]["KeyId"])

    def subnet_of(self, vpc: str) -> str:
        """A subnet in a VPC that was made here."""
        make = self.client("ec2").create_subnet
        return self._once(
            f"subnet-of-{vpc}",
            lambda _: make(VpcId=vpc, CidrBlock="10.0.250.0/24")["Subnet"]["SubnetId"],
        )

    def routed(self, subnet: str) -> None:
        """Give a subnet a route table of its own, with a way out."""
        ec2 = self.client("ec2")
        table = self._rtb(subnet)
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        self.with_way_out(table)

    def with_way_out(self, table: str) -> None:
        """Give a route table a default route."""
        self.client("ec2").create_route(
            RouteTableId=table,
            DestinationCidrBlock="0.0.0.0/0",
            GatewayId=self._once("igw-shared", self._igw),
        )

    def main_table(self) -> str:
        """The shared VPC's main route table, with a default route."""
        vpc = self._once("vpc-shared", self._vpc)
        filters = [
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "association.main", "Values": ["true"]},
        ]
        found = self.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
        table = found[0]["RouteTableId"]
        if "main-table" not in self._made:
            self._made["main-table"] = table
            self.with_way_out(table)
        return table

    def translated(self, value: Any) -> Any:
        """A recorded answer with the ids of what was made in place of the recorded ones."""
        if isinstance(value, dict):
            return {name: self.translated(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.translated(item) for item in value]
        return self._made.get(value, value) if isinstance(value, str) else value

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self._endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def _once(self, recorded: str, make: Callable[[str], str]) -> str:
        if recorded not in self._made:
            self._made[recorded] = make(recorded)
        return self._made[recorded]

    def _of_arn(self, arn: str) -> str:
        service, kind = arn.split(":")[2], arn.split(":", 5)[5].partition("/")[0]
        if service == "iam" and arn.split(":")[4] == ACCOUNT:
            name = arn.rpartition("/")[2]
            if kind == "role":
                return self._once(arn, lambda _: self._role_arn(name))
            if kind == "instance-profile":
                return self._once(arn, lambda _: self._profile(name))
        if service == "kms":
            key = self.client("kms").create_key
            return self._once(arn, lambda _: key()["KeyMetadata"]["Arn"])
        if kind == "loadbalancer":
            return self._once(arn, self._load_balancer)
        if kind == "targetgroup":
            return self._once(arn, self._target_group)
        if service == "ecs" and kind == "cluster":
            make = self.client("ecs").create_cluster
            name = arn.rpartition("/")[2]
            return self._once(arn, lambda _: make(clusterName=name)["cluster"]["clusterArn"])
        if service == "ecs" and kind == "task-definition":
            return self._once(arn, self._task_definition)
        return arn

    def _vpc(self, _: str) -> str:
        # Wide enough for any subnet that a recording asks for, one after the other.
        made = self.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
        return made["Vpc"]["VpcId"]

    def _subnet(self, _: str) -> str:
        vpc = self._once("vpc-shared", self._vpc)
        block = list(ipaddress.IPv4Network("10.0.0.0/16").subnets(new_prefix=24))[self._subnets]
        zone = f"{REGION}{'abcd'[self._subnets % 4]}"
        self._subnets += 1
        made = self.client("ec2").create_subnet(
            VpcId=vpc, CidrBlock=str(block), AvailabilityZone=zone
        )
        return made["Subnet"]["SubnetId"]

    def _sg(self, recorded: str) -> str:
        vpc = self._once("vpc-shared", self._vpc)
        made = self.client("ec2").create_security_group(
            GroupName=f"of-{recorded}", Description="made for a recording", VpcId=vpc
        )
        # Pulumi's groups have none of EC2's own rules.
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        self.client("ec2").revoke_security_group_egress(
            GroupId=made["GroupId"], IpPermissions=everything
        )
        return made["GroupId"]

    def _rtb(self, _: str) -> str:
        vpc = self._once("vpc-shared", self._vpc)
        return self.client("ec2").create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]

    def _igw(self, recorded: str) -> str:
        ec2 = self.client("ec2")
        id_ = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        if "igw-attached" not in self._made:
            self._made["igw-attached"] = recorded
            vpc = self._once("vpc-shared", self._vpc)
            ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=vpc)
        return id_

    def _eipalloc(self, _: str) -> str:
        return self.client("ec2").allocate_address(Domain="vpc")["AllocationId"]

    def _nat(self, recorded: str) -> str:
        made = self.client("ec2").create_nat_gateway(
            SubnetId=self._subnet(recorded), AllocationId=self._eipalloc(recorded)
        )
        return made["NatGateway"]["NatGatewayId"]

    def _lt(self, recorded: str) -> str:
        return self._template(f"of-{recorded}", {"EbsOptimized": True})

    def _named_template(self, name: str) -> str:
        data = {"InstanceType": "t3.medium", "ImageId": self._image()}
        self._template(_other(name), data)
        return _other(name)

    def _template(self, name: str, data: dict[str, Any]) -> str:
        made = self.client("ec2").create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData=data
        )
        return made["LaunchTemplate"]["LaunchTemplateId"]

    def _role(self, name: str) -> str:
        self._role_arn(name)
        return _other(name)

    def _role_arn(self, name: str) -> str:
        iam, name = self.client("iam"), _other(name)
        try:
            return iam.get_role(RoleName=name)["Role"]["Arn"]
        except iam.exceptions.NoSuchEntityException:
            made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_TRUST)
            return made["Role"]["Arn"]

    def _profile(self, name: str) -> str:
        made = self.client("iam").create_instance_profile(InstanceProfileName=_other(name))
        return made["InstanceProfile"]["Arn"]

    def _bucket(self, name: str) -> str:
        place = {"LocationConstraint": REGION}
        self.client("s3").create_bucket(Bucket=_other(name), CreateBucketConfiguration=place)
        return _other(name)

    def _repository(self, name: str) -> str:
        self.client("ecr").create_repository(repositoryName=_other(name))
        return _other(name)

    def _cluster(self, recorded: str) -> str:
        name = _other(recorded)
        token = "aws:eks/cluster:Cluster"
        inputs = {
            "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
            "name": name,
            "roleArn": self._role_arn(f"of-{name}"),
            "version": "1.33",
            "vpcConfig": {"subnetIds": [self._once(s, self._subnet) for s in ("one", "two")]},
        }
        urn = f"urn:pulumi:dev::project::{token}::{name}"
        checked = self._provider.check(urn, token, None, inputs, b"seed")
        assert checked.failures == ()
        self._provider.create(urn, token, checked.inputs, preview=False, timeout=0)
        self._nodes(name)
        return name

    def _nodes(self, cluster: str) -> None:
        """A node group, without which some add-ons never work."""
        token = "aws:eks/nodeGroup:NodeGroup"
        inputs = {
            "clusterName": cluster,
            "nodeRoleArn": self._role_arn(f"of-{cluster}"),
            "scalingConfig": {"desiredSize": 1, "maxSize": 1, "minSize": 1},
            "subnetIds": [self._once(s, self._subnet) for s in ("one", "two")],
        }
        urn = f"urn:pulumi:dev::project::{token}::nodes"
        checked = self._provider.check(urn, token, None, inputs, b"seed")
        assert checked.failures == ()
        self._provider.create(urn, token, checked.inputs, preview=False, timeout=0)

    def _load_balancer(self, arn: str) -> str:
        kind = "network" if arn.split("/")[1] == "net" else "application"
        made = self.client("elbv2").create_load_balancer(
            Name=_other(arn.split("/")[2]),
            Type=kind,
            Subnets=[self._once(s, self._subnet) for s in ("one", "two")],
        )
        return made["LoadBalancers"][0]["LoadBalancerArn"]

    def _target_group(self, arn: str) -> str:
        made = self.client("elbv2").create_target_group(
            Name=_other(arn.split("/")[1]),
            Protocol="HTTP",
            Port=80,
            TargetType="ip",
            VpcId=self._once("vpc-shared", self._vpc),
        )
        return made["TargetGroups"][0]["TargetGroupArn"]

    def _task_definition(self, arn: str) -> str:
        family = arn.rpartition("/")[2].partition(":")[0]
        container = {"name": "nginx", "image": "nginx", "memory": 128}
        made = self.client("ecs").register_task_definition(
            family=family, containerDefinitions=[container]
        )
        return made["taskDefinition"]["taskDefinitionArn"]


def _other(name: str) -> str:
    """A name near another, so that a create of that one still finds it free."""
    return f"w-{name}"[:62]
