"""``aws:ec2/launchConfiguration:LaunchConfiguration``."""

import base64
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.hashes import decoded, sha1_of
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties, Value

_EBS: Final[Mapping[str, str]] = {
    "deleteOnTermination": "DeleteOnTermination",
    "encrypted": "Encrypted",
    "iops": "Iops",
    "snapshotId": "SnapshotId",
    "throughput": "Throughput",
    "volumeSize": "VolumeSize",
    "volumeType": "VolumeType",
}
_ROOT: Final = tuple(name for name in _EBS if name != "snapshotId")
_ROOT_DEVICE: Final = "/dev/xvda"
"""The root device of Amazon Linux images; the real provider asks the image."""


class LaunchConfiguration(ResourceType):
    """The older form of a launch template. Nothing of it changes in place; its id is its name.

    https://www.pulumi.com/registry/packages/aws/api-docs/ec2/launchconfiguration/
    """

    token = "aws:ec2/launchConfiguration:LaunchConfiguration"  # a type token
    emulated = "partly"
    force_new: ClassVar[frozenset[str]] = frozenset(
        {
            "associatePublicIpAddress",
            "ebsOptimized",
            "enableMonitoring",
            "ephemeralBlockDevices",
            "iamInstanceProfile",
            "imageId",
            "instanceType",
            "keyName",
            "metadataOptions",
            "name",
            "namePrefix",
            "placementTenancy",
            "securityGroups",
            "spotPrice",
            "userData",
            "userDataBase64",
        }
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "ebsBlockDevices.deleteOnTermination": True,
        "enableMonitoring": True,
        "rootBlockDevice.deleteOnTermination": True,
    }
    computed: ClassVar[frozenset[str]] = frozenset(
        {
            *(f"ebsBlockDevices.{name}" for name in _EBS if name != "deleteOnTermination"),
            *(f"metadataOptions.{name}" for name in ("httpEndpoint", "httpTokens")),
            "metadataOptions.httpPutResponseHopLimit",
            *(f"rootBlockDevice.{name}" for name in _ROOT if name != "deleteOnTermination"),
        }
    )
    sets: ClassVar[frozenset[str]] = frozenset(
        {"ebsBlockDevices", "ephemeralBlockDevices", "securityGroups"}
    )
    hashed: ClassVar[frozenset[str]] = frozenset({"userData"})
    unemulated: ClassVar[frozenset[str]] = frozenset({"ephemeralBlockDevices", "placementTenancy"})
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "ValidationError": (
            "Invalid IamInstanceProfile",
            "You are not authorized to perform this operation",
        )
    }

    def force_new_on(self, old: Properties, new: Properties) -> frozenset[str]:
        """Every argument of a device needs a new one, though the lists themselves do not say so."""
        del old, new
        return frozenset({"ebsBlockDevices", "rootBlockDevice"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        name = inputs.get("name") or ctx.unique_name(inputs.get("namePrefix") or "terraform-")
        names = {
            "associatePublicIpAddress": "AssociatePublicIpAddress",
            "ebsOptimized": "EbsOptimized",
            "iamInstanceProfile": "IamInstanceProfile",
            "keyName": "KeyName",
            "securityGroups": "SecurityGroups",
            "spotPrice": "SpotPrice",
        }
        optional = {aws: inputs.get(key) for key, aws in names.items()}
        optional["BlockDeviceMappings"] = _mappings(inputs)
        optional["UserData"] = _user_data(inputs)
        options = as_dict(inputs.get("metadataOptions"))
        optional["MetadataOptions"] = {k[0].upper() + k[1:]: v for k, v in options.items() if v}
        ctx.client("autoscaling").create_launch_configuration(
            LaunchConfigurationName=name,
            ImageId=inputs["imageId"],
            InstanceType=inputs["instanceType"],
            InstanceMonitoring={"Enabled": bool(inputs.get("enableMonitoring"))},
            **{aws: value for aws, value in optional.items() if value not in (None, "", [], {})},
        )
        return str(name)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        answer = ctx.client("autoscaling").describe_launch_configurations(
            LaunchConfigurationNames=[id_]
        )
        if not answer["LaunchConfigurations"]:
            return None
        found = answer["LaunchConfigurations"][0]
        devices = as_list(found.get("BlockDeviceMappings"))
        root = next((d for d in devices if d["DeviceName"] == _ROOT_DEVICE), None)
        others = [d for d in devices if d is not root and d.get("Ebs")]
        outputs: Properties = {
            "arn": found["LaunchConfigurationARN"],
            "associatePublicIpAddress": bool(found.get("AssociatePublicIpAddress")),
            "ebsBlockDevices": [
                {
                    **_read_ebs(device, tuple(_EBS)),
                    "deviceName": device["DeviceName"],
                    "noDevice": bool(device.get("NoDevice")),
                }
                for device in others
            ],
            "ebsOptimized": bool(found.get("EbsOptimized")),
            "enableMonitoring": bool(found["InstanceMonitoring"]["Enabled"]),
            "ephemeralBlockDevices": [],
            "iamInstanceProfile": found.get("IamInstanceProfile") or "",
            "imageId": found["ImageId"],
            "instanceType": found["InstanceType"],
            "keyName": found.get("KeyName") or "",
            "metadataOptions": known.get("metadataOptions"),
            "name": id_,
            "namePrefix": known.get("namePrefix") or "",
            "placementTenancy": "",
            "rootBlockDevice": _read_ebs(root, _ROOT) if root else None,
            "securityGroups": as_list(found.get("SecurityGroups")),
            "spotPrice": str(found.get("SpotPrice") or ""),
        }
        if found.get("UserData"):
            if known.get("userDataBase64"):
                outputs["userDataBase64"] = found["UserData"]
            else:
                text = base64.b64decode(found["UserData"]).decode(errors="replace")
                outputs["userData"] = sha1_of(text)
        return outputs

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        if self.read(ctx, id_, outputs) is not None:
            ctx.client("autoscaling").delete_launch_configuration(LaunchConfigurationName=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, if image and instance type are the same."""
        name = str(inputs.get("name") or ctx.chosen_name or "")
        if not name:
            return super().find(ctx, inputs)
        found = self.read(ctx, name, inputs) or {}
        same = all(found.get(key) == inputs[key] for key in ("imageId", "instanceType"))
        return name if same else None


def _user_data(inputs: Properties) -> str:
    if inputs.get("userDataBase64"):
        return str(inputs["userDataBase64"])
    text = str(inputs.get("userData") or "")
    return base64.b64encode(decoded(text)).decode() if text else ""


def _mappings(inputs: Properties) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    root = as_dict(inputs.get("rootBlockDevice"))
    if root:
        found.append({"DeviceName": _ROOT_DEVICE, "Ebs": _ebs(root)})
    for item in as_list(inputs.get("ebsBlockDevices")):
        device = as_dict(item)
        found.append({"DeviceName": device["deviceName"], "Ebs": _ebs(device)})
    return found


def _ebs(device: Properties) -> dict[str, Any]:
    return {aws: device[name] for name, aws in _EBS.items() if device.get(name) not in (None, "")}


def _read_ebs(device: Mapping[str, Any], names: tuple[str, ...]) -> Properties:
    found = as_dict(device.get("Ebs"))
    zeros: Mapping[str, Value] = {
        "deleteOnTermination": True,
        "encrypted": False,
        "iops": 0,
        "snapshotId": "",
        "throughput": 0,
        "volumeSize": 0,
        "volumeType": "",
    }
    told = {name: found.get(_EBS[name]) for name in names}
    return {name: zeros[name] if value is None else value for name, value in told.items()}
