"""``aws:eks/addon:Addon``."""

from typing import Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.documents import rfc3339
from seawall_sandbox.aws.eks import facts, lookups, rules
from seawall_sandbox.aws.held import held, hold, release
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties

_CLUSTER: Final = "aws:eks/cluster:Cluster"
_ON_NODES: Final = frozenset({"coredns", "metrics-server"})
"""Add-ons that are Deployments: DEGRADED until there are nodes, which EKS waits for."""


class Addon(ResourceType):
    """A managed add-on. Its id is ``<cluster>:<add-on>``. Nothing of it runs."""

    token = "aws:eks/addon:Addon"  # a type token
    emulated = "partly"
    force_new = frozenset({"addonName", "clusterName", "namespaceConfig"})
    sets = frozenset({"podIdentityAssociations"})
    write_only = frozenset({"preserve", "resolveConflictsOnCreate", "resolveConflictsOnUpdate"})

    def create(self, ctx: Context, inputs: Properties) -> str:
        operation = "CreateAddon"
        cluster_name, name = str(inputs["clusterName"]), str(inputs["addonName"])
        lookups.active_cluster(ctx, cluster_name, operation)
        version = _cluster_version(ctx, cluster_name)
        rules.check_addon(inputs, version, operation)
        _require_roles(ctx, inputs, operation)
        chosen = inputs.get("addonVersion") or facts.addon_version(name, version)
        if chosen is None:
            message = (
                f"The sandbox knows no version of the add-on {name} for Kubernetes {version}: name "
                "one in addonVersion."
            )
            raise rules.refusal(operation, rules.INVALID_PARAMETER, message)
        if name in _ON_NODES:
            ctx.wait(
                lambda: _has_nodes(ctx, cluster_name),
                "become ACTIVE (it stays DEGRADED until the cluster has a node group)",
            )
        role = inputs.get("serviceAccountRoleArn")
        ctx.client("eks").create_addon(
            clusterName=cluster_name,
            addonName=name,
            addonVersion=chosen,
            tags=as_dict(inputs.get("tagsAll")),
            configurationValues=inputs.get("configurationValues") or "",
            podIdentityAssociations=_associations(inputs),
            **({"serviceAccountRoleArn": role} if role else {}),
        )
        return f"{cluster_name}:{name}"

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        hold(ctx, self.token, id_, {k: inputs[k] for k in ("namespaceConfig",) if k in inputs})

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        cluster_name, _, name = id_.partition(":")
        addon = ctx.client("eks").describe_addon(clusterName=cluster_name, addonName=name)["addon"]
        return {
            "addonName": name,
            "addonVersion": addon["addonVersion"],
            "arn": addon["addonArn"],
            "clusterName": cluster_name,
            "configurationValues": addon.get("configurationValues", ""),
            "createdAt": rfc3339(addon["createdAt"]),
            "modifiedAt": rfc3339(addon["modifiedAt"]),
            "podIdentityAssociations": as_list(addon.get("podIdentityAssociations")),
            "serviceAccountRoleArn": addon.get("serviceAccountRoleArn", ""),
            "tagsAll": dict(lookups.tags_of(ctx, addon["addonArn"])),
            **held(ctx, self.token, id_),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        operation = "UpdateAddon"
        cluster_name, _, name = id_.partition(":")
        rules.check_addon(new, _cluster_version(ctx, cluster_name), operation)
        _require_roles(ctx, new, operation)
        if not changed - self.write_only:
            return
        role = new.get("serviceAccountRoleArn")
        ctx.client("eks").update_addon(
            clusterName=cluster_name,
            addonName=name,
            addonVersion=new.get("addonVersion") or old["addonVersion"],
            configurationValues=new.get("configurationValues") or "",
            podIdentityAssociations=_associations(new),
            **({"serviceAccountRoleArn": role} if role else {}),
        )
        hold(ctx, self.token, id_, {"serviceAccountRoleArn": role or ""})

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        cluster_name, _, name = id_.partition(":")
        release(ctx, self.token, id_)
        ctx.client("eks").delete_addon(clusterName=cluster_name, addonName=name)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del id_
        lookups.retag(ctx, outputs["arn"], added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By cluster and name, if the tags are what we set."""
        id_ = f"{inputs['clusterName']}:{inputs['addonName']}"
        found = self.read(ctx, id_, inputs) or {}
        same = tags.without_system(found["tagsAll"]) == (as_dict(inputs.get("tagsAll")))
        return id_ if same else None


def _cluster_version(ctx: Context, name: str) -> str:
    kept = held(ctx, _CLUSTER, name).get("version")
    return str(kept or lookups.cluster(ctx, name)["version"])


def _has_nodes(ctx: Context, cluster_name: str) -> bool:
    """Whether something can run pods: a node group, or Auto Mode."""
    compute = as_dict(held(ctx, _CLUSTER, cluster_name).get("computeConfig"))
    return bool(compute.get("enabled") or lookups.node_group_names(ctx, cluster_name))


def _associations(inputs: Properties) -> list[Properties]:
    return [
        {"serviceAccount": item["serviceAccount"], "roleArn": item["roleArn"]}
        for item in as_list(inputs.get("podIdentityAssociations"))
    ]


def _require_roles(ctx: Context, inputs: Properties, operation: str) -> None:
    for item in as_list(inputs.get("podIdentityAssociations")):
        lookups.require_role(ctx, item["roleArn"], "pods.eks.amazonaws.com", operation)
