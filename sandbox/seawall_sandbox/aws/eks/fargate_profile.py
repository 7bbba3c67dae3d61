"""``aws:eks/fargateProfile:FargateProfile``."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.eks import lookups, rules
from seawall_sandbox.aws.recorded import RecordedOnly, Store
from seawall_sandbox.values import Properties

_TYPE: Final = "aws:eks/fargateProfile:FargateProfile"
_SERVICE: Final = "eks-fargate-pods.amazonaws.com"


class FargateProfile(RecordedOnly):
    """Which pods run on Fargate. Its id is ``<cluster>:<name>``; only its tags change in place.

    Neither moto nor ministack has these: cluster, role, subnets and uniqueness are checked as EKS
    does, and the profile is recorded.
    https://www.pulumi.com/registry/packages/aws/api-docs/eks/fargateprofile/
    """

    token = _TYPE
    force_new = frozenset(
        {"clusterName", "fargateProfileName", "podExecutionRoleArn", "selectors", "subnetIds"}
    )
    sets = frozenset({"selectors", "subnetIds"})
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        rules.INVALID_PARAMETER: ("Misconfigured PodExecutionRole Trust Policy", "does not exist")
    }
    name_property = "fargateProfileName"
    name_max = 63

    def new_id(self, ctx: Context, inputs: Properties) -> str:
        """Cluster and name."""
        del ctx
        return f"{inputs['clusterName']}:{inputs['fargateProfileName']}"

    def derive(self, ctx: Context, id_: str, inputs: Properties) -> Properties:
        """The ARN, which ends in a made-up UUID, and a profile that works at once."""
        cluster, _, name = id_.partition(":")
        digest = hashlib.sha256(f"{ctx.region}/{id_}".encode()).digest()
        unique = uuid.UUID(bytes=digest[:16])
        return {
            "arn": ctx.arn("eks", f"fargateprofile/{cluster}/{name}/{unique}"),
            "selectors": [
                {"labels": selector.get("labels") or {}, "namespace": selector["namespace"]}
                for selector in inputs["selectors"]
            ],
            "status": "ACTIVE",
        }

    def create(self, ctx: Context, inputs: Properties) -> str:
        operation = "CreateFargateProfile"
        lookups.active_cluster(ctx, str(inputs["clusterName"]), operation)
        lookups.require_role(ctx, inputs["podExecutionRoleArn"], _SERVICE, operation)
        if inputs.get("subnetIds"):
            lookups.subnets(ctx, inputs["subnetIds"], operation)
        id_ = self.new_id(ctx, inputs)
        if Store(ctx.clients.endpoint).get(self.token, id_) is not None:
            raise rules.refusal(operation, rules.IN_USE, f"Fargate profile already exists: {id_}")
        return super().create(ctx, inputs)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By cluster and name, if the role is the same."""
        id_ = self.new_id(ctx, inputs)
        found: Any = Store(ctx.clients.endpoint).get(self.token, id_) or {}
        same = found.get("podExecutionRoleArn") == inputs["podExecutionRoleArn"]
        return id_ if same else None
