"""moto's own server application, hosted in our process."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from seawall_sandbox.emulator.forgetting import forget_networks, keep_no_history
from seawall_sandbox.emulator.images import with_public_images

Environ = dict[str, Any]
WsgiApplication = Callable[[Environ, Any], Iterable[bytes]]

PRELOADED = ("sts", "ec2", "iam")
"""What every stack uses, slowest first in sum: loaded while the program is still importing."""


class MotoHost:
    """moto behind a lock.

    Its in-memory tables are not made for threads: two requests at once end now and then in
    "dictionary changed size during iteration". One at a time is no slower, since all is computing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._application: WsgiApplication | None = None
        self._loaded = threading.Event()

    @property
    def loaded(self) -> bool:
        """Whether the preloading is through."""
        return self._loaded.is_set()

    def preload(self) -> None:
        """Import moto and its most used services in the background: about two seconds."""
        threading.Thread(target=self._preload, name="moto-preload", daemon=True).start()

    def __call__(self, environ: Environ, start_response: Any) -> list[bytes]:
        """Answer one AWS request. What moto raises is raised here."""
        with self._lock:
            response = self._loaded_application()(environ, start_response)
            try:
                return list(response)
            finally:
                close = getattr(response, "close", None)
                if close is not None:
                    close()
                if _deletes_vpc(environ):
                    forget_networks()

    def _loaded_application(self) -> WsgiApplication:
        if self._application is None:
            # Here, not at the top: it takes a second, in which the endpoint answers already.
            from moto.moto_server.werkzeug_app import (  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]
                DomainDispatcherApplication,
                create_backend_app,
            )
            from moto.utilities import utils  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

            # Before EC2 is loaded, which takes the loader from there.
            utils.load_resource = with_public_images(utils.load_resource)
            keep_no_history()
            self._application = DomainDispatcherApplication(create_backend_app)
        return self._application

    def _preload(self) -> None:
        try:
            with self._lock:
                self._loaded_application()
            from moto import backends  # noqa: PLC0415  # slow, see above

            for service in PRELOADED:
                # Not under the lock: a request for another service need not wait for it.
                backends.get_backend(service)  # pyright: ignore[reportCallIssue, reportArgumentType]
        except Exception:
            logging.getLogger(__name__).exception("moto could not be preloaded")
        finally:
            self._loaded.set()


def _deletes_vpc(environ: Environ) -> bool:
    """Whether a request, read in full before, is EC2's DeleteVpc."""
    body: bytes = environ["wsgi.input"].getvalue()
    return b"&Action=DeleteVpc&" in b"&" + body + b"&"
