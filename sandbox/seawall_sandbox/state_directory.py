"""The directory ``.seawall`` of a checkout: state, rendered objects, the emulator's record and log.

It may hold ciphertext and a passphrase: only its owner may read it, and Git never sees it.
"""

import os
import tempfile
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
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
