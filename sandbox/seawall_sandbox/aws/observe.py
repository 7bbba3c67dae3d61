"""What AWS says of a resource, in the form in which the provider answers."""

from seawall_sandbox.aws import tags
from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.errors import BotoCoreError, ClientError, is_gone
from seawall_sandbox.aws.ordering import in_order
from seawall_sandbox.aws.preview import complete, told
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.shapes import whole
from seawall_sandbox.protocol import ProviderError, ResourceState
from seawall_sandbox.values import Properties

_TAGS = frozenset({"tags", "tagsAll"})


def outputs_of(
    type_: ResourceType, ctx: Context, id_: str, known: Properties, *, imported: bool = False
) -> Properties | None:
    """The outputs, with id, region and tags filled in; ``None`` when the resource is gone.

    Pulumi's id of a resource never changes, even where AWS's own does (a route table association
    that gets another table). Only an import takes the id that AWS tells.
    """
    try:
        found = type_.read(ctx, id_, known)
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    if found is None:
        return None
    repeated = {key: told(type_, key, known[key]) for key in type_.write_only if key in known}
    kept = {key: told(type_, key, known[key]) for key in type_.unemulated if key in known}
    outputs = repeated | found | kept
    if not imported:
        outputs["id"] = id_
    outputs.setdefault("id", id_)
    if type_.regional:
        outputs.setdefault("region", ctx.region)
    for key in type_.schema.outputs:
        if known.get(key) is None:
            outputs.setdefault(key, None)  # a state names every property
    if type_.taggable:
        outputs["tagsAll"] = tags.without_system(outputs.get("tagsAll"))
        outputs["tags"] = tags.own(outputs["tagsAll"], ctx.default_tags, known.get("tags"))
    for path in type_.zeros:
        if path in outputs:
            outputs[path] = complete(type_, path, outputs[path])
    for key, wanted in type_.schema.inputs.items():
        if key in outputs:
            if not type_.framework:
                outputs[key] = whole(wanted.type, outputs[key])
            outputs[key] = in_order(type_, wanted.type, outputs[key], key)
    return dict(sorted(outputs.items()))


def apply_changes(
    type_: ResourceType,
    ctx: Context,
    old: ResourceState,
    wanted: Properties,
    changed: frozenset[str],
) -> None:
    """Bring a resource to new inputs: its own arguments first, then its tags."""
    known = {**old.outputs, **(old.inputs or {})}
    own = changed - _TAGS if type_.taggable else changed
    if own:
        type_.update(ctx, old.id, known, wanted, own)
    if type_.taggable:
        before = tags.without_system(old.outputs.get("tagsAll"))
        added, removed = tags.changes(before, wanted.get("tagsAll") or {})
        if added or removed:
            type_.retag(ctx, old.id, known, added, removed)


def after_failure(type_: ResourceType, ctx: Context, old: ResourceState) -> ResourceState | None:
    """What an update that failed half-way left, if AWS can still tell."""
    try:
        outputs = outputs_of(type_, ctx, old.id, {**old.outputs, **(old.inputs or {})})
    except (ClientError, BotoCoreError, ProviderError, ValueError):
        return None
    return ResourceState(old.id, outputs, old.inputs) if outputs else None
