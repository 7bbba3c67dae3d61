"""Pulumi's passphrase secrets manager, in its own format.

A key is derived from the passphrase with PBKDF2-SHA256, 1,000,000 rounds, and an 8-byte salt;
values are sealed with AES-256-GCM and written ``v1:<nonce>:<ciphertext>`` in base64. A stack's
``encryptionsalt`` is ``v1:<salt>:<"pulumi", sealed>``, so that a wrong passphrase is noticed
(pkg/secrets/passphrase/manager.go and sdk/go/common/resource/config/crypt.go of pulumi/pulumi).
"""

import base64
import binascii
import hashlib
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from seawall_sandbox.engine.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ROUNDS: Final = 1_000_000
SALT_BYTES: Final = 8
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
VERIFIER: Final = "pulumi"


@lru_cache(maxsize=64)
def _key(passphrase: str, salt: bytes) -> bytes:
    # About 0.3 s by design; several runs in one process pay once.
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, ROUNDS, KEY_BYTES)


def _cipher(key: bytes) -> "AESGCM":
    # 8 MiB, which a run without a secret has no use for.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(key)


class PassphraseSecrets:
    """Seals and opens values for one stack.

    ``state`` is the ``encryptionsalt`` of the stack; without it a new one is made. Raises
    ``UsageError`` when the passphrase is not the one that ``state`` was made with.
    """

    def __init__(self, passphrase: str, state: str | None = None) -> None:
        if state is None:
            salt = os.urandom(SALT_BYTES)
            self._cipher = _cipher(_key(passphrase, salt))
            self.state = _join("v1", salt, self.encrypt(VERIFIER))
            return
        salt, verifier = _split_state(state)
        self._cipher = _cipher(_key(passphrase, salt))
        self.state = state
        if self.decrypt(verifier) != VERIFIER:
            raise _wrong_passphrase()

    def renewed(self, passphrase: str) -> "PassphraseSecrets":
        """The same key under a new ``state`` text."""
        salt, _ = _split_state(self.state)
        return PassphraseSecrets(passphrase, _join("v1", salt, self.encrypt(VERIFIER)))

    def encrypt(self, plaintext: str) -> str:
        """``plaintext``, sealed."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, plaintext.encode(), None)
        return _join("v1", nonce, base64.b64encode(sealed).decode())

    def decrypt(self, ciphertext: str) -> str:
        """What ``encrypt`` sealed; raises ``UsageError`` when it was not sealed with this key."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # loaded by the cipher

        try:
            nonce, sealed = _v1(ciphertext)
            opened = self._cipher.decrypt(_decode(nonce), _decode(sealed), None)
        except InvalidTag as error:
            raise _wrong_passphrase() from error
        except ValueError as error:
            raise UsageError(
                "An encrypted value is not in the form v1:<nonce>:<ciphertext>: the stack's state "
                "or settings were changed by hand. Restore them from a backup."
            ) from error
        return opened.decode()


def _wrong_passphrase() -> UsageError:
    return UsageError(
        "The passphrase does not open this stack's secrets: set PULUMI_CONFIG_PASSPHRASE (or "
        "PULUMI_CONFIG_PASSPHRASE_FILE) to the one the stack was made with."
    )


def _join(version: str, raw: bytes, rest: str) -> str:
    return f"{version}:{base64.b64encode(raw).decode()}:{rest}"


def _split_state(state: str) -> tuple[bytes, str]:
    try:
        salt, verifier = _v1(state)
        return _decode(salt), verifier
    except ValueError as error:
        raise UsageError(
            "The stack's encryptionsalt is not in the form v1:<salt>:v1:<nonce>:<ciphertext>: "
            "restore it from a backup, or remove the stack's secrets and let a new one be made."
        ) from error


def _v1(text: str) -> tuple[str, str]:
    version, first, second = text.split(":", 2)
    if version != "v1":
        raise ValueError(version)
    return first, second


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
