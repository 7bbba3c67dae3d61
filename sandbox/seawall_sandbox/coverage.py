"""What the sandbox emulates of the resource types that a program uses, and what is tested."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from seawall_sandbox.aws import registry
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.tested import LIFECYCLES
from seawall_sandbox.emulator.application import MINISTACK_SERVICES
from seawall_sandbox.kubernetes.kinds import HELM_RELEASE

RECORDED_ONLY: Final = "recorded only"
UNSUPPORTED: Final = "unsupported"
MOST_RECORDED: Final = 0.10
"""How large a share of a stack's resources may be recorded only."""
_OTHERS: Final[Mapping[str, str]] = {
    "kubernetes": "checked against the Kubernetes schemas, rendered",
    "random": "emulated by the sandbox itself",
}
_OWN: Final = ("pulumi:", "seawall:")
"""The engine's own resources, and components, which are made of others."""


@dataclass(frozen=True, slots=True)
class Row:
    """One resource type: what stands behind it, how often it is used, and whether it is tested.

    A type of the aws package is tested when a test takes one through its life. Other packages'
    types are tested by kind.
    """

    token: str
    status: str
    uses: int
    tested: bool


def status_of(token: str) -> str:
    """What stands behind a resource type."""
    package = token.partition(":")[0]
    if token == HELM_RELEASE:
        return RECORDED_ONLY
    if package in _OTHERS:
        return _OTHERS[package]
    type_ = registry.resource(token)
    if type_ is None:
        return UNSUPPORTED
    if type_.emulated == "recorded":
        return RECORDED_ONLY
    service = token.split(":")[1].partition("/")[0]
    emulator = "ministack" if service in MINISTACK_SERVICES else "moto"
    return f"emulated by {emulator}{', partly' if type_.emulated == 'partly' else ''}"


def rows(types: Iterable[str], tested: frozenset[str] = LIFECYCLES) -> tuple[Row, ...]:
    """The types of resources, given one by one, with their status."""
    counted = Counter(t for t in types if "::" not in t and not t.startswith(_OWN))
    return tuple(
        Row(token, status_of(token), uses, token.partition(":")[0] in _OTHERS or token in tested)
        for token, uses in sorted(counted.items())
    )


def recorded_share(found: Iterable[Row]) -> float:
    """The share of resources that are recorded only, from 0 to 1."""
    counts = [(row.uses, row.status == RECORDED_ONLY) for row in found]
    total = sum(uses for uses, _ in counts)
    return sum(uses for uses, recorded in counts if recorded) / total if total else 0.0


def problems(found: Iterable[Row], most_recorded: float = MOST_RECORDED) -> list[str]:
    """What is wrong with the coverage of a stack, in sentences."""
    found = tuple(found)
    said = [
        f"{row.token} is not supported by the sandbox. Add it to the aws provider."
        for row in found
        if row.status == UNSUPPORTED
    ]
    said += [
        f"{row.token} has no lifecycle test. Add one under tests/sandbox/aws, and the type to"
        " aws/tested.py."
        for row in found
        if not row.tested and row.status != UNSUPPORTED
    ]
    share = recorded_share(found)
    if share > most_recorded:
        said.append(
            f"{share:.0%} of the resources are recorded only; at most {most_recorded:.0%} may be."
        )
    return said


def type_table() -> list[str]:
    """Every resource type in Markdown: force-new arguments, defaults, computed outputs, source."""
    lines = ["# Resource types of the sandbox's aws provider", ""]
    for type_ in registry.resources():
        lines += [f"## {type_.token}", "", *_facts(type_), ""]
    return lines


def _facts(type_: ResourceType) -> list[str]:
    schema = type_.schema
    computed = [
        *(name for name, argument in schema.inputs.items() if argument.computed),
        *(schema.outputs - schema.inputs.keys() - {"id", "urn"}),
        *type_.computed,
    ]
    always = type_.force_new | (frozenset({"region"} if type_.regional else ()))
    defaults = {**type_.defaults, **type_.implied}
    tested = "yes" if type_.token in LIFECYCLES else "no"
    return [
        f"- status: {status_of(type_.token)}; lifecycle test: {tested}",
        f"- replaced when these change: {_listed(always)}",
        f"- defaults: {_listed(f'{name} = {value!r}' for name, value in defaults.items())}",
        f"- filled in by AWS: {_listed(computed)}",
        f"- source: {source_of(type_.token)}",
    ]


def source_of(token: str) -> str:
    """The documentation page that a type's facts come from."""
    _, member, name = token.split(":")
    service = member.partition("/")[0]
    return f"https://www.pulumi.com/registry/packages/aws/api-docs/{service}/{name.lower()}/"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(set(names))) or "none"
