"""Agreement with the stock engine, kept: small programs, and what the stock engine made of them.

A corpus is a directory with ``cases/*.yaml`` (programs and what is done with them), ``provider.py``
(a deterministic provider), ``prelude.py`` (what every program begins with) and
``recordings/*.json``. ``stock`` makes recordings with the ``pulumi`` on PATH, ``embedded`` with our
engine, ``compare`` tells how two differ.
"""
