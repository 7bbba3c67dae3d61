"""Which services are on: those without a profile, and those of the profiles asked for.

Source: https://github.com/compose-spec/compose-spec/blob/main/15-profiles.md.
"""

from collections.abc import Mapping, Sequence

from seawall.errors import did_you_mean
from seawall.services.compose.node import Node
from seawall.services.compose.reader import Reader, texts
from seawall.services.model import Fate

_EVERY = "*"


def select(
    services: Mapping[str, Node], asked: Sequence[str], file: str, reader: Reader
) -> dict[str, Node]:
    """The services that are on, in which no dependency points at one that is off."""
    by_service = {name: set(texts(node.get("profiles"))) for name, node in services.items()}
    known = set[str]().union(*by_service.values())
    for profile in asked:
        if profile not in known and profile != _EVERY:
            cure = did_you_mean(profile, known) or "No service of this file has a profile."
            what = f"The profile '{profile}' is not known."
            reader.problems.add(Node(None, file), what, cure, "profiles")
    wanted = set(asked)
    on = {
        name: node
        for name, node in services.items()
        if not by_service[name] or _EVERY in wanted or by_service[name] & wanted
    }
    for name in services.keys() - on.keys():
        profiles = ", ".join(sorted(by_service[name]))
        reader.note(f"services.{name}", f"Its profiles ({profiles}) are off.", Fate.IGNORED)
    return {name: _without_missing(name, node, services, on, reader) for name, node in on.items()}


def _without_missing(
    name: str,
    node: Node,
    services: Mapping[str, Node],
    on: Mapping[str, Node],
    reader: Reader,
) -> Node:
    given = node.get("depends_on")
    if given is None:
        return node
    kept: dict[str, Node] = {}
    for other, below in given.mapping().items():
        if other in on:
            kept[other] = below
        elif not reader.truth(below.get("required"), default=True):
            why = "What it depends on is not there, and it is not required."
            reader.note(f"services.{name}.depends_on.{other}", why, Fate.IGNORED)
        elif other in services:
            profiles = ", ".join(texts(services[other].get("profiles")))
            what = f"'{name}' depends on '{other}', whose profiles ({profiles}) are off."
            cure = "Switch one of them on in the settings' services.profiles."
            reader.problems.add(below, what, f"{cure[:-1]}, or write 'required: false'.")
        else:
            what = f"'{name}' depends on '{other}', which is no service of this file."
            reader.problems.add(below, what, did_you_mean(other, services))
    return node.with_value({**node.mapping(), "depends_on": given.with_value(kept)})
