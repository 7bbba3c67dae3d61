"""AWS on loopback, from pip alone: moto for all it has, ministack for EKS, one endpoint for both.

``start`` brings it up in the background, ``status`` finds it again, ``stop`` ends it. Its memory
lasts as long as its process; a random instance id says whether it is still the same one.
"""

from seawall_sandbox.emulator.process import Emulator, EmulatorError, start, status, stop

__all__ = ["Emulator", "EmulatorError", "start", "status", "stop"]
