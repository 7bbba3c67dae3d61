"""What `seawall sandbox coverage` counts, and that its table of tested types is true."""

import ast
from collections.abc import Iterator
from pathlib import Path

from seawall_sandbox import coverage
from seawall_sandbox.aws import registry
from seawall_sandbox.aws.tested import LIFECYCLES

TESTS = Path(__file__).resolve().parents[2] / "sandbox" / "aws"
VPC = "aws:ec2/vpc:Vpc"
RECORDED = "aws:eks/podIdentityAssociation:PodIdentityAssociation"


def created_in(module: ast.Module) -> Iterator[str]:
    """The type tokens that a test module hands to ``create``, by literal or by constant."""
    constants: dict[str, object] = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            pairs = [(node.targets[0], node.value)]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            target = node.targets[0]
            names = target.elts if isinstance(target, ast.Tuple) else []
            pairs = list(zip(names, node.value.elts, strict=True))
        else:
            continue
        for name, value in pairs:
            if isinstance(name, ast.Name) and isinstance(value, ast.Constant):
                constants[name.id] = value.value
    for node in ast.walk(module):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr != "create":
            continue
        for argument in node.args[:2]:
            value = constants.get(argument.id) if isinstance(argument, ast.Name) else None
            if isinstance(argument, ast.Constant):
                value = argument.value
            if isinstance(value, str) and value.startswith("aws:"):
                yield value


def test_table_of_tested_types_is_what_the_tests_create() -> None:
    modules = [ast.parse(p.read_text(encoding="utf-8")) for p in TESTS.glob("test_aws_*_types.py")]
    assert {token for module in modules for token in created_in(module)} == LIFECYCLES


def test_reader_of_tests_sees_each_way_to_write_a_type() -> None:
    text = (
        'A = "aws:a/a:A"\nB, C = "aws:b/b:B", 3\n'
        'def test(): s.create(A, "x"); s.create("aws:d/d:D", "y"); s.delete("aws:e/e:E")\n'
        "s.provider.create(urn, B, {})\n"
    )
    assert sorted(created_in(ast.parse(text))) == ["aws:a/a:A", "aws:b/b:B", "aws:d/d:D"]


def test_every_type_of_the_provider_is_tested() -> None:
    assert {t.token for t in registry.resources()} == LIFECYCLES


def test_rows_count_uses_and_leave_components_out() -> None:
    types = [VPC, VPC, "seawall:index:Network", "kubernetes:core/v1:Secret", "aws:none/none:None"]
    assert coverage.rows([*types, "pulumi:pulumi:Stack"]) == (
        coverage.Row(VPC, "emulated by moto", 2, tested=True),
        coverage.Row("aws:none/none:None", "unsupported", 1, tested=False),
        coverage.Row(
            "kubernetes:core/v1:Secret",
            "checked against the Kubernetes schemas, rendered",
            1,
            tested=True,
        ),
    )


def test_what_is_wrong_is_said() -> None:
    untested = coverage.rows([VPC], tested=frozenset())
    assert [p.split(" ")[0] for p in coverage.problems(untested)] == [VPC]
    unknown = coverage.rows(["aws:none/none:None"])
    assert coverage.problems(unknown) == [
        "aws:none/none:None is not supported by the sandbox. Add it to the aws provider."
    ]
    assert coverage.problems(coverage.rows([VPC])) == []


def test_a_tenth_may_be_recorded_only() -> None:
    enough = coverage.rows([*[VPC] * 9, RECORDED])
    assert (coverage.recorded_share(enough), coverage.problems(enough)) == (0.1, [])
    too_few = coverage.rows([*[VPC] * 8, RECORDED])
    assert "11% of the resources are recorded only" in coverage.problems(too_few)[0]


def test_type_table_tells_each_type_with_its_source() -> None:
    text = "\n".join(coverage.type_table())
    assert text.count("\n## ") == len(registry.resources())
    vpc = text.partition("## aws:ec2/vpc:Vpc\n")[2].partition("\n## ")[0]
    assert "- status: emulated by moto; lifecycle test: yes" in vpc
    assert "`enableDnsSupport = True`" in vpc
    assert "https://www.pulumi.com/registry/packages/aws/api-docs/ec2/vpc/" in vpc
