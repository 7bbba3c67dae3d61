"""The services of a Compose file: model, flows, and the component that runs them on Kubernetes."""

from seawall.services.arguments import IngressArgs, ServicesArgs
from seawall.services.component import Services
from seawall.services.flows import application_flows
from seawall.services.kubernetes.checks import check_application

__all__ = ["IngressArgs", "Services", "ServicesArgs", "application_flows", "check_application"]
