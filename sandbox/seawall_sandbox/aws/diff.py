"""Diff: what would change, and whether that needs a new resource.

New inputs are held against what AWS last said (the outputs), as the real provider does, so that
drift which a refresh found is put right. What was never asked for is AWS's own business.
"""

from collections.abc import Iterator

from seawall_sandbox.aws.compare import At, Change, Comparer, Values, is_empty
from seawall_sandbox.aws.resource import DEFAULTS_KEY, ResourceType
from seawall_sandbox.protocol import DiffKind, DiffResult, ResourceState
from seawall_sandbox.values import Properties

_REPLACING = {
    DiffKind.ADD: DiffKind.ADD_REPLACE,
    DiffKind.DELETE: DiffKind.DELETE_REPLACE,
    DiffKind.UPDATE: DiffKind.UPDATE_REPLACE,
}


def compare(
    type_: ResourceType, old: ResourceState, news: Properties, ignore: tuple[str, ...] = ()
) -> DiffResult:
    """The difference between the recorded state and checked inputs."""
    old_inputs = old.inputs or {}
    always = type_.force_new | ({"region"} if type_.regional else set[str]())
    force_new = always | type_.force_new_on({**old_inputs, **old.outputs}, news)
    ignored = tuple(_plain(path) for path in ignore)
    changes = [
        change
        for change in _changes(type_, old.outputs, old_inputs, news)
        if not any(_within(_plain(change.path), path) or path == "*" for path in ignored)
    ]
    detailed: dict[str, DiffKind] = {}
    replaces: set[str] = set()
    for change in changes:
        replacing = any(_within(change.place, path) for path in force_new)
        detailed[change.path] = _REPLACING[change.kind] if replacing else change.kind
        if replacing:
            replaces.add(_top(change.path))
    stables = {path for path in always if "." not in path} & type_.schema.inputs.keys()
    return DiffResult(
        changed=bool(detailed),
        replaces=tuple(sorted(replaces)),
        diffs=tuple(sorted({_top(path) for path in detailed})),
        detailed=detailed,
        stables=tuple(sorted(stables - replaces)),
        delete_before_replace=bool(replaces) and _blocks_name(type_, old_inputs, news),
    )


def changed_properties(result: DiffResult) -> frozenset[str]:
    """The top-level names that differ."""
    return frozenset(result.diffs)


def _changes(
    type_: ResourceType, outputs: Properties, old_inputs: Properties, news: Properties
) -> Iterator[Change]:
    comparer = Comparer(type_)
    inapplicable = type_.inapplicable(news)
    for key, wanted in type_.schema.inputs.items():
        if key in inapplicable:
            continue
        before = outputs[key] if key in outputs else old_inputs.get(key)
        if news.get(key) is None:
            given = not is_empty(old_inputs.get(key)) and not is_empty(before)
            usual = before in [m.get(key) for m in (type_.defaults, type_.implied, type_.usual)]
            if given and not wanted.computed and not usual:
                yield Change(key, key, DiffKind.DELETE)
        elif key == "region" and before is None:
            continue  # state of version 6: it was in the provider's region all along
        else:
            values = Values(before, news[key], old_inputs.get(key))
            yield from comparer.compare(wanted.type, values, At(key, key))
    if type_.taggable:
        before = outputs.get("tagsAll")
        if news.get("tagsAll") is not None and before is not None:
            values = Values(before, news["tagsAll"], before)
            of = type_.schema.inputs["tags"].type
            yield from comparer.compare(of, values, At("tagsAll", "tagsAll"))
        elif news.get("tagsAll") is None and not is_empty(before):
            yield Change("tagsAll", "tagsAll", DiffKind.DELETE)


def _blocks_name(type_: ResourceType, old: Properties, news: Properties) -> bool:
    """Whether the replacement must wait, because it would have the very name of the old one."""
    if type_.delete_before_replace:
        return True
    key, noted = type_.name_property, news.get(DEFAULTS_KEY)
    automatic = noted is None or key in noted
    named = key in type_.schema.inputs and news.get(key) is not None
    return named and not automatic and old.get(key) == news[key]


def _plain(path: str) -> str:
    """A property path with dots alone: ``tags["a/b"]`` as ``tags.a/b``."""
    return path.replace('["', ".").replace('"]', "")


def _within(path: str, outer: str) -> bool:
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def _top(path: str) -> str:
    return path.split(".", 1)[0].split("[", 1)[0]
