"""As whom a service's containers run."""

from dataclasses import dataclass
from typing import final

from seawall.services.image_facts import image_facts
from seawall.services.model import Service


@final
@dataclass(frozen=True, slots=True)
class User:
    """A user by number; the group is None where only the image knows it."""

    user: int
    group: int | None = None

    def __str__(self) -> str:
        """As Docker takes it."""
        return str(self.user) if self.group is None else f"{self.user}:{self.group}"

    @property
    def owner(self) -> tuple[str, str]:
        """Whose files are that the service alone shall have: its user and group.

        Where only the image knows the group, it is the one with the user's number.
        """
        return str(self.user), str(self.user if self.group is None else self.group)


def user_of(service: Service) -> User | None:
    """The service's user: what the Compose file says, else the official image's own.

    None if neither says a number, which ``checks`` refuses: Kubernetes cannot tell whether a name
    stands for root.
    """
    if service.user:
        user, _, group = service.user.partition(":")
        if not user.isdecimal() or (group and not group.isdecimal()):
            return None
        return User(int(user), int(group) if group else None)
    facts = image_facts(service.image) if service.build is None else None
    return User(facts.user, facts.group) if facts else None
