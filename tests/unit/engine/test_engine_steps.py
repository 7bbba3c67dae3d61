"""Which steps small programs lead to, run through the real SDK."""

import pytest
from engine_lab import ops

from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.events import Severity
from seawall_sandbox.protocol import ProviderError, ResourceState
from seawall_sandbox.values import UNKNOWN, Secret

THING = "urn:pulumi:dev::lab::test:index:Thing::"
CHAIN = """
a = Thing("a", size={size!r}, kind={kind!r})
b = Thing("b", size=a.arn)
c = Thing("c", size=1, opts=O(depends_on=[b]))
"""


def chain(size=1, kind="x"):
    return CHAIN.format(size=size, kind=kind)


def errors(result):
    return [d.message for d in result.diagnostics if d.severity is Severity.ERROR]


def test_preview_lists_registrations_in_order_and_touches_nothing(lab, cloud):
    program = "x = [Thing(f't{i}', size=i) for i in range(20)]\n" + chain()
    first = lab.preview(program)
    assert ops(first) == [("create", f"t{i}") for i in range(20)] + [
        ("create", "a"),
        ("create", "b"),
        ("create", "c"),
    ]
    assert lab.preview().steps == first.steps
    assert cloud.calls == []
    assert not (lab.directory / "state").exists()


def test_up_does_what_preview_said_then_nothing(lab, cloud):
    expected = sorted(ops(lab.preview(chain())))
    assert sorted(ops(lab.up())) == expected
    assert cloud.calls == [("create", "a"), ("create", "b"), ("create", "c")]
    again = lab.up()
    assert again.counts() == {"create": 0, "update": 0, "replace": 0, "delete": 0, "same": 4}
    assert len(cloud.calls) == 3


def test_update_in_place(lab):
    lab.up(chain())
    result = lab.up(chain(size=2))
    assert ops(result) == [("update", "a")]
    assert [s.changed for s in result.steps if s.urn.endswith("::a")] == [("size",)]


def test_replacement_is_created_first_and_the_old_one_deleted_last(lab, cloud):
    lab.up(chain())
    cloud.calls.clear()
    result = lab.up(chain(kind="y"))
    assert ops(result) == [
        ("create-replacement", "a"),
        ("replace", "a"),
        ("update", "b"),
        ("delete-replaced", "a"),
    ]
    assert result.counts()["replace"] == 1
    assert cloud.calls == [("create", "a"), ("update", "b"), ("delete", "a")]
    reasons = [s.replace_reasons for s in result.steps if s.op == "replace"]
    assert reasons == [("kind",)]


def test_a_replacement_gets_a_new_automatic_name(lab):
    lab.up(chain())
    before = lab.state()["a"].outputs["name"]
    lab.up(chain(kind="y"))
    assert lab.state()["a"].outputs["name"] != before


def test_delete_before_replace_takes_dependents_that_must_go_along(lab, cloud):
    program = """
        a = Thing("a", slot={slot})
        b = Thing("b", kind=a.arn)
        c = Thing("c", size=b.arn)
        d = Thing("d", kind=1, opts=O(depends_on=[a]))
    """
    lab.up(program.format(slot=1))
    cloud.calls.clear()
    preview = lab.preview(program.format(slot=2))
    result = lab.up(program.format(slot=2))
    assert (
        ops(preview)
        == ops(result)
        == [
            ("delete-replaced", "b"),
            ("delete-replaced", "a"),
            ("replace", "a"),
            ("create-replacement", "a"),
            ("replace", "b"),
            ("create-replacement", "b"),
            ("update", "c"),
        ]
    )
    assert cloud.calls == [
        ("delete", "b"),
        ("delete", "a"),
        ("create", "a"),
        ("create", "b"),
        ("update", "c"),
    ]
    assert not any(state.pending_replacement for state in lab.state().values())


def test_the_user_decides_against_delete_before_replace(lab):
    program = 'Thing("a", slot={slot}, opts=O(delete_before_replace={first}))'
    lab.up(program.format(slot=1, first=True))
    result = lab.preview(program.format(slot=2, first=False))
    assert ops(result) == [("create-replacement", "a"), ("replace", "a"), ("delete-replaced", "a")]


def test_a_dependent_that_is_gone_from_the_program_is_not_created_again(lab, cloud):
    lab.up('a = Thing("a", slot=1)\nb = Thing("b", kind=a.arn)')
    result = lab.up('a = Thing("a", slot=2)')
    assert ops(result)[-1] == ("create-replacement", "a")
    assert [call for call in cloud.calls if call == ("delete", "b")] == [("delete", "b")]
    assert "b" not in lab.state()


def test_deletions_run_from_dependents_to_dependencies(lab, cloud):
    lab.up(chain())
    result = lab.up('a = Thing("a", size=1, kind="x")')
    assert ops(result) == [("delete", "c"), ("delete", "b")]
    assert cloud.calls[-2:] == [("delete", "c"), ("delete", "b")]


def test_destroy_deletes_everything_without_running_the_program(lab, cloud):
    lab.up(chain())
    lab.write("raise SystemExit(3)")
    result = lab.destroy()
    assert [name for _, name in ops(result)] == ["c", "b", "a"]
    assert cloud.things == {}
    assert lab.state() == {}


def test_unknowns_reach_dependents_in_a_preview(lab):
    result = lab.preview(
        """
        a = Thing("a", size=1)
        b = Thing("b", size=a.arn)
        pulumi.export("arn", a.arn)
        pulumi.export("size", a.size)
        pulumi.export("id", a.id)
        pulumi.export("shout", a.arn.apply(lambda _: 1 / 0))
        """
    )
    assert not result.failed
    assert result.outputs == {"arn": UNKNOWN, "size": 1, "id": UNKNOWN, "shout": UNKNOWN}
    assert [r.inputs["size"] for r in result.resources if r.urn.endswith("::b")] == [UNKNOWN]


def test_components_hand_down_parents_and_options(lab):
    lab.up(
        """
        g = Group("g", opts=O(protect=True, retain_on_delete=True))
        a = Thing("a", size=1, opts=O(parent=g))
        b = Thing("b", size=1, opts=O(parent=g, protect=False))
        g.register_outputs({"arn": a.arn})
        """
    )
    state = lab.state()
    assert state["a"].urn == "urn:pulumi:dev::lab::test:index:Group$test:index:Thing::a"
    assert state["a"].parent == state["g"].urn
    assert (state["a"].protect, state["b"].protect) == (True, False)
    assert state["a"].retain_on_delete
    assert state["g"].outputs == {"arn": state["a"].outputs["arn"]}


def test_depending_on_a_component_means_its_children(lab, cloud):
    program = """
        g = Group("g")
        a = Thing("a", size=1, opts=O(parent=g))
        b = Thing("b", size=1, opts=O(depends_on=[g]))
    """
    lab.up(program)
    lab.destroy()
    assert [name for call, name in cloud.calls if call == "delete"] == ["b", "a"]


@pytest.mark.parametrize("how", ["up", "preview", "destroy"])
def test_protected_resources_are_not_deleted(lab, cloud, how):
    lab.up('Thing("a", size=1, opts=O(protect=True))')
    lab.write("")
    result = getattr(lab.engine(), how)()
    assert result.failed
    assert "cannot be deleted because it is protected" in errors(result)[0]
    assert "a" in lab.state()
    assert len(cloud.things) == 1


def test_destroy_touches_nothing_while_a_part_is_protected(lab, cloud):
    lab.up(
        """
        a = Thing("a", size=1, opts=O(protect=True))
        Thing("b", size=1, opts=O(depends_on=[a]))
        pulumi.export("kept", 1)
        """
    )
    result = lab.engine().destroy()
    assert result.failed
    assert ops(result) == []
    assert len(errors(result)) == 1
    assert result.outputs == {"kept": 1}
    assert {"a", "b"} <= lab.state().keys()
    assert len(cloud.things) == 2


def test_protected_resources_are_not_replaced(lab, cloud):
    program = 'Thing("a", kind={kind}, opts=O(protect=True))'
    lab.up(program.format(kind=1))
    preview = lab.preview(program.format(kind=2))
    assert preview.failed
    assert ops(preview)[0] == ("create-replacement", "a")
    result = lab.up(program.format(kind=2), fails=True)
    assert "marked for protection" in errors(result)[0]
    assert ops(result) == []
    assert len(cloud.things) == 1


def test_retained_resources_outlive_the_stack(lab, cloud):
    lab.up('Thing("a", size=1, opts=O(retain_on_delete=True))')
    lab.destroy()
    assert len(cloud.things) == 1
    assert ("delete", "a") not in cloud.calls


def test_deleted_with_saves_the_call(lab, cloud):
    lab.up('a = Thing("a", size=1)\nThing("b", size=1, opts=O(deleted_with=a))')
    lab.destroy()
    assert [name for call, name in cloud.calls if call == "delete"] == ["a"]


def test_ignore_changes(lab):
    program = 'Thing("a", size={size}, tags={{"x": {tag}, "y": {tag}}}, opts=O(ignore_changes={i}))'
    lab.up(program.format(size=1, tag=1, i=[]))
    assert ops(lab.up(program.format(size=2, tag=1, i=["size"]))) == []
    assert ops(lab.up(program.format(size=2, tag=2, i=["size", "tags.x"]))) == [("update", "a")]
    assert lab.state()["a"].inputs["tags"] == {"x": 1, "y": 2}
    assert ops(lab.up(program.format(size=1, tag=3, i=["tags.*"]))) == []


def test_replace_on_changes(lab):
    program = 'Thing("a", size={size}, opts=O(replace_on_changes=["size"]))'
    lab.up(program.format(size=1))
    assert ops(lab.preview(program.format(size=2)))[0] == ("create-replacement", "a")


def test_replacement_trigger_and_replace_with(lab):
    program = """
        a = Thing("a", size=1, opts=O(replacement_trigger={trigger}))
        b = Thing("b", size=1, opts=O(replace_with=[a]))
    """
    lab.up(program.format(trigger=1))
    result = lab.preview(program.format(trigger=2))
    assert [name for op, name in ops(result) if op == "replace"] == ["a", "b"]


def test_replacement_on_request(lab):
    program = 'Thing("a", size=1)'
    lab.up(program)
    urn = lab.state()["a"].urn
    result = lab.up(program, replace=(urn,))
    assert [op for op, _ in ops(result)] == ["create-replacement", "replace", "delete-replaced"]


@pytest.mark.parametrize(
    "alias",
    [
        'pulumi.Alias(name="old")',
        '"urn:pulumi:dev::lab::test:index:Thing::old"',
        'pulumi.Alias(name="old", parent=None)',
        'pulumi.Alias(name="old", parent=pulumi.ROOT_STACK_RESOURCE)',
    ],
)
def test_aliases(lab, alias):
    lab.up('Thing("old", size=1)')
    result = lab.up(f'Thing("new", size=1, opts=O(aliases=[{alias}]))')
    assert ops(result) == []
    assert "old" not in lab.state()
    assert lab.up('Thing("new", size=1)').counts()["same"] == 2


def test_children_follow_an_aliased_parent(lab):
    program = """
        g = Group("{name}", opts=O(aliases=[pulumi.Alias(name="old")]))
        Thing("{name}-child", size=1, opts=O(parent=g))
    """
    lab.up(program.format(name="old"))
    assert ops(lab.up(program.format(name="new"))) == []


def test_two_resources_of_one_urn(lab):
    result = lab.preview('Thing("a", size=1)\nThing("a", size=2)')
    assert result.failed
    message = f"Duplicate resource URN '{THING}a'; try giving it a unique name."
    assert errors(result) == [message]


def test_external_resources_are_read_and_never_deleted(lab, cloud):
    cloud.things["i-77"] = {"name": "theirs", "size": 7, "arn": "arn:i-77"}
    program = 'a = Thing("a", opts=O(id="i-77"))\npulumi.export("arn", a.arn)'
    assert ops(lab.preview(program)) == [("read", "a")]
    result = lab.up(program)
    assert (result.outputs, lab.state()["a"].external) == ({"arn": "arn:i-77"}, True)
    assert ops(lab.destroy()) == [("discard", "a")]
    assert list(cloud.things) == ["i-77"]


def test_reading_what_does_not_exist(lab):
    result = lab.preview('Thing("a", opts=O(id="i-404"))')
    assert "'i-404'" in errors(result)[0]
    assert "does not exist" in errors(result)[0]


def test_import_takes_over_and_changes_what_differs(lab, cloud):
    cloud.things["i-77"] = {"name": "theirs", "size": 7, "arn": "arn:i-77"}
    program = 'Thing("a", name="theirs", size={size}, opts=O(import_="i-77"))'
    assert ops(lab.up(program.format(size=7))) == [("import", "a")]
    assert lab.state()["a"].import_id == "i-77"
    assert ops(lab.up(program.format(size=8))) == [("update", "a")]
    assert lab.up(program.format(size=8)).counts()["same"] == 2
    lab.destroy()
    assert cloud.things == {}


def test_import_with_a_difference_updates_at_once(lab, cloud):
    cloud.things["i-77"] = {"name": "theirs", "size": 7, "arn": "arn:i-77"}
    program = 'Thing("a", name="theirs", size=9, opts=O(import_="i-77"))'
    assert ops(lab.up(program)) == [("import", "a"), ("update", "a")]
    assert cloud.things["i-77"]["size"] == 9


def test_explicit_providers_are_resources_with_their_own_configuration(lab, cloud):
    program = """
        p = Provider("p", region="{region}")
        a = Thing("a", size=1, opts=O(provider=p))
        g = Group("g", opts=O(providers=[p]))
        b = Thing("b", size=1, opts=O(parent=g))
        out = pulumi.runtime.invoke("test:index:echo", {{"x": 1}}, pulumi.InvokeOptions(provider=p))
        pulumi.export("region", out.value["region"])
    """
    result = lab.up(program.format(region="there"))
    assert result.outputs == {"region": "there"}
    state = lab.state()
    assert state["a"].provider == state["b"].provider == f"{state['p'].urn}::{state['p'].id}"
    assert cloud.configured == [{"region": "there"}]
    result = lab.preview(program.format(region="elsewhere"))
    assert [name for op, name in ops(result) if op == "replace"] == ["a", "b"]


def test_a_default_provider_keeps_secret_configuration_secret(lab, cloud):
    lab.config = {"test:region": "here", "test:token": "t0ken"}
    lab.secret_keys = frozenset({"test:token"})
    lab.up('Thing("a", size=1)')
    assert lab.state()["default"].inputs["token"] == Secret("t0ken")
    assert cloud.configured == [{"region": "here", "token": "t0ken"}]
    assert "t0ken" not in lab.text()


def test_a_provider_whose_configuration_is_not_known_yet(lab, cloud):
    program = """
        a = Thing("a", size=1)
        p = Provider("p", region={region})
        b = Thing("b", size=2, opts=O(provider=p))
        pulumi.export("size", b.size)
    """
    first = lab.preview(program.format(region="a.arn"))
    assert [op for op, _ in ops(first)] == ["create", "create"]
    assert first.outputs == {"size": UNKNOWN}
    assert cloud.configured == [{"region": "here"}]
    assert lab.up().outputs == {"size": 2}
    assert cloud.configured[-1] == {"region": "arn:i-1"}
    assert ops(lab.up()) == []


def test_the_default_provider_can_be_forbidden(lab):
    lab.config = {"pulumi:disable-default-providers": '["test"]'}
    assert "disabled by pulumi:disable-default-providers" in errors(lab.preview('Thing("a")'))[0]


def test_stack_references(lab):
    lab.up('pulumi.export("x", 7)\npulumi.export("s", pulumi.Output.secret("hush"))')
    lab.stack = "other"
    program = """
        r = pulumi.StackReference("{name}")
        pulumi.export("x", r.get_output("x"))
        pulumi.export("s", r.require_output("s"))
    """
    expected = {"x": 7, "s": Secret("hush")}
    assert lab.preview(program.format(name="organization/lab/dev")).outputs == expected
    assert lab.up(program.format(name="dev")).outputs == expected
    assert "hush" not in lab.text()
    failed = lab.preview(program.format(name="nobody"))
    assert "There is no stack 'nobody' to refer to" in errors(failed)[0]


def test_a_default_provider_has_the_stacks_configuration_and_the_sdks_version(lab, cloud):
    lab.config = {"test:region": "here", "test:deep": '{"a": 1}', "other:region": "no"}
    lab.up('Thing("a", size=1, opts=O(version="1.2.3-alpha.4"))')
    provider = lab.state()["default_1_2_3_alpha_4"]
    assert provider.urn == "urn:pulumi:dev::lab::pulumi:providers:test::default_1_2_3_alpha_4"
    assert provider.inputs == {"region": "here", "deep": '{"a": 1}', "version": "1.2.3-alpha.4"}
    assert cloud.configured == [provider.inputs]


def test_unknown_packages_are_named(lab):
    result = lab.preview('pulumi.CustomResource("gcp:a:B", "x", {})')
    message = "There is no provider for the package 'gcp' here; there are test. Use one of these, "
    assert errors(result) == [message + "or run the program with the stock pulumi CLI."]


def test_targets_leave_the_rest_alone(lab):
    program = 'Thing("a", size={s})\nThing("b", size={s})\n{more}'
    lab.up(program.format(s=1, more='Thing("c", size=1)'))
    urn = lab.state()["a"].urn
    result = lab.up(program.format(s=2, more='Thing("d", size=1)'), targets=(urn,))
    assert ops(result) == [("update", "a")]
    assert set(lab.state()) == {"lab-dev", "default", "a", "b", "c"}
    assert lab.state()["b"].inputs["size"] == 1


def test_targets_of_a_destroy_take_no_dependent_along_unasked(lab, cloud):
    lab.up(chain())
    state = lab.state()
    with pytest.raises(UsageError, match=r"depending on them: .*::c\."):
        lab.destroy(targets=(state["a"].urn, state["b"].urn))
    assert len(cloud.things) == 3
    result = lab.destroy(targets=(state["b"].urn, state["c"].urn))
    assert ops(result) == [("delete", "c"), ("delete", "b")]
    assert set(lab.state()) == {"lab-dev", "default", "a"}


def test_a_failed_check_names_property_and_reason(lab):
    result = lab.preview('Thing("a", size="wrong")')
    assert errors(result) == [
        "test:index:Thing resource 'a': property size has a problem: must be a number"
    ]
    assert result.diagnostics[0].urn.endswith("::a")


def test_a_half_made_resource_is_kept_and_seen_to_next_time(lab, cloud):
    half = ResourceState("i-half", {"name": "a", "size": 1, "arn": "arn:half"})
    cloud.fail("create", "a", ProviderError("Half of it is missing.", state=half))
    result = lab.up('Thing("a", size=1)', fails=True)
    assert errors(result) == ["Half of it is missing."]
    assert lab.state()["a"].init_errors == ("Half of it is missing.",)
    cloud.hooks.clear()
    assert ops(lab.up('Thing("a", size=1)')) == [("update", "a")]
    assert lab.state()["a"].init_errors == ()


def test_refresh_records_drift_and_forgets_what_is_gone(lab, cloud):
    lab.up(chain())
    ids = {name: state.id for name, state in lab.state().items()}
    cloud.things[ids["a"]]["size"] = 99
    del cloud.things[ids["b"]]
    result = lab.engine().refresh()
    assert sorted(ops(result)) == [("delete", "b"), ("update", "a")]
    assert lab.state()["a"].outputs["size"] == 99
    assert lab.state()["c"].dependencies == ()
    assert sorted(ops(lab.up())) == [("create", "b"), ("update", "a")]


def test_a_read_that_fails_fails_the_refresh_and_hides_no_other(lab, cloud):
    lab.up(chain())
    cloud.things[lab.state()["b"].id]["size"] = 99
    cloud.fail("read", "a", AttributeError("half made"))
    result = lab.engine().refresh()
    assert result.failed
    assert "failed unexpectedly with AttributeError: half made" in errors(result)[0]
    assert ("update", "b") in ops(result)
    assert "a" in lab.state()


def test_up_with_refresh(lab, cloud):
    lab.up(chain())
    del cloud.things[lab.state()["c"].id]
    result = lab.up(refresh=True)
    assert ("create", "c") in ops(result)
    assert ("refresh", "a") in ops(result)


def test_secret_inputs_make_secret_outputs(lab, cloud):
    lab.up(
        """
        a = Thing("a", size=pulumi.Output.secret("hush"), deep={"x": pulumi.Output.secret("sh")},
                  opts=O(additional_secret_outputs=["arn"]))
        pulumi.export("size", a.size)
        pulumi.export("arn", a.arn)
        """
    )
    outputs = lab.state()["a"].outputs
    assert outputs["size"] == Secret("hush")
    assert outputs["deep"] == {"x": Secret("sh")}
    assert isinstance(outputs["arn"], Secret)
    assert cloud.inputs_seen[0]["size"] == "hush"
    assert "hush" not in lab.text()
    assert lab.engine().outputs(show_secrets=True)["size"] == "hush"
    assert "hush" not in repr(lab.engine().outputs())
    before = lab.text().count("ciphertext")
    lab.up()
    assert lab.text().count("ciphertext") == before


def test_a_half_done_update_keeps_the_recorded_inputs_so_that_it_is_done_again(lab, cloud):
    lab.up('Thing("a", size=1)')
    half = ResourceState("i-1", {"name": "a", "size": "hush", "arn": "arn:i-1"})
    cloud.fail("update", "a", ProviderError("Half of it is missing.", state=half))
    lab.up('Thing("a", size=pulumi.Output.secret("hush"))', fails=True)
    entry = lab.state()["a"]
    assert entry.inputs["size"] == 1
    assert entry.outputs["size"] == Secret("hush")
    assert "hush" not in lab.text()
    cloud.hooks.clear()
    assert ops(lab.up()) == [("update", "a")]


def test_what_is_deleted_with_a_resource_is_not_asked_for_when_that_goes_before_its_successor(
    lab, cloud
):
    program = 'a = Thing("a", slot={slot})\nb = Thing("b", size=1, opts=O(deleted_with=a))'
    lab.up(program.format(slot=1))
    cloud.calls.clear()
    lab.up(program.format(slot=2))
    assert cloud.calls == [("delete", "a"), ("create", "a"), ("create", "b")]


def test_a_resource_as_an_input_is_handed_to_the_provider_by_its_id(lab, cloud):
    lab.up(
        """
        a = Thing("a", size=1)
        g = Group("g")
        b = Thing("b", size=a, deep={"s": Output.secret([a]), "g": g}, opts=O(depends_on=[a]))
        """.replace("Output.secret", "pulumi.Output.secret")
    )
    group = "urn:pulumi:dev::lab::test:index:Group::g"
    seen = cloud.inputs_seen[-1]
    assert (seen["size"], seen["deep"]) == ("i-1", {"s": ["i-1"], "g": group})
    assert lab.state()["b"].inputs["deep"] == {"s": Secret(["i-1"]), "g": group}
