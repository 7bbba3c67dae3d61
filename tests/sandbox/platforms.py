"""The platform's stacks in a sandbox of their own, for the tests of this folder."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from ruamel.yaml import YAML

from seawall_sandbox import emulator
from seawall_sandbox.events import Op, RunResult, StepInfo
from seawall_sandbox.session import Session

ROOT = Path(__file__).parents[2]


def platform_settings(stack: str) -> dict[str, Any]:
    """``seawall:platform`` of a stack file, for a test to change."""
    text = (ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    config: dict[str, Any] = YAML(typ="safe").load(text)["config"]
    return config["seawall:platform"]


def session(stack: str, state_dir: Path, platform: Mapping[str, Any] | None = None) -> Session:
    """A session on this checkout's program, with other settings if given."""
    config = {"seawall:platform": json.dumps(platform)} if platform is not None else {}
    return Session(ROOT, stack, state_dir=state_dir, config=config)


def changes(result: RunResult) -> list[tuple[str, str, str]]:
    """What a run changes: operation, type in short, name; sorted, a replacement counted once."""
    inner = (Op.SAME, Op.READ, Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED)
    return sorted(_short(step) for step in result.steps if step.op not in inner)


def _short(step: StepInfo) -> tuple[str, str, str]:
    package, *_, kind = step.type.split(":")
    return step.op.value, f"{package}:{kind}", step.urn.rsplit("::", 1)[-1]


def succeeded(result: RunResult) -> RunResult:
    """The result, if the run did not fail; the diagnostics as the assertion's text otherwise."""
    assert not result.failed, "\n".join(item.message for item in result.diagnostics)
    return result


def client(service: str, endpoint: str, region: str = "us-east-1") -> Any:
    """A boto3 client of the emulator."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@contextmanager
def stack_up(stack: str, state_dir: Path) -> Iterator[tuple[Session, RunResult]]:
    """A stack that is up while the block runs."""
    running = session(stack, state_dir)
    try:
        yield running, succeeded(running.up())
    finally:
        succeeded(session(stack, state_dir).destroy())


@contextmanager
def own_emulator(state_dir: Path) -> Iterator[Path]:
    """A state directory whose emulator ends with the block."""
    try:
        yield state_dir
    finally:
        emulator.stop(state_dir)


def leftovers(endpoint: str, region: str = "us-east-1") -> Counter[str]:
    """How many objects of each kind the emulator holds that a platform could have made."""
    ec2 = client("ec2", endpoint, region)
    iam = client("iam", endpoint, region)
    eks = client("eks", endpoint, region)
    kms = client("kms", endpoint, region)
    found = {
        "vpc": [v for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]],
        "subnet": [s for s in ec2.describe_subnets()["Subnets"] if not s["DefaultForAz"]],
        "security group": [
            g
            for g in ec2.describe_security_groups()["SecurityGroups"]
            if g["GroupName"] != "default"
        ],
        "internet gateway": _attached_elsewhere(ec2),
        "nat gateway": [
            n for n in ec2.describe_nat_gateways()["NatGateways"] if n["State"] != "deleted"
        ],
        "address": ec2.describe_addresses()["Addresses"],
        "route table": [
            t
            for t in ec2.describe_route_tables()["RouteTables"]
            if not any(a.get("Main") for a in t["Associations"])
        ],
        "vpc endpoint": [
            e for e in ec2.describe_vpc_endpoints()["VpcEndpoints"] if e["State"] != "deleted"
        ],
        "flow log": ec2.describe_flow_logs()["FlowLogs"],
        "launch template": ec2.describe_launch_templates()["LaunchTemplates"],
        "network interface": ec2.describe_network_interfaces()["NetworkInterfaces"],
        "role": iam.list_roles()["Roles"],
        "policy": iam.list_policies(Scope="Local")["Policies"],
        "instance profile": iam.list_instance_profiles()["InstanceProfiles"],
        "oidc provider": iam.list_open_id_connect_providers()["OpenIDConnectProviderList"],
        "log group": client("logs", endpoint, region).describe_log_groups()["logGroups"],
        "repository": client("ecr", endpoint, region).describe_repositories()["repositories"],
        "cluster": eks.list_clusters()["clusters"],
        "key": [
            key
            for key in kms.list_keys()["Keys"]
            if kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] != "PendingDeletion"
        ],
        "key alias": [
            a for a in kms.list_aliases()["Aliases"] if not a["AliasName"].startswith("alias/aws/")
        ],
        "load balancer": client("elbv2", endpoint, region).describe_load_balancers()[
            "LoadBalancers"
        ],
    }
    return Counter({kind: len(items) for kind, items in found.items() if items})


def _attached_elsewhere(ec2: Any) -> list[Any]:
    default = {v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if v["IsDefault"]}
    return [
        gateway
        for gateway in ec2.describe_internet_gateways()["InternetGateways"]
        if not {a["VpcId"] for a in gateway["Attachments"]} & default
    ]
