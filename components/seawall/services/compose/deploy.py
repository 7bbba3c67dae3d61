"""How many tasks, where, with how much, and how they change: ``deploy`` and its older spellings."""

from seawall.services.compose.node import Node
from seawall.services.compose.reader import Reader, text, texts
from seawall.services.compose.units import parse_cpus
from seawall.services.model import Mode, Placement, Resources, Restart, Rollout

_MAX_REPLICAS = 5000
_MAX_PIDS = 4_194_304
"""Linux's own bound of process numbers (PID_MAX_LIMIT)."""
_DEFAULT_PERIOD = 100_000.0
"""Microseconds of a CPU period when only the quota is given (the kernel's default)."""
_SERVICE_CONDITIONS = {
    "always": "any",
    "unless-stopped": "any",
    "no": "none",
    "on-failure": "on-failure",
}


def mode_of(service: Node, reader: Reader) -> Mode:
    """``deploy.mode``."""
    modes = tuple(mode.value for mode in Mode)
    return Mode(reader.one_of(service.get("deploy", "mode"), modes, Mode.REPLICATED))


def replicas_of(service: Node, reader: Reader) -> int:
    """``deploy.replicas``, or the older ``scale``; 1 if neither is given."""
    new, old = service.get("deploy", "replicas"), service.get("scale")
    number = reader.whole(new or old, 1, 0, _MAX_REPLICAS)
    if new is not None and old is not None and reader.whole(old, 1, 0, _MAX_REPLICAS) != number:
        what = "'scale' and 'deploy.replicas' say different numbers."
        reader.problems.add(old, what, "Remove 'scale'.")
    return number


def resources_of(service: Node, reader: Reader) -> Resources:
    """``deploy.resources``, or the older keys of the service; both must agree."""

    def both(old_key: str, *new_keys: str) -> Node | None:
        new = service.get("deploy", "resources", *new_keys)
        old = service.get(old_key)
        if new is not None and old is not None and new.text() != old.text():
            where = ".".join(("deploy.resources", *new_keys))
            what = f"'{old_key}' and '{where}' say different things."
            reader.problems.add(old, what, f"Remove '{old_key}'.")
        return new or old

    cpu_limit = reader.cpus(both("cpus", "limits", "cpus"))
    if cpu_limit is None:
        cpu_limit = _quota(service, reader)
    memory_limit = reader.size(both("mem_limit", "limits", "memory"))
    cpu_reservation = reader.cpus(service.get("deploy", "resources", "reservations", "cpus"))
    memory_reservation = reader.size(both("mem_reservation", "reservations", "memory"))
    pids = both("pids_limit", "limits", "pids")
    if pids is not None and pids.text() in ("-1", "0"):
        pids = None
    resources = Resources(
        # Compose takes 0 as "no limit"; a cluster would take it as nothing at all.
        cpu_limit=cpu_limit or None,
        cpu_reservation=cpu_reservation or None,
        memory_limit=memory_limit or None,
        memory_reservation=memory_reservation or None,
        pids_limit=reader.maybe_whole(pids, 1, _MAX_PIDS),
    )
    _check_order(service, resources, reader)
    return resources


def _quota(service: Node, reader: Reader) -> float | None:
    quota = service.get("cpu_quota")
    if quota is None:
        return None
    period = reader.parsed(service.get("cpu_period"), parse_cpus, _DEFAULT_PERIOD)
    return reader.parsed(quota, parse_cpus, 0.0) / (period or _DEFAULT_PERIOD)


def _check_order(service: Node, resources: Resources, reader: Reader) -> None:
    for what, low, high in (
        ("CPU", resources.cpu_reservation, resources.cpu_limit),
        ("memory", resources.memory_reservation, resources.memory_limit),
    ):
        if low is not None and high is not None and low > high:
            reader.problems.add(
                service.get("deploy", "resources") or service,
                f"The service reserves more {what} ({low:g}) than its limit ({high:g}).",
                "Raise the limit or lower the reservation.",
            )


def rollout_of(node: Node | None, reader: Reader) -> Rollout:
    """``deploy.update_config`` or ``deploy.rollback_config``."""
    default = Rollout()
    if node is None:
        return default
    ratio = reader.parsed(node.get("max_failure_ratio"), parse_cpus, default.max_failure_ratio)
    if ratio > 1:
        what = f"The ratio {ratio:g} is more than 1."
        reader.problems.add(node, what, "Use 0 to 1.", "max_failure_ratio")
    actions = ("pause", "continue", "rollback")
    return Rollout(
        parallelism=reader.whole(node.get("parallelism"), default.parallelism, 0, _MAX_REPLICAS),
        delay=reader.duration(node.get("delay"), default.delay),
        monitor=reader.duration(node.get("monitor"), default.monitor),
        order=reader.one_of(node.get("order"), ("stop-first", "start-first"), default.order),
        failure_action=reader.one_of(node.get("failure_action"), actions, default.failure_action),
        max_failure_ratio=ratio,
    )


def restart_of(service: Node, name: str, reader: Reader) -> Restart:
    """``deploy.restart_policy``, or the older ``restart``."""
    policy, simple = service.get("deploy", "restart_policy"), service.get("restart")
    default = Restart()
    if policy is not None:
        if simple is not None:
            why = "deploy.restart_policy says it, and more exactly."
            reader.note(f"services.{name}.restart", why)
        conditions = ("any", "none", "on-failure")
        attempts = policy.get("max_attempts")
        return Restart(
            condition=reader.one_of(policy.get("condition"), conditions, default.condition),
            delay=reader.duration(policy.get("delay"), default.delay),
            max_attempts=reader.maybe_whole(attempts, 0, _MAX_REPLICAS),
            window=reader.duration(policy.get("window"), default.window),
        )
    if simple is None:
        return default
    word, _, count = simple.text().partition(":")
    if word not in _SERVICE_CONDITIONS or (count and not count.isdigit()):
        known = "no, always, unless-stopped, on-failure or on-failure:3"
        reader.problems.add(simple, f"'{simple.text()}' is no way to restart.", f"Use {known}.")
        return default
    return Restart(
        condition=_SERVICE_CONDITIONS[word],
        max_attempts=int(count) if count else None,
    )


def placement_of(service: Node, reader: Reader) -> Placement:
    """``deploy.placement``."""
    node = service.get("deploy", "placement")
    if node is None:
        return Placement()
    spread = (text(item.get("spread")) for item in node.items("preferences"))
    most = node.get("max_replicas_per_node")
    return Placement(
        constraints=texts(node.get("constraints")),
        spread=tuple(item for item in spread if item),
        max_replicas_per_node=reader.maybe_whole(most, 1, _MAX_REPLICAS),
    )
