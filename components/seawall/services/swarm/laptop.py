"""The same application on one engine, without AWS: what ``docker stack deploy`` there needs.

The stack file is made by the same renderer as the platform's. It differs in what a laptop has not:
no load balancer (published ports are the Compose file's), no registry (images are those that
``docker compose build`` makes), no agent (secrets are read from their files by the docker client).
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from seawall.errors import Problem
from seawall.services.files import external_names, used_configs, used_secrets
from seawall.services.model import Application, FileSource, Service
from seawall.services.swarm.names import config_object, versioned
from seawall.services.swarm.options import FileObject, Options, Storage


def laptop_options(
    application: Application, config_contents: Mapping[str, bytes], *, dnsrr: bool = False
) -> Options:
    """How the application is rendered for one engine."""
    stack = application.name
    secrets = {source.name: source for source in application.secrets}
    configs = external_names(application.configs)
    return Options(
        stack=stack,
        images={service.name: _image(application, service) for service in application.services},
        secrets={
            name: _secret(stack, secrets.get(name, FileSource(name)))
            for name in used_secrets(application)
        },
        configs={
            name: (
                FileObject(configs[name])
                if name in configs
                else FileObject(
                    found := config_object(stack, name, config_contents.get(name, b"")),
                    f"configs/{found}",
                )
            )
            for name in used_configs(application)
        },
        storage=Storage.ENGINE,
        nodes=1,
        dnsrr=dnsrr,
        laptop=True,
    )


def check_laptop_secrets(application: Application) -> Iterator[Problem]:
    """Secrets whose value the docker client cannot read."""
    sources = {source.name: source for source in application.secrets}
    for name in used_secrets(application):
        source = sources.get(name, FileSource(name))
        if source.external or (source.file is not None and source.file.is_file()):
            continue
        place = source.file.name if source.file is not None else f"{name}.txt"
        yield Problem(
            "",
            f"secrets.{name}",
            f"the secret '{name}' is in no file, and on a laptop that is where the docker client "
            "reads it.",
            f"Write its value to {place} and name that by 'file'.",
        )


def _image(application: Application, service: Service) -> str:
    """The image as it is named on the engine: by Compose where it is built here."""
    return service.image or f"{application.name}-{service.name}"


def _secret(stack: str, source: FileSource) -> FileObject:
    """A secret under a name that changes when its file does.

    From the file's identity, not from its content: a hash of a value could be tried out.
    """
    if source.external:
        return FileObject(source.external_name or source.name)
    if source.file is None or not source.file.is_file():
        return FileObject(versioned(stack, source.name, "missing"))
    return FileObject(versioned(stack, source.name, _identity(source.file)), str(source.file))


def _identity(file: Path) -> str:
    found = file.stat()
    said = f"{file}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]
