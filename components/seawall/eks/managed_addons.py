"""EKS's own add-ons as resources, each with its role where it needs one."""

from collections.abc import Iterable, Sequence

import pulumi
import pulumi_aws as aws

from seawall.component import Component, name_tags
from seawall.eks import iam
from seawall.eks.addons import SYSTEM_NAMESPACE, Addon, configuration
from seawall.eks.arguments import ClusterArguments
from seawall.eks.control_plane import cluster_name
from seawall.eks.roles import GrantedRole, granted_role


def managed_addons(
    owner: Component,
    name: str,
    spec: ClusterArguments,
    cluster: aws.eks.Cluster,
    addons: Iterable[Addon],
    *,
    depends_on: Sequence[pulumi.Resource] = (),
) -> Sequence[pulumi.Resource]:
    """These add-ons, one after the other where one needs the other.

    An add-on with a role waits for those before it, of which the Pod Identity agent is one.
    """
    made: list[pulumi.Resource] = []
    for addon in addons:
        role = _role(owner, name, spec, addon) if addon.managed_policy else None
        before = [*made, *role.permissions] if role else []
        made.append(
            aws.eks.Addon(
                f"{name}-{addon.name}",
                cluster_name=cluster.name,
                addon_name=addon.name,
                addon_version=spec.addon_versions.get(addon.name),
                configuration_values=configuration(addon, spec.tags),
                pod_identity_associations=_association(addon, role),
                preserve=addon.preserve,
                # The program is the truth, also over what an earlier add-on has left behind.
                resolve_conflicts_on_create="OVERWRITE",
                resolve_conflicts_on_update="OVERWRITE",
                tags=name_tags(spec.tags, f"{name}-{addon.name}"),
                opts=owner.child_options(depends_on=[*depends_on, *before]),
            )
        )
    return made


def _role(owner: Component, name: str, spec: ClusterArguments, addon: Addon) -> GrantedRole:
    cluster = cluster_name(name, spec)
    return granted_role(
        owner,
        f"{name}-{addon.name}",
        role_name=iam.role_name(cluster, spec.region, addon.name),
        description=f"Add-on {addon.name} of the EKS cluster {cluster}",
        trust=iam.pod_trust(cluster, SYSTEM_NAMESPACE, addon.service_account),
        managed_policies={
            "add-on": iam.managed_policy(iam.partition_of(spec.region), addon.managed_policy)
        },
        inline_policies={},
        tags=spec.tags,
    )


def _association(
    addon: Addon, role: GrantedRole | None
) -> list[aws.eks.AddonPodIdentityAssociationArgs] | None:
    if role is None:
        return None
    return [
        aws.eks.AddonPodIdentityAssociationArgs(
            role_arn=role.role.arn, service_account=addon.service_account
        )
    ]
