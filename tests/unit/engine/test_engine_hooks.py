"""Hooks: the program's functions before and after what is done with its resources.

What they are told and when is in the agreement corpus; here is what errors say, and what the stock
engine cannot show.
"""

import pytest
from engine_lab import ops

from seawall_sandbox.events import Severity
from seawall_sandbox.protocol import ProviderError

HOOKS = """
from pathlib import Path
H = pulumi.ResourceHookBinding

def hook(name, fails=False, **options):
    def run(args):
        with Path("heard").open("a") as file:
            file.write(f"{name} {args.name}\\n")
        if fails:
            raise ValueError("it was asked to")
    return pulumi.ResourceHook(name, run, pulumi.ResourceHookOptions(**options))

def again(name, times):
    return pulumi.ErrorHook(name, lambda args: len(args.errors) <= times)
"""


def heard(lab):
    path = lab.directory / "heard"
    return path.read_text().splitlines() if path.exists() else []


def told(result, severity=Severity.ERROR):
    return [d.message for d in result.diagnostics if d.severity is severity]


def test_a_delete_hook_is_called_although_the_program_has_ended_otherwise(lab, cloud):
    lab.up(HOOKS + 'Thing("a", opts=O(hooks=H(before_delete=[hook("bye")])))')
    lab.up(HOOKS + 'hook("bye")')
    assert heard(lab) == ["bye a"]
    assert not cloud.things


def test_what_a_hook_prints_is_shown(lab):
    result = lab.up(
        "def say(args):\n    print('made', args.id)\n"
        'Thing("a", opts=O(hooks=pulumi.ResourceHookBinding(after_create=[say])))'
    )
    assert told(result, Severity.INFO) == ["made i-1"]


def test_hooks_of_a_preview_keep_its_order(lab):
    program = HOOKS + (
        'h = H(before_create=[hook("h", on_dry_run=True)])\n'
        'for name in "abcdef":\n    Thing(name, opts=O(hooks=h))'
    )
    result = lab.preview(program)
    assert not result.failed, told(result)
    assert heard(lab) == [f"h {name}" for name in "abcdef"]
    assert ops(result) == [("create", name) for name in "abcdef"]


def test_a_failing_hook_is_named_and_the_operation_not_begun(lab, cloud):
    result = lab.up(
        HOOKS + 'Thing("a", opts=O(hooks=H(before_create=[hook("h", fails=True)])))', fails=True
    )
    assert told(result) == ['before hook "h" failed: it was asked to']
    assert cloud.calls == []
    assert lab.backend().load("dev").pending == []


def test_errors_of_a_hook_may_be_ignored(lab):
    result = lab.up(
        HOOKS + 'Thing("a", opts=O(hooks=H(after_create=[hook("h", True, ignore_errors=True)])))'
    )
    assert told(result, Severity.WARNING) == ['AfterCreate hook "h" failed: it was asked to']


def test_a_create_is_tried_again_until_the_error_hook_gives_up(lab, cloud):
    cloud.fail("create", "a", ProviderError("busy"))
    result = lab.up(HOOKS + 'Thing("a", opts=O(hooks=H(on_error=[again("e", 2)])))', fails=True)
    assert cloud.calls == [("create", "a")] * 3
    assert told(result)[0] == "busy"
    assert told(result, Severity.WARNING) == [
        "retrying create due to on-error hook request (1/100)",
        "retrying create due to on-error hook request (2/100)",
    ]
    assert lab.backend().load("dev").pending == []


def test_an_error_hook_that_never_gives_up_is_stopped(lab, cloud):
    cloud.fail("create", "a", ProviderError("busy"))
    result = lab.up(HOOKS + 'Thing("a", opts=O(hooks=H(on_error=[again("e", 999)])))', fails=True)
    assert len(cloud.calls) == 100
    assert "maximum number of error hook retries reached" in told(result)[0]
    assert "busy" in told(result)[0]


def test_two_hooks_of_one_name_are_refused(lab):
    result = lab.up(
        HOOKS + 'a, b = hook("same"), again("same", 1)\n'
        'Thing("a", opts=O(hooks=H(after_create=[a], on_error=[b])))',
        fails=True,
    )
    assert any('already registered for name "same"' in message for message in told(result))


def test_a_destroy_without_the_program_names_the_hooks_and_touches_nothing(lab, cloud):
    lab.up(
        HOOKS + 'Thing("a", opts=O(hooks=H(before_delete=[hook("x")], after_delete=[hook("y")])))'
    )
    result = lab.destroy(fails=True)
    assert "--run-program" in told(result)[0]
    assert told(result)[0].endswith("Hooks: x, y")
    assert ops(result) == []
    assert len(cloud.things) == 1
    assert ops(lab.destroy(run_program=True)) == [("delete", "a")]
    assert heard(lab) == ["x a", "y a"]
    assert not cloud.things


def test_a_destroy_with_the_program_counts_its_protect(lab, cloud):
    lab.up('Thing("a", opts=O(protect=True))\npulumi.export("kept", 1)')
    result = lab.destroy(run_program=True, fails=True)
    assert "cannot be deleted because it is protected" in told(result)[0]
    assert result.outputs == {"kept": 1}
    lab.write('Thing("a", size=2)\nThing("new")')
    assert ops(lab.destroy(run_program=True)) == [("delete", "a")]
    assert ("create", "new") not in cloud.calls
    assert not cloud.things
    assert lab.state() == {}


@pytest.mark.parametrize("on_error", [False, True])
def test_a_destroy_whose_program_fails_deletes_nothing_unless_told_so(lab, cloud, on_error):
    lab.up('Thing("a")')
    lab.write('Thing("a")\nraise ValueError("no")')
    result = lab.destroy(run_program=True, continue_on_error=on_error, fails=True)
    assert "ValueError: no" in told(result)[0]
    assert bool(cloud.things) != on_error


def test_hooks_are_in_the_state_in_the_format_that_older_engines_refuse(lab):
    lab.up('Thing("a")')
    assert '"version": 3' in lab.text()
    lab.up(HOOKS + 'Thing("a", opts=O(hooks=H(before_delete=[hook("x")])))')
    assert '"version": 4' in lab.text()
    assert lab.state()["a"].hooks == {"BeforeDelete": ("x",)}
