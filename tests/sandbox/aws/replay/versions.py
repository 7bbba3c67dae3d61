"""Where version 7 answers otherwise than the versions (5.35 to 6.58) that were recorded, and why.

pulumi_aws 7's own types win: a property that they do not have is dropped from both sides before
anything is compared, and needs no entry here. https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration/
"""

from collections.abc import Mapping
from typing import Final

UNTIL: Final[Mapping[str, Mapping[str, str]]] = {
    "aws:ec2/vpc:Vpc": {"instanceTenancy": "Check filled it in until 5.x"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"privateDnsEnabled": "computed since 6.x"},
    "aws:lb/targetGroup:TargetGroup": {"connectionTermination": "computed since 6.x"},
    "aws:s3/bucket:Bucket": {"acl": "the type was called BucketV2 until 7: it has no default"},
}
"""Properties that older versions filled in and version 7 does not."""

SINCE: Final[Mapping[str, Mapping[str, str]]] = {
    "aws:autoscaling/group:Group": {
        "ignoreFailedScalingActivities": "new in 6.13",
        "instanceRefresh.preferences.maxHealthyPercentage": "new in 6.32",
        "instanceRefresh.preferences.scaleInProtectedInstances": "new in 6.1",
        "instanceRefresh.preferences.standbyInstances": "new in 6.1",
    },
    "aws:ec2/instance:Instance": {"forceDestroy": "new in 7"},
    "aws:ec2/natGateway:NatGateway": {
        "secondaryPrivateIpAddressCount": "could change in place until 6.x"
    },
    "aws:ecs/service:Service": {"sigintRollback": "new in 7"},
    "aws:eks/cluster:Cluster": {
        "bootstrapSelfManagedAddons": "new in 6.48",
        "kubernetesNetworkConfig.elasticLoadBalancing": "new in 6.66",
        "vpcConfig.controlPlaneEgressMode": "new in 7",
    },
    "aws:lb/loadBalancer:LoadBalancer": {
        "clientKeepAlive": "new in 6.36",
        "dnsRecordClientRoutingPolicy": "new in 6.2",
        "enableZonalShift": "new in 6.58",
    },
    "aws:s3/bucket:Bucket": {
        "serverSideEncryptionConfiguration.rule.blockedEncryptionTypes": "new in 7"
    },
}
"""Paths that version 7 fills in or tells, and older versions did not know or did otherwise."""

EVERYWHERE: Final[frozenset[str]] = frozenset({"region", "tagsAll"})
"""``region`` is new in 7 on every resource; ``tagsAll`` came to the inputs of every one with 6."""
