"""Applications for the tests of the services: one like the shop example, and generated ones."""

from ipaddress import IPv4Network
from types import MappingProxyType

from hypothesis import strategies as st

from seawall.services.files import used_configs, used_secrets
from seawall.services.kubernetes.options import Entry, Options
from seawall.services.model import (
    Application,
    Condition,
    FileMount,
    FileSource,
    Healthcheck,
    Membership,
    Mode,
    Mount,
    MountKind,
    Network,
    Port,
    Resources,
    Restart,
    Rollout,
    Route,
    Service,
    Volume,
)

MIB = 1024**2

SHOP = Application(
    name="shop",
    services=(
        Service(
            name="api",
            image="registry.example.com/shop/api:1",
            user="1000:1000",
            ports=(Port(3000),),
            networks=(Membership("back", ("backend",)), Membership("front")),
            environment=MappingProxyType({"PRICE": "$(5)", "DB": "db"}),
            secrets=(FileMount("db_password", "/run/secrets/db_password"),),
            configs=(FileMount("settings", "/etc/shop.ini"),),
            routes=(Route("/api", 3000),),
            depends_on=MappingProxyType({"db": Condition.HEALTHY, "migrate": Condition.COMPLETED}),
            healthcheck=Healthcheck(
                ("CMD", "curl", "-f", "http://localhost:3000/healthz")[1:],
                interval=10,
                timeout=2.5,
                start_period=30,
            ),
            replicas=3,
            rollout=Rollout(parallelism=1, order="start-first"),
            resources=Resources(memory_limit=64 * MIB, cpu_reservation=0.25),
        ),
        Service(
            name="db",
            image="postgres:17-alpine",
            ports=(Port(5432),),
            networks=(Membership("back"),),
            mounts=(Mount(MountKind.VOLUME, "/var/lib/postgresql/data", "db_data"),),
            secrets=(FileMount("db_password", "/run/secrets/db_password"),),
            healthcheck=Healthcheck(("pg_isready",)),
        ),
        Service(
            name="migrate",
            image="registry.example.com/shop/api:1",
            user="1000",
            networks=(Membership("back"),),
            restart=Restart(condition="on-failure", max_attempts=3),
            depends_on=MappingProxyType({"db": Condition.HEALTHY}),
        ),
        Service(
            name="web",
            image="nginx:1.29",
            ports=(Port(80, published=8080),),
            networks=(Membership("front"),),
            routes=(Route("/", 80),),
            replicas=2,
        ),
        Service(
            name="worker",
            image="registry.example.com/shop/worker:1",
            user="1000:1000",
            networks=(Membership("back"),),
        ),
    ),
    networks=(Network("back", internal=True), Network("front")),
    volumes=(Volume("db_data", size=20 * 1024 * MIB),),
    secrets=(FileSource("db_password", environment="DB_PASSWORD"),),
    configs=(FileSource("settings", content="currency=EUR\n"),),
)

CONTENTS = {"settings": b"currency=EUR\n"}


def options_for(application, **changes):
    given = {
        "namespace": "shop",
        "images": {
            service.name: f"images.example/{service.name}:1" for service in application.services
        },
        "secret_names": {
            name: f"secret-{index}" for index, name in enumerate(used_secrets(application))
        },
        "config_names": {
            name: f"config-{index}" for index, name in enumerate(used_configs(application))
        },
        "vpc_cidr": IPv4Network("10.20.0.0/16"),
        "entry": Entry(certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/1"),
        "load_balancer_cidrs": (IPv4Network("10.20.192.0/24"), IPv4Network("10.20.193.0/24")),
    }
    return Options(**(given | changes))


_words = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
_NETWORKS = ("back", "front", "ops")
_sizes = st.integers(1, 64).map(lambda mib: mib * MIB)


@st.composite
def _ports(draw):
    numbers = draw(st.lists(st.integers(1, 65535), max_size=3, unique=True))
    return tuple(Port(number, draw(st.sampled_from(["tcp", "udp"]))) for number in sorted(numbers))


@st.composite
def _services(draw, name):
    mode = draw(st.sampled_from(list(Mode)))
    ports = draw(_ports())
    owns = mode is Mode.REPLICATED and draw(st.booleans())
    condition = draw(st.sampled_from(["any", "any", "none", "on-failure"]))
    tcp = [port.target for port in ports if port.protocol == "tcp"]
    ends = mode is Mode.REPLICATED_JOB or (mode is Mode.REPLICATED and condition != "any")
    routed = tcp and not ends and draw(st.booleans())
    memory = draw(st.none() | _sizes)
    return Service(
        name=name,
        image=draw(st.sampled_from(["postgres:17", "example.com/own:1", "redis:8-alpine"])),
        user=draw(st.sampled_from(["1000", "1000:2000"])),
        ports=ports,
        networks=tuple(Membership(network) for network in _NETWORKS if draw(st.booleans())),
        environment=MappingProxyType(
            draw(st.dictionaries(_words, st.text(max_size=8), max_size=3))
        ),
        command=draw(st.none() | st.lists(st.text(max_size=8), min_size=1, max_size=3).map(tuple)),
        mounts=(Mount(MountKind.VOLUME, "/data", f"{name}-data"),) if owns else (),
        routes=(Route(f"/{name}", tcp[0]),) if routed else (),
        healthcheck=draw(
            st.none()
            | st.builds(
                Healthcheck,
                st.just(("true",)),
                interval=st.floats(0.1, 90),
                timeout=st.floats(0.1, 90),
                retries=st.integers(0, 9),
                start_period=st.floats(0, 300),
                start_interval=st.floats(0.1, 10),
            )
        ),
        mode=mode,
        replicas=draw(st.integers(0, 1)) if owns else draw(st.integers(0, 5)),
        restart=Restart(condition=condition, max_attempts=draw(st.none() | st.integers(0, 9))),
        rollout=draw(
            st.builds(
                Rollout,
                parallelism=st.integers(0, 4),
                delay=st.floats(0, 900),
                monitor=st.floats(0, 900),
                order=st.sampled_from(["stop-first", "start-first"]),
            )
        ),
        resources=draw(
            st.builds(
                Resources,
                cpu_limit=st.none() | st.floats(0.5, 4),
                cpu_reservation=st.none() | st.floats(0.001, 0.5),
                memory_limit=st.just(memory),
                memory_reservation=st.none() if memory is None else st.just(memory) | st.none(),
            )
        ),
        read_only=draw(st.none() | st.booleans()),
        stop_grace_period=draw(st.floats(0, 120)),
    )


@st.composite
def applications(draw):
    names = draw(st.lists(_words, min_size=1, max_size=5, unique=True))
    reserved = {"default"}
    return Application(
        name="generated",
        services=tuple(draw(_services(name)) for name in sorted(set(names) - reserved)),
        networks=tuple(Network(name, internal=draw(st.booleans())) for name in _NETWORKS),
    )
