"""What the platform makes in AWS for a swarm, made directly in the emulator.

To be replaced by the platform's own program, when the component is there: what is here is what the
agent needs of it.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import boto3

from seawall_node.build import Agent

REGION = "us-east-1"
CLUSTER = "bed"
ACCOUNT = "123456789012"
ZONES = ("a", "b", "c")
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@dataclass(frozen=True)
class Slot:
    """A manager slot: what stays when its instance goes."""

    name: str
    zone: str
    address: str
    interface: str
    volume: str


class Aws:
    """The account of one bed."""

    def __init__(self, endpoint: str, zones: tuple[str, ...] = ZONES) -> None:
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}
        self.table = f"{CLUSTER}-swarm"
        self.bucket = f"{CLUSTER}-swarm-{ACCOUNT}-{REGION}"
        self.parameters = f"/{CLUSTER}/swarm"
        ec2 = self("ec2")
        self._image = ec2.describe_images()["Images"][0]["ImageId"]
        vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        self.subnets = {
            zone: ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.20.{number}.0/24", AvailabilityZone=REGION + zone
            )["Subnet"]["SubnetId"]
            for number, zone in enumerate(zones, start=1)
        }
        self.slots = {
            f"{number}{zone}": self._slot(f"{number}{zone}", number, zone)
            for number, zone in enumerate(zones, start=1)
        }
        self("dynamodb").create_table(
            TableName=self.table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self("s3").create_bucket(Bucket=self.bucket)
        self("secretsmanager").create_secret(
            Name=f"{CLUSTER}-swarm-unlock-key", SecretString="none"
        )
        for role in ("manager", "worker"):
            self._publish(role, "none")
            self("iam").create_role(
                RoleName=f"{CLUSTER}-{role}", AssumeRolePolicyDocument=json.dumps(_TRUST)
            )

    def __call__(self, service: str) -> Any:
        """The client of a service."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                region_name=REGION,
                endpoint_url=self._endpoint,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._clients[service]

    def _slot(self, name: str, number: int, zone: str) -> Slot:
        address = f"10.20.{number}.10"
        interface = self("ec2").create_network_interface(
            SubnetId=self.subnets[zone], PrivateIpAddress=address
        )["NetworkInterface"]["NetworkInterfaceId"]
        volume = self("ec2").create_volume(AvailabilityZone=REGION + zone, Size=1)["VolumeId"]
        return Slot(name, zone, address, interface, volume)

    def store_agent(self, agent: Agent) -> str:
        """Put the agent where the user data finds it; its key."""
        assert hashlib.sha256(agent.content).hexdigest() == agent.sha256
        key = f"agent/{agent.name}"
        self("s3").put_object(Bucket=self.bucket, Key=key, Body=agent.content)
        return key

    def run_instance(self, zone: str, address: str, tags: dict[str, str]) -> str:
        """Start an instance; its id."""
        answer = self("ec2").run_instances(
            ImageId=self._image,
            MinCount=1,
            MaxCount=1,
            SubnetId=self.subnets[zone],
            PrivateIpAddress=address,
            TagSpecifications=[
                {
                    "ResourceType": "instance",
                    "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
                }
            ],
        )
        return answer["Instances"][0]["InstanceId"]

    def credentials(self, role: str, instance: str) -> dict[str, str]:
        """Credentials as an instance profile gives them: the session is named by the instance."""
        return self("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{CLUSTER}-{role}", RoleSessionName=instance
        )["Credentials"]

    def attached(self, slot: Slot) -> tuple[str | None, str | None]:
        """The instances that have the slot's interface and volume."""
        ec2 = self("ec2")
        interface = ec2.describe_network_interfaces(NetworkInterfaceIds=[slot.interface])
        volume = ec2.describe_volumes(VolumeIds=[slot.volume])
        holder = interface["NetworkInterfaces"][0].get("Attachment") or {}
        mounts = volume["Volumes"][0].get("Attachments") or [{}]
        return holder.get("InstanceId"), mounts[0].get("InstanceId")

    def terminate(self, instance: str) -> None:
        """End an instance. AWS detaches what is to outlive it; the emulator must be told."""
        ec2 = self("ec2")
        found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        for interface in found["NetworkInterfaces"]:
            attachment = interface.get("Attachment") or {}
            if attachment.get("DeviceIndex"):
                ec2.detach_network_interface(AttachmentId=attachment["AttachmentId"])
        for slot in self.slots.values():
            if self.attached(slot)[1] == instance:
                ec2.detach_volume(VolumeId=slot.volume, InstanceId=instance)
        ec2.terminate_instances(InstanceIds=[instance])

    def forget(self) -> None:
        """Nothing of a swarm is known any more: as before the first boot."""
        table = self("dynamodb")
        for item in table.scan(TableName=self.table)["Items"]:
            table.delete_item(TableName=self.table, Key={"id": item["id"]})
        for role in ("manager", "worker"):
            self._publish(role, "none")
        self("secretsmanager").put_secret_value(
            SecretId=f"{CLUSTER}-swarm-unlock-key", SecretString="none"
        )

    def _publish(self, role: str, token: str) -> None:
        self("ssm").put_parameter(
            Name=f"{self.parameters}/join-token/{role}",
            Value=token,
            Type="SecureString",
            Overwrite=True,
        )

    def token(self, role: str) -> str:
        """The published join token."""
        name = f"{self.parameters}/join-token/{role}"
        return self("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]

    def unlock_key(self) -> str:
        """The published unlock key."""
        secret = f"{CLUSTER}-swarm-unlock-key"
        return self("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]

    def record(self) -> dict[str, Any]:
        """The cluster record as it is in the table."""
        return self.item("cluster")

    def item(self, item_id: str) -> dict[str, Any]:
        """An item of the table, as DynamoDB has it; empty without one."""
        answer = self("dynamodb").get_item(TableName=self.table, Key={"id": {"S": item_id}})
        return answer.get("Item", {})
