"""``aws:eks/cluster:Cluster``."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.eks import access, facts, lookups, pod_identity, rules
from seawall_sandbox.aws.eks.network import network_of, service_network
from seawall_sandbox.aws.errors import ClientError, is_gone
from seawall_sandbox.aws.held import held, hold, release
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties, Value

_HELD_AS_GIVEN: Final = (
    "computeConfig",
    "controlPlaneScalingConfig",
    "deletionProtection",
    "kubeApiServerConfig",
    "kubeControllerManagerConfig",
    "kubeSchedulerConfig",
    "outpostConfig",
    "remoteNetworkConfig",
    "storageConfig",
    "upgradePolicy",
    "zonalShiftConfig",
)
"""Arguments that ministack drops."""
_WRITE_ONLY: Final = ("bootstrapSelfManagedAddons", "defaultAddonsToRemoves", "forceUpdateVersion")
_LOG_TYPES: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")


class Cluster(ResourceType):
    """An EKS cluster. Its id is its name.

    ministack has the cluster, but neither updates of it nor half of its arguments: the provider
    holds these, and they act on nothing. What EKS makes up by itself (endpoint, certificate,
    issuer) is made up here in the same form, and no Kubernetes API listens at the endpoint. The
    cluster's own security group is real, in EC2.
    """

    token = "aws:eks/cluster:Cluster"  # a type token
    emulated = "partly"
    force_new = frozenset(
        {
            "accessConfig.bootstrapClusterCreatorAdminPermissions",
            "bootstrapSelfManagedAddons",
            "kubernetesNetworkConfig.ipFamily",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
            "name",
            "outpostConfig.controlPlaneInstanceType",
            "outpostConfig.controlPlanePlacement.groupName",
            "roleArn",
        },
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "accessConfig.bootstrapClusterCreatorAdminPermissions": True,
        "bootstrapSelfManagedAddons": True,
        "vpcConfig.endpointPrivateAccess": False,
        "vpcConfig.endpointPublicAccess": True,
    }
    computed = frozenset(
        {
            "accessConfig.authenticationMode",
            "kubernetesNetworkConfig.elasticLoadBalancing",
            "kubernetesNetworkConfig.ipFamily",
            "kubernetesNetworkConfig.serviceIpv4Cidr",
            "kubernetesNetworkConfig.serviceIpv6Cidr",
            "vpcConfig.clusterSecurityGroupId",
            "vpcConfig.controlPlaneEgressMode",
            "vpcConfig.publicAccessCidrs",
            "vpcConfig.vpcId",
        },
    )
    plainly_hashed = frozenset({"enabledClusterLogTypes"})
    sets = frozenset(
        {
            "enabledClusterLogTypes",
            "encryptionConfig.resources",
            "vpcConfig.publicAccessCidrs",
            "vpcConfig.securityGroupIds",
            "vpcConfig.subnetIds",
        },
    )
    write_only = frozenset(_WRITE_ONLY)
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        rules.INVALID_PARAMETER: (
            "does not exist",
            "Error in role params",
            "Role could not be assumed because the trusted entity is not correct",
            "The provided role doesn't have the Amazon EKS Managed Policies associated with it",
            "IAM role's policy must include",
        )
    }
    name_max = 100

    def force_new_on(self, old: Properties, new: Properties) -> frozenset[str]:
        """Envelope encryption cannot be taken away again, nor Auto Mode's nodes get another role.

        https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/eks/cluster.go
        """
        found = set[str]()
        if old.get("encryptionConfig") and not new.get("encryptionConfig"):
            found.add("encryptionConfig")
        if as_dict(old.get("computeConfig")).get("nodeRoleArn") and new.get("computeConfig"):
            found.add("computeConfig.nodeRoleArn")
        return frozenset(found)

    def create(self, ctx: Context, inputs: Properties) -> str:
        name = str(inputs["name"])
        rules.check_cluster(inputs, "CreateCluster")
        lookups.require_role(ctx, inputs["roleArn"], "eks.amazonaws.com", "CreateCluster")
        network, service = _networks(ctx, inputs)
        ctx.client("eks").create_cluster(
            name=name,
            version=inputs.get("version", facts.DEFAULT_VERSION),
            roleArn=inputs["roleArn"],
            resourcesVpcConfig={
                "subnetIds": network["subnetIds"],
                "securityGroupIds": network["securityGroupIds"],
                "endpointPublicAccess": network["endpointPublicAccess"],
                "endpointPrivateAccess": network["endpointPrivateAccess"],
                "publicAccessCidrs": network["publicAccessCidrs"],
            },
            kubernetesNetworkConfig={"serviceIpv4Cidr": service["serviceIpv4Cidr"]},
            logging=_logging(as_list(inputs.get("enabledClusterLogTypes"))),
            tags=as_dict(inputs.get("tagsAll")),
            **_encryption(inputs),
        )
        return name

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        """What EKS does by itself and ministack does not, and wait until the cluster works."""
        network, service = _networks(ctx, inputs)
        network["clusterSecurityGroupId"] = lookups.ensure_cluster_group(ctx, id_, network["vpcId"])
        given = {key: inputs[key] for key in _HELD_AS_GIVEN if key in inputs}
        kept: Properties = {
            "accessConfig": _access_config(as_dict(inputs.get("accessConfig"))),
            "deletionProtection": False,
            "kubernetesNetworkConfig": service,
            "upgradePolicy": {"supportType": "EXTENDED"},
            "vpcConfig": network,
            **given,
        }
        hold(ctx, self.token, id_, kept)
        ctx.wait(lambda: lookups.cluster(ctx, id_)["status"] == "ACTIVE", "become ACTIVE")
        access.bootstrap_creator(ctx, id_, kept["accessConfig"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        del known
        found = lookups.cluster(ctx, id_)
        arn = found["arn"]
        encryption = as_list(found.get("encryptionConfig"))
        return {
            "arn": arn,
            "certificateAuthority": {"data": facts.certificate_authority(arn)},
            "clusterId": "",  # only clusters on Outposts have one
            "createdAt": _go_time(found["createdAt"]),
            "enabledClusterLogTypes": _enabled(as_dict(found.get("logging"))),
            "encryptionConfig": _encryption_output(encryption[0]) if encryption else None,
            "endpoint": facts.endpoint(arn),
            "identities": [{"oidcs": [{"issuer": facts.oidc_issuer(arn)}]}],
            "name": found["name"],
            "outpostConfig": None,
            "platformVersion": "eks.1",
            "roleArn": found["roleArn"],
            "status": found["status"],
            "version": found["version"],
            "tagsAll": dict(lookups.tags_of(ctx, arn)),
            **held(ctx, self.token, id_),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        rules.check_cluster(new, "UpdateClusterConfig")
        kept = held(ctx, self.token, id_)
        held_now: Properties = {k: new.get(k) for k in _HELD_AS_GIVEN if k in changed and k in new}
        if "version" in changed and new.get("version"):
            rules.check_upgrade(str(old["version"]), str(new["version"]))
            held_now["version"] = new["version"]
        if "vpcConfig" in changed:
            network = network_of(ctx, new["vpcConfig"], "UpdateClusterConfig")
            before = kept["vpcConfig"]
            if network["vpcId"] != before["vpcId"]:
                message = f"The subnets are not in the cluster's VPC {before['vpcId']}."
                raise rules.refusal("UpdateClusterConfig", rules.INVALID_PARAMETER, message)
            held_now["vpcConfig"] = {**before, **network}
        if "accessConfig" in changed:
            wanted = {**kept["accessConfig"], **(as_dict(new.get("accessConfig")))}
            access.check_mode_change(kept["accessConfig"], wanted)
            held_now["accessConfig"] = wanted
        if "kubernetesNetworkConfig" in changed:
            wanted = as_dict(new.get("kubernetesNetworkConfig"))
            held_now["kubernetesNetworkConfig"] = {**kept["kubernetesNetworkConfig"], **wanted}
        if "enabledClusterLogTypes" in changed:
            held_now["enabledClusterLogTypes"] = as_list(new.get("enabledClusterLogTypes"))
        if "encryptionConfig" in changed and new.get("encryptionConfig"):
            configuration = _encryption(new)["encryptionConfig"]
            ctx.client("eks").associate_encryption_config(
                clusterName=id_, encryptionConfig=configuration
            )
        hold(ctx, self.token, id_, held_now)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Delete the cluster with its add-ons, access and own security group.

        Every step may find that it was done before: an interrupted delete goes on where it was.
        """
        del outputs
        if held(ctx, self.token, id_).get("deletionProtection"):
            message = "The cluster has deletion protection. Set deletionProtection to false first."
            raise rules.refusal("DeleteCluster", rules.INVALID_REQUEST, message)
        if _exists(ctx, id_):
            groups = lookups.node_group_names(ctx, id_)
            if groups:
                message = f"Cluster has nodegroups attached: {', '.join(sorted(groups))}"
                raise rules.refusal("DeleteCluster", rules.IN_USE, message)
            eks = ctx.client("eks")
            for addon in eks.list_addons(clusterName=id_)["addons"]:
                eks.delete_addon(clusterName=id_, addonName=addon)
            access.remove_all(ctx, id_)
            eks.delete_cluster(name=id_)
        pod_identity.remove_all(ctx, id_)
        lookups.remove_cluster_group(ctx, id_)
        release(ctx, self.token, id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del id_
        lookups.retag(ctx, outputs["arn"], added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, if role and tags are what we set."""
        found = lookups.cluster(ctx, str(inputs["name"]))
        same = tags.without_system(lookups.tags_of(ctx, found["arn"])) == (
            as_dict(inputs.get("tagsAll"))
        )
        return str(found["name"]) if same and found["roleArn"] == inputs["roleArn"] else None


def _networks(ctx: Context, inputs: Properties) -> tuple[Properties, Properties]:
    """The cluster's network in the VPC, and that of Kubernetes' services."""
    network = network_of(ctx, inputs["vpcConfig"], "CreateCluster")
    ranges = lookups.vpc_ranges(ctx, network["vpcId"])
    return network, service_network(as_dict(inputs.get("kubernetesNetworkConfig")), ranges)


def _exists(ctx: Context, name: str) -> bool:
    try:
        lookups.cluster(ctx, name)
    except ClientError as error:
        if is_gone(error):
            return False
        raise
    return True


def _access_config(given: Properties) -> Properties:
    return {
        "authenticationMode": given.get("authenticationMode", "CONFIG_MAP"),
        "bootstrapClusterCreatorAdminPermissions": given.get(
            "bootstrapClusterCreatorAdminPermissions", True
        ),
    }


def _logging(types: list[str]) -> dict[str, Any]:
    off = [kind for kind in _LOG_TYPES if kind not in types]
    return {
        "clusterLogging": [
            {"types": kinds, "enabled": on} for kinds, on in ((types, True), (off, False)) if kinds
        ],
    }


def _enabled(logging: Mapping[str, Any]) -> list[str]:
    entries = as_list(logging.get("clusterLogging"))
    return [kind for entry in entries if entry.get("enabled") for kind in entry["types"]]


def _encryption(inputs: Properties) -> dict[str, Any]:
    given = inputs.get("encryptionConfig")
    if not given:
        return {}
    key = given["provider"]["keyArn"]
    return {"encryptionConfig": [{"resources": given["resources"], "provider": {"keyArn": key}}]}


def _encryption_output(found: Mapping[str, Any]) -> Properties:
    provider = {"keyArn": found["provider"]["keyArn"]}
    return {"provider": provider, "resources": list(found["resources"])}


def _go_time(moment: Any) -> str:
    """A time as Go prints it, which is how the real provider gives this one."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} +0000 UTC"
