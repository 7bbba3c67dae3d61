"""The program: settings in, platform out."""

import pulumi

from seawall.platform import build
from seawall.program import load

platform = build(load())

for name, value in platform.outputs.items():
    pulumi.export(name, value)
