"""Elastic Block Store: volumes."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import rfc3339
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, tag_specifications
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import UNKNOWN, Properties, Value

_PROVISIONED: Final = ("io1", "io2")
_IOPS: Final[Mapping[str, int]] = {"gp3": 3000}
_THROUGHPUT: Final[Mapping[str, int]] = {"gp3": 125}
"""What AWS takes for a gp3 volume: operations and MiB a second.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
"""
_GP2_PER_GIB: Final = 3
_GP2_IOPS: Final = (100, 16_000)
_CREATE: Final[Mapping[str, str]] = {
    "AvailabilityZone": "availabilityZone",
    "Encrypted": "encrypted",
    "Iops": "iops",
    "KmsKeyId": "kmsKeyId",
    "MultiAttachEnabled": "multiAttachEnabled",
    "OutpostArn": "outpostArn",
    "Size": "size",
    "SnapshotId": "snapshotId",
    "Throughput": "throughput",
    "VolumeType": "type",
}


class Volume(Ec2Resource):
    """``aws:ebs/volume:Volume``: a disk in a zone. Its id is EC2's.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/ebs_volume.go
    """

    token: ClassVar[str] = "aws:ebs/volume:Volume"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset(
        {
            "availabilityZone",
            "encrypted",
            "kmsKeyId",
            "multiAttachEnabled",
            "outpostArn",
            "snapshotId",
        }
    )
    defaults: ClassVar[Mapping[str, Value]] = {"finalSnapshot": False}
    write_only: ClassVar[frozenset[str]] = frozenset({"finalSnapshot"})
    unemulated: ClassVar[frozenset[str]] = frozenset(
        {"multiAttachEnabled", "outpostArn", "volumeInitializationRate"}
    )
    name_property: ClassVar[str] = ""

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """What fits the type of the volume, as the real provider's plan checks it."""
        if inputs.get("size") is None and inputs.get("snapshotId") is None:
            reason = f"{self.token} needs 'size' or 'snapshotId', and has neither. Set one."
            yield Failure("size", reason)
        kind = inputs.get("type") or "gp2"
        if kind is UNKNOWN:
            return
        if kind in _PROVISIONED and inputs.get("iops") is None:
            yield Failure("iops", f"{self.token} needs 'iops' for the type {kind}. Set it.")
        for name, kinds in (
            ("iops", (*_PROVISIONED, "gp3")),
            ("throughput", ("gp3",)),
            ("multiAttachEnabled", _PROVISIONED),
        ):
            if inputs.get(name) and kind not in kinds:
                reason = f"{self.token} got {name!r}, which the type {kind} does not have."
                yield Failure(name, f"{reason} Remove it, or use {' or '.join(kinds)}.")
        if inputs.get("volumeInitializationRate") and inputs.get("snapshotId") is None:
            reason = f"{self.token} got 'volumeInitializationRate', but no snapshot to read from."
            yield Failure("volumeInitializationRate", f"{reason} Remove it, or set 'snapshotId'.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        made = ctx.client("ec2").create_volume(
            **given(inputs, _CREATE), **tag_specifications("volume", inputs)
        )
        return made["VolumeId"]

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        del inputs
        client = ctx.client("ec2")
        ctx.wait(lambda: _describe(client, id_)["State"] in {"available", "in-use"}, "be there")

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        found = _describe(ctx.client("ec2"), id_)
        kind, size = found.get("VolumeType") or "gp2", int(found["Size"])
        return {
            "arn": ctx.arn("ec2", f"volume/{id_}"),
            "availabilityZone": found["AvailabilityZone"],
            "createTime": rfc3339(found["CreateTime"]),
            "encrypted": bool(found.get("Encrypted")),
            "iops": found.get("Iops") or known.get("iops") or _usual_iops(kind, size),
            "kmsKeyId": found.get("KmsKeyId") or "",
            "multiAttachEnabled": False,
            "outpostArn": "",
            "size": size,
            "snapshotId": found.get("SnapshotId") or "",
            "throughput": found.get("Throughput")
            or known.get("throughput")
            or _THROUGHPUT.get(kind, 0),
            "type": kind,
            "volumeInitializationRate": 0,
            "tagsAll": tags.from_list(found.get("Tags")),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Size, type and speed change while it is in use; it never gets smaller."""
        del old
        names = {"Iops": "iops", "Size": "size", "Throughput": "throughput", "VolumeType": "type"}
        arguments = {
            aws: new[name] for aws, name in names.items() if name in changed and new.get(name)
        }
        if arguments:
            ctx.client("ec2").modify_volume(VolumeId=id_, **arguments)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Delete it, after a last snapshot if one is asked for."""
        client = ctx.client("ec2")
        if outputs.get("finalSnapshot"):
            _describe(client, id_)
            specifications = tag_specifications("snapshot", outputs)
            client.create_snapshot(VolumeId=id_, **specifications)
        client.delete_volume(VolumeId=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By its tags, in its zone, if there is only one."""
        zone = {"Name": "availability-zone", "Values": [inputs["availabilityZone"]]}
        found = ctx.client("ec2").describe_volumes(Filters=[zone])["Volumes"]
        return tags.only_with(
            inputs.get("tagsAll"),
            [(v["VolumeId"], tags.from_list(v.get("Tags"))) for v in found],
            ctx.held,
        )


def _describe(client: Any, id_: str) -> dict[str, Any]:
    return client.describe_volumes(VolumeIds=[id_])["Volumes"][0]


def _usual_iops(kind: str, size: int) -> int:
    """What a volume has that was given no number of its own."""
    if kind == "gp2":
        low, high = _GP2_IOPS
        return min(max(low, _GP2_PER_GIB * size), high)
    return _IOPS.get(kind, 0)


RESOURCES: Final[tuple[type[ResourceType], ...]] = (Volume,)
