"""Policy packs: real processes that serve Pulumi's ``Analyzer``, written without its policy SDK."""

import json
import os
import re
from pathlib import Path

import pytest
from engine_lab import ops

from seawall_sandbox.engine.errors import UnsupportedError, UsageError
from seawall_sandbox.engine.policy_config import Policy, Settings, read, reconcile
from seawall_sandbox.events import Severity

PACK = """
import json, os, sys, time
from concurrent import futures
import grpc
from google.protobuf import json_format
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2 as pb, analyzer_pb2_grpc

def violation(policy, message, level, urn=""):
    return pb.AnalyzeDiagnostic(policyName=policy, policyPackName="pack", description="Rule.",
                                message=message, enforcementLevel=level, urn=urn)

class Pack(analyzer_pb2_grpc.AnalyzerServicer):
    def __init__(self):
        self.config, self.levels = {}, {}

    def ConfigureStack(self, request, context):
        print("asked for", request.project, request.stack, os.environ["PULUMI_CONFIG"])
        return pb.AnalyzerStackConfigureResponse()

    def GetAnalyzerInfo(self, request, context):
        size = pb.PolicyInfo(name="size", enforcementLevel=pb.MANDATORY)
        size.configSchema.properties.update({"limit": {"type": "number", "default": 5}})
        few = pb.PolicyInfo(name="few", enforcementLevel=pb.MANDATORY)
        return pb.AnalyzerInfo(name="pack", version="0.0.1", policies=[size, few])

    def Configure(self, request, context):
        for name, config in request.policyConfig.items():
            self.config[name] = json_format.MessageToDict(config.properties)
            self.levels[name] = config.enforcementLevel
        return Empty()

    def Remediate(self, request, context):
        response = pb.RemediateResponse()
        if request.type.endswith("Thing") and "kind" not in request.properties:
            change = response.remediations.add(policyName="kind", description="Kinds.")
            change.properties.CopyFrom(request.properties)
            change.properties["kind"] = "remedied"
        return response

    def Analyze(self, request, context):
        given = json_format.MessageToDict(request.properties)
        found = []
        if given.get("slot"):
            found.append(violation("slot", "odd slot", pb.ADVISORY))
        size = given.get("size")
        if isinstance(size, float) and size > self.config["size"]["limit"]:
            if self.levels["size"] != pb.DISABLED:
                found.append(violation("size", "too big", self.levels["size"]))
        if isinstance(size, dict):
            print("secret", sorted(size.values())[0], request.provider.name)
        return pb.AnalyzeResponse(diagnostics=found)

    def AnalyzeStack(self, request, context):
        things = [r for r in request.resources if r.type.endswith("Thing")]
        assert all("arn" in thing.properties for thing in things)
        if len(things) > 2 and self.levels["few"] != pb.DISABLED:
            return pb.AnalyzeResponse(
                diagnostics=[violation("few", "too many things", self.levels["few"])])
        return pb.AnalyzeResponse()

server = grpc.server(futures.ThreadPoolExecutor(4))
analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Pack(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
open(os.path.join(os.getcwd(), "pid"), "w").write(str(os.getpid()))
print(port)
while True:
    time.sleep(60)
"""


def said(result, severity):
    return [d.message for d in result.diagnostics if d.severity is severity]


def errors(result):
    return said(result, Severity.ERROR)


def write_pack(directory: Path, program: str = PACK, runtime: str = "python") -> Path:
    directory.mkdir()
    (directory / "PulumiPolicy.yaml").write_text(f"runtime: {runtime}\nversion: 1.2.3\n")
    (directory / "__main__.py").write_text(program)
    return directory


def is_running(pack: Path) -> bool:
    return Path(f"/proc/{(pack / 'pid').read_text()}").exists()


@pytest.fixture
def pack(tmp_path):
    return write_pack(tmp_path / "pack")


def test_a_mandatory_violation_stops_the_resource_before_anything_is_done(lab, cloud, pack):
    program = 'a = Thing("a", kind=1, size=1)\nThing("b", kind=1, size=9, opts=O(depends_on=[a]))'
    result = lab.up(program, fails=True, policy_packs=(pack,))
    assert errors(result) == ["Policy size of the pack pack@v1.2.3 (mandatory): Rule.\ntoo big"]
    assert [d.urn.rpartition("::")[2] for d in result.diagnostics if d.severity == "error"] == ["b"]
    assert cloud.calls == [("create", "a")]
    assert not is_running(pack)


def test_a_preview_shows_all_violations_and_fails(lab, pack):
    result = lab.preview(
        'Thing("a", kind=1, size=9)\nThing("b", kind=1, size=8)', policy_packs=(pack,)
    )
    assert result.failed
    assert ops(result) == [("create", "a"), ("create", "b")]
    assert len(errors(result)) == 2


def test_an_advisory_violation_is_a_warning(lab, pack):
    result = lab.up('Thing("a", kind=1, slot=1)', policy_packs=(pack,))
    assert said(result, Severity.WARNING) == [
        "Policy slot of the pack pack@v1.2.3 (advisory): Rule.\nodd slot"
    ]


def test_a_remediation_changes_the_inputs(lab, pack):
    lab.up('Thing("a", size=1)', policy_packs=(pack,))
    assert lab.state()["a"].inputs["kind"] == "remedied"
    assert lab.up(policy_packs=(pack,)).counts()["same"] == 2


def test_the_stack_is_checked_at_its_end(lab, cloud, pack):
    program = "[Thing(f't{i}', kind=1) for i in range(3)]"
    result = lab.up(program, fails=True, policy_packs=(pack,))
    assert errors(result) == [
        "Policy few of the pack pack@v1.2.3 (mandatory): Rule.\ntoo many things"
    ]
    assert [d.urn for d in result.diagnostics if d.severity == "error"] == [
        "urn:pulumi:dev::lab::pulumi:pulumi:Stack::lab-dev"
    ]
    assert len(cloud.things) == 3


def test_a_pack_sees_configuration_providers_and_which_values_are_secret(lab, pack):
    result = lab.preview(
        'Thing("a", kind=1, size=pulumi.Output.secret("hush"))', policy_packs=(pack,)
    )
    assert said(result, Severity.INFO) == [
        'asked for lab dev {"test:region": "here"}',
        "secret 1b47061264138c4ac30d75fd1eb44270 default",
    ]


def test_a_file_configures_a_pack(lab, pack, tmp_path):
    config = tmp_path / "policies.json"
    config.write_text('{"size": {"limit": 20}, "few": "advisory"}')
    program = "[Thing(f't{i}', kind=1, size=9) for i in range(3)]"
    result = lab.up(program, policy_packs=(pack,), policy_configs=(config,))
    assert "too many things" in said(result, Severity.WARNING)[0]
    config.write_text('{"all": "disabled"}')
    assert not lab.preview(program, policy_packs=(pack,), policy_configs=(config,)).failed
    config.write_text('{"size": {"limit": "much"}}')
    with pytest.raises(UsageError, match=r"size: limit: 'much' is not of type 'number'"):
        lab.preview(program, policy_packs=(pack,), policy_configs=(config,))
    assert not is_running(pack)


def test_a_pack_that_fails_to_start_is_told_with_its_own_words(lab, tmp_path, cloud):
    pack = write_pack(tmp_path / "broken", "import no_such_module_here\n")
    with pytest.raises(
        Exception, match=r"(?s)Install the pack's requirements.*no_such_module_here"
    ):
        lab.up('Thing("a")', policy_packs=(pack,))
    assert cloud.calls == []


def test_a_pack_that_fails_in_a_check_fails_the_run(lab, tmp_path, cloud):
    program = PACK.replace("given = ", "raise ValueError('broken rule')\n        given = ")
    pack = write_pack(tmp_path / "broken", program)
    result = lab.up('Thing("a", kind=1)', fails=True, policy_packs=(pack,))
    assert re.search(r"failed in Analyze: .*broken rule", errors(result)[0])
    assert cloud.calls == []


def test_what_is_no_pack_in_python_is_refused(lab, tmp_path):
    with pytest.raises(UsageError, match="no policy pack"):
        lab.preview('Thing("a")', policy_packs=(tmp_path / "nowhere",))
    pack = write_pack(tmp_path / "node", runtime="{name: nodejs}")
    with pytest.raises(UnsupportedError, match="runtime 'nodejs'"):
        lab.preview('Thing("a")', policy_packs=(pack,))
    venv = write_pack(tmp_path / "venv", runtime="{name: python, options: {virtualenv: v}}")
    with pytest.raises(UsageError, match="virtual environment v"):
        lab.preview('Thing("a")', policy_packs=(venv,))
    with pytest.raises(UsageError, match="for each policy pack"):
        lab.preview('Thing("a")', policy_packs=(), policy_configs=(tmp_path / "x",))


def test_destroy_asks_no_pack(lab, pack):
    lab.up('Thing("a", kind=1)')
    lab.destroy(policy_packs=(pack,))
    assert not (pack / "pid").exists()


SIZE = Policy("size", "mandatory", {"limit": {"type": "number", "default": 5}}, ("limit",))
FEW = Policy("few", "advisory")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], {"size": Settings("mandatory", {"limit": 5}), "few": Settings("advisory")}),
        (
            [{"all": Settings("disabled")}, {"few": Settings("mandatory")}],
            {"size": Settings("disabled", {"limit": 5}), "few": Settings("mandatory")},
        ),
        (
            [{"size": Settings("", {"limit": 7})}, {"all": Settings("advisory")}],
            {"size": Settings("advisory", {"limit": 7}), "few": Settings("advisory")},
        ),
    ],
)
def test_later_configuration_wins(given, expected):
    assert reconcile([SIZE, FEW], *given) == (expected, [])


def test_a_required_property_that_is_not_given_is_named():
    _, problems = reconcile([Policy("p", "mandatory", {"x": {"type": "string"}}, ("x",))])
    assert problems == ["p: its configuration: 'x' is a required property"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "cannot be read as JSON"),
        ("[]", "must be an object"),
        ('{"a": 1}', "neither a level nor an object"),
        ('{"a": "strict"}', "level 'strict'"),
        ('{"environments": ["x"]}', "ESC environments"),
    ],
)
def test_a_malformed_configuration_is_refused(tmp_path, content, message):
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=message):
        read(path)


def test_an_empty_configuration_is_none(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("\n")
    assert read(path) == {}
    path.write_text(json.dumps({"a": {"enforcementLevel": "advisory", "x": 1}, "b": {"y": os.sep}}))
    assert read(path) == {"a": Settings("advisory", {"x": 1}), "b": Settings("", {"y": os.sep})}
