"""Names on a cluster: DNS labels as RFC 1035 has them, which Kubernetes asks of Services."""

import re

MAX_NAME = 63
_LABEL = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


def dns_name(name: str) -> str:
    """The name on a cluster: lower case, ``_`` and ``.`` as ``-``."""
    return name.lower().replace("_", "-").replace(".", "-")


def is_dns_name(name: str) -> bool:
    """Whether it is a DNS-1035 label: letter first, letters, digits and ``-``, at most 63."""
    return len(name) <= MAX_NAME and bool(_LABEL.fullmatch(name))


def is_project_name(name: str) -> bool:
    """Whether Compose takes it as a project's name."""
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name))


def project_name(name: str) -> str:
    """A directory's name as Compose makes a project name of it: ``My App`` is ``myapp``."""
    kept = re.sub(r"[^a-z0-9_-]", "", name.lower())
    return kept.lstrip("_-")
