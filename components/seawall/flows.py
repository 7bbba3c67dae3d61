"""Every flow of a platform: the whole content of the port ledger. Pure."""

from ipaddress import IPv4Network

from seawall.eks.flows import cluster_flows
from seawall.firewall.flows import Flow
from seawall.services.flows import application_flows
from seawall.services.model import Application
from seawall.settings import PlatformSettings


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
