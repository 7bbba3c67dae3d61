"""The provider of an agreement corpus as a plugin of the stock engine.

``python -m seawall_sandbox.agreement.plugin <provider.py> <directory>``: started by the executable
that ``stock`` writes for one case.
"""

import sys
from pathlib import Path

from seawall_sandbox.agreement.corpus import load_lab
from seawall_sandbox.serve import serve


def main() -> int:
    """Serve the provider over the cloud in the directory, until the engine is gone."""
    lab = load_lab(Path(sys.argv[1]))
    return serve(lab.package, lab.version, lab.make(Path(sys.argv[2])))


if __name__ == "__main__":
    sys.exit(main())
