"""``aws:ec2/flowLog:FlowLog``."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.ec2.base import Ec2Resource, given, tag_specifications
from seawall_sandbox.aws.errors import ClientError
from seawall_sandbox.aws.loose import as_dict
from seawall_sandbox.protocol import Failure, ProviderError
from seawall_sandbox.values import Properties, Value

_SOURCES: Mapping[str, str] = {
    "vpcId": "VPC",
    "subnetId": "Subnet",
    "eniId": "NetworkInterface",
    "transitGatewayId": "TransitGateway",
    "transitGatewayAttachmentId": "TransitGatewayAttachment",
    "regionalNatGatewayId": "RegionalNatGateway",
}
"""Kinds of source by argument. A flow log has exactly one source."""
_INTERVALS = (60, 600)
_TRAFFIC = ("ACCEPT", "ALL", "REJECT")
_DESTINATIONS = ("cloud-watch-logs", "kinesis-data-firehose", "s3")


class FlowLog(Ec2Resource):
    """A record of the traffic of a VPC, subnet or interface. Nothing but tags changes in place."""

    token: ClassVar[str] = "aws:ec2/flowLog:FlowLog"  # a type token
    force_new: ClassVar[frozenset[str]] = frozenset(
        {
            *_SOURCES,
            "deliverCrossAccountRole",
            "destinationOptions",
            "iamRoleArn",
            "logDestination",
            "logDestinationType",
            "logFormat",
            "maxAggregationInterval",
            "tagFieldSpecifications",
            "trafficType",
        }
    )
    defaults: ClassVar[Mapping[str, Value]] = {
        "destinationOptions.fileFormat": "plain-text",
        "destinationOptions.hiveCompatiblePartitions": False,
        "destinationOptions.perHourPartition": False,
        "logDestinationType": "cloud-watch-logs",
        "maxAggregationInterval": 600,
    }
    propagating: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "InvalidParameter": ("Unable to assume given IAM role",)
    }
    unemulated: ClassVar[frozenset[str]] = frozenset(
        {"deliverCrossAccountRole", "destinationOptions", "tagFieldSpecifications"}
    )

    def validate(self, inputs: Properties) -> Iterable[Failure]:
        """One source; a destination and a role that belong together."""
        count = sum(inputs.get(name) is not None for name in _SOURCES)
        if count != 1:
            reason = f"{self.token} needs exactly one source, but got {count}."
            yield Failure("vpcId", f"{reason} Set one of: {', '.join(_SOURCES)}.")
        choices = {
            "logDestinationType": _DESTINATIONS,
            "maxAggregationInterval": _INTERVALS,
            "trafficType": _TRAFFIC,
        }
        for name, allowed in choices.items():
            value = inputs.get(name)
            if isinstance(value, str | int) and value not in allowed:
                known = ", ".join(str(choice) for choice in allowed)
                reason = f"{self.token} got {value!r} for {name!r}. Use one of: {known}."
                yield Failure(name, reason)
        to_logs = inputs.get("logDestinationType") == "cloud-watch-logs"
        if to_logs and inputs.get("iamRoleArn") is None:
            reason = (
                f"{self.token} needs 'iamRoleArn', because it writes to CloudWatch Logs. Set it."
            )
            yield Failure("iamRoleArn", reason)
        if inputs.get("logDestination") is None:
            reason = f"{self.token} needs 'logDestination', the ARN it writes to. Set it."
            yield Failure("logDestination", reason)

    def create(self, ctx: Context, inputs: Properties) -> str:
        source = next(name for name in _SOURCES if inputs.get(name))
        names = {
            "DeliverLogsPermissionArn": "iamRoleArn",
            "LogDestination": "logDestination",
            "LogDestinationType": "logDestinationType",
            "LogFormat": "logFormat",
            "MaxAggregationInterval": "maxAggregationInterval",
            "TrafficType": "trafficType",
        }
        answer = ctx.client("ec2").create_flow_logs(
            ResourceIds=[inputs[source]],
            ResourceType=_SOURCES[source],
            **given(inputs, names),
            **tag_specifications("vpc-flow-log", inputs),
        )
        for item in answer.get("Unsuccessful") or ():
            raise ClientError({"Error": as_dict(item.get("Error"))}, "CreateFlowLogs")
        if not answer["FlowLogIds"]:
            raise ProviderError(
                f"Could not create {self.token} {ctx.name!r}: AWS answered CreateFlowLogs with"
                " neither an id nor an error. See the emulator's log, then run again."
            )
        return answer["FlowLogIds"][0]

    def read(self, ctx: Context, id_: str, known: Properties) -> Properties | None:
        found = ctx.client("ec2").describe_flow_logs(FlowLogIds=[id_])["FlowLogs"]
        if not found:
            return None
        log = found[0]
        outputs: Properties = {
            "arn": ctx.arn("ec2", f"vpc-flow-log/{id_}"),
            "deliverCrossAccountRole": log.get("DeliverCrossAccountRole", ""),
            "iamRoleArn": log.get("DeliverLogsPermissionArn", ""),
            "logDestination": _same_group(log.get("LogDestination"), known.get("logDestination")),
            "logDestinationType": log.get("LogDestinationType", "cloud-watch-logs"),
            "logFormat": log.get("LogFormat", ""),
            "maxAggregationInterval": log.get("MaxAggregationInterval", _INTERVALS[1]),
            "tagsAll": tags.from_list(log.get("Tags")),
            "trafficType": log.get("TrafficType", ""),
        }
        if not outputs["logDestination"] and log.get("LogGroupName"):
            group = log["LogGroupName"]
            outputs["logDestination"] = ctx.arn("logs", f"log-group:{group}")
        source = log["ResourceId"]
        kinds = {"vpc-": "vpcId", "subnet-": "subnetId", "eni-": "eniId"}
        name = next((n for prefix, n in kinds.items() if source.startswith(prefix)), None)
        return outputs | ({name: source} if name else {})

    def delete(self, ctx: Context, id_: str, outputs: Properties) -> None:  # noqa: ARG002
        answer = ctx.client("ec2").delete_flow_logs(FlowLogIds=[id_])
        for item in answer.get("Unsuccessful") or ():
            raise ClientError({"Error": as_dict(item.get("Error"))}, "DeleteFlowLogs")

    def find(self, ctx: Context, inputs: Properties) -> str | None:
        """The log of the same source, destination and traffic: AWS allows no second one."""
        source = next(inputs[name] for name in _SOURCES if inputs.get(name))
        found = ctx.client("ec2").describe_flow_logs(
            Filters=[{"Name": "resource-id", "Values": [source]}]
        )["FlowLogs"]
        for log in found:
            destination = _same_group(log.get("LogDestination"), inputs.get("logDestination"))
            traffic = log.get("TrafficType", "") == (inputs.get("trafficType") or "")
            if traffic and destination == inputs.get("logDestination"):
                return log["FlowLogId"]
        return None


def _same_group(found: str | None, given_: object) -> str:
    """A log group's ARN in the program's spelling, with or without the ``:*`` at its end."""
    text = found or ""
    if isinstance(given_, str) and given_.removesuffix(":*") == text.removesuffix(":*"):
        return given_
    return text
