"""What IAM and its provider refuse of names and policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import re
from collections.abc import Iterator

from seawall_sandbox.aws.documents import is_json_object
from seawall_sandbox.protocol import Failure
from seawall_sandbox.values import UNKNOWN, Properties

_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)


def check_name(inputs: Properties, longest: int) -> Iterator[Failure]:
    """Refuse a name that IAM would not take."""
    for key in ("name", "namePrefix"):
        name = inputs.get(key)
        if not isinstance(name, str) or name is UNKNOWN:
            continue
        if not _NAME.fullmatch(name) or len(name) > longest:
            reason = (
                f"{name!r} is no IAM name: 1 to {longest} characters, letters, digits and _+=,.@-"
                " only. Choose another."
            )
            yield Failure(key, reason)


def check_policy(inputs: Properties, key: str) -> Iterator[Failure]:
    """Refuse a policy that is no JSON object."""
    policy = inputs.get(key)
    if isinstance(policy, str) and not is_json_object(policy):
        reason = f"{key!r} contains an invalid JSON policy: it must be one JSON object. Correct it."
        yield Failure(key, reason)
