"""A strict check of stack files: what the docker client's schema 3.13 takes, key by key.

Written from https://docs.docker.com/reference/compose-file/legacy-versions/ and the client's own
messages; ``test_swarm_oracle`` holds it against a real client.
"""

import re
from collections.abc import Iterator
from typing import Any

DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|ms|s|m|h))+")
ROLLOUT = {
    "parallelism": int,
    "delay": DURATION,
    "failure_action": re.compile("pause|continue|rollback"),
    "monitor": DURATION,
    "max_failure_ratio": (int, float),
    "order": re.compile("start-first|stop-first"),
}
FILE = {"source": str, "target": str, "uid": str, "gid": str, "mode": int}
OBJECT = {"name": str, "file": str, "external": bool}
SIZE = re.compile(r"\d+[KMG]?")
CPUS = re.compile(r"\d+(\.\d{1,9})?")
TEXTS = [str]
MAP = {"*": str}
STACK = {
    "version": re.compile(r"3\.(9|12)"),
    "services": {
        "*": {
            "image": str,
            "hostname": str,
            "entrypoint": TEXTS,
            "command": TEXTS,
            "environment": MAP,
            "user": re.compile(r"\d+(:\d+)?"),
            "working_dir": str,
            "init": bool,
            "tty": bool,
            "stdin_open": bool,
            "read_only": bool,
            "cap_add": TEXTS,
            "cap_drop": TEXTS,
            "sysctls": MAP,
            "ulimits": {"*": {"soft": int, "hard": int}},
            "extra_hosts": TEXTS,
            "labels": MAP,
            "networks": {"*": {"aliases": TEXTS}},
            "ports": [
                {
                    "target": int,
                    "published": int,
                    "protocol": re.compile("tcp|udp"),
                    "mode": re.compile("host"),
                }
            ],
            "volumes": [
                {
                    "type": re.compile("volume|tmpfs"),
                    "source": str,
                    "target": str,
                    "read_only": bool,
                    "volume": {"nocopy": bool},
                    "tmpfs": {"size": int},
                }
            ],
            "configs": [FILE],
            "secrets": [FILE],
            "healthcheck": {
                "test": TEXTS,
                "interval": DURATION,
                "timeout": DURATION,
                "retries": int,
                "start_period": DURATION,
                "start_interval": DURATION,
                "disable": bool,
            },
            "stop_signal": str,
            "stop_grace_period": DURATION,
            "logging": {"driver": str, "options": MAP},
            "deploy": {
                "mode": re.compile("replicated|global|replicated-job"),
                "replicas": int,
                "endpoint_mode": re.compile("vip|dnsrr"),
                "labels": MAP,
                "resources": {
                    "limits": {"cpus": CPUS, "memory": SIZE, "pids": int},
                    "reservations": {"cpus": CPUS, "memory": SIZE},
                },
                "restart_policy": {
                    "condition": re.compile("none|on-failure|any"),
                    "delay": DURATION,
                    "max_attempts": int,
                    "window": DURATION,
                },
                "update_config": ROLLOUT,
                "rollback_config": ROLLOUT,
                "placement": {
                    "constraints": TEXTS,
                    "preferences": [{"spread": str}],
                    "max_replicas_per_node": int,
                },
            },
        }
    },
    "networks": {
        "*": {
            "name": re.compile(r"[A-Za-z0-9]([-_]*[A-Za-z0-9]+)*"),
            "driver": re.compile("overlay"),
            "attachable": bool,
            "internal": bool,
            "driver_opts": MAP,
        }
    },
    "volumes": {"*": {"name": str, "driver": re.compile("local"), "driver_opts": MAP}},
    "configs": {"*": OBJECT},
    "secrets": {"*": OBJECT},
}


def wrong(value: Any, rule: Any = None, path: str = "") -> Iterator[str]:
    """Every place at which a stack file is not what the schema takes."""
    rule = STACK if rule is None else rule
    if isinstance(rule, dict):
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no mapping"
            return
        for key, below in value.items():
            if not isinstance(key, str) or (key not in rule and "*" not in rule):
                yield f"{path}.{key}: not in the schema"
            else:
                yield from wrong(below, rule.get(key, rule.get("*")), f"{path}.{key}")
    elif isinstance(rule, list):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for index, below in enumerate(value):
            yield from wrong(below, rule[0], f"{path}[{index}]")
    elif isinstance(rule, re.Pattern):
        if not isinstance(value, str) or not rule.fullmatch(value):
            yield f"{path}: {value!r} is not {rule.pattern}"
    elif not isinstance(value, rule) or (rule is int and isinstance(value, bool)):
        yield f"{path}: {value!r} is no {rule}"
