"""The packages that the sandbox has providers for."""

from collections.abc import Mapping
from dataclasses import dataclass

from seawall_sandbox.protocol import Provider, ProviderFactory


@dataclass(frozen=True, slots=True)
class Package:
    """A package: who makes its provider, and which Python distribution its programs use."""

    provider: ProviderFactory
    distribution: str


# Each provider is imported when it is first made: boto3 and the schemas take a while.


def _aws() -> Provider:
    from seawall_sandbox.aws.provider import AwsProvider  # noqa: PLC0415  # see above

    return AwsProvider()


def _kubernetes() -> Provider:
    from seawall_sandbox.kubernetes import KubernetesProvider  # noqa: PLC0415  # see above

    return KubernetesProvider()


def _random() -> Provider:
    from seawall_sandbox.random import RandomProvider  # noqa: PLC0415  # see above

    return RandomProvider()


PACKAGES: Mapping[str, Package] = {
    "aws": Package(_aws, "pulumi-aws"),
    "kubernetes": Package(_kubernetes, "pulumi-kubernetes"),
    "random": Package(_random, "pulumi-random"),
}
