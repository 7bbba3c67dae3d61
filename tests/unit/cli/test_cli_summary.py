"""What stands at the end of a run, for machines and for people: exact expectations."""

import pytest

from seawall.cli.summary import Surroundings, as_json, counts_line, ending, messages, printable
from seawall_sandbox.events import Diagnostic, Op, RunResult, Severity, StepInfo
from seawall_sandbox.values import UNKNOWN, Secret

PREFIX = "urn:pulumi:local::shop::"
VPC = f"{PREFIX}seawall:index:Network$aws:ec2/vpc:Vpc::shop"
STEPS = (
    StepInfo(
        Op.SAME, f"{PREFIX}pulumi:pulumi:Stack::shop-local", "pulumi:pulumi:Stack", custom=False
    ),
    StepInfo(
        Op.CREATE, f"{PREFIX}seawall:index:Network::shop", "seawall:index:Network", custom=False
    ),
    StepInfo(Op.CREATE_REPLACEMENT, VPC, "aws:ec2/vpc:Vpc", replace_reasons=("cidrBlock",)),
    StepInfo(Op.REPLACE, VPC, "aws:ec2/vpc:Vpc", replace_reasons=("cidrBlock",)),
    StepInfo(Op.DELETE_REPLACED, VPC, "aws:ec2/vpc:Vpc"),
    StepInfo(Op.UPDATE, f"{PREFIX}aws:ecr/repository:Repository::api", "aws:ecr:Repository"),
    StepInfo(Op.DELETE, f"{PREFIX}aws:ecr/repository:Repository::old", "aws:ecr:Repository"),
)
AROUND = Surroundings("http://127.0.0.1:4566", "/p/.seawall/manifests", "seawall report")


def result(**more: object) -> RunResult:
    given = {"steps": STEPS, "outputs": {}, "seconds": 2.14}
    return RunResult(**{**given, **more})


def text(verb: str, run: RunResult) -> str:
    return "\n".join(line.plain for line in ending(verb, "local", run, AROUND))


def test_secrets_are_hidden_and_unknowns_named_at_any_depth():
    value = {"a": [Secret("hunter2"), {"b": UNKNOWN}], "c": 1, "d": Secret({"x": "hunter2"})}
    assert printable(value) == {
        "a": ["[secret]", {"b": "[known after up]"}],
        "c": 1,
        "d": "[secret]",
    }


def test_json_is_the_contract():
    outputs = {"password": Secret("hunter2"), "url": UNKNOWN}
    told = as_json(result(outputs=outputs))
    assert list(told) == ["steps", "summary", "outputs", "durationSeconds"]
    assert told["steps"][0] == {
        "op": "same",
        "urn": f"{PREFIX}pulumi:pulumi:Stack::shop-local",
        "type": "pulumi:pulumi:Stack",
    }
    assert told["steps"][3] == {
        "op": "replace",
        "urn": VPC,
        "type": "aws:ec2/vpc:Vpc",
        "replaceReasons": ["cidrBlock"],
    }
    assert told["summary"] == {"create": 1, "update": 1, "replace": 1, "delete": 1, "same": 1}
    assert told["outputs"] == {"password": "[secret]", "url": "[known after up]"}
    assert told["durationSeconds"] == 2.14


@pytest.mark.parametrize(
    ("verb", "steps", "line"),
    [
        ("up", (), "0 changes in 2.1 s"),
        ("up", STEPS[:1], "0 changes: 1 unchanged in 2.1 s"),
        ("up", STEPS[:2], "1 change: 1 created, 1 unchanged in 2.1 s"),
        (
            "up",
            STEPS,
            "4 changes: 1 created, 1 updated, 1 replaced, 1 deleted, 1 unchanged in 2.1 s",
        ),
        (
            "preview",
            STEPS,
            "4 changes: 1 to create, 1 to update, 1 to replace, 1 to delete, 1 unchanged in 2.1 s",
        ),
        ("destroy", STEPS[-1:], "1 change: 1 deleted in 2.1 s"),
    ],
)
def test_the_counts_are_one_line(verb, steps, line):
    assert counts_line(verb, result(steps=steps)).plain == line


def test_a_failed_run_says_where_and_what_to_do_and_counts_no_failure_as_done():
    failures = (Diagnostic(Severity.ERROR, "AWS said no.", STEPS[-2].urn),)
    run = result(diagnostics=failures, failed=True)
    assert text("up", run) == (
        "\nup of stack local failed at aws:Repository api; what was done is kept in the state. "
        "Mend what is named above and run it again."
        "\n3 changes: 1 created, 1 replaced, 1 deleted, 1 failed, 1 unchanged in 2.1 s"
    )
    assert as_json(run)["summary"]["update"] == 0
    assert list(messages(run)) == ["error: AWS said no."]


def test_a_failed_preview_says_that_nothing_was_changed():
    run = result(steps=(), failed=True, diagnostics=(Diagnostic(Severity.ERROR, "bad program"),))
    assert text("preview", run).splitlines()[1] == (
        "preview of stack local failed; nothing was changed. Mend what is named above."
    )


def test_the_end_of_up_names_entry_cluster_registries_and_what_is_recorded_only():
    outputs = {
        "entryUrl": "http://entry.example",
        "clusterName": "shop",
        "clusterVersion": "1.35",
        "registryUrls": {"web": "1.dkr/shop/web", "api": "1.dkr/shop/api"},
    }
    recorded = (
        f"{PREFIX}seawall:index:A$aws:eks/podIdentityAssociation:PodIdentityAssociation::x",
        f"{PREFIX}seawall:index:A$kubernetes:helm.sh/v3:Release::x",
    )
    notice = "The emulator was restarted."
    run = result(outputs=outputs, recorded_only=recorded, notices=(notice,))
    assert (
        text("up", run)
        == """
note: The emulator was restarted.
4 changes: 1 created, 1 updated, 1 replaced, 1 deleted, 1 unchanged in 2.1 s

  Entry       http://entry.example
  Cluster     shop (Kubernetes 1.35)
  Registries  1.dkr/shop/api
              1.dkr/shop/web
  Resources   2 in 1 component of stack local
  Recorded    2 of them are kept, but not emulated:
              aws:PodIdentityAssociation
              kubernetes:Release
  Manifests   /p/.seawall/manifests
  AWS         emulated at http://127.0.0.1:4566; no container runs
  Report      seawall report"""
    )


def test_the_end_of_up_of_another_project_lists_its_outputs_with_secrets_hidden():
    run = result(outputs={"bucket": "logs", "key": Secret("hunter2")}, steps=STEPS[-2:-1])
    assert text("up", run).splitlines()[3:6] == [
        "  bucket     logs",
        "  key        [secret]",
        "  Resources  1 of stack local",
    ]


def test_only_up_tells_of_the_platform():
    assert len(text("preview", result()).splitlines()) == 2
