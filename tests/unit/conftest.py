"""Makes the shared mock harness importable as ``mocks`` in every folder of tests/unit.

Tests are not a package: pytest puts the folder of each conftest.py on the import path, and that is
all this file is for.
"""
