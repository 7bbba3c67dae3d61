"""The directory ``.seawall`` of a checkout: state, rendered objects, the emulator's record and log.

It may hold ciphertext and a passphrase: only its owner may read it, and Git never sees it.
"""

import os
import threading
from pathlib import Path

NAME = ".seawall"


def prepare(directory: Path) -> Path:
    """Make ``directory`` unless it is there, readable by its owner alone and ignored by Git."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = directory / ".gitignore"
    if not ignore.exists():
        write_private(ignore, "*\n")
    return directory.resolve()


def write_private(path: Path, text: str) -> None:
    """Write ``text`` so that a reader sees the old file or the new one; mode 0600."""
    _forget_drafts(path)
    # Two processes or threads may write at once: each has a draft of its own.
    draft = path.with_name(f".{path.name}.{threading.get_ident()}.{os.getpid()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _forget_drafts(path: Path) -> None:
    """Delete what processes that were killed have left of this file."""
    for draft in path.parent.glob(f".{path.name}.*.draft"):
        pid = draft.name.split(".")[-2]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            draft.unlink(missing_ok=True)
        except (OSError, ValueError):
            continue  # alive, though another's; or no draft of ours
