"""What ``Network`` takes, validated. Pure."""

from ipaddress import IPv4Network
from typing import Annotated, Final, final

from pydantic import AfterValidator, Field, model_validator

from seawall.arguments import Arguments, one_of
from seawall.network.layout import Zone, check_vpc, parse_zones
from seawall.retention import retention_days

PER_ZONE: Final = "per-zone"
SINGLE: Final = "single"
NONE: Final = "none"


def _zones(names: tuple[str, ...]) -> tuple[str, ...]:
    parse_zones(names)
    return names


@final
class NetworkArguments(Arguments):
    """The arguments of a network; see ``NetworkArgs`` for what each means."""

    cidr: Annotated[IPv4Network, AfterValidator(check_vpc)]
    zones: Annotated[tuple[str, ...], AfterValidator(_zones)]
    nat: Annotated[str, AfterValidator(one_of(PER_ZONE, SINGLE, NONE))] = PER_ZONE
    public: bool = True
    isolated: bool = True
    s3_endpoint: bool = True
    flow_log_retention_days: Annotated[int, AfterValidator(retention_days)] = 90
    protect: bool = True
    tags: dict[str, str] = Field(default_factory=dict[str, str])

    @model_validator(mode="after")
    def _nat_is_possible(self) -> "NetworkArguments":
        if self.nat != NONE and not self.public:
            raise ValueError(
                f"nat is '{self.nat}', but NAT gateways stand in public subnets and public is "
                "false. Set nat to none, or public to true."
            )
        return self

    @property
    def parsed_zones(self) -> tuple[Zone, ...]:
        """The zones, in the order given."""
        return parse_zones(self.zones)

    @property
    def region(self) -> str:
        """The region of the zones."""
        return self.parsed_zones[0].region

    @property
    def nat_zones(self) -> tuple[Zone, ...]:
        """The zones with a NAT gateway: all, the first one, or none."""
        if self.nat == NONE:
            return ()
        return self.parsed_zones if self.nat == PER_ZONE else self.parsed_zones[:1]

    def nat_zone(self, zone: Zone) -> Zone | None:
        """The zone whose NAT gateway the private subnet of ``zone`` leaves through."""
        if not self.nat_zones:
            return None
        return zone if zone in self.nat_zones else self.nat_zones[0]
