"""Reads a Compose file into the application model, by the Compose specification.

``load`` is the door. Behind it one module for each step: ``yaml_reader``, ``interpolate``,
``schema``, ``canonical`` (short forms to long ones), ``source`` (several files, ``include``,
``extends``) with ``merge``, ``profiles``, ``account`` (no key is lost in silence), ``service`` and
``toplevel`` (into the model), ``references`` (what services must agree on).
"""

from seawall.services.compose.load import load

__all__ = ["load"]
