"""The ``seawall`` command."""

from seawall.cli.app import main

__all__ = ["main"]
