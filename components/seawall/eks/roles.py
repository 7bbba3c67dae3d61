"""IAM roles of a cluster: a role and what is attached to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import pulumi
import pulumi_aws as aws

from seawall.component import Component, name_tags


@final
@dataclass(frozen=True, slots=True)
class GrantedRole:
    """A role with its permissions."""

    role: aws.iam.Role
    permissions: Sequence[pulumi.Resource]
    """Attachments and inline policies.

    Whatever uses the role depends on them: they must be there before it and go after it.
    """


def granted_role(
    owner: Component,
    name: str,
    *,
    role_name: pulumi.Input[str],
    description: str,
    trust: pulumi.Input[str],
    managed_policies: Mapping[str, str],
    inline_policies: Mapping[str, pulumi.Input[str]],
    tags: Mapping[str, str],
) -> GrantedRole:
    """A role under ``owner`` with AWS-managed and inline policies, each by a stable key."""
    role = aws.iam.Role(
        name,
        name=role_name,
        description=description,
        assume_role_policy=trust,
        tags=name_tags(tags, name),
        opts=owner.child_options(),
    )
    attachments = [
        aws.iam.RolePolicyAttachment(
            f"{name}-{key}",
            role=role.name,
            policy_arn=arn,
            opts=owner.child_options(),
        )
        for key, arn in managed_policies.items()
    ]
    inline = [
        aws.iam.RolePolicy(
            f"{name}-{key}",
            name=key,
            role=role.name,
            policy=document,
            opts=owner.child_options(),
        )
        for key, document in inline_policies.items()
    ]
    return GrantedRole(role, (*attachments, *inline))
