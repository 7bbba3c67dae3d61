"""``aws:ecs/taskDefinition:TaskDefinition``."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, cast

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ecs import base
from seawall_sandbox.aws.errors import ClientError, code_of
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.shapes import zero_of
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_SAME_NAME: Final = (
    "cpu",
    "executionRoleArn",
    "ipcMode",
    "memory",
    "networkMode",
    "pidMode",
    "placementConstraints",
    "requiresCompatibilities",
    "runtimePlatform",
    "taskRoleArn",
)
"""Arguments that AWS names and builds as the provider does."""
_EMPTY: Final[Mapping[str, Any]] = {
    "environment": [],
    "essential": True,
    "mountPoints": [],
    "portMappings": [],
    "systemControls": [],
    "volumesFrom": [],
}
"""What ECS adds to a container that does not say it."""


class TaskDefinition(ResourceType):
    """A revision of a task. Its id is the family; each change makes a new revision by replacement.

    https://www.pulumi.com/registry/packages/aws/api-docs/ecs/taskdefinition/
    """

    token = "aws:ecs/taskDefinition:TaskDefinition"  # a type token
    emulated = "partly"
    force_new: ClassVar[frozenset[str]] = frozenset(
        {
            *_SAME_NAME,
            "containerDefinitions",
            "enableFaultInjection",
            "ephemeralStorage",
            "family",
            "proxyConfiguration",
            "volumes",
        }
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "proxyConfiguration.type": "APPMESH",
        "skipDestroy": False,
        "trackLatest": False,
    }
    sets: ClassVar[frozenset[str]] = frozenset(
        {"placementConstraints", "requiresCompatibilities", "volumes"}
    )
    write_only: ClassVar[frozenset[str]] = frozenset({"skipDestroy", "trackLatest"})
    unemulated: ClassVar[frozenset[str]] = frozenset(
        {"ephemeralStorage", "networkMode", "proxyConfiguration", "volumes"}
    )
    name_property = ""

    def same(self, place: str, old: Value, new: Value) -> bool:
        """Containers by what ECS makes of them."""
        if place != "containerDefinitions" or not isinstance(old, str) or not isinstance(new, str):
            return False
        return containers(old) == containers(new)

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """Containers in JSON, and the sizes that Fargate needs."""
        text = inputs.get("containerDefinitions")
        if isinstance(text, str):
            try:
                given = json.loads(text)
            except ValueError as error:
                given = None
                reason = f"{self.token} needs JSON for 'containerDefinitions': {error}."
                yield Failure("containerDefinitions", f"{reason} Correct it.")
            if given is not None and not isinstance(given, list):
                reason = f"{self.token} needs a list in 'containerDefinitions', one per container."
                yield Failure("containerDefinitions", f"{reason} Put it in brackets.")
        if "FARGATE" in as_list(inputs.get("requiresCompatibilities")):
            for name in ("cpu", "memory"):
                if inputs.get(name) is None:
                    yield Failure(name, f"{self.token} needs {name!r} for FARGATE. Set it.")

    def create(self, ctx: Context, inputs: Properties) -> str:
        given = {name: inputs.get(name) for name in _SAME_NAME}
        ctx.client("ecs").register_task_definition(
            family=inputs["family"],
            containerDefinitions=json.loads(inputs["containerDefinitions"]),
            tags=base.tag_list(inputs),
            **{name: value for name, value in given.items() if value not in (None, "", [])},
        )
        return str(inputs["family"])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        try:
            answer = ctx.client("ecs").describe_task_definition(
                taskDefinition=known.get("arn") or id_, include=["TAGS"]
            )
        except ClientError as error:
            if code_of(error) == "ClientException":
                return None
            raise
        found = answer["taskDefinition"]
        if found.get("status") != "ACTIVE":
            return None
        arn = str(found["taskDefinitionArn"])
        outputs: Properties = {
            name: zero_of(property_.type)
            for name, property_ in self.schema.inputs.items()
            if name not in {*self.write_only, "region", "tags"}
        }
        outputs |= {name: found[name] for name in _SAME_NAME if found.get(name) is not None}
        return outputs | {
            "arn": arn,
            "arnWithoutRevision": arn.rpartition(":")[0],
            "containerDefinitions": _text(found["containerDefinitions"]),
            "family": found["family"],
            "revision": found["revision"],
            "tagsAll": tags.from_list(answer.get("tags"), "key", "value"),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        """Only how the provider itself behaves changes in place; ECS is not asked."""

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        """Deregister this revision, unless it is to stay (``skipDestroy``)."""
        found = None if outputs.get("skipDestroy") else self.read(ctx, id_, outputs)
        if found is not None:
            ctx.client("ecs").deregister_task_definition(taskDefinition=found["arn"])

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del id_
        base.retag(ctx, outputs["arn"], added, removed)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The family, if its newest revision has these containers and tags."""
        found = self.read(ctx, str(inputs["family"]), inputs)
        if found is None or found["tagsAll"] != as_dict(inputs.get("tagsAll")):
            return None
        given = containers(str(inputs["containerDefinitions"]))
        same = containers(found["containerDefinitions"]) == given
        return str(inputs["family"]) if same else None


def containers(text: str) -> list[Any]:
    """Containers with what ECS adds to them, without what means nothing."""
    found: list[Any] = []
    for item in cast("list[Any]", json.loads(text)):
        container = {**_EMPTY, **{k: v for k, v in as_dict(item).items() if v is not None}}
        if container.get("cpu") == 0:
            del container["cpu"]
        container["portMappings"] = [
            {**mapping, "protocol": mapping.get("protocol", "tcp")}
            for mapping in container["portMappings"]
        ]
        container["environment"] = sorted(container["environment"], key=lambda e: e["name"])
        found.append(container)
    return found


def _text(given: list[Any]) -> str:
    made = containers(json.dumps(given))
    return json.dumps(made, sort_keys=True, separators=(",", ":"))
