"""All flows of a platform: the whole content of the port ledger, and where requests enter. Pure."""

from ipaddress import IPv4Network

from seawall.eks.flows import cluster_flows
from seawall.firewall.flows import Flow
from seawall.network.layout import Tier, subnet_cidr
from seawall.services.flows import application_flows
from seawall.services.model import Application
from seawall.settings import PlatformSettings, Settings


def platform_flows(platform: PlatformSettings, application: Application) -> tuple[Flow, ...]:
    """The flows of the cluster and of the services on it."""
    return (
        *cluster_flows(egress=egress(platform)),
        *application_flows(
            application,
            allowed_cidrs=platform.ingress.allowed_cidrs,
            https=platform.ingress.certificate_arn is not None,
            egress=egress(platform),
        ),
    )


def egress(platform: PlatformSettings) -> tuple[tuple[IPv4Network, int, str], ...]:
    """Ways out besides HTTPS: range, TCP port, reason."""
    return tuple((rule.cidr, rule.port, rule.reason) for rule in platform.firewall.egress)


def entry_tier(platform: PlatformSettings) -> Tier:
    """The subnets in which the load balancer stands."""
    return Tier.PRIVATE if platform.ingress.internal else Tier.PUBLIC


def entry_cidrs(settings: Settings) -> list[str]:
    """The ranges of those subnets: from there, requests reach the services' pods."""
    network = settings.platform.network
    return [
        str(subnet_cidr(network.cidr, entry_tier(settings.platform), zone[-1]))
        for zone in settings.zones
    ]
