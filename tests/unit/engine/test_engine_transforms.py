"""Transforms: the program's functions that change what it registers and invokes."""

import pytest
from engine_lab import ops

from seawall_sandbox.events import Severity
from seawall_sandbox.values import UNKNOWN, Secret

NOTE = """
seen = []

def note(tag, change=None):
    def transform(args):
        seen.append((tag, args.name))
        return change(args) if change else None
    return transform

def add(**props):
    return lambda args: pulumi.ResourceTransformResult({**args.props, **props}, args.opts)

R = pulumi.ResourceTransformResult
"""


def errors(result):
    return [d.message for d in result.diagnostics if d.severity is Severity.ERROR]


def inputs(lab, name):
    return lab.state()[name].inputs


def planned(result, name):
    return next(r.inputs for r in result.resources if r.urn.endswith(f"::{name}"))


def test_transforms_run_from_the_resource_outwards_to_the_stack(lab):
    program = (
        NOTE
        + """
def grow(tag):
    return note(tag, lambda args: R({**args.props, "size": args.props["size"] + [tag]}, args.opts)
                if "size" in args.props else None)

pulumi.runtime.register_resource_transform(grow("stack"))
outer = pulumi.ComponentResource("test:index:Group", "outer", None, O(transforms=[grow("outer")]))
inner = pulumi.ComponentResource("test:index:Group", "inner", None,
                                 O(parent=outer, transforms=[grow("inner")]))
Thing("a", size=[], opts=O(parent=inner, transforms=[grow("own 1"), grow("own 2")]))
Thing("b", size=[])
"""
    )
    preview = lab.preview(program)
    assert not preview.failed, errors(preview)
    assert planned(preview, "a")["size"] == ["own 1", "own 2", "inner", "outer", "stack"]
    assert planned(preview, "b")["size"] == ["stack"]
    lab.up()
    assert inputs(lab, "a")["size"] == ["own 1", "own 2", "inner", "outer", "stack"]
    assert lab.up().counts()["same"] == 5


def test_transforms_of_a_component_do_not_reach_its_siblings_or_other_runs(lab):
    program = NOTE + (
        'pulumi.ComponentResource("test:index:Group", "g", None, O(transforms=[add(size=1)]))\n'
        'Thing("b")'
    )
    lab.up(program)
    lab.up('Thing("a")')
    assert "size" not in inputs(lab, "a")


def test_a_transform_changes_options(lab, cloud):
    program = (
        "def keep(args):\n"
        "    args.opts.protect = True\n"
        "    args.opts.ignore_changes = ['size']\n"
        "    args.opts.additional_secret_outputs = ['name']\n"
        "    args.opts.aliases = [pulumi.Alias(name='was')]\n"
        "    return pulumi.ResourceTransformResult(args.props, args.opts)\n"
        "pulumi.runtime.register_resource_transform(keep)\n"
        "Thing({name!r}, size={size})"
    )
    lab.up('Thing("was", size=1)')
    cloud.calls.clear()
    assert ops(lab.up(program.format(name="is", size=2))) == []
    state = lab.state()["is"]
    assert (state.protect, state.ignore_changes) == (True, ("size",))
    assert isinstance(state.outputs["name"], Secret)
    assert state.inputs["size"] == 1
    assert cloud.calls == []


def test_a_transform_gives_a_resource_another_provider(lab, cloud):
    program = NOTE + (
        'there = Provider("there", region="there")\n'
        "def move(args):\n"
        "    if not args.custom or args.type_.startswith('pulumi:'):\n"
        "        return None\n"
        "    args.opts.provider = there\n"
        "    return R(args.props, args.opts)\n"
        "pulumi.runtime.register_resource_transform(move)\n"
        'Thing("a")'
    )
    lab.up(program)
    assert "::there::" in lab.state()["a"].provider
    assert [config.get("region") for config in cloud.configured] == ["there"]


def test_secrets_and_unknowns_pass_through_a_transform(lab):
    program = NOTE + (
        'a = Thing("a", size=1)\n'
        'b = Thing("b", kind=pulumi.Output.secret("hush hush"), size=a.arn,\n'
        "          opts=O(transforms=[add(slot=1)]))\n"
        'c = Thing("c", kind=pulumi.Output.secret("hush hush"), size={"x": [a.arn]},\n'
        "          opts=O(transforms=[lambda args: None]))"
    )
    preview = lab.preview(program)
    assert not preview.failed, errors(preview)
    planned_b = planned(preview, "b")
    assert planned_b["kind"] == Secret("hush hush")
    assert planned_b["size"] is UNKNOWN
    assert planned_b["slot"] == 1
    assert planned(preview, "c")["size"] == {"x": [UNKNOWN]}
    lab.up()
    assert inputs(lab, "b")["kind"] == Secret("hush hush")
    assert "hush hush" not in lab.text()
    assert [urn.rpartition("::")[2] for urn in lab.state()["c"].property_dependencies["size"]] == [
        "a"
    ]
    assert lab.state()["c"].dependencies == lab.state()["b"].dependencies


def test_a_dependency_that_a_resources_own_transform_adds_counts(lab, cloud):
    program = NOTE + (
        'a = Thing("a")\n'
        "def later(args):\n"
        "    args.opts.depends_on = [a]\n"
        "    return R(args.props, args.opts)\n"
        'Thing("b", opts=O(transforms=[later]))'
    )
    lab.up(program)
    assert [urn.rpartition("::")[2] for urn in lab.state()["b"].dependencies] == ["a"]
    lab.destroy()
    assert cloud.calls[-2:] == [("delete", "b"), ("delete", "a")]


def test_an_asynchronous_transform_may_wait_for_another_resource(lab):
    program = NOTE + (
        'a = Thing("a", size=1)\n'
        "async def look(args):\n"
        "    if args.name != 'b':\n"
        "        return None\n"
        "    return R({**args.props, 'size': await a.size.future()}, args.opts)\n"
        "pulumi.runtime.register_resource_transform(look)\n"
        'Thing("b")'
    )
    assert planned(lab.preview(program), "b")["size"] == 1
    lab.up()
    assert inputs(lab, "b")["size"] == 1


@pytest.mark.parametrize("verb", ["preview", "up"])
def test_a_failing_transform_is_told_with_its_frames(lab, cloud, verb):
    program = (
        "def broken(args):\n"
        "    raise ValueError('no such size')\n"
        'Thing("a", opts=O(transforms=[broken]))'
    )
    result = getattr(lab.engine(program), verb)()
    assert result.failed
    (message,) = errors(result)
    assert "A transform of a failed: no such size" in message
    assert "in broken" in message
    assert cloud.calls == []


def test_legacy_transformations_run_in_the_sdk(lab):
    program = (
        "def grow(args):\n"
        "    return pulumi.ResourceTransformationResult({**args.props, 'size': 7}, args.opts)\n"
        "pulumi.runtime.register_stack_transformation(grow)\n"
        'Thing("a")'
    )
    lab.up(program)
    assert inputs(lab, "a")["size"] == 7


def test_invoke_transforms_change_arguments_and_provider(lab):
    program = (
        'there = Provider("there", region="there")\n'
        "def ask(args):\n"
        "    return pulumi.InvokeTransformResult({**args.args, 'more': args.token},\n"
        "                                        pulumi.InvokeOptions(provider=there))\n"
        "pulumi.runtime.register_invoke_transform(ask)\n"
        "def call(_):\n"
        "    return pulumi.runtime.invoke_output('test:index:look', {'x': 1})\n"
        'pulumi.export("said", there.urn.apply(call))'
    )
    lab.up(program)
    expected = {"echo": {"x": 1, "more": "test:index:look"}, "region": "there"}
    assert lab.engine().outputs()["said"] == expected
    assert lab.preview().outputs["said"] == expected


def test_a_failing_invoke_transform_is_told(lab):
    program = (
        "def broken(args):\n"
        "    raise ValueError('no such thing')\n"
        "pulumi.runtime.register_invoke_transform(broken)\n"
        "pulumi.export('x', pulumi.runtime.invoke_output('test:index:look', {}))"
    )
    result = lab.preview(program)
    assert result.failed
    assert "no such thing" in "\n".join(errors(result))


def test_a_preview_with_transforms_keeps_the_order_of_registrations(lab):
    program = NOTE + (
        "pulumi.runtime.register_resource_transform(add(size=1))\n"
        "for i in range(40):\n"
        "    Thing(f't{i}')"
    )
    assert ops(lab.preview(program)) == [("create", f"t{i}") for i in range(40)]


def test_a_transform_that_waits_for_a_later_resource_holds_up_nobody_for_good(lab):
    program = NOTE + (
        "last = None\n"
        "async def look(args):\n"
        "    if args.name == 'first':\n"
        "        return R({**args.props, 'size': await last.size.future()}, args.opts)\n"
        "pulumi.runtime.register_resource_transform(look)\n"
        'Thing("first")\n'
        'last = Thing("last", size=3)'
    )
    assert planned(lab.preview(program), "first")["size"] == 3


def test_a_run_with_transforms_leaves_nothing_on_standard_error(lab, capfd):
    lab.up(NOTE + "pulumi.runtime.register_resource_transform(note('stack'))\nThing('a')")
    assert capfd.readouterr().err == ""
