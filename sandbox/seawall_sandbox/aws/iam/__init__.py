"""IAM: roles, users, groups, policies, instance profiles and identity providers."""

from typing import Final

from seawall_sandbox.aws.iam.instance_profile import InstanceProfile
from seawall_sandbox.aws.iam.oidc import OpenIdConnectProvider
from seawall_sandbox.aws.iam.policy import (
    GroupPolicy,
    GroupPolicyAttachment,
    Policy,
    RolePolicy,
    RolePolicyAttachment,
    UserPolicy,
    UserPolicyAttachment,
)
from seawall_sandbox.aws.iam.policy_document import get_policy_document
from seawall_sandbox.aws.iam.role import Role, get_role
from seawall_sandbox.aws.iam.user import AccessKey, Group, GroupMembership, User
from seawall_sandbox.aws.registry import Function
from seawall_sandbox.aws.resource import ResourceType

RESOURCES: Final[tuple[type[ResourceType], ...]] = (
    AccessKey,
    Group,
    GroupMembership,
    GroupPolicy,
    GroupPolicyAttachment,
    InstanceProfile,
    OpenIdConnectProvider,
    Policy,
    Role,
    RolePolicy,
    RolePolicyAttachment,
    User,
    UserPolicy,
    UserPolicyAttachment,
)

FUNCTIONS: Final[dict[str, Function]] = {
    "aws:iam/getPolicyDocument:getPolicyDocument": get_policy_document,
    "aws:iam/getRole:getRole": get_role,
}
