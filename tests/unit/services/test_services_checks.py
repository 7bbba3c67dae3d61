from dataclasses import replace
from types import MappingProxyType

import pytest
from service_examples import MIB, SHOP

from seawall.services import check_application
from seawall.services.kubernetes.checks import unreachable_dependencies
from seawall.services.model import (
    Application,
    Condition,
    FileMount,
    FileSource,
    Membership,
    Mode,
    Mount,
    MountKind,
    Network,
    Placement,
    Port,
    Route,
    Service,
    Volume,
)

OWN = Service(name="own", image="example.com/own:1", user="1000")
OTHER = Service(name="other", image="example.com/other:1", user="1000")
DATA = Mount(MountKind.VOLUME, "/data", "data")


def own(**changes):
    return Application("one", (replace(OWN, **changes),))


def waiting(condition, **changes):
    waiter = replace(OTHER, depends_on=MappingProxyType({"own": condition}))
    return Application("two", (waiter, replace(OWN, **changes)))


def test_a_good_application_has_no_problems():
    assert check_application(SHOP) == ()


PROBLEMS = {
    "upper case": (own(name="Web"), "services.Web", "cannot be a DNS name"),
    "leading digit": (own(name="1web"), "services.1web", "cannot be a DNS name"),
    "too long": (own(name="a" * 53), "services." + "a" * 53, "at most 52"),
    "reserved": (own(name="default"), "services.default", "is taken"),
    "bad alias": (
        own(networks=(Membership("n", ("my_db",)),)),
        "services.own.networks",
        "the alias 'my_db'",
    ),
    "alias of two": (
        Application(
            "two",
            (
                replace(OTHER, networks=(Membership("n", ("db",)),)),
                replace(OWN, networks=(Membership("n", ("db",)),)),
            ),
        ),
        "services.own.networks",
        "the name 'db' would stand for the services other and own",
    ),
    "alias of a service": (
        Application("two", (OTHER, replace(OWN, networks=(Membership("n", ("other",)),)))),
        "services.own.networks",
        "the name 'other' would stand for",
    ),
    "colliding secrets": (
        replace(SHOP, secrets=(*SHOP.secrets, FileSource("db-password", environment="X"))),
        "secrets.db_password",
        "the names db-password and db_password are both 'db-password'",
    ),
    "bad host name": (own(hostname="a.b"), "services.own.hostname", "not a single label"),
    "unknown dependency": (
        own(depends_on=MappingProxyType({"onw": Condition.STARTED})),
        "services.own.depends_on",
        "no service 'onw'",
    ),
    "no user": (own(user=""), "services.own.user", "it names no user"),
    "user by name": (own(user="app"), "services.own.user", "the user 'app' is not a number"),
    "root": (own(user="0:0"), "services.own.user", "runs as root"),
    "capability": (own(cap_add=("NET_ADMIN",)), "services.own.cap_add", "capability NET_ADMIN"),
    "sysctl": (
        own(sysctls=MappingProxyType({"net.core.somaxconn": "1"})),
        "services.own.sysctls",
        "net.core.somaxconn",
    ),
    "host port": (
        own(ports=(Port(80, published=8080, host_mode=True),)),
        "services.own.ports",
        "takes port 8080 of its node",
    ),
    "host path": (
        own(mounts=(Mount(MountKind.BIND, "/x", "/var/run/docker.sock"),)),
        "services.own.volumes",
        "mounts a volume of type hostPath",
    ),
    "host gateway": (
        own(extra_hosts=MappingProxyType({"h": "host-gateway"})),
        "services.own.extra_hosts",
        "'h' stands for the node",
    ),
    "host address": (
        own(extra_hosts=MappingProxyType({"h": "nowhere"})),
        "services.own.extra_hosts",
        "'nowhere', for 'h', is not an IP address",
    ),
    "two mounts": (
        own(
            mounts=(Mount(MountKind.TMPFS, "/run/secrets/a"),),
            secrets=(FileMount("a", "/run/secrets/a"),),
        ),
        "services.own",
        "two things are mounted at /run/secrets/a",
    ),
    "waiting for what never ends": (
        waiting(Condition.COMPLETED, mode=Mode.GLOBAL),
        "services.other.depends_on.own",
        "runs on every node for good",
    ),
    "node role": (
        own(placement=Placement(constraints=("node.role == manager",))),
        "services.own.deploy.placement.constraints",
        "'node.role == manager' has no equivalent",
    ),
    "constraint without operator": (
        own(placement=Placement(constraints=("node.labels.disk",))),
        "services.own.deploy.placement.constraints",
        "has no equivalent",
    ),
    "spread over what is no label": (
        own(placement=Placement(spread=("engine.labels.x",))),
        "services.own.deploy.placement.preferences",
        "is not a label of nodes",
    ),
    "two per node": (
        own(placement=Placement(max_replicas_per_node=2)),
        "services.own.deploy.placement.max_replicas_per_node",
        "at most 2 tasks on a node",
    ),
    "sctp": (own(ports=(Port(80, "sctp"),)), "services.own.ports", "uses sctp"),
    "route to an undeclared port": (
        own(routes=(Route("/", 80),)),
        "services.own.x-seawall.ingress",
        "leads to port 80",
    ),
    "route to a job": (
        own(routes=(Route("/", 80),), ports=(Port(80),), mode=Mode.REPLICATED_JOB),
        "services.own.x-seawall.ingress",
        "cannot take requests",
    ),
    "duplicate route": (
        Application(
            "two",
            (
                replace(OTHER, routes=(Route("/", 80),), ports=(Port(80),)),
                replace(OWN, routes=(Route("/", 80),), ports=(Port(80),)),
            ),
        ),
        "services.own.x-seawall.ingress",
        "the route / leads to other and own at once",
    ),
    "route with a bad host": (
        own(routes=(Route("/", 80, host="a_b"),), ports=(Port(80),)),
        "services.own.x-seawall.ingress",
        "'a_b' is not a host name",
    ),
    "application protocol": (
        own(ports=(Port(80, app_protocol="h 2"),)),
        "services.own.ports",
        "app_protocol 'h 2' of port 80",
    ),
    "circle": (
        Application(
            "two",
            (
                replace(OTHER, depends_on=MappingProxyType({"own": Condition.STARTED})),
                replace(OWN, depends_on=MappingProxyType({"other": Condition.STARTED})),
            ),
        ),
        "services.other.depends_on",
        "in a circle",
    ),
    "subpath out of the volume": (
        own(mounts=(replace(DATA, subpath="a/../../b"),)),
        "services.own.volumes",
        "the subpath 'a/../../b' leads out",
    ),
    "host that is no host name": (
        own(extra_hosts=MappingProxyType({"my_host": "10.0.0.1"})),
        "services.own.extra_hosts",
        "'my_host' is not a host name",
    ),
    "Windows": (own(platform="windows/amd64"), "services.own.platform", "is not Linux"),
    "external volume": (
        Application(
            "one", (replace(OWN, mounts=(DATA,)),), volumes=(Volume("data", external=True),)
        ),
        "volumes.data.external",
        "is said to exist",
    ),
    "shared volume": (
        Application("one", (replace(OWN, mounts=(DATA,)),), volumes=(Volume("data", shared=True),)),
        "volumes.data.x-seawall.shared",
        "there is no storage class",
    ),
    "volume of two services": (
        Application("two", (replace(OTHER, mounts=(DATA,)), replace(OWN, mounts=(DATA,)))),
        "volumes.data",
        "the services other and own mount the volume 'data'",
    ),
    "volume of several tasks": (
        own(mounts=(DATA,), replicas=2),
        "services.own.deploy.replicas",
        "the tasks (2) would write",
    ),
    "volume on every node": (
        own(mounts=(DATA,), mode=Mode.GLOBAL),
        "services.own.deploy.replicas",
        "the tasks (one on each node) would write",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_what_kubernetes_would_not_take_is_refused_with_place_and_cure(case):
    application, path, words = PROBLEMS[case]
    (problem,) = check_application(application)
    assert problem.path == path
    assert words in problem.message
    assert problem.cure


def test_a_config_has_a_limit():
    (problem,) = check_application(SHOP, config_sizes={"settings": MIB + 1})
    assert (problem.path, problem.message) == (
        "configs.settings",
        "config 'settings' has 1048577 bytes, and a ConfigMap holds 1048576.",
    )
    assert check_application(SHOP, config_sizes={"settings": MIB}) == ()


def test_a_shared_volume_needs_a_storage_class_for_it():
    volumes = (Volume("data", shared=True),)
    application = Application("one", (replace(OWN, mounts=(DATA,), replicas=3),), volumes=volumes)
    assert check_application(application, shared_storage=True) == ()


def test_waiting_for_a_service_makes_it_a_job():
    assert check_application(waiting(Condition.COMPLETED)) == ()


def test_waiting_for_a_service_that_nobody_can_reach_is_worth_a_warning():
    networks = {"networks": (Membership("n"),)}
    application = waiting(Condition.STARTED, **networks)
    waiter, waited = application.services
    application = replace(
        application, services=(replace(waiter, **networks), waited), networks=(Network("n"),)
    )
    (warning,) = unreachable_dependencies(application)
    assert warning.startswith("service other depends on own, but own declares no port")
    listening = replace(waited, ports=(Port(80),))
    application = replace(application, services=(application.services[0], listening))
    assert unreachable_dependencies(application) == ()
