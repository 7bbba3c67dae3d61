"""``aws:eks/nodeGroup:NodeGroup``."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.eks import access, facts, lookups, rules
from seawall_sandbox.aws.errors import ClientError, is_gone
from seawall_sandbox.aws.held import held, hold, release
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.values import Properties, Value

_CLUSTER: Final = "aws:eks/cluster:Cluster"
_HELD_AS_GIVEN: Final = ("nodeRepairConfig", "remoteAccess", "warmPoolConfig")
_UPDATABLE: Final = ("labels", "scalingConfig", "taints", "version", *_HELD_AS_GIVEN)
_DEFAULT_AMI: Final = "AL2023_x86_64_STANDARD"
_DEFAULT_INSTANCE: Final = "t3.medium"
_DEFAULT_DISK: Final = 20
"""GiB. https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html"""


class NodeGroup(ResourceType):
    """A managed node group. Its id is ``<cluster>:<name>``.

    ministack has node groups, but no nodes, no updates and no launch templates: the provider holds
    what it drops. No instances run and no auto scaling group exists.
    """

    token = "aws:eks/nodeGroup:NodeGroup"  # a type token
    emulated = "partly"
    force_new = frozenset(
        {
            "amiType",
            "capacityType",
            "clusterName",
            "diskSize",
            "instanceTypes",
            "launchTemplate.id",
            "launchTemplate.name",
            "nodeGroupName",
            "nodeGroupNamePrefix",
            "nodeRoleArn",
            "remoteAccess",
            "subnetIds",
        },
    )
    defaults: ClassVar[Mapping[str, Value]] = {"nodeRepairConfig.enabled": False}
    computed = frozenset(
        {
            "launchTemplate.id",
            "launchTemplate.name",
            "updateConfig.updateStrategy",
        },
    )
    sets = frozenset({"remoteAccess.sourceSecurityGroupIds", "subnetIds", "taints"})
    zeros: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "updateConfig": {"maxUnavailable": 0, "maxUnavailablePercentage": 0},
    }
    write_only = frozenset({"forceUpdateVersion"})
    name_property = "nodeGroupName"
    name_prefix_property = "nodeGroupNamePrefix"
    name_max = 63

    def force_new_on(self, old: Properties, new: Properties) -> frozenset[str]:
        """A launch template can be taken neither on nor off."""
        changed = bool(old.get("launchTemplate")) != bool(new.get("launchTemplate"))
        return frozenset({"launchTemplate"}) if changed else frozenset()

    def create(self, ctx: Context, inputs: Properties) -> str:
        operation = "CreateNodegroup"
        cluster_name = str(inputs["clusterName"])
        cluster = lookups.active_cluster(ctx, cluster_name, operation)
        network = held(ctx, _CLUSTER, cluster_name)
        rules.check_node_group(inputs, network.get("version") or cluster["version"], operation)
        lookups.require_role(ctx, inputs["nodeRoleArn"], "ec2.amazonaws.com", operation)
        found = lookups.subnets(ctx, inputs["subnetIds"], operation)
        if found[0]["VpcId"] != network["vpcConfig"]["vpcId"]:
            message = (
                f"The node group's subnets are not in the cluster's VPC, but {found[0]['VpcId']}."
            )
            raise rules.refusal(operation, rules.INVALID_PARAMETER, message)
        version, kept = _chosen(ctx, inputs, network.get("version") or cluster["version"])
        name = str(inputs["nodeGroupName"])
        ctx.client("eks").create_nodegroup(
            clusterName=cluster_name,
            nodegroupName=name,
            scalingConfig=inputs["scalingConfig"],
            subnets=inputs["subnetIds"],
            nodeRole=inputs["nodeRoleArn"],
            version=version,
            labels=as_dict(inputs.get("labels")),
            taints=as_list(inputs.get("taints")),
            amiType=kept["amiType"],
            capacityType=kept["capacityType"],
            tags=as_dict(inputs.get("tagsAll")),
            releaseVersion=kept["releaseVersion"],
        )
        return f"{cluster_name}:{name}"

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        cluster_name, _, name = id_.partition(":")
        found = _describe(ctx, id_)
        network = held(ctx, _CLUSTER, cluster_name)
        _, kept = _chosen(ctx, inputs, found["version"])
        unique = str(found["nodegroupArn"]).rpartition("/")[2]
        group = {"autoscalingGroups": [{"name": f"eks-{name}-{unique}"}]}
        kept["resources"] = [{**group, "remoteAccessSecurityGroupId": ""}]
        hold(ctx, self.token, id_, kept)
        if network["accessConfig"]["authenticationMode"] != "CONFIG_MAP":
            kind = "EC2_WINDOWS" if str(kept["amiType"]).startswith("WINDOWS") else "EC2_LINUX"
            access.ensure_entry(ctx, cluster_name, inputs["nodeRoleArn"], kind)

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        cluster_name, _, name = id_.partition(":")
        found = _describe(ctx, id_)
        arn = found["nodegroupArn"]
        return {
            "amiType": found["amiType"],
            "arn": arn,
            "capacityType": found["capacityType"],
            "clusterName": cluster_name,
            "labels": as_dict(found.get("labels")),
            "launchTemplate": None,
            "nodeGroupName": name,
            "nodeGroupNamePrefix": known.get("nodeGroupNamePrefix", ""),
            "nodeRoleArn": found["nodeRole"],
            "remoteAccess": None,
            "scalingConfig": {
                key: found["scalingConfig"][key] for key in ("desiredSize", "maxSize", "minSize")
            },
            "status": found["status"],
            "subnetIds": found["subnets"],
            "taints": as_list(found.get("taints")),
            "version": found["version"],
            "tagsAll": dict(lookups.tags_of(ctx, arn)),
            **held(ctx, self.token, id_),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        operation = "UpdateNodegroupConfig"
        cluster_name, _, _ = id_.partition(":")
        _describe(ctx, id_)
        kept = held(ctx, _CLUSTER, cluster_name)
        version = kept.get("version") or lookups.cluster(ctx, cluster_name)["version"]
        rules.check_node_group(new, version, operation)
        empty: Mapping[str, Value] = {"labels": {}, "taints": []}
        held_now = {k: new.get(k, empty.get(k)) for k in _UPDATABLE if k in changed}
        if changed & {"launchTemplate", "releaseVersion", "version"}:
            template, data = _template(ctx, new.get("launchTemplate"), "UpdateNodegroupVersion")
            target = str(new.get("version") or old["version"])
            made = _made_up(new, target, template, data)
            for key in ("launchTemplate", "releaseVersion"):
                held_now[key] = made[key]
        if "updateConfig" in changed:
            held_now["updateConfig"] = _update_config(new)
        hold(ctx, self.token, id_, held_now)

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        cluster_name, _, name = id_.partition(":")
        release(ctx, self.token, id_)
        ctx.client("eks").delete_nodegroup(clusterName=cluster_name, nodegroupName=name)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del id_
        lookups.retag(ctx, outputs["arn"], added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By cluster and name, if role and tags are what we set."""
        id_ = f"{inputs['clusterName']}:{inputs['nodeGroupName']}"
        found = self.read(ctx, id_, inputs) or {}
        same = tags.without_system(found["tagsAll"]) == (as_dict(inputs.get("tagsAll")))
        return id_ if same and found["nodeRoleArn"] == inputs["nodeRoleArn"] else None


def _describe(ctx: Context, id_: str) -> dict[str, Any]:
    cluster_name, _, name = id_.partition(":")
    answer = ctx.client("eks").describe_nodegroup(clusterName=cluster_name, nodegroupName=name)
    return answer["nodegroup"]


def _chosen(ctx: Context, inputs: Properties, cluster_version: str) -> tuple[str, Properties]:
    """The Kubernetes version of the nodes, and what else EKS makes up."""
    version = str(inputs.get("version") or cluster_version)
    template, data = _template(ctx, inputs.get("launchTemplate"), "CreateNodegroup")
    return version, _made_up(inputs, version, template, data)


def _template(
    ctx: Context, given: Properties | None, operation: str
) -> tuple[Properties | None, Mapping[str, Any]]:
    """The launch template as the outputs have it, and what it holds."""
    if not given:
        return None, {}
    key = "LaunchTemplateId" if given.get("id") else "LaunchTemplateName"
    try:
        version = ctx.client("ec2").describe_launch_template_versions(
            Versions=[given["version"]], **{key: given.get("id") or given["name"]}
        )["LaunchTemplateVersions"][0]
    except (ClientError, IndexError) as error:
        if isinstance(error, ClientError) and not is_gone(error):
            raise
        which = given.get("id") or given.get("name")
        message = f"The launch template {which}, version {given['version']}, does not exist."
        raise rules.refusal(operation, rules.INVALID_PARAMETER, message) from error
    data = version["LaunchTemplateData"]
    output = {
        "id": version["LaunchTemplateId"],
        "name": version["LaunchTemplateName"],
        "version": str(given["version"]),
    }
    return output, data


def _made_up(
    inputs: Properties, version: str, template: Properties | None, data: Mapping[str, Any]
) -> Properties:
    """What EKS chooses where the program does not, and what ministack drops."""
    image = data.get("ImageId")
    ami = str(inputs.get("amiType") or ("CUSTOM" if image else _DEFAULT_AMI))
    types: list[str] = [] if data.get("InstanceType") else [_DEFAULT_INSTANCE]
    release = inputs.get("releaseVersion") or image or facts.release_version(ami, version)
    return {
        "amiType": ami,
        "capacityType": inputs.get("capacityType", "ON_DEMAND"),
        "diskSize": inputs.get("diskSize", 0 if template else _DEFAULT_DISK),
        "instanceTypes": inputs.get("instanceTypes") or types,
        "launchTemplate": template,
        "releaseVersion": release,
        "updateConfig": _update_config(inputs),
        **{key: inputs[key] for key in _HELD_AS_GIVEN if key in inputs},
    }


def _update_config(inputs: Properties) -> Properties:
    given = as_dict(inputs.get("updateConfig"))
    if not given.get("maxUnavailable") and not given.get("maxUnavailablePercentage"):
        given = {**given, "maxUnavailable": 1}
    return {
        "maxUnavailable": given.get("maxUnavailable", 0),
        "maxUnavailablePercentage": given.get("maxUnavailablePercentage", 0),
        "updateStrategy": given.get("updateStrategy", "DEFAULT"),
    }
