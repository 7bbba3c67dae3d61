"""Runs the user's program: unmodified, in this process, in a thread and a context of its own.

What happens here is what ``pulumi-language-python-exec`` does in a process of its own: the
directory of the main file is the working directory and first on the module path, and the main file
runs inside a stack resource.
"""

import asyncio
import contextvars
import gc
import os
import runpy
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pulumi
from pulumi.runtime import configure, run_in_stack, set_all_config
from pulumi.runtime.settings import ROOT, Settings

from seawall_sandbox.engine.errors import EngineError
from seawall_sandbox.engine.output import program_output
from seawall_sandbox.events import Severity

_process = threading.Lock()
"""Working directory, module path and standard output belong to the process: one program a time."""


class ProgramError(EngineError):
    """The program raised; the message is for the user, empty when it was told already."""


def run_program(
    main: Path,
    settings: Callable[[], Settings],
    say: Callable[[Severity, str], None],
    *,
    pool: ThreadPoolExecutor,
    config: Mapping[str, str],
    secret_keys: frozenset[str],
    quiet: threading.Event,
    packages: Path | None = None,
) -> threading.Event:
    """Start the program in a thread; the event tells that it ended.

    ``quiet`` is set at the latest then, when the program did not say before that it was done.

    ``settings`` makes the SDK's settings, in the program's context; the program's calls run in
    ``pool`` (see ``executors``), which is shut down at the end. What the program prints and
    how it failed goes to ``say``; the thread ends when all the program's calls have.
    """

    def target() -> bool:
        try:
            with (
                _process,
                _as_main(main, packages),
                program_output(lambda line: say(Severity.INFO, line)),
            ):
                _run(main, settings(), pool, dict(config), secret_keys)
        except ProgramError as error:
            if error.message:
                say(Severity.ERROR, error.message)
            return False
        return True

    def work() -> None:
        # What is left of a failed program goes with its context.
        try:
            if not contextvars.Context().run(target):
                with _without_warnings():
                    gc.collect()
        finally:
            quiet.set()

    return in_thread(work, "program")


def in_thread(work: Callable[[], None], name: str) -> threading.Event:
    """Start ``work`` in a thread; the event tells that it ended.

    An event, as a thread whose ``join`` was interrupted counts as ended in Python 3.11 (see
    ``Thread._wait_for_tstate_lock`` in its threading module).
    """
    done = threading.Event()

    def target() -> None:
        try:
            work()
        finally:
            done.set()

    threading.Thread(target=target, name=name, daemon=True).start()
    return done


def _run(
    main: Path,
    settings: Settings,
    pool: ThreadPoolExecutor,
    config: dict[str, str],
    secret_keys: frozenset[str],
) -> None:
    ROOT.set(None)
    configure(settings)
    set_all_config(config, sorted(secret_keys))
    loop = asyncio.new_event_loop()
    # What fails after the first failure would be logged as never retrieved: once per resource, and
    # with messages that nobody has taken the secrets out of.
    loop.set_exception_handler(lambda _loop, _context: None)
    loop.set_default_executor(pool)
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(run_in_stack(lambda: _main(main)))
    except pulumi.RunError as error:
        stopped = "Resource monitor has terminated" in str(error)
        message = str(error).rstrip()
        if isinstance(error, pulumi.ConfigMissingError):
            message += f"\n    \tor give it for this run alone: --config {error.key}=<value>"
        raise ProgramError("" if stopped else message) from error
    except grpc.RpcError as error:
        code: Any = getattr(error, "code", None)
        details: Any = getattr(error, "details", None)
        stopped = code is not None and code() is grpc.StatusCode.UNAVAILABLE
        message = f"RPC error: {details() if details else error}"
        raise ProgramError("" if stopped else message) from error
    except SystemExit as error:
        if error.code:
            raise ProgramError(f"The program exited with {error.code}.") from error
    except Exception as error:  # whatever a user's program raises
        raise ProgramError(describe(error, main)) from error
    finally:
        with _without_warnings():
            _close(loop, pool)


@contextmanager
def _without_warnings() -> Generator[None]:
    # A program that failed leaves coroutines that nobody will await any more: they are let go of
    # at once, quietly, not at some later point with a warning each.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def _main(main: Path) -> None:
    runpy.run_path(str(main), run_name="__main__")


def _close(loop: asyncio.AbstractEventLoop, pool: ThreadPoolExecutor) -> None:
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    asyncio.set_event_loop(None)
    # Steps that are running are seen through.
    pool.shutdown(wait=True)
    loop.close()


def describe(error: BaseException, main: Path) -> str:
    """The error as a traceback of the user's own frames."""
    frames = traceback.extract_tb(error.__traceback__)
    library = {str(Path(module).resolve()) for module in (os.__file__, asyncio.__file__)}
    roots = {str(Path(path).parent) for path in library}
    own = [
        frame
        for frame in frames
        if not any(frame.filename.startswith(root) for root in roots)
        and "site-packages" not in frame.filename
        and "/seawall_sandbox/engine/" not in frame.filename
        and not frame.filename.startswith("<frozen")
    ]
    lines = traceback.format_exception_only(type(error), error)
    text = "".join(lines).rstrip()
    if isinstance(error, ModuleNotFoundError):
        text += (
            "\nThe sandbox runs the program in its own environment: install there what it "
            f"requires, with {sys.executable} -m pip install -r requirements.txt"
        )
    if not own:
        return f"The program {main.name} failed: {text}"
    listing = "".join(traceback.format_list(own)).rstrip()
    return (
        f"The program {main.name} failed: {text}\nTraceback (the program's own frames):\n{listing}"
    )


@contextmanager
def _as_main(main: Path, packages: Path | None) -> Generator[None]:
    """Give the program its working directory and module path, and undo what it did to them.

    ``packages``, what its own environment has, comes last: the SDK is that of this process.
    """
    path, cwd, argv = list(sys.path), Path.cwd(), list(sys.argv)
    modules = set(sys.modules)
    main_module, stdin = sys.modules.get("__main__"), sys.stdin
    sys.path.insert(0, str(main.parent))
    sys.path += [str(packages)] if packages is not None else []
    sys.argv = [str(main)]
    os.chdir(main.parent)
    try:
        # Nobody can answer a program: the stock engine's has no terminal either.
        with Path(os.devnull).open(encoding="utf-8") as sys.stdin:
            yield
    finally:
        sys.stdin = stdin
        os.chdir(cwd)
        sys.path[:], sys.argv = path, argv
        if main_module is not None:
            sys.modules["__main__"] = main_module
        _forget(modules, main.parent)


def _forget(before: set[str], directory: Path) -> None:
    # The next run must read the project's own modules anew; libraries stay loaded.
    directory = directory.resolve()
    own: set[str] = set()
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name in before or "." in name or not file:
            continue
        place = Path(file).resolve()
        place = place.parent if place.name == "__init__.py" else place
        if place.parent == directory:
            own.add(name)
    for name in list(sys.modules):
        if name.partition(".")[0] in own:
            del sys.modules[name]
