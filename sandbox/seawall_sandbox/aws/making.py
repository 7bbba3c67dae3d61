"""Making, changing and deleting one resource, whatever AWS's answers do meanwhile.

Two things are borne here, because boto3 cannot. An answer may be lost: then AWS is asked what there
is before anything is done again. And AWS takes its time until all of it sees what was made: what is
not found right after is asked for again, for a while.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeVar

from seawall_sandbox.aws.context import Context
from seawall_sandbox.aws.diff import changed_properties, compare
from seawall_sandbox.aws.errors import (
    IN_USE,
    BotoCoreError,
    ClientError,
    UndecidedError,
    code_of,
    is_gone,
)
from seawall_sandbox.aws.loose import as_dict, as_list
from seawall_sandbox.aws.lost import is_lost
from seawall_sandbox.aws.observe import apply_changes, outputs_of
from seawall_sandbox.aws.patience import Pauses
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.protocol import ProviderError, ResourceState
from seawall_sandbox.values import Properties, Value

UNFINISHED: Final = "__unfinished"
"""Among the outputs: AWS has made the resource, but not all was done that belongs to its making."""

_IN_USE_POLL: Final = 0.3

T = TypeVar("T")


class UnknownOutcomeError(Exception):
    """The answer to a create was lost, and what AWS has does not tell what became of it.

    ``lost`` is the error of the create, ``doubt`` that of the look for it.
    """

    def __init__(self, lost: Exception, doubt: Exception | None = None) -> None:
        super().__init__(str(lost))
        self.lost, self.doubt = lost, doubt


def make(type_: ResourceType, ctx: Context, wanted: Properties) -> str:
    """Make a resource, once, and return its id.

    Raises ``UnknownOutcomeError``, or what AWS says when it refuses.
    """
    pauses, lost = Pauses(ctx.patience), list[Exception]()
    deadline = time.monotonic() + ctx.patience.propagation
    while True:
        if lost:
            try:
                found = find(type_, ctx, wanted)
            except UndecidedError:
                raise UnknownOutcomeError(lost[-1]) from None
            except (ClientError, BotoCoreError) as error:
                raise UnknownOutcomeError(lost[-1], error) from error
            if found is not None:
                return found
            if len(lost) >= ctx.patience.attempts:
                raise UnknownOutcomeError(lost[-1])
        try:
            return type_.create(ctx, wanted)
        except (ClientError, BotoCoreError) as error:
            if is_lost(error):
                lost.append(error)
            elif not _passes(type_, ctx, error, wanted) or time.monotonic() >= deadline:
                raise
        pauses.pause()


def complete(type_: ResourceType, ctx: Context, id_: str, wanted: Properties) -> Properties:
    """Do what is left once AWS has made it, and give back what AWS says of it then."""
    _bear(ctx, lambda: type_.finish(ctx, id_, wanted), type_, wanted)

    def look() -> Properties:
        found = outputs_of(type_, ctx, id_, wanted)
        if found is None:
            raise _UnseenError
        return found

    try:
        return _bear(ctx, look, type_, wanted)
    except _UnseenError:
        raise ProviderError(
            f"Could not create {type_.token} {ctx.name!r}: AWS made {id_!r}, but does not show it"
            f" within {ctx.patience.propagation:g} seconds. Run again: it is kept, and looked at"
            " anew."
        ) from None


def change(
    type_: ResourceType,
    ctx: Context,
    before: ResourceState,
    wanted: Properties,
    ignored: tuple[str, ...],
) -> Properties | None:
    """Change in place what differs; what AWS says then, or ``None`` when it is gone."""
    pauses, lost = Pauses(ctx.patience), 0
    old = before
    while True:
        changed = changed_properties(compare(type_, before, wanted, ignored))
        try:
            apply_changes(type_, ctx, old, wanted, changed)
            return outputs_of(type_, ctx, before.id, wanted)
        except (ClientError, BotoCoreError) as error:
            lost += 1
            if not is_lost(error) or lost >= ctx.patience.attempts:
                raise
        pauses.pause()
        # What is left to do follows from what AWS has now, not from what was there before.
        outputs = outputs_of(type_, ctx, before.id, {**before.outputs, **(before.inputs or {})})
        if outputs is None:
            return None
        before = replace(before, outputs=outputs)
        old = replace(before, inputs=None)


def delete(type_: ResourceType, ctx: Context, id_: str, known: Properties) -> None:
    """Delete a resource, waiting a while for whatever still uses it. One that is gone is none."""
    pauses, lost = Pauses(ctx.patience), 0
    deadline = time.monotonic() + ctx.timeout
    while True:
        try:
            type_.delete(ctx, id_, known)
        except (ClientError, BotoCoreError) as error:
            late = time.monotonic() >= deadline
            if is_lost(error):
                lost += 1
                if lost >= ctx.patience.attempts:
                    raise
            elif is_gone(error):
                # It may be but a part of it that is gone, or not seen for a moment.
                if outputs_of(type_, ctx, id_, known) is None:
                    return
                if late:
                    raise
            elif code_of(error) not in IN_USE or late:
                raise
            else:
                time.sleep(_IN_USE_POLL)
                continue
        else:
            return
        pauses.pause()


def find(type_: ResourceType, ctx: Context, wanted: Properties) -> str | None:
    """The id of what these inputs have made already, or ``None``; see ``ResourceType.find``."""
    try:
        found = type_.find(ctx, wanted)
    except ClientError as error:
        if is_gone(error):
            return None
        raise
    return None if found in ctx.held else found


class _UnseenError(Exception):
    """AWS has made it and does not show it."""


def _bear(ctx: Context, work: Callable[[], T], type_: ResourceType, wanted: Properties) -> T:
    """Do what can be done again, until it succeeds or it is time to give up."""
    pauses, lost = Pauses(ctx.patience), 0
    deadline = time.monotonic() + ctx.patience.propagation
    while True:
        try:
            return work()
        except (ClientError, BotoCoreError, _UnseenError) as error:
            if is_lost(error):
                lost += 1
                if lost >= ctx.patience.attempts:
                    raise
            else:
                unseen = isinstance(error, _UnseenError) or is_gone(error)
                passing = unseen or _passes(type_, ctx, error, wanted)
                if not passing or time.monotonic() >= deadline:
                    raise
        pauses.pause()


def _passes(type_: ResourceType, ctx: Context, error: Exception, wanted: Properties) -> bool:
    """Whether a refusal passes by itself, because AWS does not see something new yet.

    Something that was not made lately and is not found is a mistake, and not waited for.
    """
    if is_gone(error):
        return not ctx.lately.isdisjoint(_texts(wanted))
    texts = type_.propagating.get(code_of(error))
    return texts is not None and (not texts or any(text in str(error) for text in texts))


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in as_dict(value).values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in as_list(value):
            yield from _texts(item)
