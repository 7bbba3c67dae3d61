"""What a resource type may use while it works on one resource."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from seawall_sandbox.aws.clients import Clients
from seawall_sandbox.aws.naming import prefixed_name
from seawall_sandbox.aws.patience import Patience
from seawall_sandbox.protocol import ProviderError
from seawall_sandbox.values import Properties

T = TypeVar("T")

DEFAULT_TIMEOUT = 20.0
"""Seconds to wait for a state or for dependents to go, when the user sets no custom timeout. The
emulator changes state at once, so that what has not happened by then never will."""
_POLL = 0.2


class Context:
    """One call of the provider: region, account, clients, and how long it may take."""

    def __init__(
        self,
        clients: Clients,
        *,
        region: str,
        account: Callable[[], str],
        default_tags: Mapping[str, str],
        urn: str = "",
        timeout: float = 0,
        held: frozenset[str] = frozenset(),
        lately: frozenset[str] = frozenset(),
    ) -> None:
        self.clients = clients
        self.region = region
        self.default_tags = default_tags
        self.urn = urn
        self.name = urn.rpartition("::")[2]
        self.timeout = timeout or DEFAULT_TIMEOUT
        self.told: Properties = {}
        """What a create or an update knows and no read can tell, for the one that follows it."""
        self.held = held
        """Ids of the type that belong to other resources: what is looked for is none of them."""
        self.lately = lately
        """Ids, names and ARNs of what was made in this run: AWS may not see it all over yet."""
        self.chosen_name: str | None = None
        """The name that the resource was given for want of one in its inputs."""
        self._account = account

    @property
    def account(self) -> str:
        """The account number that the credentials belong to."""
        return self._account()

    @property
    def partition(self) -> str:
        """The partition of the region."""
        return partition_of(self.region)

    def client(self, service: str) -> Any:
        """The boto3 client of a service in this region."""
        return self.clients.get(service, self.region)

    def arn(self, service: str, resource: str, *, region: bool = True) -> str:
        """An ARN of this account; ``region=False`` for global services such as IAM."""
        place = self.region if region else ""
        return f"arn:{self.partition}:{service}:{place}:{self.account}:{resource}"

    def unique_name(self, prefix: str) -> str:
        """A name that begins so: the same whenever this context is asked for one."""
        if self.chosen_name is None:
            self.chosen_name = prefixed_name(prefix)
        return self.chosen_name

    @property
    def patience(self) -> Patience:
        """How often calls are made, and how long things may take to be seen."""
        return self.clients.patience

    def wait(self, check: Callable[[], T | None], what: str) -> T:
        """Ask until the answer is neither ``None`` nor false, and give it back.

        ``what`` ends the sentence "... did not ... in time", such as "become available". Raises
        ``ProviderError`` when the time is up.
        """
        deadline = time.monotonic() + self.timeout
        while True:
            answer = check()
            if answer:
                return answer
            if time.monotonic() >= deadline:
                raise ProviderError(
                    f"{self.name or 'The resource'} did not {what} within {self.timeout:g} seconds."
                    " Run again to go on, or set a longer custom timeout."
                )
            time.sleep(_POLL)


def partition_of(region: str) -> str:
    """The partition that a region belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def dns_suffix_of(region: str) -> str:
    """The domain under which a region's services answer."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
