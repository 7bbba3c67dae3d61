"""``aws:ec2/launchTemplate:LaunchTemplate``."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import Ec2Resource, tag_specifications
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.aws.schema import Type
from seawall_sandbox.aws.shapes import from_aws, input_shape, to_aws
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import Properties

NAME_MAX = 125
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html"""
USER_DATA_MAX = 16_384
"""Bytes before base64: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html"""
HOP_LIMITS = range(1, 65)

_OWN = frozenset(
    {
        "defaultVersion",
        "description",
        "name",
        "namePrefix",
        "region",
        "tags",
        "tagsAll",
        "updateDefaultVersion",
    }
)
"""Arguments of the template; all others are the data of a version."""

_RENAMES: Mapping[str, str] = {
    "networkInterfaces.ipv4AddressCount": "SecondaryPrivateIpAddressCount",
    "networkInterfaces.ipv4Addresses": "PrivateIpAddresses",
    "networkInterfaces.securityGroups": "Groups",
    "securityGroupNames": "SecurityGroups",
    "vpcSecurityGroupIds": "SecurityGroupIds",
}


class LaunchTemplate(Ec2Resource):
    """A launch template. Each change of its data makes a new version."""

    token: ClassVar[str] = "aws:ec2/launchTemplate:LaunchTemplate"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset({"name", "namePrefix"})
    computed: ClassVar[frozenset[str]] = frozenset(
        {
            *(
                f"blockDeviceMappings.ebs.{name}"
                for name in ("iops", "throughput", "volumeSize", "volumeType")
            ),
            "instanceMarketOptions.spotOptions.validUntil",
            *(
                f"metadataOptions.{name}"
                for name in (
                    "httpEndpoint",
                    "httpProtocolIpv6",
                    "httpPutResponseHopLimit",
                    "httpTokens",
                    "instanceMetadataTags",
                )
            ),
        }
    )
    sets: ClassVar[frozenset[str]] = frozenset(
        {
            "licenseSpecifications",
            "networkInterfaces.ipv4Addresses",
            "networkInterfaces.ipv4Prefixes",
            "networkInterfaces.ipv6Addresses",
            "networkInterfaces.ipv6Prefixes",
            "networkInterfaces.securityGroups",
            "securityGroupNames",
            "vpcSecurityGroupIds",
        }
    )
    write_only: ClassVar[frozenset[str]] = frozenset({"updateDefaultVersion"})
    name_max: ClassVar[int] = NAME_MAX

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """User data in base64 and not too long; versions said one way only."""
        data = inputs.get("userData")
        if isinstance(data, str):
            yield from self._user_data_failures(data)
        if inputs.get("defaultVersion") is not None and inputs.get("updateDefaultVersion"):
            reason = f"{self.token} got both 'defaultVersion' and 'updateDefaultVersion'. Keep one."
            yield Failure("updateDefaultVersion", reason)
        limit = as_dict(inputs.get("metadataOptions")).get("httpPutResponseHopLimit")
        if isinstance(limit, int) and limit not in HOP_LIMITS:
            place = "metadataOptions.httpPutResponseHopLimit"
            reason = f"{self.token} got {limit} for {place!r}; EC2 takes 1 to {HOP_LIMITS[-1]}."
            yield Failure(place, f"{reason} Correct the limit.")

    def changing_on(self, changed: frozenset[str], new: Properties) -> frozenset[str]:
        """A change of data makes a new version, which may become the default."""
        if not changed - _OWN | changed & {"description"}:
            return frozenset()
        versions = {"latestVersion"}
        return frozenset(
            versions | ({"defaultVersion"} if new.get("updateDefaultVersion") else set())
        )

    def create(self, ctx: Context, inputs: Properties) -> str:
        client = ctx.client("ec2")
        name = inputs.get("name") or ctx.unique_name(inputs.get("namePrefix") or "terraform-")
        made = client.create_launch_template(
            LaunchTemplateName=name,
            LaunchTemplateData=self._data(client, inputs),
            **_description(inputs),
            **tag_specifications("launch-template", inputs),
        )
        return made["LaunchTemplate"]["LaunchTemplateId"]

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        client = ctx.client("ec2")
        found = client.describe_launch_templates(LaunchTemplateIds=[id_])["LaunchTemplates"]
        if not found:
            return None
        template = found[0]
        latest = template["LatestVersionNumber"]
        version = client.describe_launch_template_versions(
            LaunchTemplateId=id_, Versions=[str(latest)]
        )["LaunchTemplateVersions"][0]
        shape = input_shape(client, "CreateLaunchTemplate", "LaunchTemplateData")
        data = {k: v for k, v in version["LaunchTemplateData"].items() if k != "TagSpecifications"}
        outputs = from_aws(shape, self._data_type(), data or {"": None}, _RENAMES)
        return {
            **outputs,
            "arn": ctx.arn("ec2", f"launch-template/{id_}"),
            "defaultVersion": template["DefaultVersionNumber"],
            "description": version.get("VersionDescription") or "",
            "latestVersion": latest,
            "name": template["LaunchTemplateName"],
            "namePrefix": known.get("namePrefix") or "",
            "tagSpecifications": _read_tags(version["LaunchTemplateData"]),
            # moto goes on telling the tags that the template was made with.
            "tagsAll": tags.from_list(
                client.describe_tags(Filters=[{"Name": "resource-id", "Values": [id_]}])["Tags"]
            ),
        }

    def update(
        self,
        ctx: Context,
        id_: str,
        old: Properties,  # noqa: ARG002  # a version is sent as a whole
        new: Properties,
        changed: frozenset[str],
    ) -> None:
        client = ctx.client("ec2")
        default = new.get("defaultVersion") if "defaultVersion" in changed else None
        if changed - _OWN or "description" in changed:
            made = client.create_launch_template_version(
                LaunchTemplateId=id_,
                LaunchTemplateData=self._data(client, new),
                **_description(new),
            )
            if new.get("updateDefaultVersion"):
                default = made["LaunchTemplateVersion"]["VersionNumber"]
        elif "updateDefaultVersion" in changed and new.get("updateDefaultVersion"):
            found = client.describe_launch_templates(LaunchTemplateIds=[id_])["LaunchTemplates"]
            default = found[0]["LatestVersionNumber"]
        if default is not None:
            client.modify_launch_template(LaunchTemplateId=id_, DefaultVersion=str(default))

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:  # noqa: ARG002
        ctx.client("ec2").delete_launch_template(LaunchTemplateId=id_)

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The template of that name: EC2 allows no second one in a region."""
        name = inputs.get("name") or ctx.chosen_name
        if not name:
            return super().find(ctx, inputs)
        found = ctx.client("ec2").describe_launch_templates(
            Filters=[{"Name": "launch-template-name", "Values": [name]}]
        )["LaunchTemplates"]
        return found[0]["LaunchTemplateId"] if found else None

    def _data(self, client: Any, inputs: Properties) -> dict[str, Any]:
        shape = input_shape(client, "CreateLaunchTemplate", "LaunchTemplateData")
        given = {k: v for k, v in inputs.items() if k not in _OWN and k != "tagSpecifications"}
        data: dict[str, Any] = to_aws(shape, self._data_type(), given, _RENAMES)
        specifications = [
            {
                "ResourceType": specification["resourceType"],
                "Tags": tags.to_list(specification.get("tags") or {}),
            }
            for specification in inputs.get("tagSpecifications") or ()
        ]
        return data | ({"TagSpecifications": specifications} if specifications else {})

    def _data_type(self) -> Type:
        """The type of a version's data: the arguments that are not the template's own."""
        inputs = self.schema.inputs
        return Type("object", None, {k: p for k, p in inputs.items() if k not in _OWN})

    def _user_data_failures(self, data: str) -> Iterable[Failure]:
        try:
            size = len(base64.b64decode(data, validate=True))
        except (binascii.Error, ValueError):
            reason = f"{self.token} needs base64 for 'userData', and got plain text."
            yield Failure("userData", f"{reason} Encode it.")
            return
        if size > USER_DATA_MAX:
            reason = f"{self.token} got {size} bytes of 'userData'; EC2 takes {USER_DATA_MAX}."
            yield Failure("userData", f"{reason} Fetch the rest at boot.")


def _description(inputs: Properties) -> dict[str, str]:
    return {"VersionDescription": inputs["description"]} if inputs.get("description") else {}


def _read_tags(data: dict[str, Any]) -> list[Properties]:
    """Tag specifications, without the one of the template itself that moto mixes in."""
    return [
        {
            "resourceType": specification["ResourceType"],
            "tags": tags.from_list(specification.get("Tags")),
        }
        for specification in data.get("TagSpecifications") or ()
        if specification["ResourceType"] != "launch-template"
    ]
