"""URNs and provider references, as Pulumi forms them.

``urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>``
(https://www.pulumi.com/docs/iac/concepts/resources/names/#urns).
"""

from typing import Final, NamedTuple

from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.values import UNKNOWN_STRING

STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_PREFIX: Final = "pulumi:providers:"
DYNAMIC_PACKAGE: Final = "pulumi-python"
"""The package of the resources whose providers a program brings along."""
UNKNOWN_ID: Final = UNKNOWN_STRING
"""The id of a provider that a preview would create."""


class Urn(NamedTuple):
    """The parts of a URN."""

    stack: str
    project: str
    qualified_type: str
    name: str

    @property
    def type(self) -> str:
        """The resource's own type, without those of its parents."""
        return self.qualified_type.rpartition("$")[2]


def parse(urn: str) -> Urn:
    """The parts of ``urn``; raises ``EngineError`` when it is not one. A name may hold ``::``."""
    parts = urn.removeprefix("urn:pulumi:").split("::", 3)
    if not urn.startswith("urn:pulumi:") or len(parts) != 4:
        raise EngineError(
            f"{urn!r} is not a URN: it must be urn:pulumi:<stack>::<project>::<type>::<name>."
        )
    return Urn(*parts)


def build(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource; the stack as ``parent`` (or none) leaves no trace in it."""
    qualified = type_
    if parent:
        parent_type = parse(parent).qualified_type
        if parent_type != STACK_TYPE:
            qualified = f"{parent_type}${type_}"
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def type_of(urn: str) -> str:
    """The resource's own type."""
    return parse(urn).type


def is_stack(urn: str) -> bool:
    """Whether it is the root stack resource."""
    return parse(urn).qualified_type == STACK_TYPE


def is_provider_type(type_: str) -> bool:
    """Whether the type is one of a provider resource: ``pulumi:providers:<package>``."""
    return type_.startswith(PROVIDER_PREFIX)


def is_default_provider(urn: str) -> bool:
    """Whether the resource is a provider that the engine made for resources that name none."""
    name = urn.rpartition("::")[2]
    return is_provider_type(type_of(urn)) and (name == "default" or name.startswith("default_"))


def package_of(token: str) -> str:
    """The package of a type or function token; that of a provider type is what it provides."""
    if is_provider_type(token):
        return token.removeprefix(PROVIDER_PREFIX)
    return token.partition(":")[0]


class ProviderReference(NamedTuple):
    """Which provider resource, at which id, looks after a resource."""

    urn: str
    id: str

    def __str__(self) -> str:
        return f"{self.urn}::{self.id}"


def parse_reference(text: str) -> ProviderReference:
    """The parts of ``urn::id``; raises ``EngineError`` when ``text`` is not a reference."""
    urn, separator, id_ = text.rpartition("::")
    if not separator or not id_ or not is_provider_type(type_of(urn)):
        raise EngineError(
            f"{text!r} is not a provider reference: it must be <URN of a provider>::<id>."
        )
    return ProviderReference(urn, id_)
