"""The EKS cluster."""

from collections.abc import Mapping, Sequence
from typing import cast

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from seawall.arguments import validated
from seawall.component import Component
from seawall.eks.access import access_entries
from seawall.eks.addons import CLUSTER_ADDONS, SYSTEM_NAMESPACE
from seawall.eks.arguments import ClusterArguments
from seawall.eks.control_plane import (
    control_plane,
    control_plane_role,
    log_group,
    secrets_key,
)
from seawall.eks.dependencies import given_dependencies
from seawall.eks.flows import CONTROL_PLANE, NODES, cluster_flows
from seawall.eks.inputs import EksClusterArgs
from seawall.eks.kubeconfig import kubeconfig
from seawall.eks.managed_addons import managed_addons
from seawall.eks.nodes import launch_template, node_group, node_role
from seawall.firewall import Firewall


class EksCluster(Component):
    """A hardened EKS cluster with its nodes and the add-ons that every cluster needs.

    The API is private, access is by IAM access entries only, secrets are encrypted with a key of
    its own, all control-plane logs are kept. Nodes run Bottlerocket in one managed node group; the
    network plug-in enforces network policies from a pod's first packet on. Pods get AWS rights by
    Pod Identity, never from their node.

    It comes up in the order that works, and goes down in the reverse one: roles, key, logs; the
    cluster; what nodes need; nodes; what runs on nodes. At creation all of it comes after
    ``depends_on`` of the options, such as routes to the internet; at destroy only the nodes and
    what runs on them must be gone before those, because the control plane needs no route.

    Raises ``InvalidArgumentsError`` if an argument is unknown, missing or out of range.
    """

    cluster_name: pulumi.Output[str]
    """Name of the cluster in AWS."""
    version: pulumi.Output[str]
    """Kubernetes version, major and minor."""
    endpoint: pulumi.Output[str]
    """URL of the Kubernetes API."""
    certificate_authority: pulumi.Output[str]
    """Certificate of the API's authority, PEM in base64."""
    kubeconfig: pulumi.Output[str]
    """How to reach the cluster, as JSON; holds no credential."""
    oidc_issuer: pulumi.Output[str]
    """URL of the issuer of service-account tokens."""
    node_role_arn: pulumi.Output[str]
    """ARN of the nodes' role."""

    def __init__(
        self,
        name: str,
        args: EksClusterArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, args, opts)
        spec = validated("EksCluster", name, ClusterArguments, args)
        needed_by_nodes = list(given_dependencies(opts))

        groups = spec.security_group_ids
        if groups is None:
            firewall = self._own_firewall(name, spec)
            groups = firewall.security_group_ids
            needed_by_nodes.append(firewall)

        key = secrets_key(self, name, spec)
        cluster = control_plane(
            self,
            name,
            spec,
            role=control_plane_role(self, name, spec, key),
            key=key,
            security_group_id=_group(groups, CONTROL_PLANE),
            depends_on=[log_group(self, name, spec)],
        )
        access = access_entries(self, name, spec, cluster)

        role = node_role(self, name, spec)
        before = [addon for addon in CLUSTER_ADDONS if addon.before_nodes]
        nodes = node_group(
            self,
            name,
            spec,
            cluster=cluster,
            role=role.role,
            template=launch_template(self, name, spec, _group(groups, NODES)),
            # At destroy nodes go before their rights, their rules, and the network plug-in, which
            # gives their network interfaces back.
            depends_on=[
                *role.permissions,
                *managed_addons(self, name, spec, cluster, before),
                *needed_by_nodes,
            ],
        )

        config = _kubeconfig(cluster, spec.region)
        first_access = self._deployer(f"{name}-bootstrap", config, cluster, [*access, nodes])
        after = [addon for addon in CLUSTER_ADDONS if not addon.before_nodes]
        running = managed_addons(
            self,
            name,
            spec,
            cluster,
            after,
            depends_on=[nodes, self._system_traffic(name, first_access)],
        )
        self._kubernetes = self._deployer(
            f"{name}-kubernetes", config, cluster, [*access, nodes, *running]
        )

        self.cluster_name = cluster.name
        self.version = cluster.version
        self.endpoint = cluster.endpoint
        self.certificate_authority = cluster.certificate_authority.apply(_authority_data)
        self.kubeconfig = config
        self.oidc_issuer = cluster.identities.apply(_issuer)
        self.node_role_arn = role.role.arn
        self.publish()

    @property
    def provider(self) -> kubernetes.Provider:
        """Deploys Kubernetes objects to this cluster.

        What uses it comes after nodes and add-ons, and goes before them.
        """
        return self._kubernetes

    def _own_firewall(self, name: str, spec: ClusterArguments) -> Firewall:
        egress = [(way.cidr, way.port, way.reason) for way in spec.egress]
        return Firewall(
            name,
            {"vpc_id": spec.vpc_id, "flows": cluster_flows(egress), "tags": spec.tags},
            self.child_options(),
        )

    def _deployer(
        self,
        name: str,
        config: pulumi.Output[str],
        cluster: aws.eks.Cluster,
        depends_on: Sequence[pulumi.Resource],
    ) -> kubernetes.Provider:
        return kubernetes.Provider(
            name,
            kubeconfig=config,
            # Known in every preview, so that no change of the cluster makes the objects in it
            # look replaced (pulumi/pulumi-eks issue 352).
            cluster_identifier=cluster.name,
            enable_server_side_apply=True,
            # An API that does not answer is no proof that its objects are gone.
            delete_unreachable=False,
            opts=self.child_options(depends_on=depends_on),
        )

    def _system_traffic(
        self, name: str, provider: kubernetes.Provider
    ) -> kubernetes.networking.v1.NetworkPolicy:
        """Lets the pods in kube-system talk, which strict network policies deny otherwise.

        They are Seawall's and AWS's own; security groups still hold for them.
        """
        return kubernetes.networking.v1.NetworkPolicy(
            f"{name}-system-traffic",
            metadata={"name": "system-traffic", "namespace": SYSTEM_NAMESPACE},
            spec={
                "pod_selector": {},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [{}],
                "egress": [{}],
            },
            opts=self.child_options(provider=provider),
        )


def _group(groups: pulumi.Input[Mapping[str, pulumi.Input[str]]], role: str) -> pulumi.Output[str]:
    """The ID of the security group of that role."""

    def pick(ids: Mapping[str, str]) -> str:
        if role not in ids:
            raise ValueError(
                f"EksCluster: argument security_group_ids: there is no '{role}', only "
                f"{', '.join(sorted(ids)) or 'nothing'}. Give the IDs of {CONTROL_PLANE} and "
                f"{NODES}."
            )
        return ids[role]

    # from_input awaits the values too, which its type does not say.
    known = cast("pulumi.Output[Mapping[str, str]]", pulumi.Output.from_input(groups))
    return known.apply(pick)


def _kubeconfig(cluster: aws.eks.Cluster, region: str) -> pulumi.Output[str]:
    return pulumi.Output.all(
        name=cluster.name,
        endpoint=cluster.endpoint,
        certificate_authority=cluster.certificate_authority.apply(_authority_data),
    ).apply(lambda values: kubeconfig(region=region, **values))


def _authority_data(authority: aws.eks.outputs.ClusterCertificateAuthority) -> str:
    return authority.data or ""


def _issuer(identities: Sequence[aws.eks.outputs.ClusterIdentity]) -> str:
    return next((oidc.issuer for one in identities for oidc in one.oidcs or ()), "") or ""
