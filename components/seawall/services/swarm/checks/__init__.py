"""What Docker Swarm or the platform's security would not take, as problems of the Compose file.

All of it is found before any resource is declared. What the Compose file gets wrong by itself is
the loader's business.
"""

from seawall.services.swarm.checks.application import check_on_swarm

__all__ = ["check_on_swarm"]
