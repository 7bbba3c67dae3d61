"""A pytest plugin: tests a Pulumi program in the sandbox.

Installed with Seawall, it gives the fixture ``sandbox``. Nothing but pytest is imported until a
test asks for it. docs/testing.md has a complete example.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest

if TYPE_CHECKING:
    from seawall_sandbox.emulator.injection import Injected
    from seawall_sandbox.events import RunResult
    from seawall_sandbox.session import Session

_UNSHOWN = ("pulumi:pulumi:Stack", "pulumi:providers:")


class Step(NamedTuple):
    """One change: ``("create", "aws:ec2/vpc:Vpc", "main")``."""

    op: str
    type: str
    name: str


class Resource(NamedTuple):
    """A resource of the stack: type, name, and inputs by their camelCase names.

    Secrets are in plain text. In a preview, inputs may hold ``seawall_sandbox.values.UNKNOWN``.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]


class Sandbox:
    """One stack of a project, in an emulator that belongs to the test process.

    Made by the fixture ``sandbox``. Each call reads the project anew. A run that fails is an
    ``AssertionError`` with the messages of the run.
    """

    def __init__(self, session: "Callable[[], Session]", region: str, emulator_dir: Path) -> None:
        self._session = session
        self._region = region
        self._emulator_dir = emulator_dir
        self._last: RunResult | None = None

    def preview(self) -> "RunResult":
        """What ``up`` would do."""
        return self._succeeded("preview", self._session().preview())

    def up(self) -> "RunResult":
        """Make the stack what the program asks for."""
        return self._succeeded("up", self._session().up())

    def refresh(self) -> "RunResult":
        """Take in what was changed beside the program, such as with ``client``."""
        return self._succeeded("refresh", self._session().refresh())

    def destroy(self) -> "RunResult":
        """Delete all that the stack has. The end of the test does it too."""
        return self._succeeded("destroy", self._session().destroy())

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack's outputs as of the last ``up``; secrets in plain text."""
        return self._session().outputs(show_secrets=True)

    @property
    def endpoint(self) -> str:
        """The emulator's address."""
        return self._session().emulator_endpoint

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client of the emulator, by default in the stack's region."""
        # boto3 has no types of its own. It takes half a second, so it is loaded for those who ask.
        make: Callable[..., Any] = getattr(import_module("boto3"), "client")  # noqa: B009  # untyped
        return make(
            service,
            endpoint_url=self.endpoint,
            region_name=region or self._region,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # the emulator takes any
        )

    def resources(self, type_: str | None = None) -> list[Resource]:
        """The resources after the last run, of a type if given; before any run, after a preview.

        ``type_``: a full type such as ``aws:ec2/vpc:Vpc``, or in short ``aws:Vpc``.
        """
        from seawall_sandbox.values import without_secrets  # noqa: PLC0415  # see the module

        result = self._last or self.preview()
        return [
            Resource(item.type, _name(item.urn), without_secrets(dict(item.inputs)))
            for item in result.resources
            if type_ is None or _is(item.type, type_)
        ]

    def manifests(self) -> list[dict[str, Any]]:
        """The Kubernetes objects of the last ``up``; values of Secrets are withheld in them."""
        yaml: Any = import_module("ruamel.yaml").YAML(typ="safe", pure=True)
        files = sorted(self._session().render_dir.rglob("*.yaml"))
        texts = (file.read_text(encoding="utf-8") for file in files)
        return [item for text in texts for item in yaml.load_all(text) if item is not None]

    def steps(self) -> list[Step]:
        """What ``up`` would change, sorted; a replacement counts once."""
        from seawall_sandbox.events import Op  # noqa: PLC0415  # see the module

        quiet = (Op.SAME, Op.READ, Op.CREATE_REPLACEMENT, Op.DELETE_REPLACED)
        return sorted(
            Step(step.op.value, step.type, _name(step.urn))
            for step in self.preview().steps
            if step.op not in quiet and not step.type.startswith(_UNSHOWN)
        )

    def assert_no_changes(self) -> None:
        """An ``up`` would change nothing."""
        steps = self.steps()
        assert not steps, f"an up would change:\n{_listed(steps)}"  # noqa: S101  # what pytest shows

    def assert_creates(self, expected: Mapping[str, int]) -> None:
        """An ``up`` would create exactly so many of each type named; others are not looked at."""
        steps = [step for step in self.steps() if step.op == "create"]
        found = {kind: sum(_is(step.type, kind) for step in steps) for kind in expected}
        created = Counter(step.type for step in steps)
        assert found == dict(expected), f"an up would create {dict(created)}"  # noqa: S101  # as above

    def assert_steps(self, expected: Sequence[tuple[str, str, str]]) -> None:
        """An ``up`` would take exactly these steps (operation, full type, name), in any order."""
        steps = self.steps()
        wanted = sorted(Step(*step) for step in expected)
        assert steps == wanted, f"an up would take these steps:\n{_listed(steps)}"  # noqa: S101  # as above

    @contextmanager
    def faults(self, *rules: Mapping[str, Any]) -> Generator["Faults"]:
        """Have AWS's calls fail as the rules say while the block runs: see docs/testing.md.

        Gives what the rules hit, also after the block. Other clients of the emulator fail too.
        """
        from seawall_sandbox.emulator import faults, injection  # noqa: PLC0415  # see the module

        injection.inject(
            self._emulator_dir, [faults.parse_rule(rule) for rule in rules], recording=True
        )
        found = Faults(lambda: injection.injected(self._emulator_dir))
        try:
            yield found
        finally:
            found.end()
            injection.clear(self._emulator_dir)

    def fails(self, verb: str = "up") -> str:
        """Run ``up``, or another verb, which must fail; its error messages."""
        from seawall_sandbox.events import Severity  # noqa: PLC0415  # see the module

        result: RunResult = getattr(self._session(), verb)()
        if not result.failed:
            pytest.fail(f"{verb} succeeded, and was to fail", pytrace=False)
        errors = (item for item in result.diagnostics if item.severity is Severity.ERROR)
        return "\n".join(item.message for item in errors)

    def _succeeded(self, verb: str, result: "RunResult") -> "RunResult":
        if result.failed:
            messages = "\n".join(item.message for item in result.diagnostics)
            pytest.fail(f"{verb} failed:\n{messages}", pytrace=False)
        self._last = result
        return result


class Faults:
    """What has become of the rules given to ``Sandbox.faults``."""

    def __init__(self, ask: "Callable[[], Injected]") -> None:
        self._ask = ask
        self._last: Injected | None = None

    @property
    def hits(self) -> tuple[int, ...]:
        """How many calls each rule has made fail."""
        return self._told().hits

    @property
    def calls(self) -> list[str]:
        """All AWS calls since, such as ``ec2 CreateVpc``, each attempt of them."""
        return [f"{call.service} {call.operation}" for call in self._told().calls]

    def end(self) -> None:
        """Keep what there is to tell: the rules are about to go."""
        self._last = self._told()

    def _told(self) -> "Injected":
        return self._last or self._ask()


class MakeSandbox(Protocol):
    """What the fixture ``sandbox`` is: a call makes the sandbox of one stack."""

    def __call__(
        self,
        project_dir: str | os.PathLike[str],
        stack: str,
        *,
        config: Mapping[str, Any] | None = None,
        passphrase: str | None = None,
        record_unsupported: bool = False,
    ) -> Sandbox:
        """The sandbox of a stack of the project in ``project_dir``.

        ``config``: stands above the stack's settings file; what is no text is handed over as JSON.
        ``passphrase``: opens the file's secrets, by default that of PULUMI_CONFIG_PASSPHRASE.
        ``record_unsupported``: keep what the sandbox has no emulation of as recorded only.
        """
        ...


@pytest.fixture(scope="session")
def seawall_emulator_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of the emulator of this test process (a worker of xdist has its own).

    The emulator ends with the tests, and also when the process is killed.
    """
    from seawall_sandbox import emulator  # noqa: PLC0415  # see the module

    directory = tmp_path_factory.mktemp("seawall-emulator")
    emulator.start(directory, owner_pid=os.getpid())
    yield directory
    emulator.stop(directory)


@pytest.fixture
def sandbox(seawall_emulator_dir: Path, tmp_path: Path) -> Iterator[MakeSandbox]:
    """Makes sandboxes, as ``sandbox(project_dir, stack)``; what they hold ends with the test."""
    from seawall_sandbox import project  # noqa: PLC0415  # see the module
    from seawall_sandbox.session import Session  # noqa: PLC0415  # see the module

    opened: dict[tuple[Path, str], Callable[[], Session]] = {}

    def make(
        project_dir: str | os.PathLike[str],
        stack: str,
        *,
        config: Mapping[str, Any] | None = None,
        passphrase: str | None = None,
        record_unsupported: bool = False,
    ) -> Sandbox:
        directory = Path(project_dir).resolve()
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in (config or {}).items()
        }

        def session() -> Session:
            return Session(
                directory,
                stack,
                state_dir=tmp_path / "seawall",
                emulator_dir=seawall_emulator_dir,
                config=texts,
                passphrase=passphrase,
                begins=True,
                survey=True,
                record_unsupported=record_unsupported,
            )

        session()  # what is wrong with the project is said here
        opened[directory, stack] = session
        file = project.read_stack(project.read_project(directory), stack, required=False)
        region = texts.get("aws:region") or file.config.get("aws:region") or "us-east-1"
        return Sandbox(session, str(region), seawall_emulator_dir)

    yield make
    failed = [
        item.message
        for session in reversed(opened.values())
        if session().state_path.exists()
        for result in [session().destroy()]
        if result.failed
        for item in result.diagnostics
    ]
    if failed:
        pytest.fail("the stack cannot be destroyed:\n" + "\n".join(failed), pytrace=False)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _is(token: str, wanted: str) -> bool:
    package, _, kind = wanted.partition(":")
    short = ":" not in kind and token.startswith(f"{package}:") and token.endswith(f":{kind}")
    return token == wanted or short


def _listed(steps: Sequence[Step]) -> str:
    return "\n".join(f"  {step.op} {step.type} {step.name}" for step in steps) or "  none"
