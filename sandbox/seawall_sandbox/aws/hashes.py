"""Texts that the real provider tells as their checksum."""

import base64
import hashlib


def sha1_of(text: str) -> str:
    """The SHA-1 of a text, or of what it says in base64.

    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/autoscaling/launch_configuration.go
    """
    return hashlib.sha1(decoded(text), usedforsecurity=False).hexdigest()


def decoded(text: str) -> bytes:
    """The text itself, or what it says in base64."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return text.encode()
