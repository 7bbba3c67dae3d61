"""What a run is about, and how it is to go."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.engine.selection import Patterns, Selection


@dataclass(frozen=True)
class Project:
    """A Pulumi project and the configuration of one of its stacks.

    ``directory`` is where Pulumi.yaml lies, ``main`` the file to run. ``config`` has full keys
    (``aws:region``) and texts, objects as JSON; ``secret_keys`` names the secret ones.
    ``packages``: a directory of Python packages for the program to find after all others.
    """

    directory: Path
    name: str
    main: Path
    config: Mapping[str, str]
    secret_keys: frozenset[str] = frozenset()
    organization: str = "organization"
    packages: Path | None = None


@dataclass(frozen=True)
class Options:
    """How to run. Defaults are the stock engine's, but for ``parallel``.

    ``parallel``: provider calls at a time. ``targets``: URNs that may change, all when empty;
    ``target_dependents``: and what depends on them. ``excludes``: URNs that may not change;
    ``exclude_dependents``: nor what depends on them. ``replace``: URNs to replace though nothing
    changed. In URNs ``*`` stands for a part between colons, ``**`` for anything.
    ``refresh``: read every resource first.
    ``continue_on_error``: after a failure go on with what does not depend on it; without it what
    has begun is finished and nothing more is begun.
    ``run_program``: in a destroy, run the program, for its delete hooks and providers.
    ``policy_packs``: directories of policy packs to ask in previews and updates, and
    ``policy_configs``: a JSON file for each of them, or none at all.
    """

    parallel: int = 10
    targets: tuple[str, ...] = ()
    target_dependents: bool = False
    excludes: tuple[str, ...] = ()
    exclude_dependents: bool = False
    replace: tuple[str, ...] = ()
    refresh: bool = False
    continue_on_error: bool = False
    run_program: bool = False
    policy_packs: tuple[Path, ...] = ()
    policy_configs: tuple[Path, ...] = ()

    def selection(self) -> Selection:
        """What one pass over the resources may change; raises ``UsageError`` for both at once."""
        if self.targets and self.excludes:
            raise UsageError("Give targets or excludes, not both. Nothing was touched.")
        return Selection(
            targets=Patterns(self.targets),
            excludes=Patterns(self.excludes),
            target_dependents=self.target_dependents,
            exclude_dependents=self.exclude_dependents,
        )
