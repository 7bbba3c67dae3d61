"""``python -m seawall_node``, and what the archive runs."""

import sys

from seawall_node.cli import main

if __name__ == "__main__":
    sys.exit(main())
