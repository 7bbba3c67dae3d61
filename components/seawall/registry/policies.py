"""The policies and names of the container registry. Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from seawall.errors import SeawallError

LONGEST_REPOSITORY: Final = 256
"""Characters in a repository's name.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
"""

_REPOSITORY: Final = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*")

PULL_ACTIONS: Final = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)
"""What pulling takes besides a token.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
"""

PUSH_ACTIONS: Final = (
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
"""What pushing takes besides pulling, without which no layer is shared between images.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
"""


class RegistryError(SeawallError, ValueError):
    """A name that the container registry does not take."""


def repository_name(namespace: str, service: str) -> str:
    """The name of a service's repository: ``<namespace>/<service>``.

    Raises ``RegistryError`` if ECR does not take it.
    """
    name = f"{namespace}/{service}"
    if not service or "/" in service or not _REPOSITORY.fullmatch(name):
        raise RegistryError(
            f"'{name}' cannot be the name of a repository: ECR takes lower case letters and "
            "digits, joined by single dots, hyphens or underscores. Rename the service."
        )
    if len(name) > LONGEST_REPOSITORY:
        raise RegistryError(
            f"the repository of service '{service}' would have a name of {len(name)} characters; "
            f"ECR takes {LONGEST_REPOSITORY}. Shorten the service's name."
        )
    return name


def lifecycle_policy(untagged_days: int, keep_images: int) -> str:
    """Removes untagged images after some days, and the oldest tagged ones above a number.

    An image falls under the first rule that selects it, and every tag matches the pattern, so the
    two rules never compete.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    rules = [
        {
            "rulePriority": 1,
            "description": f"Remove untagged images after {untagged_days} days",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": untagged_days,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": f"Keep the newest {keep_images} tagged images",
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": ["*"],
                "countType": "imageCountMoreThan",
                "countNumber": keep_images,
            },
            "action": {"type": "expire"},
        },
    ]
    return json.dumps({"rules": rules}, indent=2)


def repository_policy(push: Sequence[str], pull: Sequence[str]) -> str | None:
    """Lets IAM principals, by ARN, push or pull; None if there is nobody to name.

    The platform's own nodes are not named: they pull by the permissions of their role.
    """
    statements = [
        _statement(sid, principals, actions)
        for sid, principals, actions in (
            ("Pull", pull, PULL_ACTIONS),
            ("Push", push, (*PULL_ACTIONS, *PUSH_ACTIONS)),
        )
        if principals
    ]
    if not statements:
        return None
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def _statement(sid: str, principals: Sequence[str], actions: Sequence[str]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": sorted(set(principals))},
        "Action": sorted(actions),
    }
