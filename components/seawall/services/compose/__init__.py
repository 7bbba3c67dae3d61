"""Reads a Compose file into the application model, by the Compose specification.

``load`` is the door. Behind it one module for each step: ``yaml_reader``, ``interpolate``,
``schema``, ``canonical`` (short forms to long ones), ``source`` (several files, ``include``,
``extends``) with ``merge``, ``profiles``, ``account`` (no key is lost in silence), ``service`` and
``toplevel`` (into the model), ``references`` (what services must agree on).
"""

from typing import TYPE_CHECKING

from seawall.lazy import load_on_demand

if TYPE_CHECKING:
    from seawall.services.compose.loader import load

__all__ = ["load"]

# Stack files are read with the same ``yaml_reader``, and need nothing of the rest.
__getattr__, __dir__ = load_on_demand(__name__, {"loader": ("load",)})
