"""The passphrase that seals a stack's secrets: given, or made for this checkout."""

import os
import secrets
from pathlib import Path

from seawall_sandbox import state_directory
from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.engine.secrets import PassphraseSecrets
from seawall_sandbox.project import StackFile

PASSPHRASE_VARIABLE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105  # a name
PASSPHRASE_FILE_VARIABLE = "PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105  # a name


class Passphrase:
    """The one that is ``given``, else that of the environment, else the one in ``state_dir``."""

    def __init__(self, state_dir: Path, given: str | None) -> None:
        self._state_dir = state_dir
        self._chosen = given

    def open(self, file: StackFile) -> PassphraseSecrets:
        """What opens the secrets of a settings file. Raises ``UsageError`` with the cures."""
        given = " ".join(f"--config {key}=<value>" for key in file.sealed_keys)
        instead = f"Or give other values for this run, with all of {given}."
        if file.encryption_salt is None:
            raise UsageError(
                f"{file.path} has secrets, but no encryptionsalt to open them with. Restore the "
                "line from version control, or set the secrets again with `pulumi config set "
                f"--secret`. {instead}"
            )
        try:
            return PassphraseSecrets(self.get(), file.encryption_salt)
        except UsageError as error:
            raise UsageError(f"{error} {instead}") from error

    def may_be_of(self, salt: str) -> bool:
        """Whether the passphrase may be that of ``salt``: one that was given is taken at its word.

        That of this checkout is not the one of settings that others have written.
        """
        if self._given() is not None:
            return True
        if not self._own_file.exists():
            return False
        try:
            PassphraseSecrets(self._own(), salt)
        except UsageError:
            return False
        return True

    def get(self) -> str:
        """The passphrase. Raises ``UsageError`` when it cannot be had."""
        given = self._given()
        return self._own() if given is None else given

    def _given(self) -> str | None:
        """The passphrase that the caller or the environment gives."""
        if self._chosen is not None:
            return self._chosen
        given = os.environ.get(PASSPHRASE_VARIABLE)
        if given is not None:
            return given
        file = os.environ.get(PASSPHRASE_FILE_VARIABLE)
        if file:
            try:
                return Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise UsageError(
                    f"{PASSPHRASE_FILE_VARIABLE} names {file}, which cannot be read: "
                    f"{error.strerror}. Correct the variable, or the file's permissions."
                ) from error
        return None

    @property
    def _own_file(self) -> Path:
        return self._state_dir / "passphrase"

    def _own(self) -> str:
        """The passphrase of this checkout: it only has to outlive the emulator's memory."""
        path = self._own_file
        if not path.exists():
            sealed = sorted(self._state_dir.glob("*/*.json"))
            if sealed:
                # A new passphrase would not open the secrets that the states hold.
                raise UsageError(
                    f"{sealed[0]} is sealed with a passphrase that was in {path}, and that file is "
                    f"gone. Restore it, or set {PASSPHRASE_VARIABLE} to what it held, or delete "
                    "the state to begin anew."
                )
            state_directory.prepare(self._state_dir)
            state_directory.write_private(path, f"{secrets.token_urlsafe(32)}\n")
        return path.read_text(encoding="utf-8").strip()
