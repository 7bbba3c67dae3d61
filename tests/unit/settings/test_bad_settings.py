"""Each bad setting gives a sentence with file, path and cure, and nothing is read twice."""

from collections.abc import Callable
from typing import Any

import pytest

from seawall.errors import InvalidInputError
from seawall.settings import Settings
from seawall.settings_file import parse_settings
from seawall.stack_file import StackFile

ARN = "arn:aws:iam::111122223333:role/admin"


def good() -> dict[str, Any]:
    return {
        "name": "shop",
        "network": {},
        "registry": {},
        "cluster": {"admins": [ARN], "nodes": {}},
        "services": {"compose": "compose.yaml", "release": "1"},
        "ingress": {"allowPlainHttp": True},
        "firewall": {},
    }


def parse(platform: object, region: object = "us-east-1") -> Settings:
    return parse_settings(
        StackFile("test", "stacks/Pulumi.test.yaml", region, platform, frozenset(), {})
    )


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(platform: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        target = platform
        for parent in parents:
            target = target[parent]
        target[last] = value

    change.__name__ = f"{path}={value!r}"[:60]
    return change


BAD = [
    (put("name", "Shop"), "name", "does not have the form"),
    (put("name", "a" * 25), "name", "does not have the form"),
    (put("name", 7), "name", "valid string"),
    (put("nmae", "x"), "nmae", "is not a setting"),
    (put("network.cidr", "10.20.0.0"), "network.cidr", "has another size|is a /32"),
    (put("network.cidr", "10.20.0.1/16"), "network.cidr", "host bits"),
    (put("network.cidr", "10.0.0.0/8"), "network.cidr", "is a /8"),
    (put("network.cidr", "10.0.0.0/24"), "network.cidr", "is a /24"),
    (put("network.cidr", "8.8.0.0/16"), "network.cidr", "RFC 1918"),
    (put("network.cidr", "172.17.0.0/16"), "network.cidr", "Docker"),
    (put("network.cidr", "172.20.0.0/16"), "cluster.serviceCidr", "overlaps"),
    (put("network.peerCidrs", ["10.20.8.0/24"]), "network.peerCidrs[0]", "overlaps"),
    (put("network.zones", 1), "network.zones", "greater than or equal to 2"),
    (put("network.zones", 9), "network.zones", "less than or equal to 6"),
    (put("network.zones", ["us-east-1a"]), "network.zones", "one zone is not enough"),
    (
        put("network.zones", ["us-east-1a", "us-east-1b", "us-east-1a"]),
        "network.zones",
        "named twice",
    ),
    (put("network.zones", ["eu-west-1a", "us-east-1b"]), "network.zones[0]", "no zone of us-east"),
    (put("network.nat", "two"), "network.nat", "is not one of per-zone, single, none"),
    (put("network.nat", "none"), "network.nat", "cannot reach the registry"),
    (put("network.flowLogRetentionDays", 8), "network.flowLogRetentionDays", "8"),
    (put("network", [1]), "network", "a mapping is expected"),
    (put("registry.encryption", "rot13"), "registry.encryption", "is not one of aes256, kms"),
    (put("registry.keepImages", 0), "registry.keepImages", "greater than or equal to 1"),
    (put("registry.pushPrincipals", ["me"]), "registry.pushPrincipals[0]", "form"),
    (
        put("registry.pullPrincipals", ["arn:aws:s3:::bucket"]),
        "registry.pullPrincipals[0]",
        "not an IAM principal",
    ),
    (put("cluster", {}), "cluster.admins", "required and missing"),
    (put("cluster.admins", []), "cluster.admins", "at least 1 item"),
    (put("cluster.kind", "nomad"), "cluster.kind", "is not one of"),
    (put("cluster.version", "1.3"), "cluster.version", "form"),
    (put("cluster.version", 1.35), "cluster.version", "valid string"),
    (put("cluster.serviceCidr", "172.20.0.0/26"), "cluster.serviceCidr", "/12 to /24"),
    (put("cluster.publicEndpointCidrs", ["anywhere"]), "cluster.publicEndpointCidrs[0]", "IPv4"),
    (put("cluster.viewers", ["arn:aws:ec2:::x"]), "cluster.viewers[0]", "not an IAM principal"),
    (
        put("cluster.viewers", ["arn:aws:sts::111122223333:assumed-role/ci/job"]),
        "cluster.viewers[0]",
        "not an IAM principal",
    ),
    (put("cluster.nodes.minSize", 5), "cluster.nodes", "does not hold"),
    (put("cluster.nodes.diskSize", 5), "cluster.nodes.diskSize", "greater than or equal to 20"),
    (put("cluster.nodes.instanceTypes", ["m7g.large"]), "cluster.nodes.instanceTypes[0]", "arm64"),
    (put("cluster.nodes.instanceTypes", ["large"]), "cluster.nodes.instanceTypes[0]", "form"),
    (put("cluster.nodes.capacity", "spit"), "cluster.nodes.capacity", "not one of on-demand, spot"),
    (put("services", None), "services", "a mapping is expected"),
    (put("services.release", "latest"), "services", "release 'latest' moves"),
    (put("services.release", "a b"), "services.release", "form"),
    (put("services.replicas", {"web": -1}), "services.replicas.web", "greater than or equal to 0"),
    (put("services.secrets", {"db": {}}), "services.secrets.db", "exactly one source"),
    (put("services.secrets", {"db": {"generate": 4}}), "services.secrets.db.generate", "8"),
    (put("services.volumeSize", "10G"), "services.volumeSize", "valid integer"),
    (put("ingress", {}), "ingress", "no certificate"),
    (
        put("ingress", {"certificateArn": ARN, "allowPlainHttp": True}),
        "ingress",
        "exclude each other",
    ),
    (put("ingress", {"certificateArn": ARN}), "ingress.certificateArn", "belongs to iam"),
    (
        put("ingress", {"certificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/x"}),
        "ingress.certificateArn",
        "ACM is regional",
    ),
    (put("ingress.domain", "no dots"), "ingress.domain", "form"),
    (put("ingress.allowedCidrs", ["1.2.3.4/8"]), "ingress.allowedCidrs[0]", "host bits"),
    (
        put("firewall.egress", [{"cidr": "10.0.0.0/8", "port": 70000, "reason": "mail relay"}]),
        "firewall.egress[0].port",
        "65535",
    ),
    (
        put("firewall.egress", [{"cidr": "10.0.0.0/8", "port": 25, "reason": "<script>"}]),
        "firewall.egress[0].reason",
        "form",
    ),
    (put("tags", {"aws:x": "y"}), "tags.aws:x", "AWS's own"),
    (put("tags", {"Name": "y"}), "tags.Name", "set by Seawall"),
    (put("tags", {"k": "v" * 257}), "tags.k", "at most 256"),
]


@pytest.mark.parametrize(
    ("change", "path", "words"), BAD, ids=[change.__name__ for change, _, _ in BAD]
)
def test_a_bad_setting_is_refused_with_file_path_and_reason(change, path, words):
    platform = good()
    change(platform)
    with pytest.raises(InvalidInputError) as caught:
        parse(platform)
    problems = {problem.path: problem for problem in caught.value.problems}
    problem = problems[f"config.seawall:platform.{path}"]
    assert problem.file == "stacks/Pulumi.test.yaml"
    assert any(word in problem.message for word in words.split("|")), problem.message
    assert problem.message.endswith(".")
    assert problem.cure


def test_the_good_settings_are_good():
    assert parse(good()).zones == ("us-east-1a", "us-east-1b", "us-east-1c")


@pytest.mark.parametrize("region", [None, "us-east-9", 3])
def test_a_bad_region_is_refused(region):
    with pytest.raises(InvalidInputError) as caught:
        parse(good(), region)
    assert [problem.path for problem in caught.value.problems] == ["config.aws:region"]


def test_more_zones_than_the_region_has_are_refused():
    platform = good()
    platform["network"]["zones"] = 4
    with pytest.raises(InvalidInputError, match="eu-west-1 has 3"):
        parse(platform, "eu-west-1")


def test_all_errors_come_at_once_each_with_a_suggestion():
    platform = good()
    platform["netwrok"] = {}
    platform["cluster"]["verison"] = "1.35"
    platform["ingress"]["alowPlainHttp"] = True
    with pytest.raises(InvalidInputError) as caught:
        parse(platform)
    cures = {problem.path.rsplit(".", 1)[-1]: problem.cure for problem in caught.value.problems}
    assert cures == {
        "netwrok": "Did you mean 'network'?",
        "verison": "Did you mean 'version'?",
        "alowPlainHttp": "Did you mean 'allowPlainHttp'?",
    }


def test_settings_are_frozen():
    settings = parse(good())
    with pytest.raises(ValueError, match="frozen"):
        settings.platform.name = "other"
