"""seawall-node: the agent on every node of a Docker Swarm that Seawall builds.

It runs on the host under systemd, with the Python of the image (3.9 or newer), the standard library
and boto3. What it decides is in modules without side effects; what it does goes through thin
adapters: ``engine``, ``aws``, ``metadata``, ``host``.
"""

VERSION = "1"
"""Changes when a new agent must not work beside an older one on the same cluster."""
