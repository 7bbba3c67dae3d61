"""Tags: the program's, the provider's default ones, and what AWS answers."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from seawall_sandbox.aws.errors import UndecidedError
from seawall_sandbox.values import UNKNOWN, Value, is_known

Tags = dict[str, str]


def merge(default: Mapping[str, str], own: Value) -> Value:
    """``tagsAll``: the default tags under the resource's own; unknown if any value is."""
    if own is None:
        return dict(default)
    if not isinstance(own, dict) or not is_known(own):
        return UNKNOWN
    return {**default, **cast("dict[str, Any]", own)}


def to_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[Tags]:
    """AWS's list form. Some services write the names in lower case."""
    return [{key: name, value: str(text)} for name, text in sorted(tags.items())]


def from_list(
    tags: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value"
) -> Tags:
    """A plain dict of AWS's list form, without the tags that AWS itself sets (``aws:...``)."""
    return without_system({tag[key]: tag.get(value, "") for tag in tags or ()})


def without_system(tags: Mapping[str, str] | None) -> Tags:
    """The tags that users may set."""
    return {name: text for name, text in (tags or {}).items() if not name.startswith("aws:")}


def own(all_tags: Mapping[str, str], default: Mapping[str, str], given: Value) -> Tags:
    """The resource's own tags: all of them, less the default ones that it was not given itself."""
    keep = set(cast("dict[str, Any]", given)) if isinstance(given, dict) else set[str]()
    return {
        name: text for name, text in all_tags.items() if name in keep or default.get(name) != text
    }


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Tags, list[str]]:
    """Which tags to set and which to remove, to get from ``old`` to ``new``."""
    added = {name: str(text) for name, text in new.items() if old.get(name) != str(text)}
    return added, sorted(name for name in old if name not in new)


def only_with(
    wanted: Value, candidates: Iterable[tuple[str, Mapping[str, str]]], held: frozenset[str]
) -> str | None:
    """The id of the one candidate that has these tags and no other, apart from those ``held``.

    Raises ``UndecidedError`` when it could be another's: there are several, or it has no tags.
    """
    found = [id_ for id_, tags in candidates if id_ not in held and tags == (wanted or {})]
    if len(found) > 1 or (found and not wanted):
        raise UndecidedError
    return found[0] if found else None
