"""The services of a Compose file: model, flows, and the component that runs them on Kubernetes."""

from typing import TYPE_CHECKING

from seawall.lazy import load_on_demand

if TYPE_CHECKING:
    from seawall.services.arguments import IngressArgs, ServicesArgs
    from seawall.services.component import Services
    from seawall.services.flows import application_flows
    from seawall.services.kubernetes.checks import check_application

__all__ = ["IngressArgs", "Services", "ServicesArgs", "application_flows", "check_application"]

__getattr__, __dir__ = load_on_demand(
    __name__,
    {
        "arguments": ("IngressArgs", "ServicesArgs"),
        "component": ("Services",),
        "flows": ("application_flows",),
        "kubernetes.checks": ("check_application",),
    },
)
