"""An instance's arguments as EC2 takes them, and its parts as the provider tells them."""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.values import Properties, Value

VOLUME: Final = (
    "deleteOnTermination",
    "encrypted",
    "iops",
    "kmsKeyId",
    "throughput",
    "volumeSize",
    "volumeType",
)
METADATA: Final[Mapping[str, Value]] = {
    "httpEndpoint": "enabled",
    "httpProtocolIpv6": "disabled",
    "httpPutResponseHopLimit": 1,
    "httpTokens": "optional",
    "instanceMetadataTags": "disabled",
}


def structured(inputs: Properties) -> dict[str, Any]:
    """Arguments of RunInstances that are built otherwise than the provider's."""
    found: dict[str, Any] = {
        "UserData": base64.b64decode(user_data(inputs)) if user_data(inputs) else None,
        "MetadataOptions": metadata(inputs) if inputs.get("metadataOptions") else None,
        "Monitoring": {"Enabled": True} if inputs.get("monitoring") else None,
        "IamInstanceProfile": {"Name": inputs["iamInstanceProfile"]}
        if inputs.get("iamInstanceProfile")
        else None,
        "Placement": {
            aws: inputs[name]
            for name, aws in {
                "availabilityZone": "AvailabilityZone",
                "placementGroup": "GroupName",
                "tenancy": "Tenancy",
            }.items()
            if inputs.get(name)
        },
        "BlockDeviceMappings": [
            {"DeviceName": device["deviceName"], "Ebs": _ebs(device)}
            for device in as_list(inputs.get("ebsBlockDevices"))
        ],
    }
    template = as_dict(inputs.get("launchTemplate"))
    if template:
        key = "LaunchTemplateId" if template.get("id") else "LaunchTemplateName"
        which = template.get("id") or template.get("name")
        found["LaunchTemplate"] = {key: which, "Version": template.get("version") or "$Default"}
    return {key: value for key, value in found.items() if value}


def placed(inputs: Properties) -> dict[str, Any]:
    """Subnet and groups; in an interface of their own when a public address is asked for."""
    groups, subnet = as_list(inputs.get("vpcSecurityGroupIds")), inputs.get("subnetId")
    public = inputs.get("associatePublicIpAddress")
    if public is None:
        found = {"SecurityGroupIds": groups, "SubnetId": subnet}
        return {key: value for key, value in found.items() if value}
    interface = {
        "DeviceIndex": 0,
        "AssociatePublicIpAddress": public,
        **({"Groups": groups} if groups else {}),
        **({"SubnetId": subnet} if subnet else {}),
    }
    return {"NetworkInterfaces": [interface]}


def user_data(inputs: Properties) -> str:
    """The user data in base64, or nothing."""
    if inputs.get("userDataBase64"):
        return str(inputs["userDataBase64"])
    text = str(inputs.get("userData") or "")
    return base64.b64encode(text.encode()).decode() if text else ""


def metadata(inputs: Properties) -> dict[str, Any]:
    """Metadata options as AWS takes them."""
    options = as_dict(inputs.get("metadataOptions"))
    return {k[0].upper() + k[1:]: v for k, v in options.items() if v not in (None, "", 0)}


def read_metadata(found: Mapping[str, Any]) -> Properties:
    """Metadata options as the provider tells them."""
    options = as_dict(found.get("MetadataOptions"))
    return {
        name: options[name[0].upper() + name[1:]]
        for name in METADATA
        if options.get(name[0].upper() + name[1:]) is not None
    }


def _ebs(device: Properties) -> dict[str, Any]:
    names = {name: name[0].upper() + name[1:] for name in (*VOLUME, "snapshotId")}
    return {aws: device[name] for name, aws in names.items() if device.get(name) not in (None, "")}


def attribute(client: Any, id_: str, name: str) -> bool:
    """One switch of an instance."""
    answer = client.describe_instance_attribute(InstanceId=id_, Attribute=name)
    return bool(as_dict(answer.get(name[0].upper() + name[1:])).get("Value"))


def named_groups(client: Any, found: Mapping[str, Any]) -> list[str]:
    """The names of an instance's groups, which AWS takes and the provider tells in a default VPC.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/ec2_instance.go
    (``readSecurityGroups``).
    """
    if not found.get("VpcId"):
        return []
    if not client.describe_vpcs(VpcIds=[found["VpcId"]])["Vpcs"][0].get("IsDefault"):
        return []
    return [group["GroupName"] for group in found.get("SecurityGroups") or ()]


def cpu_options(client: Any, found: Mapping[str, Any]) -> Properties:
    """Cores and threads that an instance type has unless other numbers are asked for."""
    answer = client.describe_instance_types(InstanceTypes=[found["InstanceType"]])
    cpu = as_dict(answer["InstanceTypes"][0].get("VCpuInfo"))
    return {
        "amdSevSnp": "",
        "coreCount": cpu.get("DefaultCores") or cpu.get("DefaultVCpus") or 0,
        "nestedVirtualization": "",
        "threadsPerCore": cpu.get("DefaultThreadsPerCore") or 1,
    }


def credits_of(found: Mapping[str, Any]) -> Properties | None:
    """CPU credits of a burstable instance: T2 is limited by default, later ones are not.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html
    """
    family = str(found["InstanceType"]).partition(".")[0]
    if not re.fullmatch(r"t\d\w*", family):
        return None
    return {"cpuCredits": "standard" if family == "t2" else "unlimited"}


def profile(found: Mapping[str, Any], known: Properties) -> str:
    """The name of the instance's profile."""
    arn = str(as_dict(found.get("IamInstanceProfile")).get("Arn", ""))
    return arn.rpartition("/")[2] or str(known.get("iamInstanceProfile") or "")


def root_device(client: Any, found: Mapping[str, Any], known: Properties) -> Properties | None:
    """The root volume as moto has it, with what it forgets as it was asked for."""
    device = next(
        (
            d
            for d in as_list(found.get("BlockDeviceMappings"))
            if d["DeviceName"] == found.get("RootDeviceName")
        ),
        None,
    )
    if device is None:
        return known.get("rootBlockDevice")
    id_ = device["Ebs"]["VolumeId"]
    volume = client.describe_volumes(VolumeIds=[id_])["Volumes"][0]
    asked = {k: v for k, v in as_dict(known.get("rootBlockDevice")).items() if v is not None}
    return {
        "deleteOnTermination": bool(device["Ebs"].get("DeleteOnTermination", True)),
        "deviceName": device["DeviceName"],
        "encrypted": bool(volume.get("Encrypted")),
        "iops": volume.get("Iops") or 0,
        "kmsKeyId": volume.get("KmsKeyId") or "",
        "tags": {},
        "tagsAll": {},
        "throughput": volume.get("Throughput") or 0,
        "volumeId": id_,
        "volumeSize": volume["Size"],
        "volumeType": volume.get("VolumeType") or "gp2",
        **asked,
    }
