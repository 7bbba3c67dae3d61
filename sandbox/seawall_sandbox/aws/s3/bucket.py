"""``aws:s3/bucket:Bucket``."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context, dns_suffix_of
from seawall_sandbox.aws.errors import ClientError, code_of, is_gone
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.naming import automatic_name
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.shapes import zero_of
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""
_ZONES: Final[Mapping[str, str]] = {
    "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-northeast-2": "Z3W03O7B5YMIYP",
    "ap-south-1": "Z11RGJOFQNVJUP",
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "ap-southeast-2": "Z1WCIGYICN2BYD",
    "ca-central-1": "Z1QDHH18159H29",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-north-1": "Z3BAZG2TWCNX0D",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "sa-east-1": "Z7KQH4QJS55SO",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
}
"""Hosted zones of website endpoints: https://docs.aws.amazon.com/general/latest/gr/s3.html"""
_DEFAULT_ENCRYPTION: Final[Mapping[str, Value]] = {
    "rule": {
        "applyServerSideEncryptionByDefault": {"kmsMasterKeyId": "", "sseAlgorithm": "AES256"},
        "bucketKeyEnabled": False,
    }
}
_AS_GIVEN: Final = frozenset(
    {"acl", "bucketNamespace", "bucketPrefix", "forceDestroy", "objectLockEnabled"}
)
_HELD: Final = frozenset(
    {
        "accelerationStatus",
        "corsRules",
        "grants",
        "lifecycleRules",
        "logging",
        "objectLockConfiguration",
        "replicationConfiguration",
        "website",
    }
)


class Bucket(ResourceType):
    """A bucket. Its id is its name. Since version 7 this is what was called ``BucketV2``.

    Versioning, encryption, policy and tags live in moto; the rest is told as it was given.
    https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration/
    """

    token = "aws:s3/bucket:Bucket"  # a type token
    emulated = "partly"
    force_new: ClassVar[frozenset[str]] = frozenset(
        {"bucket", "bucketNamespace", "bucketPrefix", "objectLockEnabled"}
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "forceDestroy": False,
        "versioning.enabled": False,
        "versioning.mfaDelete": False,
    }
    documents: ClassVar[frozenset[str]] = frozenset({"policy"})
    sets: ClassVar[frozenset[str]] = frozenset({"grants"})
    unemulated: ClassVar[frozenset[str]] = _HELD | _AS_GIVEN
    name_property = "bucket"
    name_prefix_property = "bucketPrefix"
    name_max = 63

    def automatic_name(self, name: str, seed: bytes) -> str:
        """In small letters, as S3 wants names."""
        return automatic_name(name.lower(), seed, max_length=self.name_max)

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name's form."""
        name = inputs.get("bucket")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            reason = f"{name!r} is no bucket name: 3 to 63 small letters, digits, inner hyphens."
            yield Failure("bucket", f"{reason} Rename it.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("s3")
        name = str(inputs.get("bucket") or ctx.unique_name(inputs.get("bucketPrefix") or ""))
        place = {"LocationConstraint": ctx.region}
        client.create_bucket(
            Bucket=name,
            **({} if ctx.region == "us-east-1" else {"CreateBucketConfiguration": place}),
            **({"ObjectLockEnabledForBucket": True} if inputs.get("objectLockEnabled") else {}),
        )
        return name

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        client = ctx.client("s3")
        _apply(client, id_, inputs, frozenset(inputs))
        if inputs.get("tagsAll"):
            _set_tags(client, id_, inputs["tagsAll"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        client = ctx.client("s3")
        try:
            client.head_bucket(Bucket=id_)
        except ClientError as error:
            if code_of(error) in {"404", "NoSuchBucket"}:
                return None
            raise
        suffix = dns_suffix_of(ctx.region)
        inputs = self.schema.inputs
        outputs: Properties = {name: zero_of(inputs[name].type) for name in _HELD}
        versioning = client.get_bucket_versioning(Bucket=id_)
        payer = client.get_bucket_request_payment(Bucket=id_).get("Payer", "BucketOwner")
        return outputs | {
            "arn": f"arn:{ctx.partition}:s3:::{id_}",
            "bucket": id_,
            "bucketDomainName": f"{id_}.s3.{suffix}",
            "bucketPrefix": known.get("bucketPrefix") or "",
            "bucketRegion": ctx.region,
            "bucketRegionalDomainName": f"{id_}.s3.{ctx.region}.{suffix}",
            "hostedZoneId": _ZONES.get(ctx.region, ""),
            "objectLockEnabled": bool(known.get("objectLockEnabled")),
            "policy": _optional(lambda: client.get_bucket_policy(Bucket=id_)["Policy"]) or "",
            "requestPayer": known.get("requestPayer") or payer,
            "serverSideEncryptionConfiguration": _encryption(client, id_),
            "tagsAll": tags.from_list(
                _optional(lambda: client.get_bucket_tagging(Bucket=id_)["TagSet"])
            ),
            "versioning": {
                "enabled": versioning.get("Status") == "Enabled",
                "mfaDelete": versioning.get("MFADelete") == "Enabled",
            },
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old
        _apply(ctx.client("s3"), id_, new, changed)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Delete it; with ``forceDestroy`` all its objects and versions first."""
        client = ctx.client("s3")
        try:
            if outputs.get("forceDestroy"):
                _empty(client, id_)
            client.delete_bucket(Bucket=id_)
        except ClientError as error:
            if code_of(error) not in {"404", "NoSuchBucket"}:
                raise

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        client = ctx.client("s3")
        before = as_dict(outputs.get("tagsAll"))
        after = {k: v for k, v in before.items() if k not in removed} | added
        if after:
            _set_tags(client, id_, after)
        else:
            client.delete_bucket_tagging(Bucket=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, which is unique everywhere; the tags are ours, or not set yet."""
        name = inputs.get("bucket") or ctx.chosen_name
        if not name:
            return super().find(ctx, inputs)
        found = self.read(ctx, str(name), inputs)
        same = found is not None and found["tagsAll"] in ({}, as_dict(inputs.get("tagsAll")))
        return str(name) if same else None


def _apply(client: Any, name: str, inputs: Properties, changed: frozenset[str]) -> None:
    """What moto keeps of a bucket's settings."""
    versioning = as_dict(inputs.get("versioning"))
    if versioning and "versioning" in changed:
        status = "Enabled" if versioning.get("enabled") else "Suspended"
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    encryption = as_dict(inputs.get("serverSideEncryptionConfiguration"))
    if encryption and "serverSideEncryptionConfiguration" in changed:
        rule = as_dict(encryption["rule"])
        default = as_dict(rule["applyServerSideEncryptionByDefault"])
        key = default.get("kmsMasterKeyId")
        wanted = {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": default["sseAlgorithm"],
                **({"KMSMasterKeyID": key} if key else {}),
            },
            "BucketKeyEnabled": bool(rule.get("bucketKeyEnabled")),
        }
        client.put_bucket_encryption(
            Bucket=name, ServerSideEncryptionConfiguration={"Rules": [wanted]}
        )
    if inputs.get("policy") and "policy" in changed:
        client.put_bucket_policy(Bucket=name, Policy=inputs["policy"])


def _encryption(client: Any, name: str) -> Properties:
    answer = _optional(lambda: client.get_bucket_encryption(Bucket=name))
    if not answer:
        return dict(_DEFAULT_ENCRYPTION)
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = rule["ApplyServerSideEncryptionByDefault"]
    return {
        "rule": {
            "applyServerSideEncryptionByDefault": {
                "kmsMasterKeyId": default.get("KMSMasterKeyID", ""),
                "sseAlgorithm": default["SSEAlgorithm"],
            },
            "bucketKeyEnabled": bool(rule.get("BucketKeyEnabled")),
        }
    }


def _optional(call: Callable[[], Any]) -> Any:
    """What S3 says of a part of a bucket, or ``None`` where the bucket has no such part."""
    try:
        return call()
    except ClientError as error:
        if is_gone(error) or code_of(error) in {
            "NoSuchBucketPolicy",
            "ServerSideEncryptionConfigurationNotFoundError",
        }:
            return None
        raise


def _set_tags(client: Any, name: str, wanted: Mapping[str, str]) -> None:
    client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags.to_list(wanted)})


def _empty(client: Any, name: str) -> None:
    pages = client.get_paginator("list_object_versions").paginate(Bucket=name)
    for page in pages:
        for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            client.delete_object(Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"])
