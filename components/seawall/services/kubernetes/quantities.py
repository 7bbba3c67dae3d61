"""Numbers as the Kubernetes API writes them.

Compose's ``64M`` is 64 MiB; Kubernetes' ``64M`` is 64,000,000 bytes. So sizes are always written
with a binary suffix (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
"""

import math
from typing import Final

KIB: Final = 1024
MIB: Final = 1024**2
GIB: Final = 1024**3


def memory(size: int) -> str:
    """Bytes with the largest binary suffix that divides them."""
    for unit, suffix in ((GIB, "Gi"), (MIB, "Mi"), (KIB, "Ki")):
        if size and size % unit == 0:
            return f"{size // unit}{suffix}"
    return str(size)


def cpu(cores: float) -> str:
    """CPU cores; parts of one in thousandths, at least one thousandth."""
    thousandths = max(1, round(cores * 1000))
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"


def seconds(duration: float, least: int = 1) -> int:
    """Whole seconds, rounded up: Kubernetes knows no parts of a second."""
    return max(least, math.ceil(duration))


def literal(text: str) -> str:
    """Text that Kubernetes does not expand: ``$(NAME)`` in commands and values means a variable.

    Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    """
    return text.replace("$(", "$$(")
