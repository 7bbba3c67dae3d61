"""Applications as Swarm sees them: the examples of the repository, and generated ones."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from hypothesis import strategies as st
from service_examples import applications

from seawall.services.compose import load
from seawall.services.files import used_configs, used_secrets
from seawall.services.model import Application, Membership, Ulimit
from seawall.services.swarm.options import FileObject, Logging, Options, Storage

EXAMPLES = Path(__file__).parents[3] / "examples"
REGISTRY = "111122223333.dkr.ecr.us-east-1.amazonaws.com"


def example(name: str) -> Application:
    directory = EXAMPLES / name
    return load(
        [directory / "compose.yaml"], project_directory=directory, known_secrets=("db_password",)
    )


def options(application: Application, **changes) -> Options:
    stack = changes.pop("stack", application.name)
    given = {
        "images": {
            service.name: f"{REGISTRY}/{stack}/{service.name}:1" for service in application.services
        },
        "secrets": {name: FileObject(f"{stack}_{name}-v1") for name in used_secrets(application)},
        "configs": {
            name: FileObject(f"{stack}_{name}-0a1b2c3d4e5f", f"configs/{name}")
            for name in used_configs(application)
        },
        "storage": Storage.EFS,
        "file_system": "fs-0123456789abcdef0.efs.us-east-1.amazonaws.com",
        "nodes": 5,
        "logging": Logging(f"/seawall/{stack}/containers", "us-east-1"),
    }
    return Options(stack=stack, **(given | changes))


_maps = st.dictionaries(st.from_regex(r"[A-Za-z][\w.]{0,9}", fullmatch=True), st.text(max_size=9))


@st.composite
def _changed(draw, service):
    published = tuple(
        replace(
            port, published=draw(st.none() | st.integers(1, 65535)), host_mode=draw(st.booleans())
        )
        for port in service.ports
    )
    return replace(
        service,
        ports=published,
        networks=service.networks or (Membership("default", ("other",)),),
        labels=MappingProxyType(draw(_maps)),
        deploy_labels=MappingProxyType(draw(_maps)),
        ulimits=tuple(
            draw(st.lists(st.builds(Ulimit, st.just("nofile"), st.just(9), st.just(9)), max_size=1))
        ),
        unchecked=draw(st.booleans()),
        headless=draw(st.booleans()),
        init=draw(st.booleans()),
        hostname=draw(st.sampled_from(["", "web", "{{.Node.Hostname}}"])),
        platform=draw(st.sampled_from(["", "linux/arm64", "linux"])),
        shm_size=draw(st.none() | st.integers(1, 2**30)),
    )


@st.composite
def swarm_applications(draw):
    """Applications with what only Swarm takes."""
    application = draw(applications())
    services = tuple(draw(_changed(service)) for service in application.services)
    return replace(application, services=services)
