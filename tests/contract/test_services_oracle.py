"""The renderer over Compose files of other projects: whatever is not refused is valid.

The reference is Kubernetes' own schemas, and the restricted Pod Security Standard. The files give
no fixed image tags and no users, which the platform wants; both are filled in, so that the rest of
them is put to the test.
"""

import functools
import re
import shutil
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import kubernetes_validate
import pytest
from kubernetes_validate import utils as schemas

from seawall.errors import InvalidInputError
from seawall.firewall import Ledger
from seawall.services import application_flows, check_application
from seawall.services.compose import load
from seawall.services.files import used_configs, used_secrets
from seawall.services.kubernetes.options import Entry, Options
from seawall.services.kubernetes.render import render
from seawall.services.kubernetes.restricted import violations
from seawall.services.model import Application

FIXTURES = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "compose"
UNTAGGED = re.compile(r"""(image:\s*["']?)([\w./-]+?)(:latest)?(["']?\s*)$""", re.MULTILINE)
FEWEST = 50
"""Applications that come through, of the fixtures as they were; fewer means something is wrong."""

pytestmark = pytest.mark.skipif(
    not FIXTURES.is_dir(), reason=f"needs the outside fixtures at {FIXTURES}"
)


@pytest.fixture
def applications(tmp_path: Path) -> list[Application]:
    copied = tmp_path / "compose"
    shutil.copytree(FIXTURES, copied, copy_function=shutil.copyfile)
    for path in (copied, *copied.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    found: list[Application] = []
    for file in sorted(copied.rglob("*.y*ml")):
        text = file.read_text(encoding="utf-8", errors="surrogateescape")
        tagged = UNTAGGED.sub(r"\1\2:1\4", text)
        file.write_text(tagged, encoding="utf-8", errors="surrogateescape")
        try:
            application = load([file], project_directory=file.parent)
        except InvalidInputError:
            continue
        services = tuple(
            replace(service, user=service.user or "1000") for service in application.services
        )
        found.append(replace(application, services=services))
    return found


def test_what_is_not_refused_is_valid_and_restricted(
    applications: list[Application], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemas, "schema_contents", functools.cache(schemas.schema_contents))
    accepted = [each for each in applications if not check_application(each)]
    assert len(accepted) >= FEWEST
    for application in accepted:
        flows = application_flows(application)
        assert Ledger(flows).rules() or not flows
        contents = dict.fromkeys(used_configs(application), b"x")
        manifests = [
            each.manifest for each in render(application, flows, contents, options(application))
        ]
        workloads = [each for each in manifests if "template" in each.get("spec", {})]
        assert len(workloads) == len(application.services)
        for manifest in manifests:
            kubernetes_validate.validate(manifest, "1.35", strict=True)
        for manifest in workloads:
            assert violations(manifest["spec"]["template"]["spec"]) == ()


def options(application: Application) -> Options:
    names = [service.name for service in application.services]
    return Options(
        namespace="fixture",
        images=dict.fromkeys(names, "registry.example/image:1"),
        secret_names=dict.fromkeys(used_secrets(application), "a-secret"),
        config_names=dict.fromkeys(used_configs(application), "a-config"),
        vpc_cidr=IPv4Network("10.20.0.0/16"),
        entry=Entry(certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/1"),
        load_balancer_cidrs=(IPv4Network("10.20.192.0/24"),),
    )
