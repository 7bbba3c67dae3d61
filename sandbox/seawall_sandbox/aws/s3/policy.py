"""``aws:s3/bucketPolicy:BucketPolicy``."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import is_json_object
from seawall_sandbox.aws.errors import ClientError, code_of
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties


class BucketPolicy(ResourceType):
    """The policy on a bucket. Its id is the bucket's name.

    https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketpolicy/
    """

    token = "aws:s3/bucketPolicy:BucketPolicy"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset({"bucket"})
    documents: ClassVar[frozenset[str]] = frozenset({"policy"})
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {"MalformedPolicy": ()}
    name_property = ""

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """A policy in JSON."""
        policy = inputs.get("policy")
        if isinstance(policy, str) and not is_json_object(policy):
            yield Failure("policy", f"{self.token} needs a JSON object for 'policy'. Correct it.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        ctx.client("s3").put_bucket_policy(Bucket=inputs["bucket"], Policy=inputs["policy"])
        return str(inputs["bucket"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        try:
            policy = ctx.client("s3").get_bucket_policy(Bucket=id_)["Policy"]
        except ClientError as error:
            if code_of(error) in {"NoSuchBucketPolicy", "NoSuchBucket"}:
                return None
            raise
        return {"bucket": id_, "policy": policy}

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old, changed
        ctx.client("s3").put_bucket_policy(Bucket=id_, Policy=new["policy"])

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("s3").delete_bucket_policy(Bucket=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The bucket, if it has this very policy."""
        found = self.read(ctx, str(inputs["bucket"]), inputs)
        return str(inputs["bucket"]) if found and found["policy"] == inputs["policy"] else None
