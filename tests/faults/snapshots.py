"""Emulators that can be copied, memory and all.

A kill matrix needs the same cloud a thousand times. To bring a platform up takes seconds; to fork
a process that holds one takes milliseconds. All processes come from one fork server, which has no
threads and has imported everything.
"""

import multiprocessing
import os
import shutil
import threading
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from platforms import client

from seawall_sandbox import state_directory
from seawall_sandbox.emulator import loopback, record
from seawall_sandbox.emulator.application import Application
from seawall_sandbox.emulator.ministack_host import MinistackHost
from seawall_sandbox.emulator.moto_host import MotoHost
from seawall_sandbox.emulator.process import environment
from seawall_sandbox.emulator.record import Record
from seawall_sandbox.emulator.serve import Server, not_ready

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["preloaded"])
_ANSWER_SECONDS = 120.0
_FIRST_CALLS = (
    ("ec2", "describe_vpcs"),
    ("ecr", "describe_repositories"),
    ("eks", "list_clusters"),
    ("iam", "list_roles"),
    ("kms", "list_keys"),
    ("logs", "describe_log_groups"),
    ("sts", "get_caller_identity"),
)
"""Load what the stacks use: not in each copy anew."""


class Cloud:
    """An emulator in a process of its own, and the state directory of the stacks in it."""

    def __init__(self, directory: Path) -> None:
        """Speak with the process that serves ``directory``, once it is ready."""
        self.directory = directory
        self._commands, self._answers = _pipes(directory)
        assert self._answer() == "ready"

    @classmethod
    def new(cls, directory: Path) -> "Cloud":
        """An empty one, in a directory that is not there yet."""
        state_directory.prepare(directory)
        _make_pipes(directory)
        # A daemon: it ends with the process that asked for it.
        CONTEXT.Process(target=_begin, args=(directory,), daemon=True).start()
        made = cls(directory)
        for service, operation in _FIRST_CALLS:
            getattr(client(service, made.endpoint), operation)()
        return made

    def copy(self, directory: Path) -> "Cloud":
        """One with the same memory and the same state, to be changed by itself."""
        shutil.copytree(self.directory, directory)
        _make_pipes(directory)
        self._commands.send(("copy", directory))
        return Cloud(directory)

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        running = record.read(self.directory)
        assert running is not None
        return running.endpoint

    def inventory(self) -> dict[str, int]:
        """How many objects of each kind it holds."""
        self._commands.send(("inventory", None))
        return self._answer()

    def close(self) -> None:
        """End it, and delete its directory."""
        self._commands.send(("end", None))
        assert self._answer() == "ended"
        self._commands.close()
        self._answers.close()
        shutil.rmtree(self.directory)
        for pipe in _pipe_paths(self.directory):
            pipe.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self) -> Any:
        assert self._answers.poll(_ANSWER_SECONDS), f"no answer for {self.directory}"
        return self._answers.recv()


def _pipe_paths(directory: Path) -> tuple[Path, Path]:
    return directory.with_suffix(".commands"), directory.with_suffix(".answers")


def _make_pipes(directory: Path) -> None:
    for path in _pipe_paths(directory):
        os.mkfifo(path)


def _pipes(directory: Path) -> tuple[Connection, Connection]:
    """Named pipes: they can be handed to a process that is there already."""
    commands, answers = (Connection(os.open(p, os.O_RDWR)) for p in _pipe_paths(directory))
    return commands, answers


# In the emulator's process


def _begin(directory: Path) -> None:
    os.environ.clear()
    os.environ.update(environment({"PATH": os.defpath}, directory))
    loopback.guard()
    moto = MotoHost()
    moto.preload()
    while not moto.loaded:
        time.sleep(0.01)
    identity = Record(os.getpid(), 0, f"snapshot of {directory}", "", {})
    _serve(directory, Application(identity, stop=_refuse, moto=moto))


def _refuse() -> None:
    raise AssertionError("an emulator of the fault lab ends with its Cloud")


def _serve(directory: Path, application: Application) -> None:
    server = Server(not_ready)
    application._identity = replace(application._identity, pid=os.getpid(), port=server.server_port)
    application._ministack = MinistackHost()  # the thread of its loop does not live in a copy
    server.app = application
    record.write(directory, application._identity)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    commands, answers = _pipes(directory)
    answers.send("ready")
    parent = os.getppid()
    while True:
        while not commands.poll(1.0):
            if os.getppid() != parent:
                os._exit(0)
        command, place = commands.recv()
        if command == "copy":
            _wait_for_silence()
            if os.fork() == 0:
                server.socket.close()
                _serve(place, application)
        elif command == "inventory":
            from inventory import inventory  # noqa: PLC0415  # moto is not for the tests' process

            answers.send(inventory(application))
        else:
            answers.send("ended")
            os._exit(0)


def _wait_for_silence() -> None:
    """Until no request is under way: a thread that holds a lock would not live in the copy."""
    while any("process_request_thread" in thread.name for thread in threading.enumerate()):
        time.sleep(0.005)
