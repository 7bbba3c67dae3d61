"""The example of docs/components.md: Seawall's components in a program of one's own."""

from platforms import ROOT

COMPONENTS = {
    "seawall:index:Network": 1,
    "seawall:index:Firewall": 1,
    "seawall:index:Registry": 1,
    "seawall:index:EksCluster": 1,
    "seawall:index:ClusterAddons": 1,
}


def test_the_example_comes_up_opens_what_it_declares_and_goes_away(sandbox):
    stack = sandbox(ROOT / "examples" / "components", "demo")
    stack.assert_creates(COMPONENTS)
    stack.up()
    assert stack.outputs["clusterName"] == "base"
    assert sorted(stack.outputs["repositoryUrls"]) == ["billing", "orders"]
    groups = stack.outputs["securityGroupIds"]
    assert sorted(groups) == ["control-plane", "load-balancer", "nodes"]
    assert outside_rules(stack.client("ec2"), groups) == [
        ("load-balancer", "in", 443, "198.51.100.0/24"),
        ("nodes", "out", 443, "0.0.0.0/0"),
        ("nodes", "out", 587, "192.0.2.25/32"),
    ]
    stack.assert_no_changes()
    stack.destroy()
    assert stack.outputs == {}


def outside_rules(ec2, groups):
    """Rules whose other end is a range of addresses: group, direction, port, range."""
    roles = {id_: role for role, id_ in groups.items()}
    rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
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
