"""What must be inside an EKS cluster before workloads: storage and load balancers."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from seawall.arguments import validated
from seawall.component import Component, name_tags
from seawall.eks import iam
from seawall.eks import load_balancer_controller as controller
from seawall.eks.addons import SYSTEM_NAMESPACE
from seawall.eks.arguments import ClusterAddonsArguments
from seawall.eks.dependencies import given_dependencies
from seawall.eks.inputs import ClusterAddonsArgs
from seawall.eks.roles import granted_role

_EBS_DRIVER = "ebs.csi.aws.com"


class ClusterAddons(Component):
    """The default StorageClass and the AWS Load Balancer Controller of an EKS cluster.

    The Kubernetes provider comes by the options: ``EksCluster.provider``, or another one. Workloads
    depend on this component, so that at destroy the controller is still there to remove their load
    balancers.

    Raises ``InvalidArgumentsError`` if an argument is unknown, missing or out of range.
    """

    storage_class: pulumi.Output[str]
    """Name of the default StorageClass."""
    load_balancer_role_arn: pulumi.Output[str]
    """ARN of the AWS Load Balancer Controller's role."""

    def __init__(
        self,
        name: str,
        args: ClusterAddonsArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, args, opts)
        spec = validated("ClusterAddons", name, ClusterAddonsArguments, args)
        before = given_dependencies(opts)

        storage = kubernetes.storage.v1.StorageClass(
            f"{name}-storage",
            metadata={
                "name": spec.storage_class,
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            provisioner=_EBS_DRIVER,
            parameters={"type": "gp3", "encrypted": "true"},
            # An EBS volume is in one zone: the pod chooses it.
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            reclaim_policy="Delete",
            opts=self.child_options(depends_on=before),
        )

        child = f"{name}-load-balancer-controller"
        cluster: pulumi.Output[str] = pulumi.Output.from_input(spec.cluster_name)
        role = granted_role(
            self,
            child,
            role_name=cluster.apply(
                lambda text: iam.role_name(text, spec.region, "load-balancer-controller")
            ),
            description="AWS Load Balancer Controller of an EKS cluster",
            trust=cluster.apply(
                lambda text: iam.pod_trust(text, SYSTEM_NAMESPACE, controller.SERVICE_ACCOUNT)
            ),
            managed_policies={},
            inline_policies={
                "load-balancers": cluster.apply(
                    lambda text: iam.document(
                        controller.policy_statements(
                            partition=iam.partition_of(spec.region),
                            region=spec.region,
                            cluster=text,
                        )
                    )
                )
            },
            tags=spec.tags,
        )
        association = aws.eks.PodIdentityAssociation(
            child,
            cluster_name=cluster,
            namespace=SYSTEM_NAMESPACE,
            service_account=controller.SERVICE_ACCOUNT,
            role_arn=role.role.arn,
            tags=name_tags(spec.tags, child),
            opts=self.child_options(depends_on=[*before, *role.permissions]),
        )
        kubernetes.helm.v3.Release(
            child,
            name=controller.CHART,
            namespace=SYSTEM_NAMESPACE,
            chart=controller.CHART,
            version=controller.CHART_VERSION,
            repository_opts={"repo": controller.CHART_REPOSITORY},
            values=pulumi.Output.all(cluster=cluster, vpc_id=spec.vpc_id).apply(
                lambda known: controller.values(region=spec.region, tags=spec.tags, **known)
            ),
            # A failed upgrade goes back to what worked.
            atomic=True,
            timeout=controller.RELEASE_TIMEOUT_SECONDS,
            # Pods get their role only if the association was there when they started.
            opts=self.child_options(depends_on=[*before, association]),
        )

        self.storage_class = storage.metadata.apply(lambda metadata: metadata.name or "")
        self.load_balancer_role_arn = role.role.arn
        self.publish()
