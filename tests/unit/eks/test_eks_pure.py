"""The cluster's pure parts: flows, IAM, user data, kubeconfig, add-ons, controller."""

import base64
import json
import re
import tomllib
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.eks import checks, iam
from seawall.eks import load_balancer_controller as controller
from seawall.eks.addons import CLUSTER_ADDONS, COREDNS, EBS_CSI_DRIVER, VPC_CNI, configuration
from seawall.eks.bottlerocket import user_data
from seawall.eks.flows import cluster_flows
from seawall.eks.kubeconfig import kubeconfig
from seawall.firewall import Ledger

EGRESS = [(IPv4Network("10.9.0.0/24"), 25, "mail relay")]


def test_flows_are_exactly_those_a_cluster_needs():
    assert [
        (str(flow.source), str(flow.target), flow.protocol.value, str(flow.ports))
        for flow in cluster_flows(EGRESS)
    ] == [
        ("nodes", "control-plane", "tcp", "443"),
        ("control-plane", "nodes", "tcp", "10250"),
        ("control-plane", "nodes", "tcp", "9443"),
        ("nodes", "nodes", "tcp", "53"),
        ("nodes", "nodes", "udp", "53"),
        ("nodes", "0.0.0.0/0", "tcp", "443"),
        ("nodes", "10.9.0.0/24", "tcp", "25"),
    ]


def test_the_ledger_takes_the_flows():
    ledger = Ledger(cluster_flows(EGRESS))
    assert set(ledger.groups("nodes")) == {"control-plane", "nodes"}
    assert not [
        rule
        for rule in ledger.rules("nodes")
        if rule.direction.value == "ingress" and str(rule.peer) == "0.0.0.0/0"
    ]


def test_a_role_name_that_fits_is_left_alone():
    assert iam.role_name("shop", "us-east-1", "node") == "shop-us-east-1-node"


@given(
    st.lists(
        st.text(alphabet="abcdefghij-", min_size=1, max_size=100),
        min_size=2,
        max_size=5,
        unique=True,
    )
)
def test_role_names_fit_and_stay_apart(clusters):
    names = [iam.role_name(cluster, "ap-southeast-2", "node") for cluster in clusters]
    assert all(len(name) <= 64 for name in names)
    assert len(set(names)) == len(clusters)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")],
)
def test_partition_of_a_region(region, partition):
    assert iam.partition_of(region) == partition


def test_a_pod_role_is_for_one_service_account_of_one_cluster():
    (statement,) = json.loads(iam.pod_trust("shop", "kube-system", "aws-node"))["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert statement["Condition"] == {
        "StringEquals": {
            "aws:RequestTag/eks-cluster-name": "shop",
            "aws:RequestTag/kubernetes-namespace": "kube-system",
            "aws:RequestTag/kubernetes-service-account": "aws-node",
        }
    }


def test_nodes_pull_the_given_repositories_of_their_account_only():
    statements = json.loads(iam.pull_policy(["arn:b", "arn:a"]))["Statement"]
    by_id = {statement["Sid"]: statement for statement in statements}
    assert by_id["PullOwnRepositories"]["Resource"] == ["arn:a", "arn:b"]
    assert by_id["PullFromOtherAccounts"]["Condition"] == {
        "StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}
    }
    assert by_id["LogIn"]["Action"] == "ecr:GetAuthorizationToken"


def test_without_repositories_no_statement_is_empty():
    statements = json.loads(iam.pull_policy([]))["Statement"]
    assert [statement["Sid"] for statement in statements] == ["LogIn", "PullFromOtherAccounts"]


def test_user_data_is_toml_with_the_hardening():
    settings = tomllib.loads(user_data())["settings"]
    sysctl = settings["kernel"].pop("sysctl")
    assert settings == {
        "host-containers": {"admin": {"enabled": False}, "control": {"enabled": True}},
        "kernel": {
            "lockdown": "integrity",
            "modules": {"sctp": {"allowed": False}, "udf": {"allowed": False}},
        },
        "kubernetes": {"pod-pids-limit": 4096, "seccomp-default": True},
        "metrics": {"send-metrics": False},
    }
    assert sysctl["net.ipv4.conf.all.log_martians"] == "1"
    assert {key: value for key, value in sysctl.items() if not key.endswith("log_martians")} == {
        f"net.{family}.conf.{scope}.{setting}": "0"
        for family, setting in (
            ("ipv4", "send_redirects"),
            ("ipv4", "accept_redirects"),
            ("ipv4", "secure_redirects"),
            ("ipv6", "accept_redirects"),
        )
        for scope in ("all", "default")
    }


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True),
        st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=30),
        min_size=1,
    )
)
def test_any_table_of_scalars_survives_toml(rows):
    assert tomllib.loads(user_data({"settings.x": rows}))["settings"]["x"] == rows


def test_kubeconfig_asks_aws_for_a_token_and_holds_none():
    config = json.loads(
        kubeconfig(
            name="shop",
            region="eu-west-1",
            endpoint="https://example.eks.amazonaws.com",
            certificate_authority=base64.b64encode(b"certificate").decode(),
        )
    )
    (user,) = config["users"]
    assert user["user"] == {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "aws",
            "args": [
                *("--region", "eu-west-1", "eks", "get-token"),
                *("--cluster-name", "shop", "--output", "json"),
            ],
            "interactiveMode": "Never",
        }
    }
    assert config["clusters"][0]["cluster"]["server"] == "https://example.eks.amazonaws.com"
    assert config["current-context"] == config["contexts"][0]["name"] == "shop"


def test_addons_and_their_order():
    assert [(addon.name, addon.before_nodes) for addon in CLUSTER_ADDONS] == [
        ("eks-pod-identity-agent", True),
        ("vpc-cni", True),
        ("kube-proxy", True),
        ("coredns", False),
        ("aws-ebs-csi-driver", False),
    ]


def test_an_addon_with_a_policy_says_for_which_service_account():
    assert all(
        bool(addon.service_account) == bool(addon.managed_policy) for addon in CLUSTER_ADDONS
    )


def test_the_network_plugin_enforces_policies_from_the_first_packet_on():
    assert json.loads(configuration(VPC_CNI, {}) or "") == {
        "enableNetworkPolicy": "true",
        "env": {"NETWORK_POLICY_ENFORCING_MODE": "strict"},
    }


def test_volumes_of_pods_carry_the_tags():
    assert json.loads(configuration(EBS_CSI_DRIVER, {"owner": "x"}) or "") == {
        "controller": {"extraVolumeTags": {"owner": "x"}}
    }
    assert configuration(EBS_CSI_DRIVER, {}) is None


def test_dns_is_spread_over_the_zones():
    (spread,) = json.loads(configuration(COREDNS, {}) or "")["topologySpreadConstraints"]
    assert spread["topologyKey"] == "topology.kubernetes.io/zone"


def statements():
    return controller.policy_statements(partition="aws", region="eu-west-1", cluster="shop")


def actions(statement):
    found = statement["Action"]
    return [found] if isinstance(found, str) else found


def test_the_controller_opens_no_ports():
    every = {action for statement in statements() for action in actions(statement)}
    assert not [action for action in every if re.search("SecurityGroup(Ingress|Egress|$)", action)]
    assert not [action for action in every if action.startswith(("waf", "shield", "cognito"))]


def test_whatever_the_controller_changes_belongs_to_its_cluster():
    unconditional = {
        action
        for statement in statements()
        if "Condition" not in statement
        for action in actions(statement)
        if not re.match(r"\w+:(Describe|Get|List)", action)
    }
    assert all(re.search("Listener|Rule|Tags$", action) for action in unconditional)
    owned = next(one for one in statements() if one["Sid"] == "ChangeItsOwn")
    assert owned["Condition"] == {"StringEquals": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "shop"}}
    assert "elasticloadbalancing:DeleteLoadBalancer" in owned["Action"]


def test_only_reading_and_the_service_role_are_on_everything():
    assert [one["Sid"] for one in statements() if one["Resource"] == "*"] == [
        "Read",
        "FirstLoadBalancerOfTheAccount",
    ]


def test_the_policy_fits_into_a_role():
    # 10,240 characters for all inline policies of a role, white space not counted.
    assert len(re.sub(r"\s", "", iam.document(statements()))) < 10_240


def test_controller_values_need_no_metadata_service_and_no_node_ports():
    values = controller.values(cluster="shop", region="eu-west-1", vpc_id="vpc-1", tags={"a": "b"})
    assert (values["clusterName"], values["region"], values["vpcId"]) == (
        "shop",
        "eu-west-1",
        "vpc-1",
    )
    assert values["defaultTargetType"] == "ip"
    assert values["enableServiceMutatorWebhook"] is False
    assert values["enableBackendSecurityGroup"] is False
    assert values["defaultTags"] == {"a": "b"}


def test_principal_keys_of_two_accounts_differ():
    one = checks.principal_key("arn:aws:iam::111122223333:role/team/admin.x")
    other = checks.principal_key("arn:aws:iam::444455556666:role/team/admin.x")
    assert one.startswith("admin-x-")
    assert one != other
