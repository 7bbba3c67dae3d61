"""Buckets, their policies, and trails."""

import json

import pytest

BUCKET, POLICY = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
TRAIL = "aws:cloudtrail/trail:Trail"

pytestmark = pytest.mark.emulator


def test_bucket_lives_and_dies(stack, client):
    made = stack.create(
        BUCKET, "Data", forceDestroy=True, tags={"a": "b"}, versioning={"enabled": True}
    )
    assert made.id.startswith("data-")
    assert stack.found_again(BUCKET, "Data")
    default = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}
    changed = ("serverSideEncryptionConfiguration", "tags", "tagsAll")
    stack.update(
        BUCKET,
        "Data",
        *changed,
        forceDestroy=True,
        serverSideEncryptionConfiguration={"rule": default},
        tags={"c": "d"},
        versioning={"enabled": True},
    )
    s3 = client("s3")
    assert s3.get_bucket_versioning(Bucket=made.id)["Status"] == "Enabled"
    assert stack.replaced_by(BUCKET, "Data", bucket="elsewhere-1") == ("bucket",)
    s3.put_object(Bucket=made.id, Key="kept", Body=b"x")


def test_bucket_with_objects_stays_unless_forced(stack, client):
    made = stack.create(BUCKET, "full")
    client("s3").put_object(Bucket=made.id, Key="kept", Body=b"x")
    assert "BucketNotEmpty" in stack.deletion_refused(BUCKET, "full")
    client("s3").delete_object(Bucket=made.id, Key="kept")


def test_trail_writes_where_its_policy_lets_it(stack, client):
    bucket = stack.create(BUCKET, "trail")
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetBucketAcl",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Resource": bucket.outputs["arn"],
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    stack.create(POLICY, "trail", bucket=bucket.id, policy=json.dumps(document))
    more = {**statement, "Sid": "Acl"}
    wider = json.dumps({**document, "Statement": [more]})
    stack.update(POLICY, "trail", "policy", bucket=bucket.id, policy=wider)
    trail = stack.create(TRAIL, "t", s3BucketName=bucket.id, tags={"a": "b"})
    assert stack.found_again(TRAIL, "t")
    stack.update(
        TRAIL, "t", "enableLogging", s3BucketName=bucket.id, enableLogging=False, tags={"a": "b"}
    )
    assert client("cloudtrail").get_trail_status(Name=trail.id)["IsLogging"] is False
    assert stack.replaced_by(TRAIL, "t", s3BucketName=bucket.id, name="x") == ("name",)
