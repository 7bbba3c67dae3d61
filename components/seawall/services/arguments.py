"""The inputs of ``Services``, checked and turned into frozen values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from types import MappingProxyType
from typing import Any, NotRequired, TypedDict, cast, final

import pulumi

from seawall.errors import InvalidInputError, Problem, did_you_mean
from seawall.services.dns import is_dns_label
from seawall.services.files import used_configs, used_secrets
from seawall.services.kubernetes.checks import check_application
from seawall.services.kubernetes.options import Entry
from seawall.services.kubernetes.quantities import GIB
from seawall.services.model import Application, FileSource


class IngressArgs(TypedDict):
    """The public entry: one Application Load Balancer."""

    domain: NotRequired[str | None]
    """Host name of the platform. Default: the load balancer's own name."""
    certificate_arn: NotRequired[pulumi.Input[str] | None]
    """ARN of the ACM certificate for HTTPS on 443; port 80 then only redirects."""
    allow_plain_http: NotRequired[bool]
    """Gives up encryption: HTTP on port 80 without a certificate. Default: false."""
    allowed_cidrs: NotRequired[Sequence[str]]
    """IPv4 ranges that may reach the entry. Default: 0.0.0.0/0, everybody."""
    internal: NotRequired[bool]
    """A load balancer inside the VPC only. Default: false."""
    security_group_id: NotRequired[pulumi.Input[str] | None]
    """The load balancer's security group; its rules are then yours. Default: the AWS Load
    Balancer Controller makes one and manages the rules."""
    subnet_ids: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]] | None]
    """Subnets of the load balancer, in two zones at least. Default: found by their role tags."""


class ServicesArgs(TypedDict):
    """Inputs of ``Services``."""

    application: Application
    """The services, as the Compose file describes them."""
    images: Mapping[str, pulumi.Input[str]]
    """Image reference by service: repository and tag, or digest."""
    secret_values: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Value by secret of the Compose file; kept secret. Needed for all but external ones."""
    config_values: NotRequired[Mapping[str, str]]
    """Value by config of the Compose file. Needed for those that come from the environment."""
    namespace: str
    """Kubernetes namespace, which is made for the application."""
    ingress: NotRequired[IngressArgs]
    """The public entry. Needed if a service has a route."""
    public_subnet_cidrs: Sequence[str]
    """IPv4 ranges of the subnets in which the load balancer stands: only from there do its requests
    reach pods."""
    vpc_cidr: str
    """IPv4 range of the VPC, which services reach only where the flows say so."""
    egress: NotRequired[Sequence[tuple[IPv4Network, int, str]]]
    """Ways out besides HTTPS: range, TCP port, reason. Default: none."""
    storage_class: NotRequired[str]
    """StorageClass of volumes. Default: gp3."""
    shared_storage_class: NotRequired[str | None]
    """StorageClass of volumes that many nodes mount (EFS). Default: none, and such are refused."""
    default_volume_size: NotRequired[int]
    """Size, in GiB, of a volume that does not say its own. Default: 10."""
    kubernetes_version: NotRequired[str]
    """Version of the cluster, major.minor, for the Pod Security Standards. Default: 1.35."""
    protect: NotRequired[bool]
    """Whether volumes are protected from deletion and kept. Default: true."""
    tags: NotRequired[Mapping[str, str]]
    """Tags of the load balancer and its target groups. Default: none."""


@final
@dataclass(frozen=True, slots=True)
class ServicesSettings:
    """``ServicesArgs``, checked."""

    application: Application
    images: Mapping[str, Any]
    secret_values: Mapping[str, Any]
    config_contents: Mapping[str, bytes]
    namespace: str
    entry: Entry
    public_subnet_cidrs: tuple[IPv4Network, ...]
    vpc_cidr: IPv4Network
    egress: tuple[tuple[IPv4Network, int, str], ...]
    storage_class: str
    shared_storage_class: str | None
    default_volume_size: int
    kubernetes_version: str
    protect: bool


def checked(name: str, args: ServicesArgs) -> ServicesSettings:
    """The inputs as a frozen value.

    Raises ``InvalidInputError`` with every problem of the application, ``ValueError`` for an
    argument that is wrong by itself.
    """
    _check_keys(name, args)
    application = args["application"]
    namespace = args["namespace"]
    if not is_dns_label(namespace):
        raise ValueError(
            f"Services '{name}': namespace is '{namespace}', which is not a DNS label. Use at most "
            f"63 lower case letters, digits and hyphens."
        )
    missing = sorted({service.name for service in application.services} - args["images"].keys())
    if missing:
        raise ValueError(
            f"Services '{name}': images has no entry for {', '.join(missing)}. Give an image "
            f"reference for each service."
        )
    size = args.get("default_volume_size", 10)
    if not 1 <= size <= 65536:
        raise ValueError(
            f"Services '{name}': default_volume_size is {size}; an EBS volume has 1 to 65536 GiB."
        )
    shared = args.get("shared_storage_class")
    contents = _config_contents(application, args.get("config_values", {}))
    problems = [
        *check_application(
            application,
            shared_storage=shared is not None,
            config_sizes={key: len(content) for key, content in contents.items()},
        ),
        *_without_value(application, args.get("secret_values", {}), contents),
    ]
    if problems:
        raise InvalidInputError(problems)
    return ServicesSettings(
        application=application,
        images=args["images"],
        secret_values=args.get("secret_values", {}),
        config_contents=contents,
        namespace=namespace,
        entry=_entry(name, application, args),
        public_subnet_cidrs=_networks(name, "public_subnet_cidrs", args["public_subnet_cidrs"]),
        vpc_cidr=_networks(name, "vpc_cidr", [args["vpc_cidr"]])[0],
        egress=tuple(args.get("egress", ())),
        storage_class=args.get("storage_class", "gp3"),
        shared_storage_class=shared,
        default_volume_size=size * GIB,
        kubernetes_version=args.get("kubernetes_version", "1.35"),
        protect=args.get("protect", True),
    )


def _check_keys(name: str, args: ServicesArgs) -> None:
    """A misspelt or forgotten key: nothing else would notice it before an update."""
    known = ServicesArgs.__required_keys__ | ServicesArgs.__optional_keys__
    for key in sorted(args.keys() - known):
        raise ValueError(f"Services '{name}' has no input '{key}'. {did_you_mean(key, known)}")
    missing = sorted(ServicesArgs.__required_keys__ - args.keys())
    if missing:
        raise ValueError(f"Services '{name}': {', '.join(missing)} must be given, and is not.")


def _entry(name: str, application: Application, args: ServicesArgs) -> Entry:
    given: IngressArgs | None = args.get("ingress")
    if given is None:
        if any(service.routes for service in application.services):
            raise ValueError(
                f"Services '{name}': a service has a route, but ingress is not given. Give "
                f"one with a certificate_arn."
            )
        return Entry()
    certificate = given.get("certificate_arn")
    if (certificate is None) == (not given.get("allow_plain_http", False)):
        raise ValueError(
            f"Services '{name}': ingress needs exactly one of certificate_arn and "
            f"allow_plain_http: true, which gives up encryption."
        )
    tags = args.get("tags", {})
    for key, value in tags.items():
        if "," in key + value or "=" in key:
            raise ValueError(
                f"Services '{name}': the tag {key}={value} cannot be written in an annotation of "
                f"the load balancer. Leave out commas, and equals signs in its key."
            )
    subnets = given.get("subnet_ids")
    return Entry(
        domain=given.get("domain"),
        certificate_arn=certificate,
        allowed_cidrs=_networks(
            name, "ingress.allowed_cidrs", given.get("allowed_cidrs", ["0.0.0.0/0"])
        ),
        internal=given.get("internal", False),
        security_group_id=given.get("security_group_id"),
        subnet_ids=None if subnets is None else pulumi.Output.from_input(subnets).apply(_joined),
        tags=MappingProxyType(dict(tags)),
    )


def _joined(subnets: Sequence[Any]) -> str:
    return ",".join(subnets)


def _networks(name: str, key: str, blocks: Sequence[str]) -> tuple[IPv4Network, ...]:
    try:
        return tuple(IPv4Network(block) for block in blocks)
    except ValueError as error:
        raise ValueError(
            f"Services '{name}': {key}: {error}. Give ranges such as 10.20.0.0/16."
        ) from None


def _config_contents(application: Application, values: Mapping[str, str]) -> Mapping[str, bytes]:
    sources = {source.name: source for source in application.configs}
    found: dict[str, bytes] = {}
    for name in used_configs(application):
        source = sources.get(name, FileSource(name))
        if name in values:
            found[name] = values[name].encode()
        elif source.content is not None:
            found[name] = source.content.encode()
        elif source.file is not None:
            found[name] = _read(name, source.file)
    return found


def _read(name: str, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        problem = Problem(
            "",
            f"configs.{name}.file",
            f"the file cannot be read: {error.strerror}.",
            "Put it there, or name another.",
        )
        raise InvalidInputError([problem]) from None


def _without_value(
    application: Application, secrets: Mapping[str, Any], configs: Mapping[str, bytes]
) -> list[Problem]:
    kinds = (
        ("secret", used_secrets(application), secrets, application.secrets),
        ("config", used_configs(application), configs, application.configs),
    )
    return [
        Problem(
            "",
            f"{kind}s.{name}",
            f"the {kind} '{name}' has no value.",
            f"Give one in {kind}_values.",
        )
        for kind, used, values, sources in kinds
        for name in used
        if name not in cast("Mapping[str, object]", values)
        and not any(source.name == name and source.external for source in sources)
    ]
