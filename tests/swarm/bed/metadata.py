"""The instance metadata service, version 2, as far as the agent and boto3 use it."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS, PORT = "127.0.0.1", 1338
_TOKEN = "a-session-token"


class MetadataServer:
    """Serves ``values``, by their paths below ``/latest/meta-data``, on a socket in an instance."""

    def __init__(self, listener: socket.socket, values: dict[str, str]) -> None:
        self.values = values
        serving = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                self._answer(200, _TOKEN if self.path == "/latest/api/token" else "")

            def do_GET(self) -> None:
                if self.headers.get("X-aws-ec2-metadata-token") != _TOKEN:
                    self._answer(401, "")
                    return
                value = serving.values.get(self.path.removeprefix("/latest/meta-data/"))
                self._answer(404 if value is None else 200, value or "")

            def _answer(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((ADDRESS, PORT), Handler, bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = listener
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()


def values_of(
    instance: str, address: str, zone: str, role: str, credentials: dict[str, str]
) -> dict[str, str]:
    """What an instance sees about itself."""
    return {
        "instance-id": instance,
        "local-ipv4": address,
        "placement/availability-zone": zone,
        "iam/security-credentials/": role,
        f"iam/security-credentials/{role}": json.dumps(
            {
                "Code": "Success",
                "AccessKeyId": credentials["AccessKeyId"],
                "SecretAccessKey": credentials["SecretAccessKey"],
                "Token": credentials["SessionToken"],
                "Expiration": "2099-01-01T00:00:00Z",
            }
        ),
    }
