"""The example of docs/components.md: Seawall's components in a program of one's own."""

from collections import Counter

from platforms import ROOT, changes, client, succeeded

REGION = "eu-west-1"
COMPONENTS = {
    "seawall:index:Network": 1,
    "seawall:index:Firewall": 1,
    "seawall:index:Registry": 1,
    "seawall:index:EksCluster": 1,
    "seawall:index:ClusterAddons": 1,
}


def test_the_example_comes_up_opens_what_it_declares_and_goes_away(make_session):
    session = make_session(ROOT / "examples" / "components", "demo")
    try:
        up = succeeded(session.up())
        types = Counter(step.type for step in up.steps)
        assert {token: types[token] for token in types if token.startswith("seawall:")} == (
            COMPONENTS
        )
        assert up.outputs["clusterName"] == "base"
        assert sorted(up.outputs["repositoryUrls"]) == ["billing", "orders"]
        groups = up.outputs["securityGroupIds"]
        assert sorted(groups) == ["control-plane", "load-balancer", "nodes"]
        assert outside_rules(session.emulator_endpoint, groups) == [
            ("load-balancer", "in", 443, "198.51.100.0/24"),
            ("nodes", "out", 443, "0.0.0.0/0"),
            ("nodes", "out", 587, "192.0.2.25/32"),
        ]
        assert changes(succeeded(session.up())) == []
    finally:
        assert not session.destroy().failed


def outside_rules(endpoint, groups):
    """Rules whose other end is a range of addresses: group, direction, port, range."""
    roles = {id_: role for role, id_ in groups.items()}
    rules = client("ec2", endpoint, REGION).describe_security_group_rules()["SecurityGroupRules"]
    return sorted(
        (
            roles[rule["GroupId"]],
            "out" if rule["IsEgress"] else "in",
            rule["FromPort"],
            rule["CidrIpv4"],
        )
        for rule in rules
        if rule["GroupId"] in roles and "CidrIpv4" in rule
    )
