"""EKS types against ministack, with the network and the roles that EKS asks for."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

CLUSTER = "aws:eks/cluster:Cluster"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
ADDON = "aws:eks/addon:Addon"
ENTRY = "aws:eks/accessEntry:AccessEntry"
POLICY = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
FARGATE = "aws:eks/fargateProfile:FargateProfile"
POD_IDENTITY = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"

pytestmark = pytest.mark.emulator


@dataclass
class Ground:
    """What a cluster stands on."""

    vpc: str
    subnets: list[str]
    cluster_role: str
    node_role: str
    pod_role: str
    template: str

    def cluster(self, name: str, **changes: Any) -> dict[str, Any]:
        network = {
            "subnetIds": self.subnets,
            "endpointPrivateAccess": True,
            "endpointPublicAccess": False,
        }
        access = {
            "authenticationMode": "API",
            "bootstrapClusterCreatorAdminPermissions": False,
        }
        return {
            "name": name,
            "roleArn": self.cluster_role,
            "version": "1.34",
            "vpcConfig": network,
            "accessConfig": access,
            "bootstrapSelfManagedAddons": False,
            **changes,
        }

    def node_group(self, cluster: str, **changes: Any) -> dict[str, Any]:
        return {
            "clusterName": cluster,
            "nodeGroupName": "system",
            "nodeRoleArn": self.node_role,
            "subnetIds": self.subnets,
            "amiType": "BOTTLEROCKET_x86_64",
            "scalingConfig": {"minSize": 1, "desiredSize": 2, "maxSize": 3},
            "launchTemplate": {"id": self.template, "version": "1"},
            **changes,
        }


@pytest.fixture
def ground(client, request):
    ec2, iam = client("ec2"), client("iam")
    suffix = str(abs(hash(request.node.nodeid)))[:12]

    def role(name: str, service: str) -> str:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
        return iam.create_role(
            RoleName=f"{name}-{suffix}",
            AssumeRolePolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": [statement]}
            ),
        )["Role"]["Arn"]

    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.20.{index}.0/24", AvailabilityZone=f"eu-west-1{zone}"
        )["Subnet"]["SubnetId"]
        for index, zone in enumerate("abc")
    ]
    template = ec2.create_launch_template(
        LaunchTemplateName=f"nodes-{suffix}",
        LaunchTemplateData={"MetadataOptions": {"HttpTokens": "required"}},
    )["LaunchTemplate"]["LaunchTemplateId"]
    return Ground(
        vpc,
        subnets,
        role("cluster", "eks.amazonaws.com"),
        role("nodes", "ec2.amazonaws.com"),
        role("pods", "pods.eks.amazonaws.com"),
        template,
    )


def groups_of(client: Any, ground: Ground) -> list[str]:
    filters = [{"Name": "vpc-id", "Values": [ground.vpc]}]
    groups = client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return sorted(group["GroupName"] for group in groups)


def test_cluster_has_what_eks_gives_it(stack, ground, client, recorded):
    made = stack.create(CLUSTER, "c", **ground.cluster("full"), tags={"a": "b"})
    arn = "arn:aws:eks:eu-west-1:123456789012:cluster/full"
    outputs = made.outputs
    assert (made.id, outputs["arn"], outputs["status"]) == ("full", arn, "ACTIVE")
    assert outputs["endpoint"].endswith(".gr7.eu-west-1.eks.amazonaws.com")
    issuer = outputs["identities"][0]["oidcs"][0]["issuer"]
    assert issuer.startswith("https://oidc.eks.eu-west-1.amazonaws.com/id/")
    network = outputs["vpcConfig"]
    assert (network["vpcId"], network["publicAccessCidrs"]) == (ground.vpc, [])
    assert outputs["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "172.20.0.0/16"
    found = client("ec2").describe_security_groups(GroupIds=[network["clusterSecurityGroupId"]])
    group = found["SecurityGroups"][0]
    assert group["GroupName"].startswith("eks-cluster-sg-full-")
    assert {tag["Key"]: tag["Value"] for tag in group["Tags"]} == {
        "Name": group["GroupName"],
        "aws:eks:cluster-name": "full",
        "kubernetes.io/cluster/full": "owned",
    }
    [rule] = group["IpPermissions"]
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [group["GroupId"]]
    assert stack.found_again(CLUSTER, "c")
    stack.delete(CLUSTER, "c")
    assert groups_of(client, ground) == ["default"]
    assert "#held" not in str(recorded())


def test_cluster_changes_in_place(stack, ground, client):
    stack.create(CLUSTER, "c", **ground.cluster("changing"), tags={"a": "b"})
    network = {
        "subnetIds": ground.subnets[:2],
        "endpointPrivateAccess": True,
        "endpointPublicAccess": True,
        "publicAccessCidrs": ["192.0.2.0/24"],
    }
    changes = {
        "version": "1.35",
        "vpcConfig": network,
        "enabledClusterLogTypes": ["api", "audit"],
        "upgradePolicy": {"supportType": "STANDARD"},
        "tags": {"c": "d"},
    }
    inputs = ground.cluster("changing", **changes)
    made = stack.update(CLUSTER, "c", *changes, "tagsAll", **inputs)
    assert made.outputs["vpcConfig"]["publicAccessCidrs"] == ["192.0.2.0/24"]
    labels = client("eks").list_tags_for_resource(resourceArn=made.outputs["arn"])["tags"]
    assert labels == {"c": "d"}
    other = ground.cluster("changing", roleArn=ground.node_role)
    assert stack.replaced_by(CLUSTER, "c", **other) == ("roleArn",)
    ranged = ground.cluster("changing", kubernetesNetworkConfig={"serviceIpv4Cidr": "10.7.0.0/16"})
    assert stack.replaced_by(CLUSTER, "c", **ranged) == ("kubernetesNetworkConfig",)


def test_cluster_takes_no_way_back(stack, ground):
    given = ground.cluster("forward")
    stack.create(CLUSTER, "c", **given)
    old_mode = {**given["accessConfig"], "authenticationMode": "CONFIG_MAP"}
    for change, word in (
        ({"version": "1.33"}, "one minor version upwards"),
        ({"accessConfig": old_mode}, "Unsupported authentication mode"),
    ):
        with pytest.raises(Exception, match=word):
            stack.update(CLUSTER, "c", *change, **ground.cluster("forward", **change))


def test_cluster_goes_only_without_nodes(stack, ground, client, recorded):
    stack.create(CLUSTER, "c", **ground.cluster("busy"))
    stack.create(NODE_GROUP, "n", **ground.node_group("busy"))
    assert "ResourceInUseException: Cluster has nodegroups attached: system" in (
        stack.deletion_refused(CLUSTER, "c")
    )
    stack.delete(NODE_GROUP, "n")
    eks = client("eks")
    eks.create_addon(clusterName="busy", addonName="kube-proxy")
    assert eks.list_access_entries(clusterName="busy")["accessEntries"] == [ground.node_role]
    stack.delete(CLUSTER, "c")
    again = stack.create(CLUSTER, "again", **ground.cluster("busy"))
    assert again.id == "busy"
    assert eks.list_addons(clusterName="busy")["addons"] == []
    assert eks.list_access_entries(clusterName="busy")["accessEntries"] == []
    stack.delete(CLUSTER, "again")
    assert "busy" not in str(recorded())


def test_interrupted_delete_goes_on(stack, ground, client):
    made = stack.create(CLUSTER, "c", **ground.cluster("halfway"))
    client("eks").delete_cluster(name="halfway")
    assert len(groups_of(client, ground)) == 2
    stack.delete(CLUSTER, "c")
    assert groups_of(client, ground) == ["default"]
    assert made.outputs["vpcConfig"]["clusterSecurityGroupId"]


def test_protected_cluster_stays(stack, ground):
    stack.create(CLUSTER, "c", **ground.cluster("kept", deletionProtection=True))
    assert "deletion protection" in stack.deletion_refused(CLUSTER, "c")
    changed = ground.cluster("kept", deletionProtection=False)
    stack.update(CLUSTER, "c", "deletionProtection", **changed)


def test_creator_becomes_administrator_where_asked(stack, ground, client):
    stack.create(
        CLUSTER, "c", **ground.cluster("created", accessConfig={"authenticationMode": "API"})
    )
    eks = client("eks")
    [caller] = eks.list_access_entries(clusterName="created")["accessEntries"]
    answer = eks.list_associated_access_policies(clusterName="created", principalArn=caller)
    [found] = answer["associatedAccessPolicies"]
    assert found["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"vpcConfig": {"subnetIds": ["subnet-0123456789abcdef0"]}}, "does not exist"),
        ({"roleArn": "arn:aws:iam::123456789012:role/nobody"}, "could not be assumed"),
        ({"version": "latest"}, "unsupported Kubernetes version"),
        ({"kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.20.0.0/16"}}, "overlaps the VPC"),
    ],
)
def test_bad_cluster_is_refused(stack, ground, client, change, word):
    message = stack.refused(CLUSTER, "bad", **ground.cluster("bad", **change))
    assert "InvalidParameterException" in message
    assert word in message
    assert client("eks").list_clusters()["clusters"] == []
    assert groups_of(client, ground) == ["default"]


def test_cluster_in_one_zone_or_with_foreign_groups_is_refused(stack, ground):
    one = {"subnetIds": ground.subnets[:1]}
    assert "two different AZs" in stack.refused(
        CLUSTER, "bad", **ground.cluster("bad", vpcConfig=one)
    )
    foreign = {"subnetIds": ground.subnets, "securityGroupIds": ["sg-0123456789abcdef0"]}
    assert "sg-0123456789abcdef0" in stack.refused(
        CLUSTER, "bad", **ground.cluster("bad", vpcConfig=foreign)
    )
    assert "trusted entity" in stack.refused(
        CLUSTER, "bad", **ground.cluster("bad", roleArn=ground.node_role)
    )


def test_node_group_lives_and_dies(stack, ground):
    stack.create(CLUSTER, "c", **ground.cluster("nodes"))
    inputs = ground.node_group(
        "nodes",
        labels={"role": "system"},
        taints=[{"key": "only", "value": "system", "effect": "NO_SCHEDULE"}],
        updateConfig={"maxUnavailablePercentage": 33},
        tags={"a": "b"},
    )
    made = stack.create(NODE_GROUP, "n", **inputs)
    assert made.id == "nodes:system"
    assert made.outputs["version"] == "1.34"
    assert made.outputs["launchTemplate"]["id"] == ground.template
    assert made.outputs["updateConfig"]["maxUnavailable"] == 0
    assert stack.found_again(NODE_GROUP, "n")
    scaled = ground.node_group(
        "nodes",
        scalingConfig={"minSize": 1, "desiredSize": 3, "maxSize": 5},
        updateConfig={"maxUnavailable": 2},
    )
    changed = ("labels", "scalingConfig", "tags", "tagsAll", "taints", "updateConfig")
    after = stack.update(NODE_GROUP, "n", *changed, **scaled)
    assert after.outputs["scalingConfig"] == {"minSize": 1, "desiredSize": 3, "maxSize": 5}
    assert (after.outputs["labels"], after.outputs["taints"]) == ({}, [])
    for change in ({"instanceTypes": ["m7i.large"]}, {"amiType": "BOTTLEROCKET_ARM_64"}):
        different = {**scaled, **change}
        assert stack.replaced_by(NODE_GROUP, "n", **different) == tuple(change)
    bare = {key: value for key, value in scaled.items() if key != "launchTemplate"}
    assert stack.replaced_by(NODE_GROUP, "n", **bare) == ("launchTemplate",)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"clusterName": "nowhere"}, "ResourceNotFoundException: No cluster found"),
        (
            {"scalingConfig": {"minSize": 2, "desiredSize": 1, "maxSize": 3}},
            "InvalidParameterException: Minimum capacity 2",
        ),
        (
            {"nodeRoleArn": "arn:aws:iam::123456789012:role/x"},
            "InvalidParameterException: Role with arn",
        ),
        (
            {"launchTemplate": {"id": "lt-0123456789abcdef0", "version": "1"}},
            "InvalidParameterException: The launch template",
        ),
        ({"version": "1.35"}, "update the cluster first"),
    ],
)
def test_bad_node_group_is_refused(stack, ground, client, change, word):
    stack.create(CLUSTER, "c", **ground.cluster("strict"))
    assert word in stack.refused(NODE_GROUP, "bad", **ground.node_group("strict", **change))
    assert client("eks").list_nodegroups(clusterName="strict")["nodegroups"] == []


def test_addons_live_and_die(stack, ground):
    stack.create(CLUSTER, "c", **ground.cluster("addons"))
    fixed = {"clusterName": "addons", "addonName": "vpc-cni"}
    values = json.dumps({"enableNetworkPolicy": "true"})
    stack.create(ADDON, "cni", **fixed, configurationValues=values, tags={"a": "b"})
    assert stack.found_again(ADDON, "cni")
    pods = [{"serviceAccount": "aws-node", "roleArn": ground.pod_role}]
    after = stack.update(
        ADDON,
        "cni",
        "addonVersion",
        "podIdentityAssociations",
        "resolveConflictsOnUpdate",
        "tags",
        "tagsAll",
        **fixed,
        addonVersion="v1.22.0-eksbuild.1",
        configurationValues=values,
        podIdentityAssociations=pods,
        resolveConflictsOnUpdate="PRESERVE",
    )
    assert after.outputs["addonVersion"] == "v1.22.0-eksbuild.1"
    assert stack.replaced_by(ADDON, "cni", clusterName="addons", addonName="kube-proxy") == (
        "addonName",
    )


def test_addon_on_nodes_waits_for_nodes(stack, ground):
    stack.create(CLUSTER, "c", **ground.cluster("waiting"))
    assert "stays DEGRADED" in stack.refused(
        ADDON, "dns", clusterName="waiting", addonName="coredns"
    )
    stack.create(NODE_GROUP, "n", **ground.node_group("waiting"))
    dns = stack.create(ADDON, "dns", clusterName="waiting", addonName="coredns")
    assert dns.outputs["addonVersion"].startswith("v1.12.")


def test_unknown_addon_is_refused(stack, ground):
    stack.create(CLUSTER, "c", **ground.cluster("unknown"))
    message = stack.refused(ADDON, "bad", clusterName="unknown", addonName="core-dns")
    assert "Addon core-dns specified is not supported in 1.34" in message
    message = stack.refused(ADDON, "bad", clusterName="nowhere", addonName="coredns")
    assert "ResourceNotFoundException" in message


def test_access_is_given_and_taken(stack, ground):
    stack.create(CLUSTER, "c", **ground.cluster("access"))
    fixed = {"clusterName": "access", "principalArn": ground.pod_role}
    entry = stack.create(ENTRY, "e", **fixed, kubernetesGroups=["viewers"], tags={"a": "b"})
    name = ground.pod_role.rpartition("/")[2]
    user = f"arn:aws:sts::123456789012:assumed-role/{name}/{{{{SessionName}}}}"
    assert (entry.outputs["type"], entry.outputs["userName"]) == ("STANDARD", user)
    stack.update(
        ENTRY, "e", "kubernetesGroups", "tags", "tagsAll", **fixed, kubernetesGroups=["editors"]
    )
    scope = {"type": "namespace", "namespaces": ["shop"]}
    policy = stack.create(POLICY, "p", **fixed, policyArn=VIEW, accessScope=scope)
    assert policy.id == f"access#{ground.pod_role}#{VIEW}"
    wider = {**fixed, "policyArn": VIEW, "accessScope": {"type": "cluster"}}
    assert stack.replaced_by(POLICY, "p", **wider) == ("accessScope",)
    for type_, resource in ((ENTRY, "e"), (POLICY, "p")):
        assert stack.found_again(type_, resource)


def test_entries_of_nodes_have_fixed_user_and_groups(stack, ground):
    stack.create(CLUSTER, "c", **ground.cluster("hybrid"))
    entry = stack.create(
        ENTRY, "e", clusterName="hybrid", principalArn=ground.node_role, type="HYBRID_LINUX"
    )
    assert entry.outputs["type"] == "HYBRID_LINUX"
    assert entry.outputs["userName"] == "system:node:{{SessionName}}"


def test_bad_access_is_refused(stack, ground):
    stack.create(CLUSTER, "c", **ground.cluster("guarded"))
    nobody = "arn:aws:iam::123456789012:role/nobody"
    assert "invalid principal" in stack.refused(
        ENTRY, "bad", clusterName="guarded", principalArn=nobody
    )
    assert "ResourceNotFoundException" in stack.refused(
        POLICY,
        "bad",
        clusterName="guarded",
        principalArn=nobody,
        policyArn=VIEW,
        accessScope={"type": "cluster"},
    )
    stack.create(ENTRY, "e", clusterName="guarded", principalArn=ground.pod_role)
    assert "ResourceInUseException" in stack.refused(
        ENTRY, "twice", clusterName="guarded", principalArn=ground.pod_role
    )
    assert "names no EKS access policy" in stack.refused(
        POLICY,
        "bad",
        clusterName="guarded",
        principalArn=ground.pod_role,
        policyArn=f"{VIEW}er",
        accessScope={"type": "cluster"},
    )


def test_fargate_profile_is_recorded_and_checked(stack, ground, client, recorded):
    stack.create(CLUSTER, "c", **ground.cluster("fargate"))
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "eks-fargate-pods.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    role = client("iam").create_role(
        RoleName="fargate-pods",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    fixed = {
        "clusterName": "fargate",
        "fargateProfileName": "pods",
        "selectors": [{"namespace": "default"}],
        "subnetIds": ground.subnets,
    }
    made = stack.create(FARGATE, "f", **fixed, podExecutionRoleArn=role, tags={"a": "b"})
    assert (made.id, made.outputs["status"]) == ("fargate:pods", "ACTIVE")
    assert made.outputs["selectors"] == [{"labels": {}, "namespace": "default"}]
    assert stack.found_again(FARGATE, "f")
    refused = stack.refused(FARGATE, "bad", **fixed, podExecutionRoleArn=ground.node_role)
    assert "could not be assumed" in refused
    stack.update(FARGATE, "f", "tags", "tagsAll", **fixed, podExecutionRoleArn=role)
    assert made.id in recorded()[FARGATE]
    stack.delete(FARGATE, "f")
    assert FARGATE not in recorded()


def test_pod_identity_is_recorded_and_checked(stack, ground, recorded):
    stack.create(CLUSTER, "c", **ground.cluster("pods"))
    fixed = {"clusterName": "pods", "namespace": "kube-system", "serviceAccount": "ebs"}
    made = stack.create(POD_IDENTITY, "p", **fixed, roleArn=ground.pod_role, tags={"a": "b"})
    assert made.outputs["associationId"] == made.id
    assert stack.found_again(POD_IDENTITY, "p")
    assert "Association already exists" in stack.refused(
        POD_IDENTITY, "twice", **fixed, roleArn=ground.pod_role
    )
    assert "pods.eks.amazonaws.com" in stack.refused(
        POD_IDENTITY, "bad", **{**fixed, "serviceAccount": "x"}, roleArn=ground.node_role
    )
    stack.update(
        POD_IDENTITY,
        "p",
        "disableSessionTags",
        "tags",
        "tagsAll",
        **fixed,
        roleArn=ground.pod_role,
        disableSessionTags=True,
        tags={"a": "c"},
    )
    assert made.id in recorded()[POD_IDENTITY]
    stack.delete(POD_IDENTITY, "p")
    assert POD_IDENTITY not in recorded()


def test_functions_tell_what_a_cluster_is(stack, ground):
    made = stack.create(CLUSTER, "c", **ground.cluster("asked"), tags={"a": "b"})

    def invoke(name: str, /, **arguments: Any) -> dict[str, Any]:
        return stack.provider.invoke(f"aws:eks/{name}:{name}", arguments).outputs

    answer = invoke("getCluster", name="asked")
    assert answer["certificateAuthorities"] == [made.outputs["certificateAuthority"]]
    assert (answer["endpoint"], answer["tags"]) == (made.outputs["endpoint"], {"a": "b"})
    assert invoke("getClusterAuth", name="asked")["token"].startswith("k8s-aws-v1.")
    auth = stack.provider.invoke("aws:eks/getClusterAuth:getClusterAuth", {"name": "asked"})
    assert auth.secret_outputs == {"token"}
    version = invoke("getAddonVersion", addonName="kube-proxy", kubernetesVersion="1.34")
    assert version["version"].startswith("v1.34.")
    with pytest.raises(Exception, match="No cluster found for name: nowhere"):
        invoke("getCluster", name="nowhere")
    with pytest.raises(Exception, match="knows no version of the add-on 'coredsn'"):
        invoke("getAddonVersion", addonName="coredsn", kubernetesVersion="1.34")
