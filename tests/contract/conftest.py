"""Makes the mock harness of the unit tests importable as ``mocks`` here too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "unit"))
