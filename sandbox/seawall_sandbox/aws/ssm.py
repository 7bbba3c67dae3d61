"""Systems Manager: parameters."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any, Final

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.errors import ClientError, is_gone
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.registry import Function, Secrets
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties, Value

_NAME: Final = re.compile(r"[\w./-]{1,2048}", re.ASCII)
_TYPES: Final = frozenset({"String", "StringList", "SecureString"})
_SECURE: Final = "SecureString"
_VALUES: Final = ("value", "insecureValue", "valueWo")
_PUBLIC_IMAGE: Final = re.compile(
    r"/aws/service/(?:"
    r"eks/optimized-ami/1\.\d\d/[\w/-]+/recommended/image_id"
    r"|bottlerocket/aws-(?:k8s-1\.\d\d|ecs-\d)[\w-]*/(?:x86_64|arm64)/[\w.]+/image_id"
    r")",
)
"""Public parameters that hold the id of a node image. AWS publishes them; moto has others."""


class Parameter(ResourceType):
    """``aws:ssm/parameter:Parameter``. Its id is its name."""

    token = "aws:ssm/parameter:Parameter"  # a type token
    force_new = frozenset({"dataType", "name"})
    write_only = frozenset({"allowedPattern", "overwrite", "valueWoVersion"})
    secret_outputs = frozenset({"value", "valueWo"})
    name_max = 2048

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """The name, the type, and that there is one value."""
        name = inputs.get("name")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            reason = f"{name!r} is no parameter name: 1 to 2048 letters, digits and ._-/ only."
            yield Failure("name", f"{reason} Rename it.")
        type_ = inputs.get("type")
        if isinstance(type_, str) and type_ not in _TYPES:
            yield Failure("type", f"{type_!r} is not one of {', '.join(sorted(_TYPES))}.")
        given = [key for key in _VALUES if key in inputs]
        if len(given) != 1:
            reason = f"Exactly one of {', '.join(_VALUES)} must be given, not {len(given)}."
            yield Failure("value", f"{reason} Set one of them.")
        if type_ == _SECURE and "insecureValue" in inputs:
            reason = "A SecureString takes no insecureValue, which is shown in plain text."
            yield Failure("insecureValue", f"{reason} Use value.")

    def force_new_on(self, old: Properties, new: Properties) -> frozenset[str]:
        """There is no way back from the advanced tier."""
        down = (old.get("tier"), new.get("tier")) == ("Advanced", "Standard")
        return frozenset({"tier"}) if down else frozenset()

    def same(self, place: str, old: Value, new: Value) -> bool:
        """Which tier intelligent tiering has chosen is AWS's own business."""
        return place == "tier" and bool(old) and new == "Intelligent-Tiering"

    def changing_on(self, changed: frozenset[str], new: Properties) -> frozenset[str]:
        """Another value or description is another version.

        https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ssm/parameter.go
        """
        del new
        found = {"version"} if changed & {"description", "value"} else set[str]()
        return frozenset(found | ({"value", "version"} if "insecureValue" in changed else set()))

    def create(self, ctx: Context, inputs: Properties) -> str:
        name = str(inputs["name"])
        ctx.client("ssm").put_parameter(
            Overwrite=inputs.get("overwrite", False), **_arguments(inputs)
        )
        return name

    def finish(self, ctx: Context, id_: str, inputs: Properties) -> None:
        self.retag(ctx, id_, {}, as_dict(inputs.get("tagsAll")), [])

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        ssm = ctx.client("ssm")
        parameter = ssm.get_parameter(Name=id_, WithDecryption=True)["Parameter"]
        described: dict[str, Any] = ssm.describe_parameters(
            ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [id_]}]
        )["Parameters"][0]
        labels = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=id_)["TagList"]
        hidden = "valueWo" in known
        insecure = "insecureValue" in known and parameter["Type"] != _SECURE
        value = "" if hidden else parameter["Value"]
        return {
            "arn": parameter["ARN"],
            "dataType": parameter.get("DataType", "text"),
            "description": described.get("Description", ""),
            "hasValueWo": hidden,
            "insecureValue": value if insecure else "",
            "keyId": described.get("KeyId", "") if parameter["Type"] == _SECURE else "",
            "name": parameter["Name"],
            "tier": described.get("Tier", "Standard"),
            "type": parameter["Type"],
            "value": "" if insecure else value,
            "version": parameter["Version"],
            "tagsAll": tags.from_list(labels),
        }

    def update(
        self, ctx: Context, id_: str, old: Properties, new: Properties, changed: frozenset[str]
    ) -> None:
        del id_, old
        if changed - {"overwrite"}:
            ctx.client("ssm").put_parameter(Overwrite=True, **_arguments(new))

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:
        del outputs
        ctx.client("ssm").delete_parameter(Name=id_)

    def retag(
        self, ctx: Context, id_: str, outputs: Properties, added: dict[str, str], removed: list[str]
    ) -> None:
        del outputs
        ssm = ctx.client("ssm")
        of = {"ResourceType": "Parameter", "ResourceId": id_}
        if removed:
            ssm.remove_tags_from_resource(TagKeys=removed, **of)
        if added:
            ssm.add_tags_to_resource(Tags=tags.to_list(added), **of)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """By name, if the type is what we set; the tags are ours, or not set yet."""
        found = self.read(ctx, str(inputs["name"]), inputs) or {}
        same = found["tagsAll"] in ({}, as_dict(inputs.get("tagsAll")))
        return str(inputs["name"]) if same and found["type"] == inputs["type"] else None


def get_parameter(ctx: Context, args: Properties) -> Properties:
    """``aws:ssm/getParameter:getParameter``: a parameter by name.

    The public parameters of EKS and Bottlerocket node images have made-up image ids, which follow
    from region and name: the form is right and a preview repeats, but AWS has no such images.
    """
    name = str(args["name"])
    decrypt = args.get("withDecryption", True)
    try:
        parameter = ctx.client("ssm").get_parameter(Name=name, WithDecryption=decrypt)["Parameter"]
    except ClientError as error:
        if not is_gone(error) or not _PUBLIC_IMAGE.fullmatch(name):
            raise
        digest = hashlib.sha256(f"{ctx.region}{name}".encode()).hexdigest()
        parameter = {
            "ARN": f"arn:{ctx.partition}:ssm:{ctx.region}::parameter{name}",
            "Name": name,
            "Type": "String",
            "Value": f"ami-0{digest[:16]}",
            "Version": 1,
        }
    secure = parameter["Type"] == _SECURE
    return {
        "arn": parameter["ARN"],
        "id": name,
        "insecureValue": "" if secure else parameter["Value"],
        "name": parameter["Name"],
        "region": ctx.region,
        "type": parameter["Type"],
        "value": parameter["Value"],
        "version": parameter["Version"],
        "withDecryption": decrypt,
    }


def _arguments(inputs: Properties) -> dict[str, Any]:
    given = next(inputs[key] for key in _VALUES if key in inputs)
    optional = {
        "AllowedPattern": inputs.get("allowedPattern"),
        "DataType": inputs.get("dataType"),
        "Description": inputs.get("description"),
        "KeyId": inputs.get("keyId") if inputs["type"] == _SECURE else None,
        "Tier": inputs.get("tier"),
    }
    return {
        "Name": inputs["name"],
        "Type": inputs["type"],
        "Value": given,
        **{key: value for key, value in optional.items() if value is not None},
    }


RESOURCES: Final[tuple[type[ResourceType], ...]] = (Parameter,)
FUNCTIONS: Final[dict[str, Function]] = {"aws:ssm/getParameter:getParameter": get_parameter}
SECRETS: Final[dict[str, Secrets]] = {
    "aws:ssm/getParameter:getParameter": lambda outputs: frozenset(
        {"value"} if outputs["type"] == _SECURE else ()
    ),
}
