"""Make the archive that nodes run: ``python -m seawall_node.build DIRECTORY``.

The archive is the same, byte for byte, whenever and wherever it is made of the same sources: so its
SHA-256 can be in the user data, and an instance is replaced only when the agent did change.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

_TIME = (1980, 1, 1, 0, 0, 0)
"""The oldest that a zip file can say."""
_START = b"#!/usr/bin/env python3\n"
_MAIN = b"import sys\nfrom seawall_node.cli import main\nsys.exit(main())\n"


@dataclass(frozen=True)
class Agent:
    """The archive."""

    content: bytes
    sha256: str

    @property
    def name(self) -> str:
        """Its file name."""
        return f"{self.sha256}.pyz"


def build() -> Agent:
    """The archive of this package."""
    package = Path(__file__).parent
    files = {
        f"{package.name}/{path.relative_to(package).as_posix()}": path.read_bytes()
        for path in package.rglob("*.py")
    }
    buffer = io.BytesIO()
    buffer.write(_START)
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted({**files, "__main__.py": _MAIN}.items()):
            # Stored: what deflate makes of it is for each zlib to decide.
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    content = buffer.getvalue()
    return Agent(content, hashlib.sha256(content).hexdigest())


def main() -> None:
    """Write the archive into the directory that is the argument, and print its path."""
    agent = build()
    path = Path(sys.argv[1]) / agent.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(agent.content)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
