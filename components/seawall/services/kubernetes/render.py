"""All of an application as Kubernetes objects, with what each waits for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Final, final

from seawall.firewall.flows import Flow
from seawall.services.files import used_configs
from seawall.services.kubernetes import configuration, networking, policies, storage, workloads
from seawall.services.kubernetes.names import Manifest, object_name
from seawall.services.kubernetes.options import Options
from seawall.services.kubernetes.rollout import rollout_timeout
from seawall.services.model import Application, Service

NAMESPACE: Final = "namespace"
"""Key of the namespace, which is made first."""
ENTRY: Final = "entry-ingress"
"""Key of the Ingress."""


@final
@dataclass(frozen=True, slots=True)
class Rendered:
    """One object to be made."""

    key: str
    """Its name within the application, unique and stable: ``web-deployment``."""
    manifest: Manifest
    after: tuple[str, ...] = ()
    """Keys of the objects that must be there before it, and must go after it."""
    holds_data: bool = False
    """Whether data are lost with it."""
    timeout: int | None = None
    """Seconds that making it may take; None: the provider's default."""
    replace_first: bool = False
    """Whether a changed one can only be made after the old one is gone."""


def render(
    application: Application,
    flows: Sequence[Flow],
    config_contents: Mapping[str, bytes],
    options: Options,
) -> tuple[Rendered, ...]:
    """Every object inside the namespace but the Secrets, which have no names before they are made.

    Sorted so that each comes after what it waits for.
    """
    found = {
        each.key: each
        for each in (
            *_for_all(application, config_contents, options),
            *(
                each
                for service in application.services
                for each in _service(application, service, flows, config_contents, options)
            ),
            *_entry(application, options),
        )
    }
    order = TopologicalSorter({key: sorted(found[key].after) for key in sorted(found)})
    return tuple(found[key] for key in order.static_order() if key != NAMESPACE)


def secret_key(name: str) -> str:
    """Key of a Secret, from which Pulumi makes its object's name: so it must be fit for one."""
    return f"{object_name(name)}-secret"


def config_key(name: str) -> str:
    """Key of a ConfigMap."""
    return f"{object_name(name)}-config"


def volume_key(name: str) -> str:
    """Key of a PersistentVolumeClaim."""
    return f"{object_name(name)}-volume"


def workload_key(application: Application, service: Service) -> str:
    """Key of a service's workload: ``web-deployment``."""
    kind = workloads.workload_kind(application, service)
    return f"{service.name}-{_HYPHENATED.get(kind, kind.lower())}"


_HYPHENATED: Final = {"StatefulSet": "stateful-set", "DaemonSet": "daemon-set"}


def _for_all(
    application: Application, config_contents: Mapping[str, bytes], options: Options
) -> Iterator[Rendered]:
    after = (NAMESPACE,)
    yield Rendered("default-deny", policies.default_deny(application, options), after)
    yield Rendered("allow-dns", policies.allow_dns(application, options), after)
    for name in used_configs(application):
        if name in config_contents:
            manifest = configuration.config_map(application, name, config_contents[name], options)
            yield Rendered(config_key(name), manifest, after)
    volumes = {v for service in application.services for v in storage.named_volumes(service)}
    for name in sorted(volumes):
        volume = storage.volume_of(application, name)
        manifest = storage.claim(application, volume, options)
        yield Rendered(volume_key(name), manifest, after, holds_data=True)


def _service(
    application: Application,
    service: Service,
    flows: Sequence[Flow],
    config_contents: Mapping[str, bytes],
    options: Options,
) -> Iterator[Rendered]:
    after = (NAMESPACE,)
    own: list[Rendered] = [
        Rendered(
            f"{service.name}-service-account",
            configuration.service_account(application, service, options),
            after,
        ),
        Rendered(
            f"{service.name}-service",
            networking.service_object(application, service, options),
            after,
        ),
        *(
            Rendered(f"{alias['metadata']['name']}-alias", alias, after)
            for alias in networking.alias_services(application, service, options)
        ),
    ]
    policy = policies.service_policy(application, service, flows, options)
    if policy is not None:
        own.append(Rendered(f"{service.name}-network-policy", policy, after))
    budget = workloads.disruption_budget(application, service, options)
    yield from own
    if budget is not None:
        yield Rendered(f"{service.name}-disruption-budget", budget, after)
    configs = {file.source for file in service.configs} & config_contents.keys()
    yield Rendered(
        workload_key(application, service),
        workloads.workload(application, service, options),
        (
            NAMESPACE,
            # Without the policies a pod would be reachable for a moment.
            "default-deny",
            "allow-dns",
            *(each.key for each in own),
            *(volume_key(name) for name in storage.named_volumes(service)),
            *(config_key(name) for name in sorted(configs)),
            *(workload_key(application, application.service(n)) for n in service.depends_on),
        ),
        timeout=rollout_timeout(service),
        replace_first=workloads.is_job(application, service),
    )


def _entry(application: Application, options: Options) -> Iterator[Rendered]:
    manifest = networking.ingress(application, options)
    if manifest is None:
        return
    routed = [service for service in application.services if service.routes]
    # It waits for its services, so that on destroy it goes first and takes the load balancer along.
    after = (
        NAMESPACE,
        *(f"{service.name}-service" for service in routed),
        *(workload_key(application, service) for service in routed),
    )
    yield Rendered(ENTRY, manifest, after)
