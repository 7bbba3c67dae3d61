"""Directories that must stay writable although the root file system is read-only. Pure."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from seawall.services.defaults import MIB
from seawall.services.image_facts import image_facts
from seawall.services.model import Service

DEFAULT_TMPFS: Final = 64 * MIB
"""Size limit, in bytes, of a tmpfs that does not say its own, and of scratch directories.

A tmpfs counts against the memory limit of the container.
"""


def scratch_paths(service: Service, taken: Iterable[str]) -> tuple[str, ...]:
    """Directories that need a writable mount of their own, beside those that are ``taken``.

    ``/tmp``, and those that the official image is known to write to.
    """
    if service.read_only is False:
        return ()
    facts = image_facts(service.image) if service.build is None else None
    wanted = ("/tmp", *(facts.scratch if facts else ()))  # noqa: S108  # the container's, not ours
    others = tuple(taken)
    return tuple(
        path
        for path in wanted
        if not any(_covers(target, path) or _covers(path, target) for target in others)
    )


def _covers(outer: str, inner: str) -> bool:
    return _real(inner).is_relative_to(_real(outer))


def _real(path: str) -> PurePosixPath:
    """The path behind ``/var/run`` and ``/var/lock``, which images have as links to ``/run``."""
    given = PurePosixPath(path)
    for link, target in (("/var/run", "/run"), ("/var/lock", "/run/lock")):
        if given.is_relative_to(link):
            return PurePosixPath(target, given.relative_to(link))
    return given
