"""The application on a Kubernetes cluster."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

import pulumi
import pulumi_kubernetes as kubernetes

from seawall.component import Component
from seawall.services.arguments import ServicesArgs, ServicesSettings, checked
from seawall.services.files import external_names, used_secrets
from seawall.services.flows import application_flows
from seawall.services.kubernetes.checks import unreachable_dependencies
from seawall.services.kubernetes.configuration import config_name, namespace, secret
from seawall.services.kubernetes.options import Entry, Options
from seawall.services.kubernetes.render import ENTRY, NAMESPACE, Rendered, render, secret_key

_CLASSES: Final[Mapping[tuple[str, str], Any]] = {
    ("v1", "Namespace"): kubernetes.core.v1.Namespace,
    ("v1", "ServiceAccount"): kubernetes.core.v1.ServiceAccount,
    ("v1", "ConfigMap"): kubernetes.core.v1.ConfigMap,
    ("v1", "Secret"): kubernetes.core.v1.Secret,
    ("v1", "Service"): kubernetes.core.v1.Service,
    ("v1", "PersistentVolumeClaim"): kubernetes.core.v1.PersistentVolumeClaim,
    ("apps/v1", "Deployment"): kubernetes.apps.v1.Deployment,
    ("apps/v1", "StatefulSet"): kubernetes.apps.v1.StatefulSet,
    ("apps/v1", "DaemonSet"): kubernetes.apps.v1.DaemonSet,
    ("batch/v1", "Job"): kubernetes.batch.v1.Job,
    ("policy/v1", "PodDisruptionBudget"): kubernetes.policy.v1.PodDisruptionBudget,
    ("networking.k8s.io/v1", "NetworkPolicy"): kubernetes.networking.v1.NetworkPolicy,
    ("networking.k8s.io/v1", "Ingress"): kubernetes.networking.v1.Ingress,
}


class Services(Component):
    """The services of a Compose file on Kubernetes.

    A namespace that admits only restricted pods and lets nothing talk but what the application's
    flows say; a workload and a Service for each service; volumes, configs, secrets; and one Ingress
    as the public entry. The provider of the cluster comes by ``opts``.

    Raises ``InvalidInputError`` with every problem, before the first resource.
    """

    namespace: pulumi.Output[str]
    """Kubernetes namespace of the application."""
    entry_url: pulumi.Output[str | None]
    """URL of the public entry; none without routes, or while the load balancer has no name."""
    service_names: pulumi.Output[list[str]]
    """Names of the services."""

    def __init__(
        self, name: str, args: ServicesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        settings = checked(name, args)
        super().__init__(name, {}, opts)
        application = settings.application
        for warning in unreachable_dependencies(application):
            pulumi.log.warn(warning, self)
        self._made: dict[str, pulumi.CustomResource] = {}

        home = self._make(Rendered(NAMESPACE, namespace(application, _options(settings, {}))))
        secret_names = {
            secret_name: self._secret(settings, secret_name)
            for secret_name in used_secrets(application)
            if secret_name in settings.secret_values
        }
        flows = application_flows(
            application,
            allowed_cidrs=settings.entry.allowed_cidrs,
            https=settings.entry.encrypted,
            egress=settings.egress,
        )
        options = _options(settings, secret_names)
        for each in render(application, flows, settings.config_contents, options):
            self._make(each, protect=settings.protect and each.holds_data)

        self.namespace = cast("kubernetes.core.v1.Namespace", home).metadata.apply(_object_name)
        self.entry_url = self._entry_url(settings.entry)
        self.service_names = pulumi.Output.from_input([each.name for each in application.services])
        self.publish()

    def _make(self, each: Rendered, *, protect: bool = False) -> pulumi.CustomResource:
        """Declare an object, after those that it waits for."""
        manifest = each.manifest
        class_ = _CLASSES[manifest["apiVersion"], manifest["kind"]]
        timeout = f"{each.timeout}s" if each.timeout else None
        made: pulumi.CustomResource = class_(
            f"{self.pulumi_resource_name}-{each.key}",
            **{
                _snake_case(key): value
                for key, value in manifest.items()
                if key not in {"apiVersion", "kind"}
            },
            opts=self.child_options(
                depends_on=[self._made[key] for key in each.after],
                protect=True if protect else None,
                retain_on_delete=True if protect else None,
                delete_before_replace=True if each.replace_first else None,
                custom_timeouts=(
                    pulumi.CustomTimeouts(create=timeout, update=timeout) if timeout else None
                ),
            ),
        )
        self._made[each.key] = made
        return made

    def _secret(self, settings: ServicesSettings, name: str) -> pulumi.Output[str]:
        """Make the Secret and say which name it got."""
        manifest = secret(
            settings.application,
            name,
            settings.namespace,
            pulumi.Output.secret(settings.secret_values[name]),
        )
        made = self._make(Rendered(secret_key(name), manifest, (NAMESPACE,)))
        return cast("kubernetes.core.v1.Secret", made).metadata.apply(_object_name)

    def _entry_url(self, entry: Entry) -> pulumi.Output[str | None]:
        scheme = "https" if entry.encrypted else "http"
        made = self._made.get(ENTRY)
        if made is None:
            return pulumi.Output.from_input(None)
        if entry.domain is not None:
            return pulumi.Output.from_input(f"{scheme}://{entry.domain}")
        status = cast("kubernetes.networking.v1.Ingress", made).status
        return status.apply(lambda known: _url(scheme, known))


def _options(settings: ServicesSettings, secret_names: Mapping[str, pulumi.Output[str]]) -> Options:
    application = settings.application
    return Options(
        namespace=settings.namespace,
        images=settings.images,
        secret_names={**external_names(application.secrets), **secret_names},
        config_names={
            **external_names(application.configs),
            **{key: config_name(key, value) for key, value in settings.config_contents.items()},
        },
        vpc_cidr=settings.vpc_cidr,
        entry=settings.entry,
        load_balancer_cidrs=settings.public_subnet_cidrs,
        storage_class=settings.storage_class,
        shared_storage_class=settings.shared_storage_class,
        default_volume_size=settings.default_volume_size,
        kubernetes_version=settings.kubernetes_version,
    )


def _snake_case(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()


def _object_name(metadata: Any) -> str:
    return metadata.name


def _url(scheme: str, status: Any) -> str | None:
    """The URL of the load balancer; None while it has no name (or where there is none)."""
    balancer = status.load_balancer if status else None
    for point in (balancer.ingress if balancer else None) or ():
        if point.hostname:
            return f"{scheme}://{point.hostname}"
    return None
