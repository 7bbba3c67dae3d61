"""From the project's files to validated inputs, and those of the running Pulumi program."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import final

import pulumi

from seawall.errors import InvalidInputError, Problem, did_you_mean
from seawall.firewall import Ledger, LedgerError
from seawall.flows import platform_flows
from seawall.services import check_application
from seawall.services.compose import load as load_compose
from seawall.services.kubernetes.notes import kubernetes_notes
from seawall.services.model import Application, FileSource, Note
from seawall.settings import Settings
from seawall.settings_checks import PLATFORM
from seawall.settings_file import parse_settings, with_lines
from seawall.stack_file import SECRETS_KEY, StackFile, read_stack_file


@final
@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that a platform is built from, validated."""

    settings: Settings
    application: Application
    project: Path

    @property
    def notes(self) -> tuple[Note, ...]:
        """Keys of the Compose file that do not carry over as they are."""
        return (*self.application.notes, *kubernetes_notes(self.application))


def resolve(stack_file: StackFile, project: Path) -> Inputs:
    """Settings and application of a stack.

    Raises ``InvalidInputError`` with every problem found.
    """
    project = project.resolve()
    settings = parse_settings(stack_file)
    services = settings.platform.services
    problems = [*_missing_files(settings, project, stack_file.file)]
    if problems:
        raise InvalidInputError(with_lines(problems, stack_file.lines))
    application = load_compose(
        [project / file for file in services.compose_files],
        project_directory=project / services.compose_files[0].parent,
        profiles=services.profiles,
        environment=services.environment,
        replicas=services.replicas,
        known_secrets=services.secrets,
        root=project,
    )
    problems = [
        *_on_kubernetes(application, settings),
        *_cross_checks(settings, application, stack_file),
        *_ledger(settings, application, stack_file.file),
    ]
    if problems:
        raise InvalidInputError(with_lines(problems, stack_file.lines))
    return Inputs(settings, application, project)


def load() -> Inputs:
    """The inputs of the running Pulumi program, from its configuration.

    Raises ``pulumi.RunError`` that lists every problem, so that no traceback is shown.
    """
    project = Path(pulumi.runtime.get_root_directory() or ".")
    platform = pulumi.Config("seawall").get("platform")
    stack = pulumi.get_stack()
    try:
        on_disk = read_stack_file(project, stack)
        stack_file = StackFile(
            stack=stack,
            file=on_disk.file,
            region=pulumi.Config("aws").get("region"),
            platform=json.loads(platform) if platform is not None else None,
            secret_names=_secret_names(on_disk),
            lines=on_disk.lines,
        )
        return resolve(stack_file, project)
    except InvalidInputError as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        message = f"the input of stack {stack} is not valid; nothing was touched.\n{lines}"
        raise pulumi.RunError(message) from None


def _secret_names(on_disk: StackFile) -> frozenset[str]:
    """Names of the secrets as configured, which may differ from the file's by ``--config``."""
    text = pulumi.runtime.get_config(SECRETS_KEY)
    return frozenset(json.loads(text)) if text is not None else on_disk.secret_names


def _missing_files(settings: Settings, project: Path, file: str) -> Iterator[Problem]:
    for path in settings.platform.services.compose_files:
        if not (project / path).is_file():
            yield Problem(
                file,
                f"{PLATFORM}.services.compose",
                f"there is no Compose file {path}.",
                "Give its path relative to the project's directory.",
            )
            continue
        try:
            with (project / path).open("rb") as opened:
                opened.read(1)
        except OSError as error:
            reason = f"the file cannot be read: {error.strerror}."
            yield Problem(path.as_posix(), "", reason, "Correct its permissions.")


def _cross_checks(
    settings: Settings, application: Application, stack_file: StackFile
) -> Iterator[Problem]:
    services = settings.platform.services
    names = [secret.name for secret in application.secrets]
    path = f"{PLATFORM}.services.secrets"
    for name, source in services.secrets.items():
        if name not in names:
            yield Problem(
                stack_file.file,
                f"{path}.{name}",
                f"the Compose file has no secret '{name}'.",
                did_you_mean(name, names),
            )
        elif source.from_config and name not in stack_file.secret_names:
            yield Problem(
                stack_file.file,
                f"{path}.{name}",
                f"config.seawall:secrets has no value for '{name}'.",
                f"Run: pulumi config set --secret --path 'seawall:secrets.{name}'.",
            )
    for source in application.secrets:
        if source.name not in services.secrets:
            yield from _unreadable(source, path, stack_file.file)
    for config in application.configs:
        if config.environment and config.environment not in os.environ:
            yield Problem(
                stack_file.file,
                f"{PLATFORM}.services.compose",
                f"the config '{config.name}' comes from the environment variable "
                f"{config.environment}, which is not set.",
                "Set it, or give the config by file or content.",
            )
    if not any(service.routes for service in application.services):
        yield Problem(
            stack_file.file,
            f"{PLATFORM}.services.compose",
            "no service is reachable: none has x-seawall.ingress.",
            "Add x-seawall: {ingress: [{path: /, port: 8080}]} to the service at the front.",
        )


def _on_kubernetes(application: Application, settings: Settings) -> Iterator[Problem]:
    """What the Compose file asks for and Kubernetes, restricted, does not give."""
    compose = settings.platform.services.compose_files[0].as_posix()
    for problem in check_application(application):
        yield replace(problem, file=compose)


def _ledger(settings: Settings, application: Application, file: str) -> Iterator[Problem]:
    """Flows that are never opened, and more rules than a security group takes."""
    try:
        Ledger(platform_flows(settings.platform, application)).rules()
    except LedgerError as error:
        for line in str(error).splitlines():
            yield Problem(file, f"{PLATFORM}.firewall", line)


def _unreadable(source: FileSource, path: str, file: str) -> Iterator[Problem]:
    cure = f"Or let Seawall make one: services: {{secrets: {{{source.name}: {{generate: 32}}}}}}."
    if source.environment and source.environment not in os.environ:
        yield Problem(
            file,
            f"{path}.{source.name}",
            f"the secret '{source.name}' comes from the environment variable "
            f"{source.environment}, which is not set.",
            f"Set it. {cure}",
        )
    elif source.file is not None:
        try:
            source.file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            yield Problem(
                file,
                f"{path}.{source.name}",
                f"the secret '{source.name}' cannot be read from {source.file.name}: {error}.",
                f"Put a text in UTF-8 there. {cure}",
            )
