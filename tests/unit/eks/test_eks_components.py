"""EksCluster and ClusterAddons as the engine sees them."""

import base64
import json
import tomllib

import pulumi
import pulumi_aws as aws
import pytest
from mocks import UNKNOWN, by_type, names, record

from seawall.arguments import InvalidArgumentsError
from seawall.eks import ClusterAddons, EksCluster

ADMIN = "arn:aws:iam::123456789012:role/platform"
VIEWER = "arn:aws:iam::123456789012:role/developer"
GROUPS = {"control-plane": "sg-control", "nodes": "sg-nodes", "load-balancer": "sg-entry"}

KINDS = {
    "role": "aws:iam/role:Role",
    "attachment": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "policy": "aws:iam/rolePolicy:RolePolicy",
    "addon": "aws:eks/addon:Addon",
    "provider": "pulumi:providers:kubernetes",
    "entry": "aws:eks/accessEntry:AccessEntry",
    "association": "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    "pod": "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "cluster": "aws:eks/cluster:Cluster",
    "nodes": "aws:eks/nodeGroup:NodeGroup",
    "template": "aws:ec2/launchTemplate:LaunchTemplate",
    "key": "aws:kms/key:Key",
    "alias": "aws:kms/alias:Alias",
    "logs": "aws:cloudwatch/logGroup:LogGroup",
    "network-policy": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "storage": "kubernetes:storage.k8s.io/v1:StorageClass",
    "release": "kubernetes:helm.sh/v3:Release",
}

CLUSTER = [
    ("addon", "shop-aws-ebs-csi-driver"),
    ("addon", "shop-coredns"),
    ("addon", "shop-eks-pod-identity-agent"),
    ("addon", "shop-kube-proxy"),
    ("addon", "shop-vpc-cni"),
    ("alias", "shop-secrets"),
    ("attachment", "shop-aws-ebs-csi-driver-add-on"),
    ("attachment", "shop-cluster-control-plane"),
    ("attachment", "shop-node-pull"),
    ("attachment", "shop-node-ssm"),
    ("attachment", "shop-node-worker"),
    ("attachment", "shop-vpc-cni-add-on"),
    ("cluster", "shop"),
    ("key", "shop-secrets"),
    ("logs", "shop-control-plane"),
    ("network-policy", "shop-system-traffic"),
    ("nodes", "shop-nodes"),
    ("policy", "shop-cluster-encryption"),
    ("provider", "shop-bootstrap"),
    ("provider", "shop-kubernetes"),
    ("role", "shop-aws-ebs-csi-driver"),
    ("role", "shop-cluster"),
    ("role", "shop-node"),
    ("role", "shop-vpc-cni"),
    ("template", "shop-node"),
]


def arguments(**changes):
    return {
        "region": "us-east-1",
        "version": "1.35",
        "vpc_id": "vpc-1",
        "control_plane_subnet_ids": ["subnet-1", "subnet-2"],
        "node_subnet_ids": ["subnet-3", "subnet-4"],
        "admins": [ADMIN],
        "viewers": [VIEWER],
        "security_group_ids": GROUPS,
        **changes,
    }


def cluster(opts=None, **changes):
    return EksCluster("shop", arguments(**changes), opts)


@pytest.fixture(scope="module")
def built():
    """The cluster with default arguments."""
    return record(cluster)


@pytest.fixture(scope="module")
def complete():
    """The cluster with what must be in it."""
    return record(platform)


def only(registered, kind, name=None):
    found = by_type(registered, KINDS[kind])
    return found[name] if name else next(iter(found.values()))


def waits_for(registered, item):
    """Everything that comes before ``item``: by dependency, provider or parent's provider."""
    by_urn = {one.urn: one for one in registered}
    providers = {one.name: one for one in registered if one.type == KINDS["provider"]}
    seen, rest = set(), [item]
    while rest:
        one = rest.pop()
        before = [by_urn[urn] for urn in one.depends_on if urn in by_urn]
        before += [providers[one.provider]] if one.provider else []
        new = [each for each in before if each.urn not in seen]
        seen |= {each.urn for each in new}
        rest += new
    return {(by_urn[urn].type, by_urn[urn].name) for urn in seen}


def test_exactly_these_resources(built):
    access = [
        (KINDS[kind], one.name)
        for one in built
        if one.type == KINDS["entry"]
        for kind in ("entry", "association")
    ]
    assert len(access) == 4
    assert names(built) == sorted(
        [("seawall:index:EksCluster", "shop"), *access, *((KINDS[k], n) for k, n in CLUSTER)]
    )


def test_without_security_groups_it_makes_its_own(built):
    registered = record(lambda: cluster(security_group_ids=None))
    groups = by_type(registered, "aws:ec2/securityGroup:SecurityGroup")
    assert set(groups) == {"shop-control-plane", "shop-nodes"}
    assert len(registered) == len(built) + 1 + 2 + 11
    assert only(registered, "template").inputs["vpcSecurityGroupIds"] == ["shop-nodes.id"]
    # Nodes need their rules from the first packet to the last.
    nodes = waits_for(registered, only(registered, "nodes"))
    rules = {name for type_, name in nodes if "securityGroup" in type_}
    assert len(rules) == 2 + 11


def test_the_cluster_is_closed_logged_and_encrypted(built):
    item = only(built, "cluster")
    inputs = item.inputs
    assert inputs["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }
    assert inputs["bootstrapSelfManagedAddons"] is False
    assert inputs["vpcConfig"] == {
        "subnetIds": ["subnet-1", "subnet-2"],
        "securityGroupIds": ["sg-control"],
        "endpointPrivateAccess": True,
        "endpointPublicAccess": False,
    }
    assert inputs["encryptionConfig"]["resources"] == ["secrets"]
    assert len(inputs["enabledClusterLogTypes"]) == 5
    assert inputs["upgradePolicy"] == {"supportType": "STANDARD"}
    assert inputs["zonalShiftConfig"] == {"enabled": True}
    assert inputs["deletionProtection"] is True
    assert inputs["kubernetesNetworkConfig"] == {
        "ipFamily": "ipv4",
        "serviceIpv4Cidr": "172.20.0.0/16",
    }
    assert set(item.ignore_changes) == {
        "accessConfig.bootstrapClusterCreatorAdminPermissions",
        "bootstrapSelfManagedAddons",
    }


def test_the_cluster_has_time_to_come_up(built):
    assert dict(only(built, "cluster").timeouts) == {
        "create": "30m",
        "update": "60m",
        "delete": "30m",
    }


def test_the_key_turns_every_year_and_may_be_saved_for_a_month(built):
    inputs = only(built, "key").inputs
    assert inputs["enableKeyRotation"] is True
    assert inputs["deletionWindowInDays"] == 30
    assert only(built, "alias").inputs["name"] == "alias/eks/shop"
    policy = json.loads(only(built, "policy").inputs["policy"])
    assert policy["Statement"][0]["Resource"] == "arn:aws:mock:us-east-1:123456789012:shop-secrets"


def test_objects_are_applied_by_the_server_and_never_forgotten(built):
    for one in by_type(built, KINDS["provider"]).values():
        assert one.inputs["enableServerSideApply"] == "true"
        assert one.inputs["deleteUnreachable"] == "false"


def test_the_api_is_public_for_given_ranges_only():
    config = only(
        record(lambda: cluster(public_endpoint_cidrs=["203.0.113.0/24"])), "cluster"
    ).inputs["vpcConfig"]
    assert config["endpointPublicAccess"] is True
    assert config["publicAccessCidrs"] == ["203.0.113.0/24"]


@pytest.mark.parametrize("protect", [True, False])
def test_what_holds_data_is_protected_unless_told_otherwise(protect):
    registered = record(lambda: cluster(protect=protect))
    assert {(one.type, one.name) for one in registered if one.protect} == (
        {
            (KINDS["cluster"], "shop"),
            (KINDS["key"], "shop-secrets"),
            (KINDS["logs"], "shop-control-plane"),
        }
        if protect
        else set()
    )


def test_protection_of_the_component_reaches_its_children():
    registered = record(lambda: cluster(pulumi.ResourceOptions(protect=True), protect=False))
    assert all(one.protect for one in registered)


def test_logs_have_a_retention_before_the_cluster_writes_them():
    registered = record(lambda: cluster(log_retention_days=30))
    logs = only(registered, "logs")
    assert logs.inputs["name"] == "/aws/eks/shop/cluster"
    assert logs.inputs["retentionInDays"] == 30
    before = waits_for(registered, only(registered, "cluster"))
    assert {
        (KINDS["logs"], "shop-control-plane"),
        (KINDS["attachment"], "shop-cluster-control-plane"),
        (KINDS["policy"], "shop-cluster-encryption"),
    } <= before


def test_each_add_on_with_a_role_has_the_one_policy_that_aws_made_for_it(built):
    attached = {
        name: item.inputs["policyArn"]
        for name, item in by_type(built, KINDS["attachment"]).items()
        if name.endswith("-add-on")
    }
    assert attached == {
        "shop-vpc-cni-add-on": "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
        "shop-aws-ebs-csi-driver-add-on": "arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2",
    }


def test_nodes_wait_for_the_network_plugin_its_role_and_their_own_rights(built):
    before = waits_for(built, only(built, "nodes"))
    assert {
        (KINDS["addon"], "shop-eks-pod-identity-agent"),
        (KINDS["addon"], "shop-vpc-cni"),
        (KINDS["addon"], "shop-kube-proxy"),
        (KINDS["attachment"], "shop-vpc-cni-add-on"),
        (KINDS["attachment"], "shop-node-worker"),
        (KINDS["attachment"], "shop-node-pull"),
    } <= before
    assert (KINDS["addon"], "shop-coredns") not in before


def test_what_runs_on_nodes_waits_for_nodes_access_and_the_policy_that_lets_it_talk(built):
    for name in ("shop-coredns", "shop-aws-ebs-csi-driver"):
        before = waits_for(built, only(built, "addon", name))
        assert {
            (KINDS["nodes"], "shop-nodes"),
            (KINDS["network-policy"], "shop-system-traffic"),
        } <= before
        assert any(type_ == KINDS["association"] for type_, _ in before)
    assert only(built, "network-policy").provider == "shop-bootstrap"


def test_whatever_uses_the_provider_comes_after_the_whole_cluster(built):
    item = only(built, "provider", "shop-kubernetes")
    assert {(type_, name) for type_, name in waits_for(built, item) if type_ == KINDS["addon"]} == {
        (KINDS[kind], name) for kind, name in CLUSTER if kind == "addon"
    }


def test_only_nodes_and_what_follows_wait_for_depends_on():
    def program():
        route = aws.ec2.Route("way-out", route_table_id="rtb-1", gateway_id="nat-1")
        cluster(pulumi.ResourceOptions(depends_on=[route]))

    registered = record(program)
    route = ("aws:ec2/route:Route", "way-out")
    assert route in waits_for(registered, only(registered, "nodes"))
    assert route not in waits_for(registered, only(registered, "cluster"))


def test_depends_on_something_that_is_no_resource_is_refused():
    def program():
        later = pulumi.Output.from_input([])
        cluster(pulumi.ResourceOptions(depends_on=later))

    with pytest.raises(TypeError, match="Give the resources themselves"):
        record(program)


def test_nodes_start_hardened():
    template = only(record(lambda: cluster(nodes={"disk_size": 80})), "template").inputs
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
        "instanceMetadataTags": "disabled",
    }
    assert [
        (disk["deviceName"], disk["ebs"].get("volumeSize"), disk["ebs"]["encrypted"])
        for disk in template["blockDeviceMappings"]
    ] == [("/dev/xvda", None, "true"), ("/dev/xvdb", 80, "true")]
    assert {one["resourceType"] for one in template["tagSpecifications"]} == {
        "instance",
        "network-interface",
        "volume",
    }
    assert template["vpcSecurityGroupIds"] == ["sg-nodes"]
    settings = tomllib.loads(base64.b64decode(template["userData"]).decode())
    assert settings["settings"]["host-containers"]["admin"] == {"enabled": False}


def test_the_node_group_is_of_the_given_kind_and_leaves_its_size_to_the_autoscaler():
    nodes = {
        "instance_types": ["m7g.large", "m6g.large"],
        "architecture": "arm64",
        "capacity": "spot",
        "min_size": 1,
        "desired_size": 2,
        "max_size": 4,
    }
    item = only(record(lambda: cluster(nodes=nodes)), "nodes")
    assert item.inputs["amiType"] == "BOTTLEROCKET_ARM_64"
    assert item.inputs["capacityType"] == "SPOT"
    assert item.inputs["instanceTypes"] == ["m7g.large", "m6g.large"]
    assert item.inputs["scalingConfig"] == {"minSize": 1, "desiredSize": 2, "maxSize": 4}
    assert item.inputs["subnetIds"] == ["subnet-3", "subnet-4"]
    assert item.inputs["version"] == "1.35"
    assert item.inputs["updateConfig"] == {"maxUnavailablePercentage": 33}
    assert item.inputs["nodeRepairConfig"] == {"enabled": True}
    assert item.ignore_changes == ("scalingConfig.desiredSize",)


def test_nodes_have_no_rights_of_the_network_plugin(built):
    attached = {
        one.inputs["policyArn"].rpartition("/")[2]
        for one in built
        if one.type == KINDS["attachment"] and one.inputs["role"] == "shop-us-east-1-node"
    }
    assert attached == {
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEKSWorkerNodePolicy",
        "AmazonSSMManagedInstanceCore",
    }


def test_given_repositories_replace_the_right_to_pull_everything():
    registered = record(lambda: cluster(repository_arns=pulumi.Output.from_input(["arn:repo"])))
    assert "shop-node-pull" not in by_type(registered, KINDS["attachment"])
    policy = only(registered, "policy", "shop-node-pull").inputs["policy"]
    assert [one for one in json.loads(policy)["Statement"] if one["Resource"] == ["arn:repo"]]


def test_access_is_by_entry_and_policy(built):
    assert {
        (one.inputs["principalArn"], one.inputs["policyArn"].rpartition("/")[2])
        for one in built
        if one.type == KINDS["association"]
    } == {(ADMIN, "AmazonEKSClusterAdminPolicy"), (VIEWER, "AmazonEKSViewPolicy")}
    for one in built:
        if one.type == KINDS["association"]:
            assert (KINDS["entry"], one.name) in waits_for(built, one)


def test_addons_take_on_roles_by_pod_identity_and_keep_the_network_plugin():
    registered = record(lambda: cluster(addon_versions={"coredns": "v1.12.4-eksbuild.1"}))
    addons = by_type(registered, KINDS["addon"])
    assert addons["shop-vpc-cni"].inputs["podIdentityAssociations"] == [
        {
            "roleArn": "arn:aws:mock:us-east-1:123456789012:shop-vpc-cni",
            "serviceAccount": "aws-node",
        }
    ]
    assert [name for name, one in addons.items() if one.inputs["preserve"]] == ["shop-vpc-cni"]
    for one in addons.values():
        assert one.inputs["resolveConflictsOnCreate"] == "OVERWRITE"
        assert one.inputs["resolveConflictsOnUpdate"] == "OVERWRITE"
    assert addons["shop-coredns"].inputs["addonVersion"] == "v1.12.4-eksbuild.1"
    assert "addonVersion" not in addons["shop-kube-proxy"].inputs


def test_outputs(built):
    outputs = next(one for one in built if one.type == "seawall:index:EksCluster").outputs
    assert outputs["cluster_name"] == "shop"
    assert outputs["version"] == "1.35"
    assert outputs["oidc_issuer"] == "shop.identities.oidcs.issuer"
    assert json.loads(outputs["kubeconfig"])["clusters"][0]["cluster"]["server"] == "shop.endpoint"


def test_a_preview_knows_which_cluster_the_provider_is_for(built):
    registered = record(cluster, preview=True)
    provider = only(registered, "provider", "shop-kubernetes").inputs
    assert provider["clusterIdentifier"] == "shop"
    assert provider["kubeconfig"] == UNKNOWN
    assert names(registered) == names(built)


def test_two_clusters_do_not_collide():
    def program():
        EksCluster("one", arguments(security_group_ids=None))
        EksCluster("two", arguments(security_group_ids=None))

    registered = record(program)
    physical = [
        one.inputs["name"]
        for one in registered
        if one.type in {KINDS["role"], KINDS["logs"], KINDS["alias"], KINDS["cluster"]}
    ]
    assert len(physical) == len(set(physical)) == 2 * 7


def test_missing_security_groups_are_named():
    with pytest.raises(ValueError, match="there is no 'control-plane', only nodes"):
        record(lambda: cluster(security_group_ids={"nodes": "sg-1"}))


def test_wrong_arguments_are_refused_before_any_resource():
    with pytest.raises(InvalidArgumentsError, match="EksCluster 'shop': argument version"):
        record(lambda: cluster(version="latest"))


def test_own_groups_take_more_ways_out():
    egress = [{"cidr": "10.9.0.0/24", "port": 25, "reason": "mail relay"}]
    registered = record(lambda: cluster(security_group_ids=None, egress=egress))
    rules = by_type(registered, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert [one.inputs["description"] for one in rules.values() if one.inputs["toPort"] == 25] == [
        "mail relay"
    ]


def platform(**changes):
    made = cluster()
    ClusterAddons(
        "shop",
        {
            "cluster_name": made.cluster_name,
            "vpc_id": "vpc-1",
            "region": "us-east-1",
            **changes,
        },
        pulumi.ResourceOptions(provider=made.provider, depends_on=[made]),
    )


def inside(registered):
    """What ``ClusterAddons`` added to the cluster."""
    component = next(one for one in registered if one.type == "seawall:index:ClusterAddons")
    return [one for one in registered if one.parent == component.urn]


def test_addons_are_exactly_these(complete):
    assert names(inside(complete)) == sorted(
        [
            (KINDS["storage"], "shop-storage"),
            (KINDS["role"], "shop-load-balancer-controller"),
            (KINDS["policy"], "shop-load-balancer-controller-load-balancers"),
            (KINDS["pod"], "shop-load-balancer-controller"),
            (KINDS["release"], "shop-load-balancer-controller"),
        ]
    )


def test_addons_come_after_the_cluster_and_its_dns(complete):
    release = only(complete, "release")
    assert release.provider == "shop-kubernetes"
    before = waits_for(complete, release)
    assert {
        (KINDS["addon"], "shop-coredns"),
        (KINDS["nodes"], "shop-nodes"),
        (KINDS["pod"], "shop-load-balancer-controller"),
        (KINDS["policy"], "shop-load-balancer-controller-load-balancers"),
    } <= before


def test_volumes_are_encrypted_and_made_where_the_pod_is():
    item = only(record(lambda: platform(storage_class="fast")), "storage").inputs
    assert item["metadata"] == {
        "name": "fast",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    }
    assert item["parameters"] == {"type": "gp3", "encrypted": "true"}
    assert item["volumeBindingMode"] == "WaitForFirstConsumer"
    assert item["provisioner"] == "ebs.csi.aws.com"
    assert item["allowVolumeExpansion"] is True


def test_the_controller_chart_is_pinned_and_knows_its_cluster(complete):
    item = only(complete, "release").inputs
    assert item["version"] == "3.5.0"
    assert item["repositoryOpts"] == {"repo": "https://aws.github.io/eks-charts"}
    assert item["namespace"] == "kube-system"
    assert item["values"]["clusterName"] == "shop"
    assert item["values"]["vpcId"] == "vpc-1"
    assert item["atomic"] is True
    assert item["timeout"] == 600


def test_a_storage_class_name_that_kubernetes_refuses_is_refused():
    with pytest.raises(InvalidArgumentsError, match="argument storage_class"):
        record(lambda: platform(storage_class="Fast_One"))
