"""Automatic names: what the real provider calls a resource that was given no name."""

import hashlib

RANDOM_LENGTH = 7
"""Hex digits after the name, as in pulumi-aws (``tfbridge.AutoName``)."""


def automatic_name(
    name: str, seed: bytes, *, max_length: int, separator: str = "-", suffix: str = ""
) -> str:
    """``<name>-<7 hex>``, the same for the same seed.

    Raises ``ValueError`` when the name would be longer than AWS allows: the real provider refuses
    too, rather than cut a name.
    """
    prefix = f"{name}{separator}"
    length = len(prefix) + RANDOM_LENGTH + len(suffix)
    if length > max_length:
        raise ValueError(
            f"the automatic name {prefix!r} plus {RANDOM_LENGTH} random characters"
            f" has {length} characters, {max_length} are allowed"
        )
    digest = hashlib.sha512(seed + prefix.encode()).hexdigest()
    return f"{prefix}{digest[:RANDOM_LENGTH]}{suffix}"
