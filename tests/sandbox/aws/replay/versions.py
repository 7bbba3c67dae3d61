"""Where version 7 answers otherwise than the versions (5.35 to 6.58) that were recorded, and why.

pulumi_aws 7's own types win: a property that they do not have is dropped from both sides before
anything is compared, and needs no entry here. https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration/

Each reason names its source: a number is an issue or pull request of the Terraform provider
(hashicorp/terraform-provider-aws), as its CHANGELOG.md has it; a file is one of its version 6.
"""

from collections.abc import Mapping
from typing import Final

UNTIL: Final[Mapping[str, Mapping[str, str]]] = {
    "aws:ec2/vpc:Vpc": {
        "instanceTenancy": "the default is of a type of its own since 5.5x (vpc_.go), which its own"
        " check refuses, so that the bridge drops it (tfshim/sdk-v2/defaults.go)"
    },
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "privateDnsEnabled": "without a default, optional and computed now (vpc_endpoint.go)"
    },
    "aws:lb/targetGroup:TargetGroup": {
        "connectionTermination": "without a default, optional and computed now (target_group.go)"
    },
    "aws:s3/bucket:Bucket": {
        "acl": "the type was called BucketV2 until 7, and has no default (7.0 migration guide)"
    },
}
"""Properties that older versions filled in and version 7 does not."""

SINCE: Final[Mapping[str, Mapping[str, str]]] = {
    "aws:autoscaling/group:Group": {
        "ignoreFailedScalingActivities": "new: #32914",
        "instanceRefresh.preferences.alarmSpecification": "new: pulumi_aws's types",
        "instanceRefresh.preferences.maxHealthyPercentage": "new: #34929",
        "instanceRefresh.preferences.scaleInProtectedInstances": "new: #33310",
        "instanceRefresh.preferences.standbyInstances": "new: #33310",
    },
    "aws:ec2/eip:Eip": {"domain": "an argument that makes a new address, was told only: #31567"},
    "aws:ec2/instance:Instance": {"forceDestroy": "new: pulumi_aws's types"},
    "aws:ec2/launchTemplate:LaunchTemplate": {
        "blockDeviceMappings.ebs.volumeInitializationRate": "new: pulumi_aws's types",
        "networkInterfaces.connectionTrackingSpecification": "new: pulumi_aws's types",
        "networkInterfaces.enaQueueCount": "new: pulumi_aws's types",
        "networkInterfaces.enaSrdSpecification": "new: pulumi_aws's types",
        "networkInterfaces.primaryIpv6": "new: pulumi_aws's types",
    },
    "aws:ec2/natGateway:NatGateway": {
        "secondaryPrivateIpAddressCount": "could change in place until 6.x"
    },
    "aws:ecs/service:Service": {"sigintRollback": "new: #43986"},
    "aws:ecs/taskDefinition:TaskDefinition": {"trackLatest": "new: #30154"},
    "aws:eks/cluster:Cluster": {
        "bootstrapSelfManagedAddons": "new: cluster.go",
        "kubernetesNetworkConfig.elasticLoadBalancing": "new: cluster.go",
        "vpcConfig.controlPlaneEgressMode": "new in 6.52 of the Terraform provider",
    },
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": {
        "clientIdLists": "changes in place now: #37612"
    },
    "aws:lb/listener:Listener": {"defaultActions.jwtValidation": "new: #45089"},
    "aws:lb/loadBalancer:LoadBalancer": {
        "clientKeepAlive": "new: pulumi_aws's types",
        "dnsRecordClientRoutingPolicy": "new: #34135",
        "enableZonalShift": "new: #39585",
    },
    "aws:s3/bucket:Bucket": {
        "serverSideEncryptionConfiguration.rule.blockedEncryptionTypes": "new: #45105"
    },
}
"""Paths that version 7 fills in or tells, and older versions did not know or did otherwise."""

EVERYWHERE: Final[frozenset[str]] = frozenset({"region", "tagsAll"})
"""``region`` is new in 7 on every resource; ``tagsAll`` came to the inputs of every one with 6."""
