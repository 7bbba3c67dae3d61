"""Stack files against the real docker client: it takes them, and reads back what was meant.

``docker stack config`` needs no engine. It fills in variables like ``docker stack deploy`` does.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

UNIT = Path(__file__).resolve().parents[1] / "unit" / "services"
sys.path.append(str(UNIT))

from stack_schema import wrong  # noqa: E402
from swarm_examples import example, options, swarm_applications  # noqa: E402

from seawall.services.swarm.notation import as_text  # noqa: E402
from seawall.services.swarm.options import Storage  # noqa: E402
from seawall.services.swarm.render import render  # noqa: E402


def client() -> str | None:
    """A docker client that has ``stack config`` (docker 23 or newer)."""
    found = shutil.which("docker")
    if found is None:
        return None
    asked = subprocess.run(  # noqa: S603  # the client found above
        [found, "stack", "config", "--help"], capture_output=True, text=True, check=False
    )
    return found if asked.returncode == 0 and "--compose-file" in asked.stdout else None


DOCKER = client()
pytestmark = pytest.mark.skipif(
    DOCKER is None, reason="needs a docker client with 'docker stack config': install docker 23+"
)


def read(stack) -> dict:
    """What the client makes of a stack file."""
    result = subprocess.run(  # noqa: S603  # the client found above
        [str(DOCKER), "stack", "config", "--compose-file", "-"],
        input=as_text(stack),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr + as_text(stack)
    assert "Ignoring" not in result.stderr
    return yaml.load(result.stdout, Loader=yaml.BaseLoader)  # noqa: S506  # scalars as text


@pytest.mark.parametrize("name", ["shop", "wordpress"])
@pytest.mark.parametrize("storage", list(Storage))
def test_the_client_takes_the_examples(name, storage):
    application = example(name)
    found = read(render(application, options(application, storage=storage)))
    assert sorted(found["services"]) == [service.name for service in application.services]


@given(swarm_applications())
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_client_reads_what_was_meant(application):
    stack = render(application, options(application))
    found = read(stack)
    for name, service in stack["services"].items():
        seen = found["services"][name]
        for key in ("image", "command", "user", "hostname"):
            assert seen.get(key) == service.get(key)
        for key in ("environment", "labels", "sysctls"):
            assert (seen.get(key) or {}) == (service.get(key) or {})
        assert (seen["deploy"].get("labels") or {}) == service["deploy"].get("labels", {})
        assert len(seen.get("volumes") or ()) == len(service.get("volumes") or ())
        assert [port["published"] for port in seen.get("ports") or ()] == [
            str(port["published"]) for port in service.get("ports") or ()
        ]


@pytest.mark.parametrize(
    "broken",
    [
        {"services": {"a": {"image": "a:1", "profiles": ["b"]}}},
        {"services": {"a": {"image": "a:1", "ports": [{"published": "80"}]}}},
        {"services": {"a": {"image": "a:1", "healthcheck": {"x-a": 1}}}},
        {"services": {"a": {"image": "a:1", "stop_grace_period": "soon"}}},
        {"configs": {"a": {"content": "b"}}},
    ],
)
def test_our_own_check_is_as_strict_as_the_client(broken):
    stack = {"version": "3.12", **broken}
    assert list(wrong(stack))
    with pytest.raises(AssertionError):
        read(stack)
