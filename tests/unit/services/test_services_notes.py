from dataclasses import replace

import pytest

from seawall.services.kubernetes.notes import kubernetes_notes
from seawall.services.model import (
    Application,
    Fate,
    FileMount,
    Resources,
    Restart,
    Rollout,
    Service,
    Ulimit,
)

WEB = Service("web", image="nginx:1")


def notes(service: Service) -> list[tuple[str, Fate]]:
    return [(note.path, note.fate) for note in kubernetes_notes(Application("shop", (service,)))]


@pytest.mark.parametrize(
    ("change", "path", "fate"),
    [
        (
            {"rollout": Rollout(failure_action="rollback")},
            "deploy.update_config.failure_action",
            Fate.APPROXIMATED,
        ),
        (
            {"rollout": Rollout(failure_action="continue")},
            "deploy.update_config.failure_action",
            Fate.IGNORED,
        ),
        (
            {"rollout": Rollout(max_failure_ratio=0.5)},
            "deploy.update_config.max_failure_ratio",
            Fate.IGNORED,
        ),
        ({"rollout": Rollout(delay=9)}, "deploy.update_config.delay", Fate.APPROXIMATED),
        ({"rollback": Rollout()}, "deploy.rollback_config", Fate.IGNORED),
        ({"stop_signal": "SIGQUIT"}, "stop_signal", Fate.IGNORED),
        ({"restart": Restart(window=9)}, "deploy.restart_policy", Fate.APPROXIMATED),
        ({"restart": Restart(delay=9)}, "deploy.restart_policy", Fate.APPROXIMATED),
        ({"ulimits": (Ulimit("nofile", 9, 9),)}, "ulimits", Fate.IGNORED),
        ({"node_ports": {(80, "tcp"): 20080}}, "x-seawall.nodePorts", Fate.IGNORED),
        ({"init": True}, "init", Fate.IGNORED),
        ({"resources": Resources(pids_limit=9)}, "deploy.resources.limits.pids", Fate.IGNORED),
        ({"secrets": (FileMount("db", "/db", uid="9"),)}, "secrets.db", Fate.APPROXIMATED),
        ({"configs": (FileMount("c", "/c", gid="9"),)}, "configs.c", Fate.APPROXIMATED),
    ],
)
def test_what_kubernetes_cannot_say_is_noted(change, path, fate):
    assert notes(replace(WEB, **change)) == [(f"services.web.{path}", fate)]


def test_a_service_that_fits_has_no_note():
    assert notes(WEB) == []
