"""The engine: runs an unmodified Pulumi Python program and drives providers.

It hosts Pulumi's ``ResourceMonitor`` and ``Engine`` services as plain objects in this process,
decides the steps between the recorded state and what the program asks for, and runs them. It knows
no provider: see ``seawall_sandbox.protocol``.
"""

from seawall_sandbox.engine.errors import EngineError, UnsupportedError, UsageError
from seawall_sandbox.engine.run import Engine, Options, Project
from seawall_sandbox.engine.state import Backend

__all__ = [
    "Backend",
    "Engine",
    "EngineError",
    "Options",
    "Project",
    "UnsupportedError",
    "UsageError",
]
