"""``aws:eks/podIdentityAssociation:PodIdentityAssociation``."""

import base64
import hashlib
from collections.abc import Mapping
from typing import ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.eks import lookups, rules
from seawall_sandbox.aws.recorded import RecordedOnly, Store
from seawall_sandbox.values import Properties, Value

_TYPE: Final = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_SERVICE: Final = "pods.eks.amazonaws.com"


class PodIdentityAssociation(RecordedOnly):
    """A role for a Kubernetes service account. Its id is the association's, ``a-...``.

    Neither moto nor ministack has these: cluster, role and uniqueness are checked as EKS does, and
    the association is recorded.
    """

    token = _TYPE
    framework = True
    force_new = frozenset({"clusterName", "namespace", "serviceAccount"})
    documents = frozenset({"policy"})
    implied: ClassVar[Mapping[str, Value]] = {"disableSessionTags": False}
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        rules.INVALID_PARAMETER: ("does not exist",)
    }

    def new_id(self, ctx: Context, inputs: Properties) -> str:
        """As EKS writes them: ``a-`` and 17 small letters and digits."""
        key = "/".join(
            [ctx.region, *(str(inputs[k]) for k in ("clusterName", "namespace", "serviceAccount"))]
        )
        digest = base64.b32encode(hashlib.sha256(key.encode()).digest()).decode().lower()
        return f"a-{digest[:17]}"

    def derive(self, ctx: Context, id_: str, inputs: Properties) -> Properties:
        """The association's own name, and what EKS fills in."""
        resource = f"podidentityassociation/{inputs['clusterName']}/{id_}"
        return {
            "associationArn": ctx.arn("eks", resource),
            "associationId": id_,
            "disableSessionTags": inputs.get("disableSessionTags", False),
            "externalId": "",
        }

    def create(self, ctx: Context, inputs: Properties) -> str:
        operation = "CreatePodIdentityAssociation"
        lookups.active_cluster(ctx, str(inputs["clusterName"]), operation)
        lookups.require_role(ctx, inputs["roleArn"], _SERVICE, operation)
        id_ = self.new_id(ctx, inputs)
        if Store(ctx.clients.endpoint).get(self.token, id_) is not None:
            raise rules.refusal(operation, rules.IN_USE, f"Association already exists: {id_}")
        return super().create(ctx, inputs)

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        lookups.require_role(ctx, new["roleArn"], _SERVICE, "UpdatePodIdentityAssociation")
        super().update(ctx, id_, old, new, changed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The one of this service account, if it leads to the same role."""
        id_ = self.new_id(ctx, inputs)
        found = Store(ctx.clients.endpoint).get(self.token, id_)
        return id_ if found is not None and found["roleArn"] == inputs["roleArn"] else None


def remove_all(ctx: Context, cluster: str) -> None:
    """Remove all associations of a cluster in this region, as EKS does with the cluster."""
    store = Store(ctx.clients.endpoint)
    prefix = ctx.arn("eks", f"podidentityassociation/{cluster}/")
    for id_, association in store.all(_TYPE).items():
        if str(association["associationArn"]).startswith(prefix):
            store.delete(_TYPE, id_)
