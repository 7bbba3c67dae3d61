"""Amazon Route 53: hosted zones, their records, and ``getZone``."""

from typing import Final

from seawall_sandbox.aws.registry import Function
from seawall_sandbox.aws.resource import ResourceType
from seawall_sandbox.aws.route53.record import Record
from seawall_sandbox.aws.route53.zone import Zone, get_zone

RESOURCES: Final[tuple[type[ResourceType], ...]] = (Record, Zone)
FUNCTIONS: Final[dict[str, Function]] = {"aws:route53/getZone:getZone": get_zone}
