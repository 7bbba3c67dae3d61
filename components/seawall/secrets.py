"""Values of the application's secrets, from where the settings or the Compose file say."""

import os
from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_random as random

from seawall.component import Component
from seawall.services.model import FileSource
from seawall.settings import SecretSettings


class SecretsArgs(TypedDict):
    """Inputs of ``Secrets``."""

    sources: Sequence[FileSource]
    """The secrets of the Compose file."""
    settings: Mapping[str, SecretSettings]
    """Other sources than the Compose file's, by the secret's name."""


class Secrets(Component):
    """Reads or generates the value of each secret.

    A generated value is made once, at the first update, and lives encrypted in the stack's state.
    All values are secret outputs. External secrets have none: they exist in the cluster already.
    """

    names: list[str]
    """Names of the secrets that have a value here."""

    def __init__(
        self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, {}, opts)
        self.values: dict[str, pulumi.Output[str]] = {
            source.name: self._value(name, source, args["settings"].get(source.name))
            for source in args["sources"]
            if not source.external or source.name in args["settings"]
        }
        """Value by name of the secret; each is a secret output."""
        self.names = sorted(self.values)
        self.publish()

    def _value(
        self, name: str, source: FileSource, settings: SecretSettings | None
    ) -> pulumi.Output[str]:
        if settings is not None and settings.generate is not None:
            return random.RandomPassword(
                f"{name}-{source.name}",
                length=settings.generate,
                # Letters and digits only: such a value needs no quoting in any connection string.
                special=False,
                opts=self.child_options(),
            ).result
        if settings is not None:
            values = pulumi.Config("seawall").require_secret_object("secrets")
            return pulumi.Output.secret(values.apply(lambda known: str(known[source.name])))
        if source.file is not None:
            return pulumi.Output.secret(source.file.read_text(encoding="utf-8"))
        return pulumi.Output.secret(os.environ[source.environment])
