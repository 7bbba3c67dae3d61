import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.services.kubernetes.restricted import violations

PASSING = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "web",
            "image": "x",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
}


def changed(path, value):
    pod = copy.deepcopy(PASSING)
    place = pod
    *parents, last = path.split(".")
    for key in parents:
        place = place[int(key)] if key.isdecimal() else place.setdefault(key, {})
    place[int(last) if last.isdecimal() else last] = value
    return pod


def test_the_smallest_restricted_pod_passes():
    assert violations(PASSING) == ()


OWN = "containers.0.securityContext"


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("hostNetwork", True, "hostNetwork"),
        ("hostPID", True, "hostPID"),
        ("hostIPC", True, "hostIPC"),
        ("volumes", [{"name": "v", "hostPath": {"path": "/"}}], "volumes[v].hostPath"),
        ("volumes", [{"name": "v", "nfs": {}}], "volumes[v].nfs"),
        (
            "securityContext.sysctls",
            [{"name": "net.core.somaxconn", "value": "1"}],
            "securityContext.sysctls[net.core.somaxconn]",
        ),
        ("securityContext.runAsUser", 0, "securityContext.runAsUser"),
        ("securityContext.runAsNonRoot", False, "securityContext.runAsNonRoot"),
        (
            "securityContext.seccompProfile",
            {"type": "Unconfined"},
            "securityContext.seccompProfile",
        ),
        ("securityContext.seccompProfile", None, "containers[web].securityContext.seccompProfile"),
        (
            "securityContext.appArmorProfile",
            {"type": "Unconfined"},
            "securityContext.appArmorProfile",
        ),
        ("securityContext.seLinuxOptions", {"type": "spc_t"}, "securityContext.seLinuxOptions"),
        ("securityContext.seLinuxOptions", {"user": "root"}, "securityContext.seLinuxOptions"),
        (
            "securityContext.windowsOptions",
            {"hostProcess": True},
            "securityContext.windowsOptions",
        ),
        (f"{OWN}.privileged", True, "containers[web].securityContext.privileged"),
        (f"{OWN}.procMount", "Unmasked", "containers[web].securityContext.procMount"),
        (f"{OWN}.runAsUser", 0, "containers[web].securityContext.runAsUser"),
        (f"{OWN}.runAsNonRoot", False, "containers[web].securityContext.runAsNonRoot"),
        (
            f"{OWN}.allowPrivilegeEscalation",
            None,
            "containers[web].securityContext.allowPrivilegeEscalation",
        ),
        (
            f"{OWN}.capabilities",
            {"drop": ["all"]},
            "containers[web].securityContext.capabilities.drop",
        ),
        (
            f"{OWN}.capabilities",
            {"drop": ["ALL"], "add": ["CAP_NET_BIND_SERVICE"]},
            "containers[web].securityContext.capabilities.add",
        ),
        (
            "containers.0.ports",
            [{"containerPort": 80, "hostPort": 80}],
            "containers[web].ports[80].hostPort",
        ),
        (
            "containers.0.livenessProbe",
            {"httpGet": {"host": "10.0.0.1", "port": 1}},
            "containers[web].livenessProbe.httpGet.host",
        ),
        (
            "containers.0.lifecycle",
            {"preStop": {"tcpSocket": {"host": "10.0.0.1", "port": 1}}},
            "containers[web].lifecycle.preStop.tcpSocket.host",
        ),
        (
            "initContainers",
            [{"name": "seed", "securityContext": {"capabilities": {"drop": ["ALL"]}}}],
            "initContainers[seed].securityContext.allowPrivilegeEscalation",
        ),
    ],
)
def test_each_rule_bites(path, value, field):
    assert field in {found.field for found in violations(changed(path, value))}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("volumes", [{"name": "v", "emptyDir": {}}, {"name": "w", "projected": {}}]),
        (
            "securityContext.sysctls",
            [{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}],
        ),
        ("securityContext.seccompProfile", {"type": "Localhost", "localhostProfile": "x"}),
        ("securityContext.seLinuxOptions", {"type": "container_t", "level": "s0"}),
        (f"{OWN}.capabilities", {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        (f"{OWN}.runAsUser", 1000),
        ("containers.0.ports", [{"containerPort": 80}]),
        ("containers.0.livenessProbe", {"httpGet": {"port": 80}}),
    ],
)
def test_what_the_standard_allows_passes(path, value):
    assert violations(changed(path, value)) == ()


def test_every_container_may_say_by_itself_that_it_is_not_root():
    pod = changed(f"{OWN}.runAsNonRoot", value=True)
    pod["securityContext"].pop("runAsNonRoot")
    assert violations(pod) == ()
    pod["containers"].append({**pod["containers"][0], "name": "other", "securityContext": {}})
    assert "containers[other].securityContext.runAsNonRoot" in {
        found.field for found in violations(pod)
    }


@given(st.text(min_size=1).filter(lambda name: name != "NET_BIND_SERVICE"))
def test_no_other_capability_passes(capability):
    pod = changed(f"{OWN}.capabilities", {"drop": ["ALL"], "add": [capability]})
    assert len(violations(pod)) == 1
