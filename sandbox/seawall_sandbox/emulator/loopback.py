"""Keep a process on loopback: an audit hook that refuses every other address.

moto and ministack are used by their harmless parts only. That they phone nowhere and listen
nowhere is not left to trust: Python announces each connection, binding and look-up of a name to
its audit hooks beforehand (https://docs.python.org/3/library/audit_events.html), and an exception
in a hook prevents it.
"""

import ipaddress
import sys
from typing import Any

_ADDRESSED = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"})
_NAMED = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


class NotLoopbackError(PermissionError):
    """The process tried to reach, or to listen on, an address that is not loopback."""


def guard() -> None:
    """Refuse every address but loopback from now on, in this whole process."""
    sys.addaudithook(_hook)


def is_loopback(host: object) -> bool:
    """Whether ``host`` is a loopback address or ``localhost``.

    The empty host, which stands for all addresses, is not, and neither is any other name.
    """
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("latin-1")
    if not isinstance(host, str):
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _ADDRESSED:
        address: Any = arguments[1]
        # A text is the path of a Unix socket, such as Docker's.
        host: object = address if isinstance(address, str) else address[0]
    elif event in _NAMED:
        host = arguments[0]
    else:
        return
    if not is_loopback(host):
        raise NotLoopbackError(
            f"The emulator may use loopback addresses only, and something in it asked for "
            f"{event.removeprefix('socket.')} with {host!r}."
        )
