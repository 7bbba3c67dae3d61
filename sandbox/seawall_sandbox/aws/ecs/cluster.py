"""``aws:ecs/cluster:Cluster``."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ecs import base
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")


class Cluster(ResourceType):
    """An ECS cluster. Its id is its ARN; its name alone needs a new one.

    https://www.pulumi.com/registry/packages/aws/api-docs/ecs/cluster/
    """

    token = "aws:ecs/cluster:Cluster"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset({"name"})
    sets: ClassVar[frozenset[str]] = frozenset({"settings"})

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name's form."""
        name = inputs.get("name")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            reason = f"{name!r} is no cluster name: 1 to 255 letters, digits, hyphens, underscores."
            yield Failure("name", f"{reason} Rename it.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        ecs = ctx.client("ecs")
        made = ecs.create_cluster(
            clusterName=inputs["name"], tags=base.tag_list(inputs), **_settings(inputs)
        )
        return made["cluster"]["clusterArn"]

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        found = _describe(ctx, id_)
        if found is None:
            return None
        connect = as_dict(found.get("serviceConnectDefaults"))
        return {
            "arn": found["clusterArn"],
            "configuration": known.get("configuration"),
            "id": found["clusterArn"],
            "name": found["clusterName"],
            "serviceConnectDefaults": {"namespace": connect["namespace"]} if connect else None,
            "settings": [
                {"name": item["name"], "value": item["value"]}
                for item in found.get("settings") or _DEFAULT_SETTINGS
            ],
            "tagsAll": base.read_tags(ctx, found["clusterArn"]),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del old, changed
        ctx.client("ecs").update_cluster(cluster=id_, **_settings(new))

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        if _describe(ctx, id_) is not None:
            ctx.client("ecs").delete_cluster(cluster=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        base.retag(ctx, id_, added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, if the tags are what we set."""
        found = _describe(ctx, str(inputs["name"]))
        if found is None:
            return None
        arn = str(found["clusterArn"])
        return arn if base.read_tags(ctx, arn) == (inputs.get("tagsAll") or {}) else None


_DEFAULT_SETTINGS: Final = ({"name": "containerInsights", "value": "disabled"},)


def _describe(ctx: Context, name: str) -> Mapping[str, Any] | None:
    answer = ctx.client("ecs").describe_clusters(clusters=[name], include=["SETTINGS"])
    active = [c for c in answer["clusters"] if c.get("status") == "ACTIVE"]
    return active[0] if active else None


def _settings(inputs: Properties) -> dict[str, Any]:
    """The arguments that create and update take alike, in AWS's form (the same names)."""
    given = {
        "configuration": inputs.get("configuration"),
        "serviceConnectDefaults": inputs.get("serviceConnectDefaults"),
        "settings": inputs.get("settings"),
    }
    return {key: value for key, value in given.items() if value}
