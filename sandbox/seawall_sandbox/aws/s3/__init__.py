"""Amazon S3: buckets and their policies."""

from typing import Final

from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.s3.bucket import Bucket
from seawall_sandbox.aws.s3.policy import BucketPolicy

RESOURCES: Final[tuple[type[ResourceType], ...]] = (Bucket, BucketPolicy)
