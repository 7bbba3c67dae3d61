"""Names that DNS takes. Pure."""

import re
from typing import Final

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def is_dns_label(name: str) -> bool:
    """Whether this is an RFC 1123 label, such as a host name or a namespace."""
    return bool(_LABEL.fullmatch(name))


def is_host_name(name: str) -> bool:
    """Whether this is a DNS name (RFC 1123 subdomain), of one label or more."""
    return len(name) <= 253 and all(is_dns_label(label) for label in name.split("."))
