"""Where stacks are kept: one JSON file per stack, under a lock."""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from seawall_sandbox.engine import urn as urns
from seawall_sandbox.engine.envelope import envelope, read_envelope
from seawall_sandbox.engine.errors import EngineError, UsageError
from seawall_sandbox.engine.exchange import Imported
from seawall_sandbox.engine.journal import Recorder, replay
from seawall_sandbox.engine.secrets import PassphraseSecrets
from seawall_sandbox.engine.serialize import (
    Codec,
    Deployment,
    Pending,
    without_aliases,
)
from seawall_sandbox.values import Properties

_STACK_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_ASIDE: Final = re.compile(r"\.(lost|replaced)-\d+$")
"""The end of the name of a file that was set aside."""


class Backend:
    """The stacks of one project: ``<directory>/<project>/<stack>.json``.

    Beside it: ``.json.bak``, the file before the last run; ``.journal`` while a run is under way;
    ``.lock``. ``passphrase`` (or a function that finds it when it is first needed) seals secrets.
    ``encryption_salt`` is the one of the stack's settings file; a new stack takes it over, so that
    one passphrase check serves both.
    """

    def __init__(
        self,
        directory: Path,
        project: str,
        passphrase: str | Callable[[], str],
        *,
        encryption_salt: str | None = None,
    ) -> None:
        self.directory = directory
        self.project = project
        self._passphrase = passphrase
        self._encryption_salt = encryption_salt
        self._stacks: dict[str, _Stack] = {}

    def path(self, stack: str) -> Path:
        """The stack's file; raises ``UsageError`` for a name that is not one."""
        if not _STACK_NAME.fullmatch(stack) or stack in (".", ".."):
            raise UsageError(
                f"{stack!r} is not a stack name: use up to 100 letters, digits, '-', '_' and '.'."
            )
        return self.directory / self.project / f"{stack}.json"

    def stacks(self) -> tuple[str, ...]:
        """The names of the project's stacks, sorted."""
        found = {
            path.name.removesuffix(".json")
            for path in (self.directory / self.project).glob("*.json")
        }
        return tuple(sorted(name for name in found if not _ASIDE.search(name)))

    def load(self, stack: str) -> Deployment:
        """The stack as recorded, also by a run that was killed; empty for a new stack."""
        return self._open(stack).load()

    def save(self, stack: str, deployment: Deployment) -> None:
        """Write the stack's file in one move, keep the one before as ``.bak``, drop the journal."""
        self._open(stack).save(deployment)

    def recorder(self, stack: str, base: Deployment, *, dry_run: bool) -> Recorder:
        """Notes what a run does to ``base``: in a dry run in memory alone."""
        return self._open(stack).recorder(base, dry_run=dry_run)

    def secrets(self, stack: str) -> PassphraseSecrets:
        """The stack's secrets manager."""
        return self._open(stack).secrets()

    def nonce(self, stack: str) -> str:
        """A text that stays for the life of a stack and differs between stacks.

        Empty for a stack that was never saved.
        """
        return self._open(stack).salt or ""

    def renew(self, stack: str) -> None:
        """Start a new life of a stack that was destroyed: its nonce changes, its key stays."""
        self._open(stack).renew()

    def reset(self, stack: str) -> Path | None:
        """Move the stack's file aside, for a stack whose cloud is gone.

        Returns where it is now, or ``None`` when there was none.
        """
        path = self.path(stack)
        aside = self._copied(stack, "lost")
        if aside is not None:
            path.unlink()
            del self._stacks[stack]
        return aside

    def take_over(self, stack: str, imported: Imported) -> Path | None:
        """Put a deployment from elsewhere in the place of the stack's own.

        Returns where a copy of what was there is, or ``None`` when there was nothing.
        """
        aside = self._copied(stack, "replaced")
        opened = self._open(stack)
        if imported.salt is not None:
            opened.reseal(imported.salt)
        opened.save(imported.deployment)
        return aside

    def export(self, stack: str) -> str:
        """The stack as ``pulumi stack import`` takes it; raises ``UsageError`` if there is none."""
        opened = self._open(stack)
        deployment = opened.load()
        if not deployment.resources:
            raise UsageError(
                f"The stack {stack} has nothing to export: bring it up first. The stacks here are "
                f"{', '.join(self.stacks()) or 'none'}."
            )
        return opened.text(deployment)

    def _copied(self, stack: str, name: str) -> Path | None:
        """Copy the stack's file, with what a killed run left, to a new name; ``None``: no file."""
        path = self.path(stack)
        if not path.exists():
            return None
        self.save(stack, self.load(stack))
        number = 1
        while (aside := path.with_name(f"{stack}.{name}-{number}.json")).exists():
            number += 1
        aside.hardlink_to(path)
        return aside

    @contextmanager
    def lock(self, stack: str) -> Generator[None]:
        """Hold the stack; raises ``UsageError`` naming the process that has it."""
        path = self.path(stack).with_name(f"{stack}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise UsageError(
                    f"The stack {stack} is in use by process {holder}: wait until it has ended. "
                    f"The lock is {path}; it goes away with the process."
                ) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            # Another run may have saved since this backend last looked.
            self._stacks.pop(stack, None)
            yield
            file.truncate(0)

    def outputs(self, name: str) -> Properties:
        """The outputs of a stack by the name a ``StackReference`` gives it.

        ``<stack>``, ``<project>/<stack>`` or ``<organization>/<project>/<stack>``. Raises
        ``EngineError`` naming the stacks there are when there is none of that name.
        """
        *front, stack = name.split("/")
        project = front[-1] if front else self.project
        other = (
            self if project == self.project else Backend(self.directory, project, self._passphrase)
        )
        if len(front) > 2 or stack not in other.stacks():
            known = ", ".join(other.stacks()) or "none"
            raise EngineError(
                f"There is no stack {name!r} to refer to: the stacks of {project} are {known}. "
                "Bring it up first, with the same state directory, or correct the name."
            )
        for state in other.load(stack).resources:
            if state.type == urns.STACK_TYPE and not state.delete:
                return state.outputs
        return {}

    def _open(self, stack: str) -> "_Stack":
        if stack not in self._stacks:
            self._stacks[stack] = _Stack(
                self.path(stack), stack, self._passphrase, self._encryption_salt
            )
        return self._stacks[stack]


class _Stack:
    """One stack's files and secrets."""

    def __init__(
        self,
        path: Path,
        name: str,
        passphrase: str | Callable[[], str],
        encryption_salt: str | None,
    ) -> None:
        self._path = path
        self._journal = path.with_name(f"{name}.journal")
        self._name = name
        self._passphrase = passphrase
        self._secrets: PassphraseSecrets | None = None
        self.salt: str | None = None
        self._raw = self._read()
        if self.salt is None:
            self.salt = encryption_salt
        self._codec = Codec(
            lambda text: self.secrets().encrypt(text), lambda text: self.secrets().decrypt(text)
        )

    def secrets(self) -> PassphraseSecrets:
        # Deriving the key takes 0.3 s: not before there is a secret.
        if self._secrets is None:
            phrase = self._passphrase if isinstance(self._passphrase, str) else self._passphrase()
            self._secrets = PassphraseSecrets(phrase, self.salt)
            self.salt = self._secrets.state
        return self._secrets

    def renew(self) -> None:
        phrase = self._passphrase if isinstance(self._passphrase, str) else self._passphrase()
        self._secrets = self.secrets().renewed(phrase)
        self.salt = self._secrets.state

    def reseal(self, salt: str) -> None:
        """Seal with the key of another ``encryptionsalt`` from now on."""
        self._secrets, self.salt = None, salt

    def load(self) -> Deployment:
        content: dict[str, Any] = json.loads(self._raw) if self._raw else {}
        deployment: dict[str, Any] = content.get("deployment") or {}
        base = Deployment(
            without_aliases(
                [self._codec.state(fields) for fields in deployment.get("resources") or ()]
            ),
            [
                Pending(str(entry["type"]), self._codec.state(entry["resource"]))
                for entry in deployment.get("pending_operations") or ()
            ],
        )
        return replay(self._journal, self._header(), base, self._codec)

    def recorder(self, base: Deployment, *, dry_run: bool) -> Recorder:
        if dry_run:
            return Recorder(base, self._codec, None, "")
        # The journal's entries are numbered from the file's, so what a killed run left goes into
        # the file first.
        self.save(base)
        return Recorder(base, self._codec, self._journal, self._header())

    def text(self, deployment: Deployment) -> str:
        """The file of a deployment."""
        salt = self.secrets().state
        engine = f"v{version('pulumi')}"
        content: dict[str, Any] = {
            "manifest": {
                "time": datetime.now(UTC).isoformat(),
                "magic": hashlib.sha256(engine.encode()).hexdigest(),
                "version": engine,
            },
            "secrets_providers": {"type": "passphrase", "state": {"salt": salt}},
            "resources": [self._codec.resource(state) for state in deployment.resources],
        }
        if deployment.pending:
            content["pending_operations"] = [
                {"resource": self._codec.resource(p.state), "type": p.kind}
                for p in deployment.pending
            ]
        content["metadata"] = {}
        states = (*deployment.resources, *(p.state for p in deployment.pending))
        return json.dumps(envelope(content, states), indent=4) + "\n"

    def save(self, deployment: Deployment) -> None:
        raw = self.text(deployment).encode()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # One name, for the stack is locked: the next run overwrites what a killed one left.
        temporary = self._path.with_name(f".{self._name}.tmp")
        temporary.touch(mode=0o600)
        temporary.write_bytes(raw)
        if self._path.exists():
            backup = self._path.with_name(f"{self._name}.json.bak")
            backup.unlink(missing_ok=True)
            backup.hardlink_to(self._path)
        temporary.replace(self._path)
        self._raw = raw
        self._journal.unlink(missing_ok=True)

    def _header(self) -> str:
        return hashlib.sha256(self._raw).hexdigest()

    def _read(self) -> bytes:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return b""
        found = read_envelope(
            raw,
            f"The state of the stack {self._name} in {self._path}",
            f"put the backup {self._path.name}.bak in its place.",
        )
        self.salt = found.salt
        return raw
