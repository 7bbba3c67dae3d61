"""``aws:ec2/instance:Instance``."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, tag_specifications
from seawall_sandbox.aws.ec2.instance_arguments import (
    METADATA,
    VOLUME,
    attribute,
    cpu_options,
    credits_of,
    metadata,
    named_groups,
    placed,
    profile,
    read_metadata,
    root_device,
    structured,
    user_data,
)
from seawall_sandbox.aws.hashes import sha1_of
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.shapes import zero_of
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

USER_DATA_MAX: Final = 16_384
"""Bytes before base64: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html"""

_PROVIDERS_OWN: Final = frozenset(
    {
        "forceDestroy",
        "getPasswordData",
        "userData",
        "userDataBase64",
        "userDataReplaceOnChange",
        "volumeTags",
    }
)
_ATTRIBUTES: Final[Mapping[str, str]] = {
    "disableApiStop": "DisableApiStop",
    "disableApiTermination": "DisableApiTermination",
    "ebsOptimized": "EbsOptimized",
    "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior",
    "sourceDestCheck": "SourceDestCheck",
}
_CREATE: Final[Mapping[str, str]] = {
    "DisableApiStop": "disableApiStop",
    "DisableApiTermination": "disableApiTermination",
    "EbsOptimized": "ebsOptimized",
    "ImageId": "ami",
    "InstanceInitiatedShutdownBehavior": "instanceInitiatedShutdownBehavior",
    "InstanceType": "instanceType",
    "KeyName": "keyName",
    "PrivateIpAddress": "privateIp",
    "SecurityGroups": "securityGroups",
}


class Instance(Ec2Resource):
    """A virtual machine, in name only: nothing boots.

    https://www.pulumi.com/registry/packages/aws/api-docs/ec2/instance/
    """

    token: ClassVar[str] = "aws:ec2/instance:Instance"  # a type token
    emulated = "partly"
    force_new: ClassVar[frozenset[str]] = frozenset(
        {
            "ami",
            "associatePublicIpAddress",
            "availabilityZone",
            "cpuOptions.amdSevSnp",
            "cpuOptions.coreCount",
            "cpuOptions.threadsPerCore",
            "ebsOptimized",
            "enablePrimaryIpv6",
            "enclaveOptions.enabled",
            "ephemeralBlockDevices",
            "hibernation",
            "hostId",
            "hostResourceGroupArn",
            "instanceMarketOptions",
            "ipv6AddressCount",
            "ipv6Addresses",
            "keyName",
            "launchTemplate",
            "placementGroup",
            "placementPartitionNumber",
            "primaryNetworkInterface",
            "privateDnsNameOptions",
            "privateIp",
            "rootBlockDevice.encrypted",
            "rootBlockDevice.kmsKeyId",
            "securityGroups",
            "subnetId",
            "tenancy",
        }
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "ebsBlockDevices.deleteOnTermination": True,
        "forceDestroy": False,
        "getPasswordData": False,
        "launchTemplate.version": "$Default",
        "networkInterfaces.deleteOnTermination": False,
        "networkInterfaces.networkCardIndex": 0,
        "rootBlockDevice.deleteOnTermination": True,
        "sourceDestCheck": True,
        "userDataReplaceOnChange": False,
    }
    computed: ClassVar[frozenset[str]] = frozenset(
        {
            *(f"ebsBlockDevices.{n}" for n in (*VOLUME[1:], "snapshotId", "tagsAll", "volumeId")),
            "creditSpecification",
            "launchTemplate.id",
            "launchTemplate.name",
            *(f"metadataOptions.{name}" for name in METADATA),
            *(f"rootBlockDevice.{n}" for n in (*VOLUME[1:], "deviceName", "tagsAll", "volumeId")),
        }
    )
    sets: ClassVar[frozenset[str]] = frozenset(
        {
            "ebsBlockDevices",
            "ephemeralBlockDevices",
            "networkInterfaces",
            "secondaryPrivateIps",
            "securityGroups",
            "vpcSecurityGroupIds",
        }
    )
    write_only: ClassVar[frozenset[str]] = _PROVIDERS_OWN
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "InvalidParameterValue": ("Invalid IAM Instance Profile", " has no associated IAM Roles")
    }
    name_property: ClassVar[str] = ""

    def force_new_on(self, old: Properties, new: Properties) -> frozenset[str]:
        """Devices and interfaces, whose every property does; user data where the program asks."""
        del old
        devices = frozenset({"ebsBlockDevices", "networkInterfaces"})
        data = frozenset({"userData", "userDataBase64"})
        return devices | data if new.get("userDataReplaceOnChange") else devices

    def same(self, place: str, old: Value, new: Value) -> bool:
        """A state that version 6 wrote has the checksum of the user data."""
        texts = isinstance(old, str) and isinstance(new, str)
        return place == "userData" and texts and old == sha1_of(str(new))

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Something to boot, one kind of user data, and not too much of it."""
        if not inputs.get("launchTemplate"):
            for name in ("ami", "instanceType"):
                if inputs.get(name) is None:
                    reason = f"{self.token} needs {name!r}, as it has no launch template. Set it."
                    yield Failure(name, reason)
        if inputs.get("userData") and inputs.get("userDataBase64"):
            reason = f"{self.token} got both 'userData' and 'userDataBase64'. Keep one."
            yield Failure("userData", reason)
        data = inputs.get("userData")
        if isinstance(data, str) and len(data.encode()) > USER_DATA_MAX:
            size = len(data.encode())
            reason = f"{self.token} got {size} bytes of 'userData'; EC2 takes {USER_DATA_MAX}."
            yield Failure("userData", f"{reason} Fetch the rest at boot.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        made = client.run_instances(
            MinCount=1,
            MaxCount=1,
            **given(inputs, _CREATE),
            **structured(inputs),
            **placed(inputs),
            **tag_specifications("instance", inputs),
        )
        return made["Instances"][0]["InstanceId"]

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        if inputs.get("sourceDestCheck") is False:
            off = {"Value": False}
            ctx.client("ec2").modify_instance_attribute(InstanceId=id_, SourceDestCheck=off)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        client = ctx.client("ec2")
        answer = client.describe_instances(InstanceIds=[id_])["Reservations"]
        if not answer:
            return None
        found = answer[0]["Instances"][0]
        if found["State"]["Name"] in {"terminated", "shutting-down"}:
            return None
        inputs = self.schema.inputs
        interfaces = as_list(found.get("NetworkInterfaces"))
        outputs: Properties = {
            name: known[name] if known.get(name) is not None else zero_of(inputs[name].type)
            for name in inputs
            if name not in {*_PROVIDERS_OWN, "launchTemplate", "region", "tags"}
        }
        return outputs | {
            "ami": found["ImageId"],
            "arn": ctx.arn("ec2", f"instance/{id_}"),
            "associatePublicIpAddress": bool(found.get("PublicIpAddress")),
            "availabilityZone": found["Placement"]["AvailabilityZone"],
            "capacityReservationSpecification": {
                "capacityReservationPreference": "open",
                "capacityReservationTarget": None,
            },
            "cpuOptions": known.get("cpuOptions") or cpu_options(client, found),
            "creditSpecification": known.get("creditSpecification") or credits_of(found),
            "disableApiStop": attribute(client, id_, "disableApiStop"),
            "disableApiTermination": attribute(client, id_, "disableApiTermination"),
            "ebsBlockDevices": as_list(known.get("ebsBlockDevices")),
            "ebsOptimized": bool(found.get("EbsOptimized")),
            "enclaveOptions": known.get("enclaveOptions") or {"enabled": False},
            "iamInstanceProfile": profile(found, known),
            "instanceInitiatedShutdownBehavior": known.get("instanceInitiatedShutdownBehavior")
            or "stop",
            "instanceLifecycle": found.get("InstanceLifecycle") or "",
            "instanceState": found["State"]["Name"],
            "instanceType": found["InstanceType"],
            "keyName": found.get("KeyName") or "",
            "launchTemplate": known.get("launchTemplate"),
            "maintenanceOptions": known.get("maintenanceOptions") or {"autoRecovery": "default"},
            "metadataOptions": {**METADATA, **read_metadata(found)},
            "monitoring": as_dict(found.get("Monitoring")).get("State") == "enabled",
            "outpostArn": "",
            "passwordData": "",
            "primaryNetworkInterfaceId": interfaces[0]["NetworkInterfaceId"] if interfaces else "",
            "privateDns": found.get("PrivateDnsName") or "",
            "privateDnsNameOptions": known.get("privateDnsNameOptions")
            or {
                "enableResourceNameDnsARecord": False,
                "enableResourceNameDnsAaaaRecord": False,
                "hostnameType": "ip-name",
            },
            "privateIp": found.get("PrivateIpAddress") or "",
            "publicDns": found.get("PublicDnsName") or "",
            "publicIp": found.get("PublicIpAddress") or "",
            "rootBlockDevice": root_device(client, found, known),
            "securityGroups": named_groups(client, found),
            "sourceDestCheck": bool(found.get("SourceDestCheck", True)),
            "spotInstanceRequestId": found.get("SpotInstanceRequestId") or "",
            "subnetId": found.get("SubnetId") or "",
            "tenancy": as_dict(found.get("Placement")).get("Tenancy") or "default",
            "vpcSecurityGroupIds": _groups(found),
            "tagsAll": tags.from_list(found.get("Tags")),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Attributes one by one; the type and user data of a stopped instance, as EC2 wants it."""
        del old
        client = ctx.client("ec2")
        if "vpcSecurityGroupIds" in changed:
            groups = as_list(new.get("vpcSecurityGroupIds"))
            client.modify_instance_attribute(InstanceId=id_, Groups=groups)
        if changed & {"instanceType", "userData", "userDataBase64"}:
            client.stop_instances(InstanceIds=[id_])
            if "instanceType" in changed:
                kind = {"Value": new["instanceType"]}
                client.modify_instance_attribute(InstanceId=id_, InstanceType=kind)
            if changed & {"userData", "userDataBase64"}:
                data = {"Value": base64.b64decode(user_data(new))}
                client.modify_instance_attribute(InstanceId=id_, UserData=data)
            client.start_instances(InstanceIds=[id_])
        for name, aws in _ATTRIBUTES.items():
            if name in changed and new.get(name) is not None:
                client.modify_instance_attribute(InstanceId=id_, **{aws: {"Value": new[name]}})
        if "metadataOptions" in changed:
            options = metadata(new)
            client.modify_instance_metadata_options(InstanceId=id_, **options)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Terminate it, protected or not only if ``forceDestroy`` says so."""
        client = ctx.client("ec2")
        if outputs.get("forceDestroy") and outputs.get("disableApiTermination"):
            client.modify_instance_attribute(InstanceId=id_, DisableApiTermination={"Value": False})
        client.terminate_instances(InstanceIds=[id_])

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The only instance of that subnet, image and type with those tags."""
        names = {"subnetId": "subnet-id", "ami": "image-id", "instanceType": "instance-type"}
        wanted = {aws: inputs[name] for name, aws in names.items() if inputs.get(name)}
        filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
        pages = ctx.client("ec2").get_paginator("describe_instances").paginate(Filters=filters)
        alive = (
            (instance["InstanceId"], tags.from_list(instance.get("Tags")))
            for page in pages
            for reservation in page["Reservations"]
            for instance in reservation["Instances"]
            if instance["State"]["Name"] not in {"terminated", "shutting-down"}
        )
        return tags.only_with(inputs.get("tagsAll"), alive, ctx.held)


def _groups(found: Mapping[str, Any]) -> list[str]:
    """The security groups; the emulator tells those of an interface in the interface alone."""
    interfaces = as_list(found.get("NetworkInterfaces"))
    own = found.get("SecurityGroups") or (interfaces[0].get("Groups") if interfaces else ())
    return [group["GroupId"] for group in own or ()]
