"""Property values as the engine and the providers hold them.

Plain Python: ``None``, ``bool``, ``int`` or ``float``, ``str``, ``list``, ``dict`` with string
keys, and the few wrappers below for what JSON cannot say. On the wire each wrapper has a signature
that the protocol fixes (``sdk/proto`` and ``sdk/python/lib/pulumi/runtime/rpc.py`` of
pulumi/pulumi).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast, final

Value = Any
"""A property value: plain JSON, or a wrapper of this module, at any depth."""

Properties = dict[str, Value]
"""The inputs or outputs of a resource, by the schema's (camelCase) property names."""

SIGNATURE_KEY: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # a tag
ASSET_SIGNATURE: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE_SIGNATURE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE_SIGNATURE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_SIGNATURE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How an unknown value of any type is written. Older tags, one per type, are read only."""

UNKNOWN_STRINGS: Final = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    },
)


@final
class Unknown:
    """A value that is not known before the update runs. One instance: ``UNKNOWN``."""

    __slots__ = ()
    _instance: "Unknown | None" = None

    def __new__(cls) -> "Unknown":
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> "Unknown":
        return self

    def __deepcopy__(self, memo: object) -> "Unknown":
        return self


UNKNOWN: Final = Unknown()


@final
@dataclass(frozen=True, slots=True)
class Secret:
    """A value that may be stored only encrypted and is never shown.

    ``value`` holds no further ``Secret``.
    """

    value: Any

    def __repr__(self) -> str:
        return "Secret([secret])"


@final
@dataclass(frozen=True, slots=True)
class ResourceReference:
    """A resource used as a property value."""

    urn: str
    id: Any = None
    version: str = ""


@final
@dataclass(frozen=True, slots=True)
class Asset:
    """A file, a text or an address, or a tree of them (``archive``), in the protocol's fields."""

    fields: Mapping[str, Any]
    archive: bool = False


def is_known(value: Any) -> bool:
    """Whether nothing at any depth of ``value`` is unknown."""
    if value is UNKNOWN:
        return False
    if isinstance(value, Secret):
        return is_known(value.value)
    if isinstance(value, ResourceReference):
        return value.id is not UNKNOWN
    return all(is_known(item) for item in children(value))


def is_secret(value: Any) -> bool:
    """Whether anything at any depth of ``value`` is secret."""
    return isinstance(value, Secret) or any(is_secret(item) for item in children(value))


def children(value: Any) -> list[Any]:
    """The items of a list or the values of a dict; nothing for any other value."""
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).values())
    if isinstance(value, list):
        return cast("list[Any]", value)
    return []


def without_secrets(value: Any) -> Any:
    """A copy of ``value`` in which each ``Secret`` is replaced by what it holds."""
    if isinstance(value, Secret):
        return without_secrets(value.value)
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {key: without_secrets(item) for key, item in items.items()}
    if isinstance(value, list):
        return [without_secrets(item) for item in cast("list[Any]", value)]
    return value
