"""Which swarm a node belongs to, by its own certificate.

Swarm writes the cluster's id as organisation (O), the role as organisational unit (OU) and the
node's id as common name (CN) into the subject of each node's certificate
(https://docs.docker.com/engine/swarm/how-swarm-mode-works/pki/). The certificate lies in clear on
the disk, so this tells a worker, and a locked manager, what the engine does not.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path

SWARM_DIRECTORY = Path("/var/lib/docker/swarm")
CERTIFICATE = SWARM_DIRECTORY / "certificates" / "swarm-node.crt"
ROLES = {"swarm-manager": "manager", "swarm-worker": "worker"}

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _CONTEXT_0 = 0x30, 0xA0
_NAMES = {
    b"\x06\x03\x55\x04\x0a": "O",
    b"\x06\x03\x55\x04\x0b": "OU",
    b"\x06\x03\x55\x04\x03": "CN",
}


@dataclass(frozen=True)
class Identity:
    """What the node's certificate says."""

    cluster_id: str
    node_id: str
    role: str
    """``manager`` or ``worker``."""


def read(path: Path = CERTIFICATE) -> Identity | None:
    """The identity in the certificate at ``path``; None without one that Swarm made."""
    try:
        return parse(path.read_bytes())
    except OSError:
        return None


def parse(pem: bytes) -> Identity | None:
    """The identity in the first certificate of ``pem``: the node's own, the CA's follow it."""
    found = _PEM.search(pem)
    if found is None:
        return None
    try:
        subject = _subject(base64.b64decode(found.group(1)))
    except (ValueError, IndexError):
        return None
    role = ROLES.get(subject.get("OU", ""))
    if role is None or "O" not in subject or "CN" not in subject:
        return None
    return Identity(subject["O"], subject["CN"], role)


def _subject(der: bytes) -> dict[str, str]:
    """O, OU and CN of the subject: the sixth field of the certificate's body (RFC 5280, 4.1)."""
    _, certificate, _ = _element(der)
    _, body, _ = _element(certificate)
    fields: list[tuple[int, bytes]] = []
    while body:
        tag, content, body = _element(body)
        fields.append((tag, content))
    if fields[0][0] == _CONTEXT_0:  # the version, which version 1 leaves out
        fields = fields[1:]
    # serial number, signature, issuer, validity, subject
    tag, subject = fields[4]
    if tag != _SEQUENCE:
        raise ValueError("The subject is not a sequence.")
    names: dict[str, str] = {}
    while subject:
        _, relative, subject = _element(subject)
        _, attribute, _ = _element(relative)
        name = _NAMES.get(attribute[:5])
        if name is not None:
            _, value, _ = _element(attribute[5:])
            names[name] = value.decode("utf-8")
    return names


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """Tag and content of the first DER element, and what follows it."""
    length, start = der[1], 2
    if length & 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(der[2:start], "big")
    if start + length > len(der):
        raise ValueError("The element is longer than what holds it.")
    return der[0], der[start : start + length], der[start + length :]
