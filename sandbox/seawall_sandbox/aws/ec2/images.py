"""``aws:ec2/getAmi:getAmi``."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.registry import Function
from seawall_sandbox.values import Properties

_NAMES: Final[Mapping[str, str]] = {
    "architecture": "Architecture",
    "bootMode": "BootMode",
    "creationDate": "CreationDate",
    "deprecationTime": "DeprecationTime",
    "description": "Description",
    "hypervisor": "Hypervisor",
    "imageId": "ImageId",
    "imageLocation": "ImageLocation",
    "imageOwnerAlias": "ImageOwnerAlias",
    "imageType": "ImageType",
    "imdsSupport": "ImdsSupport",
    "kernelId": "KernelId",
    "lastLaunchedTime": "LastLaunchedTime",
    "name": "Name",
    "ownerId": "OwnerId",
    "platform": "Platform",
    "platformDetails": "PlatformDetails",
    "ramdiskId": "RamdiskId",
    "rootDeviceName": "RootDeviceName",
    "rootDeviceType": "RootDeviceType",
    "sriovNetSupport": "SriovNetSupport",
    "state": "State",
    "tpmSupport": "TpmSupport",
    "uefiData": "UefiData",
    "usageOperation": "UsageOperation",
    "virtualizationType": "VirtualizationType",
}
_EBS: Final[Mapping[str, str]] = {
    "delete_on_termination": "DeleteOnTermination",
    "encrypted": "Encrypted",
    "iops": "Iops",
    "snapshot_id": "SnapshotId",
    "throughput": "Throughput",
    "volume_size": "VolumeSize",
    "volume_type": "VolumeType",
}
"""The keys of this map are the real provider's, underscores and all; its values are texts."""
_FIELDS: Final[Mapping[str, str]] = {
    "creation-date": "CreationDate",
    "description": "Description",
    "ena-support": "EnaSupport",
    "hypervisor": "Hypervisor",
    "image-type": "ImageType",
    "root-device-name": "RootDeviceName",
    "root-device-type": "RootDeviceType",
    "sriov-net-support": "SriovNetSupport",
}
"""Filters of DescribeImages that the emulator does not have, by the field that they are about:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html."""
_NO_REASON: Final = {"code": "UNSET", "message": "UNSET"}


def get_ami(ctx: Context, args: Properties) -> Properties:
    """The one image that matches; of several the newest, if ``mostRecent`` says so.

    https://www.pulumi.com/registry/packages/aws/api-docs/ec2/getami/
    """
    found = [i for i in _images(ctx, args) if _named(i, args.get("nameRegex"))]
    if not found:
        raise ValueError(
            "no image matches. Correct the filters; the sandbox has the emulator's own images, and"
            " those that were registered in it."
        )
    if len(found) > 1 and not args.get("mostRecent"):
        raise ValueError(
            f"{len(found)} images match, but one is wanted. Narrow the filters down, or set"
            " mostRecent."
        )
    image = max(found, key=lambda i: str(i.get("CreationDate", "")))
    return {
        **{key: value for key, value in args.items() if value is not None},
        **_described(ctx, image),
        "includeDeprecated": bool(args.get("includeDeprecated")),
        "mostRecent": bool(args.get("mostRecent")),
        "region": ctx.region,
    }


def _images(ctx: Context, args: Properties) -> list[dict[str, Any]]:
    filters = {one["name"]: list(one["values"]) for one in as_list(args.get("filters"))}
    asked = [
        {"Name": name, "Values": values} for name, values in filters.items() if name not in _FIELDS
    ]
    query: dict[str, Any] = {"Filters": asked} if asked else {}
    if args.get("owners"):
        query["Owners"] = list(args["owners"])
    if args.get("executableUsers"):
        query["ExecutableUsers"] = list(args["executableUsers"])
    wanted = {_FIELDS[name]: values for name, values in filters.items() if name in _FIELDS}
    return [
        image
        for image in ctx.client("ec2").describe_images(**query)["Images"]
        if all(_matches(image.get(field), values) for field, values in wanted.items())
    ]


def _matches(value: object, patterns: list[str]) -> bool:
    text = str(value).lower() if isinstance(value, bool) else str(value or "")
    return any(fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)


def _named(image: Mapping[str, Any], pattern: object) -> bool:
    return not isinstance(pattern, str) or bool(re.search(pattern, str(image.get("Name", ""))))


def _described(ctx: Context, image: Mapping[str, Any]) -> Properties:
    reason = as_dict(image.get("StateReason"))
    id_ = str(image["ImageId"])
    mappings = [_mapping(device) for device in as_list(image.get("BlockDeviceMappings"))]
    root = next((m for m in mappings if m["deviceName"] == image.get("RootDeviceName")), None)
    return {
        **{name: str(image.get(aws) or "") for name, aws in _NAMES.items()},
        "arn": f"arn:{ctx.partition}:ec2:{ctx.region}::image/{id_}",
        "blockDeviceMappings": mappings,
        "enaSupport": bool(image.get("EnaSupport")),
        "id": id_,
        "productCodes": [
            {"productCodeId": code["ProductCodeId"], "productCodeType": code["ProductCodeType"]}
            for code in as_list(image.get("ProductCodes"))
        ],
        "public": bool(image.get("Public")),
        "rootSnapshotId": as_dict(root["ebs"]).get("snapshot_id", "") if root else "",
        "stateReason": {
            "code": reason.get("Code", _NO_REASON["code"]),
            "message": reason.get("Message", _NO_REASON["message"]),
        },
        "tags": tags.from_list(image.get("Tags")),
    }


def _mapping(device: Mapping[str, Any]) -> Properties:
    ebs = as_dict(device.get("Ebs"))
    return {
        "deviceName": device.get("DeviceName", ""),
        "ebs": {name: _text(ebs.get(aws), aws) for name, aws in _EBS.items()} if ebs else {},
        "noDevice": device.get("NoDevice") or "",
        "virtualName": device.get("VirtualName") or "",
    }


def _text(value: Any, name: str) -> str:
    if isinstance(value, bool) or name in {"DeleteOnTermination", "Encrypted"}:
        return "true" if value else "false"
    if value is None:
        return "" if name in {"SnapshotId", "VolumeType"} else "0"
    return str(value)


FUNCTIONS: Final[dict[str, Function]] = {"aws:ec2/getAmi:getAmi": get_ami}
