"""What the name of an EC2 instance type says. Pure."""

import re
from typing import Final

_INSTANCE_TYPE: Final = re.compile(r"[a-z]+\d*(?P<attributes>[a-z0-9-]*)\.[a-z0-9-]+")


def architecture_of(instance_type: str) -> str:
    """``arm64`` for an instance type with AWS Graviton, else ``x86_64``.

    A ``g`` after the generation means Graviton; ``a1`` is the one older family
    (https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html).
    """
    match = _INSTANCE_TYPE.fullmatch(instance_type)
    if match is None:
        raise ValueError(f"{instance_type!r} is no instance type. Write one such as 'm6i.large'.")
    # Options after a hyphen, such as '-flex', say nothing about the processor.
    attributes = match["attributes"].partition("-")[0]
    graviton = "g" in attributes or instance_type.startswith("a1.")
    return "arm64" if graviton else "x86_64"
