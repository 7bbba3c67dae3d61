"""Commands that the image of an instance has and this machine has otherwise: first on its PATH."""

import sys
from pathlib import Path

_SYSTEMCTL = """#!{python} -S
import json, socket, sys
control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
control.connect("/run/init.sock")
file = control.makefile("rw")
file.write(json.dumps(sys.argv[1:]) + "\\n")
file.flush()
code, text = json.loads(file.readline())
if text:
    print(text)
sys.exit(code)
"""
_PYTHON = """#!/bin/sh
exec {python} "$@"
"""
_DNF = """#!/bin/sh
# The packages are this machine's own.
exit 0
"""
_DOCKER = """[Unit]
Description=Docker
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=/usr/sbin/dockerd
Restart=always
RestartSec=0.2

[Install]
WantedBy=multi-user.target
"""


def write(directory: Path) -> None:
    """Write the commands into ``directory``. Python is the one that runs the tests, with boto3."""
    directory.mkdir(parents=True)
    for name, text in {"systemctl": _SYSTEMCTL, "python3": _PYTHON, "dnf": _DNF}.items():
        path = directory / name
        path.write_text(text.format(python=sys.executable))
        path.chmod(0o755)


def install_docker(disk: Path) -> None:
    """Docker's unit, which its package brings, on the disk of an instance."""
    units = disk / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    (units / "docker.service").write_text(_DOCKER)
