"""What a run is about, and how it is to go."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Project:
    """A Pulumi project and the configuration of one of its stacks.

    ``directory`` is where Pulumi.yaml lies, ``main`` the file to run. ``config`` has full keys
    (``aws:region``) and texts, objects as JSON; ``secret_keys`` names the secret ones.
    """

    directory: Path
    name: str
    main: Path
    config: Mapping[str, str]
    secret_keys: frozenset[str] = frozenset()
    organization: str = "organization"


@dataclass(frozen=True)
class Options:
    """How to run. Defaults are the stock engine's, but for ``parallel``.

    ``parallel``: provider calls at a time. ``targets``: URNs that may change, all when empty.
    ``replace``: URNs to replace though nothing changed. ``refresh``: read every resource first.
    ``continue_on_error``: after a failure go on with what does not depend on it; without it what
    has begun is finished and nothing more is begun.
    """

    parallel: int = 10
    targets: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    refresh: bool = False
    continue_on_error: bool = False
