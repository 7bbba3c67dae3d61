"""``aws:ecs/service:Service``."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ecs import base
from seawall_sandbox.aws.errors import ClientError, code_of
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.shapes import zero_of
from seawall_sandbox.values import Properties, Value

_FORGOTTEN: Final = frozenset(
    {
        "alarms",
        "availabilityZoneRebalancing",
        "capacityProviderStrategies",
        "deploymentCircuitBreaker",
        "deploymentConfiguration",
        "deploymentMaximumPercent",
        "deploymentMinimumHealthyPercent",
        "enableEcsManagedTags",
        "enableExecuteCommand",
        "healthCheckGracePeriodSeconds",
        "networkConfiguration",
        "orderedPlacementStrategies",
        "placementConstraints",
        "serviceConnectConfiguration",
        "triggers",
        "volumeConfiguration",
        "vpcLatticeConfigurations",
    }
)
_PROVIDERS_OWN: Final = frozenset(
    {"forceDelete", "forceNewDeployment", "sigintRollback", "waitForSteadyState"}
)


class Service(ResourceType):
    """A service of a cluster. Its id is its ARN. No task runs: steady state is taken for granted.

    https://www.pulumi.com/registry/packages/aws/api-docs/ecs/service/
    """

    token = "aws:ecs/service:Service"  # a type token
    emulated = "partly"
    force_new: ClassVar[frozenset[str]] = frozenset(
        {
            "cluster",
            "deploymentController.type",
            "iamRole",
            "launchType",
            "name",
            "schedulingStrategy",
        }
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "deploymentController.type": "ECS",
        "deploymentMaximumPercent": 200,
        "deploymentMinimumHealthyPercent": 100,
        "enableEcsManagedTags": False,
        "enableExecuteCommand": False,
        "networkConfiguration.assignPublicIp": False,
        "schedulingStrategy": "REPLICA",
        "sigintRollback": False,
        "volumeConfiguration.managedEbsVolume.encrypted": True,
        "volumeConfiguration.managedEbsVolume.fileSystemType": "xfs",
        "waitForSteadyState": False,
    }
    usual: ClassVar[Mapping[str, Value]] = {
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        "deploymentController": {"type": "ECS"},
        "propagateTags": "NONE",
    }
    sets: ClassVar[frozenset[str]] = frozenset(
        {
            "alarms.alarmNames",
            "capacityProviderStrategies",
            "loadBalancers",
            "networkConfiguration.securityGroups",
            "networkConfiguration.subnets",
            "placementConstraints",
        }
    )
    write_only: ClassVar[frozenset[str]] = _PROVIDERS_OWN
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "ClusterNotFoundException": (),
        "InvalidParameterException": (
            "verify that the ECS service role being passed has the proper permissions",
            "does not have an associated load balancer",
            "Unable to assume the service linked role",
        ),
    }
    unemulated: ClassVar[frozenset[str]] = _FORGOTTEN

    def create(self, ctx: Context, inputs: Properties) -> str:
        optional = {
            "cluster": inputs.get("cluster"),
            "launchType": inputs.get("launchType"),
            "platformVersion": inputs.get("platformVersion"),
            "propagateTags": inputs.get("propagateTags"),
            "role": inputs.get("iamRole"),
            "taskDefinition": inputs.get("taskDefinition"),
            "loadBalancers": _load_balancers(inputs),
            "serviceRegistries": _registries(inputs),
            "networkConfiguration": _network(inputs),
            "tags": base.tag_list(inputs),
        }
        made = ctx.client("ecs").create_service(
            serviceName=inputs["name"],
            desiredCount=inputs.get("desiredCount") or 0,
            schedulingStrategy=inputs["schedulingStrategy"],
            deploymentController=as_dict(inputs.get("deploymentController")) or {"type": "ECS"},
            **{key: value for key, value in optional.items() if value},
        )
        return made["service"]["serviceArn"]

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        found = _describe(ctx, id_)
        if found is None:
            return None
        inputs = self.schema.inputs
        outputs: Properties = {
            name: zero_of(inputs[name].type)
            for name in inputs
            if name not in {*_PROVIDERS_OWN, "region", "tags"}
        }
        # Of these ECS's own default is told: "FARGATE" services run on the latest platform.
        fargate = found.get("launchType") == "FARGATE"
        return outputs | {
            "arn": found["serviceArn"],
            "availabilityZoneRebalancing": "DISABLED",
            "cluster": _cluster_arn(known, found),
            "deploymentCircuitBreaker": {"enable": False, "rollback": False},
            "deploymentController": {
                "type": as_dict(found.get("deploymentController")).get("type", "ECS")
            },
            "deploymentMaximumPercent": 200,
            "deploymentMinimumHealthyPercent": 100,
            "desiredCount": found["desiredCount"],
            "iamRole": found.get("roleArn") or "aws-service-role",
            "id": found["serviceArn"],
            "launchType": found.get("launchType") or known.get("launchType") or "EC2",
            "loadBalancers": [
                {
                    "containerName": entry["containerName"],
                    "containerPort": entry["containerPort"],
                    "elbName": entry.get("loadBalancerName", ""),
                    "targetGroupArn": entry.get("targetGroupArn", ""),
                }
                for entry in found.get("loadBalancers") or ()
            ],
            "name": found["serviceName"],
            "platformVersion": known.get("platformVersion") or ("LATEST" if fargate else ""),
            "propagateTags": found.get("propagateTags") or "NONE",
            "schedulingStrategy": found.get("schedulingStrategy", "REPLICA"),
            "serviceRegistries": known.get("serviceRegistries"),
            "taskDefinition": known.get("taskDefinition") or found.get("taskDefinition", ""),
            "tagsAll": tags.from_list(found.get("tags"), "key", "value"),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """What moto can change; what it forgets is told from the inputs."""
        del old
        given = {
            "desiredCount": new.get("desiredCount"),
            "platformVersion": new.get("platformVersion"),
            "propagateTags": new.get("propagateTags"),
            "taskDefinition": new.get("taskDefinition"),
            "loadBalancers": _load_balancers(new),
        }
        wanted = {k: v for k, v in given.items() if k in changed and v is not None}
        ctx.client("ecs").update_service(
            cluster=_cluster_of(id_), service=id_.rpartition("/")[2], **wanted
        )

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Scale down to nothing first, as the real provider does, then delete."""
        del outputs
        found = _describe(ctx, id_)
        if found is None:
            return
        ecs, cluster, name = ctx.client("ecs"), _cluster_of(id_), id_.rpartition("/")[2]
        if found["desiredCount"] and found.get("schedulingStrategy") != "DAEMON":
            ecs.update_service(cluster=cluster, service=name, desiredCount=0)
        ecs.delete_service(cluster=cluster, service=name, force=True)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        base.retag(ctx, id_, added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By cluster and name, if the tags are what we set."""
        cluster = str(inputs.get("cluster") or "default").rpartition("/")[2]
        arn = ctx.arn("ecs", f"service/{cluster}/{inputs['name']}")
        found = _describe(ctx, arn)
        own = tags.from_list((found or {}).get("tags"), "key", "value")
        return arn if found and own == as_dict(inputs.get("tagsAll")) else None


def _describe(ctx: Context, arn: str) -> Mapping[str, Any] | None:
    try:
        answer = ctx.client("ecs").describe_services(
            cluster=_cluster_of(arn), services=[arn.rpartition("/")[2]], include=["TAGS"]
        )
    except ClientError as error:
        if code_of(error) == "ClusterNotFoundException":
            return None
        raise
    active = [s for s in answer["services"] if s.get("status") != "INACTIVE"]
    return active[0] if active else None


def _cluster_of(arn: str) -> str:
    """The cluster's name, from ``...:service/<cluster>/<name>``."""
    return arn.split("/")[-2]


def _cluster_arn(known: Properties, found: Mapping[str, Any]) -> str:
    return str(known.get("cluster") or found["clusterArn"])


def _load_balancers(inputs: Properties) -> list[dict[str, Any]]:
    names = {
        "containerName": "containerName",
        "containerPort": "containerPort",
        "elbName": "loadBalancerName",
        "targetGroupArn": "targetGroupArn",
    }
    return [
        {aws: as_dict(entry)[name] for name, aws in names.items() if as_dict(entry).get(name)}
        for entry in as_list(inputs.get("loadBalancers"))
    ]


def _registries(inputs: Properties) -> list[dict[str, Any]]:
    registry = as_dict(inputs.get("serviceRegistries"))
    return [{key: value for key, value in registry.items() if value}] if registry else []


def _network(inputs: Properties) -> dict[str, Any]:
    given = as_dict(inputs.get("networkConfiguration"))
    if not given:
        return {}
    return {
        "awsvpcConfiguration": {
            "assignPublicIp": "ENABLED" if given.get("assignPublicIp") else "DISABLED",
            "securityGroups": as_list(given.get("securityGroups")),
            "subnets": as_list(given["subnets"]),
        }
    }
