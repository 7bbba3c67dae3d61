"""Programs that are not Seawall's: any layout, and what the sandbox has no emulation of."""

import sys
import sysconfig
from pathlib import Path

import pytest
from platforms import client, succeeded
from ruamel.yaml import YAML

from seawall.cli import main
from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.engine.secrets import PassphraseSecrets
from seawall_sandbox.fallback import RECORDED_ID
from seawall_sandbox.values import UNKNOWN, Secret

pytestmark = pytest.mark.emulator

SITE = """
import pulumi
import pulumi_aws as aws
from pages import PAGES

bucket = aws.s3.Bucket("site")
there = aws.globalaccelerator.get_accelerator_output(name="there")
edge = aws.globalaccelerator.Accelerator("edge", name="edge")
for name in PAGES:
    aws.globalaccelerator.CustomRoutingAccelerator(name, name=name)
pulumi.export("bucket", bucket.id)
pulumi.export("there", there.arn)
pulumi.export("address", edge.dns_name)
"""
FUNCTION = """
import json
import pulumi
import pulumi_aws as aws

service = {"Service": "lambda.amazonaws.com"}
rule = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": service}
trust = {"Version": "2012-10-17", "Statement": [rule]}
role = aws.iam.Role("run", assume_role_policy=json.dumps(trust))
code = pulumi.AssetArchive({"hello.py": pulumi.StringAsset("def main(event, context): return {}")})
hello = aws.lambda_.Function(
    "hello", runtime="python3.12", handler="hello.main", role=role.arn, code=code)
api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
aws.apigatewayv2.Integration(
    "hello", api_id=api.id, integration_type="AWS_PROXY", integration_uri=hello.invoke_arn)
aws.ssm.Parameter("address", type="String", value=api.api_endpoint)
pulumi.export("address", api.api_endpoint)
pulumi.export("role", role.arn)
"""
ABSENT = ("aws:apigatewayv2/api:Api", "aws:apigatewayv2/integration:Integration")
FOREIGN = """
import pulumi

class Thing(pulumi.CustomResource):
    def __init__(self, name):
        super().__init__("elsewhere:index/thing:Thing", name, {"size": 3})

Thing("one")
Thing("two")
"""


def write(directory, program, *, project=None, main_dir=".", stacks=("dev",), config=None):
    (directory / main_dir).mkdir(parents=True, exist_ok=True)
    (directory / main_dir / "__main__.py").write_text(program)
    with (directory / "Pulumi.yaml").open("w") as file:
        YAML().dump({"name": "theirs", "runtime": "python", **(project or {})}, file)
    for stack in stacks:
        with (directory / f"Pulumi.{stack}.yaml").open("w") as file:
            YAML().dump({"config": {"aws:region": "eu-west-1", **(config or {})}}, file)
    return directory


def told(result):
    return "\n".join(item.message for item in result.diagnostics)


def recorded(result):
    return sorted(urn.rpartition("$")[2].split("::")[-2:] for urn in result.recorded_only)


def test_all_that_is_missing_is_listed_before_anything_is_created(make_session, tmp_path):
    project = write(tmp_path / "site", SITE, main_dir="src", project={"main": "src"})
    (project / "src" / "pages.py").write_text("PAGES = ('index', 'error')\n")
    for result in (
        make_session(project, "dev").preview(),
        make_session(project, "dev", survey=True).up(),
    ):
        assert result.failed
        assert "aws:globalaccelerator/accelerator:Accelerator (1 resource)" in told(result)
        assert "CustomRoutingAccelerator (2 resources)" in told(result)
        assert "aws:globalaccelerator/getAccelerator:getAccelerator (1 call)" in told(result)
        assert "s3/bucket" not in told(result)
    assert not make_session(project, "dev").state_path.exists()


def test_what_is_recorded_only_has_unknown_outputs_and_comes_and_goes(make_session, tmp_path):
    project = write(tmp_path / "function", FUNCTION)

    def session():
        return make_session(project, "dev", record_unsupported=True)

    preview = succeeded(session().preview())
    assert preview.outputs["address"] is UNKNOWN
    up = succeeded(session().up())
    try:
        assert up.outputs["address"] is UNKNOWN
        role = up.outputs["role"].rpartition("/")[2]
        iam = client("iam", session().emulator_endpoint)
        assert iam.get_role(RoleName=role)["Role"]["Arn"] == up.outputs["role"]
        # The parameter's type is emulated, but its value is an address that nobody knows.
        assert ["aws:ssm/parameter:Parameter", "address"] in recorded(up)
        assert {type_ for type_, _ in recorded(up)} >= set(ABSENT)
        assert RECORDED_ID in session().state_path.read_text()
        again = succeeded(session().up())
        assert {step.op for step in again.steps} == {"same"}
        assert recorded(again) == recorded(up)
    finally:
        succeeded(make_session(project, "dev").destroy())


def test_what_was_recorded_is_made_once_its_inputs_are_known(make_session, tmp_path):
    project = write(tmp_path / "function", FUNCTION)
    succeeded(make_session(project, "dev", record_unsupported=True).up())
    try:
        fixed = FUNCTION.replace("value=api.api_endpoint", 'value="https://example.com"')
        write(project, fixed)
        up = succeeded(make_session(project, "dev", record_unsupported=True).up())
        replaced = [step.urn for step in up.steps if step.op == "replace"]
        assert [urn.rpartition("::")[2] for urn in replaced] == ["address"]
        assert ["aws:ssm/parameter:Parameter", "address"] not in recorded(up)
    finally:
        succeeded(make_session(project, "dev").destroy())


def test_a_package_without_a_provider_is_listed_or_recorded_too(make_session, tmp_path):
    project = write(tmp_path / "foreign", FOREIGN)
    refused = make_session(project, "dev", survey=True).up()
    assert "elsewhere:index/thing:Thing (2 resources)" in told(refused)
    up = succeeded(make_session(project, "dev", record_unsupported=True).up())
    assert len(up.recorded_only) == 2
    succeeded(make_session(project, "dev").destroy())


PLAIN = """
import sys
import pulumi
import pulumi_random as random

random.RandomPassword("word", length=20)
pulumi.export("stack", pulumi.get_stack())
pulumi.export("prefix", pulumi.Config().get("prefix"))
pulumi.export("python", list(sys.version_info[:2]))
"""


@pytest.mark.parametrize(
    ("project", "main_dir"),
    [
        ({}, "."),
        ({"main": "src"}, "src"),
        ({"main": "src/__main__.py"}, "src"),
        ({"runtime": {"name": "python", "options": {"virtualenv": "venv"}}}, "."),
        ({"runtime": {"name": "python", "options": {"toolchain": "uv"}}, "main": "a/b"}, "a/b"),
    ],
    ids=["plain", "main is a directory", "main is a file", "virtualenv", "toolchain and deep main"],
)
def test_layouts_that_the_stock_cli_takes_run(make_session, tmp_path, project, main_dir):
    directory = write(
        tmp_path / "repository" / "infra",
        PLAIN,
        project=project,
        main_dir=main_dir,
        stacks=("dev", "prod"),
        config={"theirs:prefix": "x"},
    )
    for stack in ("dev", "prod"):
        preview = succeeded(make_session(directory, stack, survey=True).preview())
        assert dict(preview.outputs) == {
            "stack": stack,
            "prefix": "x",
            "python": list(sys.version_info[:2]),
        }


def test_a_program_reads_its_files_from_the_directory_of_main(make_session, tmp_path):
    directory = write(
        tmp_path / "repository",
        "import pulumi\npulumi.export('text', open('notes.txt').read())\n",
        project={"main": "infra/program"},
        main_dir="infra/program",
    )
    (directory / "infra" / "program" / "notes.txt").write_text("beside the program")
    preview = succeeded(make_session(directory, "dev").preview())
    assert preview.outputs["text"] == "beside the program"


def test_what_the_projects_own_environment_has_is_found_last(make_session, tmp_path):
    options = {"runtime": {"name": "python", "options": {"virtualenv": "env"}}}
    program = "import pulumi, greeting\npulumi.export('text', greeting.TEXT)\n"
    directory = write(tmp_path / "project", program, project=options)
    failed = make_session(directory, "dev").preview()
    assert failed.failed
    assert "No module named 'greeting'" in told(failed)
    assert f"{sys.executable} -m pip install -r requirements.txt" in told(failed)
    packages = sysconfig.get_paths("venv", {"base": str(directory / "env")})["purelib"]
    Path(packages).mkdir(parents=True)
    (Path(packages) / "greeting.py").write_text("TEXT = 'hello'\n")
    (Path(packages) / "pulumi.py").write_text("raise ImportError('the wrong SDK')\n")
    preview = succeeded(make_session(directory, "dev").preview())
    assert preview.outputs["text"] == "hello"


def test_a_stack_needs_no_settings_to_begin(make_session, tmp_path):
    directory = write(tmp_path / "plain", PLAIN, stacks=("prod",))
    with pytest.raises(UsageError, match=r"no stack 'dev'.* The stacks here are prod"):
        make_session(directory, "dev")
    up = succeeded(make_session(directory, "dev", begins=True).up())
    try:
        assert up.outputs["stack"] == "dev"
        assert "There is no Pulumi.dev.yaml" in up.notices[0]
        assert "Stacks with settings: prod." in up.notices[0]
    finally:
        # What is in the state needs no settings either.
        succeeded(make_session(directory, "dev").destroy())


CHAIN = """
import json
import pulumi
import pulumi_aws as aws

def named(id):
    raise RuntimeError(f"nobody knows this id: {id}")

edge = aws.globalaccelerator.Accelerator("edge", name="edge")
rule = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": edge.arn}}
role = aws.iam.Role(
    "role", assume_role_policy=pulumi.Output.json_dumps({"Statement": [rule]}))
allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
aws.iam.RolePolicy("policy", role=role.id, policy={"Version": "2012-10-17", "Statement": [allow]})
pulumi.export("id", edge.id.apply(named))
pulumi.export("role", role.name.apply(lambda name: name.upper()))
pulumi.export("found", aws.ec2.get_subnet_output(id=edge.id).cidr_block)
"""


def test_what_depends_on_the_id_of_what_is_recorded_is_recorded_too(make_session, tmp_path):
    project = write(tmp_path / "chain", CHAIN)
    up = succeeded(make_session(project, "dev", record_unsupported=True).up())
    try:
        assert {name for _, name in recorded(up)} == {"edge", "role", "policy"}
        assert up.outputs["id"] is UNKNOWN
        assert up.outputs["found"] is UNKNOWN
        assert up.outputs["role"].startswith("ROLE-")
        again = succeeded(make_session(project, "dev", record_unsupported=True).up())
        assert {step.op for step in again.steps} == {"same"}
    finally:
        succeeded(make_session(project, "dev").destroy())


REMOTE = """
import pulumi
import pulumi_aws as aws

@pulumi.type_token("parts:net:Network")
class Network(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("parts:net:Network", name, {"subnets": None}, opts, remote=True)

    @property
    @pulumi.getter
    def subnets(self) -> pulumi.Output[list]:
        return pulumi.get(self, "subnets")

network = Network("network")
first = network.subnets.apply(lambda ids: ids[0])
aws.ec2.NetworkAcl("acl", vpc_id="vpc-1", opts=pulumi.ResourceOptions(parent=network))
pulumi.export("first", first)
"""


def test_a_remote_component_is_listed_or_recorded_without_its_children(make_session, tmp_path):
    project = write(tmp_path / "remote", REMOTE)
    refused = make_session(project, "dev", survey=True).up()
    assert "parts:net:Network (1 resource)" in told(refused)
    assert "aws:ec2/networkAcl:NetworkAcl (1 resource)" in told(refused)
    up = succeeded(make_session(project, "dev", record_unsupported=True).up())
    try:
        assert up.outputs["first"] is UNKNOWN
        assert ["parts:net:Network", "network"] in recorded(up)
    finally:
        succeeded(make_session(project, "dev").destroy())


REFERENCE = """
import pulumi
import pulumi_aws as aws

vpc = aws.ec2.Vpc.get("shared", "vpc-0000")
subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.1.0/24")
pulumi.export("id", vpc.id)
pulumi.export("range", vpc.cidr_block.apply(lambda text: text.split("/")[0]))
"""


def test_what_is_only_referred_to_may_be_missing_when_it_is_recorded(make_session, tmp_path):
    project = write(tmp_path / "reference", REFERENCE)
    refused = make_session(project, "dev").preview()
    assert "The resource 'vpc-0000'" in told(refused)
    assert "does not exist" in told(refused)
    up = succeeded(make_session(project, "dev", record_unsupported=True).up())
    try:
        assert up.outputs["id"] == "vpc-0000"
        assert up.outputs["range"] is UNKNOWN
        # The subnet cannot be made in a VPC that the emulator does not have.
        assert {name for _, name in recorded(up)} == {"shared", "subnet"}
        again = succeeded(make_session(project, "dev", record_unsupported=True).up())
        assert {step.op.value for step in again.steps} == {"same", "read"}
    finally:
        succeeded(make_session(project, "dev").destroy())


ELSEWHERE = """
import pulumi
import pulumi_kubernetes as k8s

class Cluster(pulumi.CustomResource):
    kubeconfig: pulumi.Output[str]

    def __init__(self, name):
        super().__init__("elsewhere:index/cluster:Cluster", name, {"kubeconfig": None})

there = k8s.Provider("there", kubeconfig=Cluster("cluster").kubeconfig)
k8s.core.v1.Namespace(
    "team", metadata={"name": "team"}, opts=pulumi.ResourceOptions(provider=there))
"""


def test_objects_of_a_cluster_that_is_recorded_only_are_rendered(make_session, tmp_path):
    project = write(tmp_path / "elsewhere", ELSEWHERE)

    def session():
        return make_session(project, "dev", record_unsupported=True)

    succeeded(session().preview())
    up = succeeded(session().up())
    try:
        assert recorded(up) == [["elsewhere:index/cluster:Cluster", "cluster"]]
        assert list(session().render_dir.rglob("*team*"))
        for result in (session().preview(), session().up()):
            assert {step.op for step in succeeded(result).steps} == {"same"}
    finally:
        succeeded(make_session(project, "dev").destroy())


MANIFESTS = """
import pulumi
import pulumi_kubernetes as k8s

group = k8s.yaml.ConfigGroup("group", yaml=[open("all.yaml").read()], resource_prefix="p")
k8s.yaml.ConfigFile("file", file="more.yaml")
service = group.get_resource("v1/Service", "web", "p-shop")
pulumi.export("port", service.apply(lambda each: each.spec.ports[0].port))
"""
OBJECTS = """
# nothing but a remark
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {since: 2026-01-02}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}], selector: {app: web}}
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: shop}, data: {a: "1"}}
"""
MORE = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: thing}\nspec: {size: 3}\n"


def test_objects_in_yaml_files_are_read(make_session, tmp_path):
    project = write(tmp_path / "manifests", MANIFESTS)
    (project / "all.yaml").write_text(OBJECTS)
    (project / "more.yaml").write_text(MORE)
    up = succeeded(make_session(project, "dev", survey=True).up())
    try:
        assert up.outputs["port"] == 80
        names = {step.urn.rpartition("::")[2] for step in up.steps if step.custom}
        assert {"p-shop", "p-shop/web", "p-shop/one", "thing"} <= names
        again = succeeded(make_session(project, "dev", survey=True).up())
        assert {step.op for step in again.steps} == {"same"}
        (project / "more.yaml").write_text("a: [")
        broken = make_session(project, "dev").preview()
        assert "no valid YAML" in told(broken)
    finally:
        succeeded(make_session(project, "dev").destroy())


PLAIN_CALL = """
import pulumi
import pulumi_aws as aws

pulumi.export("url", "https://" + aws.mq.get_broker(broker_name="b").broker_name)
"""


def test_a_plain_call_without_an_answer_is_explained(make_session, tmp_path):
    project = write(tmp_path / "call", PLAIN_CALL)
    failed = make_session(project, "dev", record_unsupported=True).preview()
    assert failed.failed
    assert "no answer for aws:mq/getBroker:getBroker" in told(failed)
    assert "Use the _output form" in told(failed)


ASKING = "import pulumi\npulumi.export('name', pulumi.Config().require('name'))\nprint(input())\n"


def test_nobody_answers_a_program_and_what_it_lacks_can_be_given(make_session, tmp_path):
    project = write(tmp_path / "asking", ASKING)
    lacking = make_session(project, "dev").preview()
    assert "Missing required configuration variable 'theirs:name'" in told(lacking)
    assert "--config theirs:name=<value>" in told(lacking)
    asking = make_session(project, "dev", config={"name": "x"}).preview()
    assert "EOFError" in told(asking)


SECRET = """
import pulumi
import pulumi_random as random

random.RandomPassword("word", length=20)
pulumi.export("token", pulumi.Config().require_secret("token"))
"""


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"encryptionsalt": PassphraseSecrets("theirs").state}, "does not open this stack's"),
        ({"secretsprovider": "awskms://alias/a", "encryptedkey": "b"}, "no encryptionsalt"),
    ],
    ids=["passphrase of others", "key of others"],
)
def test_secrets_of_others_can_be_given_anew(make_session, tmp_path, settings, words):
    directory = write(tmp_path / "secret", SECRET)
    sealed = {"theirs:token": {"secure": "v1:AAAAAAAAAAAAAAAA:AAAA"}, "aws:region": "eu-west-1"}
    with (directory / "Pulumi.dev.yaml").open("w") as file:
        YAML().dump({**settings, "config": sealed}, file)
    with pytest.raises(UsageError, match=f"{words}.* --config theirs:token=<value>"):
        make_session(directory, "dev")
    up = succeeded(make_session(directory, "dev", config={"token": "x"}).up())
    try:
        assert up.outputs["token"] == Secret("x")
        again = succeeded(make_session(directory, "dev", config={"token": "x"}).up())
        assert {step.op for step in again.steps} == {"same"}
    finally:
        succeeded(make_session(directory, "dev", config={"token": "x"}).destroy())


def test_the_command_lists_and_exits_with_1(tmp_path, emulator_dir, capsys, monkeypatch):
    del emulator_dir
    project = write(tmp_path / "foreign", FOREIGN)
    monkeypatch.setattr(
        sys, "argv", ["seawall", "sandbox", "up", "--cwd", str(project), "--stack", "dev"]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    shown = capsys.readouterr()
    assert "elsewhere:index/thing:Thing (2 resources)" in shown.out + shown.err
    assert "--record-unsupported" in shown.out + shown.err
