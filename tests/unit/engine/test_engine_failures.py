"""What is left, and said, when something goes wrong."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from engine_lab import Cloud, Lab, ops

from seawall_sandbox.engine.errors import UsageError
from seawall_sandbox.events import Severity
from seawall_sandbox.protocol import ProviderError

FAN = """
a = Thing("a", size=1)
bad = Thing("bad", size=1)
after = Thing("after", size=bad.arn)
b = Thing("b", size=a.arn)
"""


def errors(result):
    return [
        (d.message, d.urn.rpartition("::")[2])
        for d in result.diagnostics
        if d.severity is Severity.ERROR
    ]


def test_a_failed_step_is_named_and_what_had_begun_is_kept(lab, cloud):
    cloud.fail("create", "bad", ProviderError("There is no room for bad: ask for more."))
    result = lab.up(FAN, fails=True)
    assert errors(result) == [("There is no room for bad: ask for more.", "bad")]
    state = lab.state()
    assert "bad" not in state
    assert "after" not in state
    assert set(lab.backend().load("dev").pending) == set()
    for name in ("a", "b"):
        assert (name in state) == (("create", name) in cloud.calls)
    cloud.hooks.clear()
    lab.up(FAN)
    assert len(cloud.things) == 4


def test_going_on_after_a_failure_leaves_out_only_what_depends_on_it(lab, cloud):
    cloud.fail("create", "bad", ProviderError("No."))
    result = lab.up(FAN, fails=True, continue_on_error=True)
    assert errors(result) == [("No.", "bad")]
    assert set(lab.state()) == {"lab-dev", "default", "a", "b"}


def test_nothing_is_deleted_after_a_failure(lab, cloud):
    lab.up('Thing("old", size=1)')
    cloud.fail("create", "bad", ProviderError("No."))
    lab.up('Thing("bad", size=1)', fails=True)
    assert "old" in lab.state()


def test_a_failed_deletion_keeps_what_it_depends_on(lab, cloud):
    lab.up('a = Thing("a", size=1)\nb = Thing("b", size=a.arn)\nc = Thing("c", size=1)')
    cloud.fail("delete", "b", ProviderError("b is in use."))
    result = lab.destroy(fails=True)
    assert errors(result) == [("b is in use.", "b")]
    assert set(lab.state()) == {"lab-dev", "default", "a", "b"}
    cloud.hooks.clear()
    lab.destroy()
    assert cloud.things == {}


def test_an_unexpected_exception_of_a_provider_is_an_error_and_stays_pending(lab, cloud):
    cloud.fail("created", "a", RuntimeError("connection lost"))
    result = lab.up('Thing("a", size=1)', fails=True)
    assert errors(result)[0][0].endswith("RuntimeError: connection lost")
    assert [p.kind for p in lab.backend().load("dev").pending] == ["creating"]
    cloud.hooks.clear()
    lab.up()
    assert len(cloud.things) == 1


def test_an_exception_of_the_program_shows_its_own_frames(lab):
    result = lab.preview(
        """
        def helper():
            raise ValueError("seven")

        pulumi.Output.from_input(1).apply(lambda _: helper())
        """
    )
    assert result.failed
    message = errors(result)[0][0]
    assert message.startswith("The program __main__.py failed: ValueError: seven")
    assert "in helper" in message
    assert "site-packages" not in message
    assert "asyncio" not in message


def test_a_run_error_shows_its_message_alone(lab):
    result = lab.preview('raise pulumi.RunError("The region is missing.")')
    assert errors(result) == [("The region is missing.", "")]


def test_a_program_that_exits(lab):
    assert errors(lab.preview("raise SystemExit(3)")) == [("The program exited with 3.", "")]


def test_what_the_program_prints_is_information(lab):
    result = lab.preview('print("one\\ntwo")\nprint("thr", end="")\npulumi.log.warn("four")')
    assert [(d.severity.value, d.message) for d in result.diagnostics] == [
        ("info", "one"),
        ("info", "two"),
        ("warning", "four"),
        ("info", "thr"),
    ]


def test_a_failing_function(lab):
    result = lab.preview('pulumi.runtime.invoke("test:index:fail", {})')
    assert "invocation of test:index:fail" in errors(result)[0][0]
    assert "always does" in errors(result)[0][0]


def test_what_is_not_supported_is_named(lab):
    result = lab.preview('pulumi.ComponentResource("test:index:Far", "far", {}, None, True)')
    assert result.failed
    assert "remote" in errors(result)[0][0]


def test_the_process_is_as_before(lab):
    (lab.directory / "helper_of_lab.py").write_text("VALUE = 1\n")
    before = list(sys.path), Path.cwd(), sys.stdout, set(sys.modules)
    program = 'import helper_of_lab, os, sys\nThing("a", size=helper_of_lab.VALUE)'
    lab.up(program)
    assert (list(sys.path), Path.cwd(), sys.stdout) == before[:3]
    assert "helper_of_lab" not in sys.modules
    (lab.directory / "helper_of_lab.py").write_text("VALUE = 2  # changed\n")
    assert ops(lab.up(program)) == [("update", "a")]


def test_the_holder_of_the_lock_is_named(lab):
    with lab.backend().lock("dev"), pytest.raises(UsageError, match=r"in use by process \d+"):
        lab.engine("").up()
    lab.up("")


def test_an_interrupt_lets_running_steps_finish(lab, cloud):
    def interrupt() -> None:
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        deadline = time.monotonic() + 10
        while not lab.display.diagnostics and time.monotonic() < deadline:
            time.sleep(0.01)

    cloud.hooks["create", "a"] = interrupt
    result = lab.up('a = Thing("a", size=1)\nb = Thing("b", size=a.arn)', fails=True)
    assert set(lab.state()) == {"lab-dev", "default", "a"}
    assert errors(result)[0][0].startswith("Interrupted")
    assert cloud.calls == [("create", "a")]


@pytest.fixture
def interrupted_start(monkeypatch):
    """Interrupts the main thread in the middle of starting the thread of that name."""

    def at(name: str, times: int = 1) -> None:
        start = threading.Thread.start

        def interrupted(thread: threading.Thread) -> None:
            start(thread)
            if thread.name == name:
                for _ in range(times):
                    signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(threading.Thread, "start", interrupted)

    return at


@pytest.mark.parametrize(("verb", "name"), [("up", "program"), ("destroy", "work")])
def test_an_interrupt_while_the_work_starts_is_a_first_one(
    lab, cloud, interrupted_start, verb, name
):
    lab.up('Thing("a", size=1)')
    before = signal.getsignal(signal.SIGINT)
    interrupted_start(name)
    result = getattr(lab.engine(), verb)()
    assert result.failed
    assert errors(result)[0][0].startswith("Interrupted")
    # The work may have done its first step by then, but never half of it.
    assert ("a" in lab.state()) == bool(cloud.things)
    assert signal.getsignal(signal.SIGINT) is before


def test_two_interrupts_while_the_work_starts_end_the_run_at_once(lab, interrupted_start):
    lab.write('Thing("a", size=1)')
    interrupted_start("program", times=2)
    with pytest.raises(KeyboardInterrupt):
        lab.engine().up()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    # Here the process goes on, and the program with it.
    for thread in threading.enumerate():
        if thread.name == "program":
            thread.join(30)


def test_an_ignored_interrupt_stays_ignored(lab, interrupted_start):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interrupted_start("program")
        lab.up('Thing("a", size=1)')
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


CHAIN = 'a = Thing("a", size=1)\nb = Thing("b", size=a.arn)\nc = Thing("c", size=b.arn)'


def killed(lab, call, program=CHAIN):
    """Run the program in a process that dies in the middle of a call about ``b``.

    A copy of this process: one that starts anew would load the SDK first, and take ten times as
    long.
    """
    lab.write(program)
    things = lab.directory / "things"

    def die():
        things.write_text(json.dumps(lab.cloud.things))
        os._exit(9)

    pid = os.fork()
    if pid == 0:
        try:
            lab.cloud.hooks[call, "b"] = die
            lab.engine().up()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    lab.cloud.things.clear()
    lab.cloud.things.update(json.loads(things.read_text()))
    lab.cloud.count = len(lab.cloud.things)


def test_a_killed_run_leaves_no_orphan_and_no_duplicate(lab, cloud):
    killed(lab, "created")
    assert set(cloud.things) == {"i-1", "i-2"}
    assert {"a", "default", "lab-dev"} == set(lab.state())
    result = lab.up()
    urn = lab.state()["b"].urn
    message = f"The last run was interrupted while it created {urn}: the resource was found as i-2"
    assert [d.message for d in result.diagnostics] == [message + " and taken into the state."]
    assert ops(result) == [("create", "c")]
    assert set(cloud.things) == {"i-1", "i-2", "i-3"}


def test_a_killed_create_that_left_nothing_is_done_again(lab, cloud):
    killed(lab, "create")
    result = lab.up()
    assert result.diagnostics == ()
    assert ops(result) == [("create", "b"), ("create", "c")]
    assert len(cloud.things) == 3


def test_what_another_resource_has_is_not_what_a_killed_create_left(lab, cloud):
    killed(lab, "create", 'a = Thing("a", name="n")\nb = Thing("b", name="n", size=a.arn)')
    assert ops(lab.up()) == [("create", "b")]
    assert len(cloud.things) == 2


@pytest.mark.parametrize("call", ["update", "updated"])
def test_a_killed_update_is_undone_when_the_program_goes_back(lab, cloud, call):
    before = CHAIN.replace("size=a.arn", "size=7")
    lab.up(before)
    killed(lab, call, before.replace("size=7", "size=8"))
    lab.up(before)
    assert [t["size"] for t in cloud.things.values() if t["name"][0] == "b"] == [7]


@pytest.mark.parametrize("call", ["delete", "deleted"])
def test_a_killed_deletion_is_undone_when_the_program_goes_back(lab, cloud, call):
    before = 'a = Thing("a", size=1)\nb = Thing("b", size=a.arn)'
    lab.up(before)
    killed(lab, call, 'a = Thing("a", size=1)')
    lab.up(before)
    assert sorted(thing["name"][0] for thing in cloud.things.values()) == ["a", "b"]
    assert lab.state()["b"].id in cloud.things


def test_a_killed_create_that_cannot_be_looked_into_is_reported(lab):
    killed(lab, "created")
    lab.blind = True
    preview = lab.preview()
    assert "may exist although the state does not know it" in preview.diagnostics[0].message
    assert preview.diagnostics[0].urn.endswith("::b")
    assert preview.diagnostics[0].severity is Severity.WARNING


@pytest.mark.parametrize("key", ["kind", "slot"])
def test_a_killed_replacement_is_finished(lab, cloud, key):
    program = f'b = Thing("b", {key}={{}})\nc = Thing("c", size=b.arn)'
    lab.up(program.format(1))
    killed(lab, "created", program.format(2))
    lab.up()
    assert sorted(thing["name"][0] for thing in cloud.things.values()) == ["b", "c"]
    state = lab.state()
    assert set(state) == {"lab-dev", "default", "b", "c"}
    assert state["c"].outputs["size"] == state["b"].outputs["arn"]
    assert state["b"].inputs[key] == 2


def test_secrets_are_taken_out_of_messages(lab, cloud):
    lab.config = {"test:region": "here", "lab:token": "t0ken", "lab:short": "x"}
    lab.secret_keys = frozenset({"lab:token", "lab:short"})
    cloud.fail("create", "a", ProviderError("The password hush-hush is too short; token t0ken."))
    result = lab.up(
        """
        pulumi.log.info("token is " + pulumi.Config().require("token"))
        Thing("a", size=pulumi.Output.secret({"deep": ["hush-hush"]}))
        """,
        fails=True,
    )
    assert [d.message for d in result.diagnostics] == [
        "token is [secret]",
        "The password [secret] is too short; token [secret].",
    ]


def test_two_labs_do_not_mix(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    labs = [Lab(tmp_path / name, Cloud()) for name in ("one", "two")]
    for number, lab in enumerate(labs):
        lab.write(f'Thing("a", size={number})\nprint("{number}")')
    results = {}
    threads = [
        threading.Thread(target=lambda n=n, lab=lab: results.update({n: lab.engine().up()}))
        for n, lab in enumerate(labs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results[n].diagnostics[0].message for n in (0, 1)] == ["0", "1"]
    assert [lab.state()["a"].inputs["size"] for lab in labs] == [0, 1]
