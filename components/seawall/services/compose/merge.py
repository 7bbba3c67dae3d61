"""Lays one document over another, by Compose's rules for several files and for ``extends``.

Source: https://github.com/compose-spec/compose-spec/blob/main/13-merge.md. Mappings merge key by
key; lists append; commands, entrypoints and health-check tests replace; ports, volumes, secrets and
configs are told apart by what they show in the container; ``!reset`` removes, ``!override``
replaces.
"""

from collections.abc import Callable, Mapping

from seawall.services.compose.node import Node, Problems

Pattern = tuple[str, ...]
_SERVICE: Pattern = ("services", "*")
_REPLACED: frozenset[Pattern] = frozenset(
    (*_SERVICE, *tail) for tail in (("command",), ("entrypoint",), ("healthcheck", "test"))
)


def merge(base: Node, over: Node, problems: Problems) -> Node:
    """``base`` with ``over`` on top of it."""
    return _merge(base, over, (), problems)


def merge_service(base: Node, over: Node, problems: Problems) -> Node:
    """A service laid over the one that it extends."""
    return _merge(base, over, _SERVICE, problems)


def settle(node: Node) -> Node:
    """The tree without what ``!reset`` removes when nothing lies below it."""
    value = node.value
    if isinstance(value, Mapping):
        kept = {key: settle(below) for key, below in value.items() if below.tag != "reset"}
        return node.with_value(kept)
    return node


def _merge(base: Node, over: Node, at: Pattern, problems: Problems) -> Node:
    if over.tag == "override" or at in _REPLACED or base.value is None or _is_variable(at):
        return settle(over)
    if over.value is None:
        return base
    if isinstance(base.value, Mapping) and isinstance(over.value, Mapping):
        return over.with_value(_entries(base.value, over.value, at, problems))
    if isinstance(base.value, tuple) and isinstance(over.value, tuple):
        return over.with_value(_items(base.value, over.value, at))
    if isinstance(base.value, Mapping | tuple) or isinstance(over.value, Mapping | tuple):
        problems.add(
            over,
            f"The value cannot be laid over the one in {base.file}:{base.line}: a list, a mapping "
            "and a single value do not merge.",
            "Write both in the same form, or put !override before this one.",
        )
        return base
    return over


def _is_variable(at: Pattern) -> bool:
    """Whether a value is null on purpose: a variable whose value comes from outside."""
    return at[:2] == _SERVICE and at[2:3] == ("environment",) and len(at) > len(_SERVICE) + 1


def _entries(
    base: Mapping[str, Node], over: Mapping[str, Node], at: Pattern, problems: Problems
) -> dict[str, Node]:
    merged = dict(base)
    for key, node in over.items():
        below = (*at, "*") if len(at) == 1 else (*at, key)
        if node.tag == "reset":
            merged.pop(key, None)
        elif key in merged:
            merged[key] = _merge(merged[key], node, below, problems)
        else:
            merged[key] = settle(node)
    return merged


def _items(base: tuple[Node, ...], over: tuple[Node, ...], at: Pattern) -> tuple[Node, ...]:
    identity = _IDENTITIES.get(at, _by_value)
    new = {identity(node) for node in over}
    return (*(node for node in base if identity(node) not in new), *over)


def _text(node: Node, *keys: str) -> str:
    found = node.get(*keys)
    return found.text() if found is not None else ""


def _by_value(node: Node) -> str:
    return repr(node.plain())


def _by_port(node: Node) -> str:
    protocol = _text(node, "protocol") or "tcp"
    return "|".join(
        (_text(node, "host_ip"), _text(node, "published"), _text(node, "target"), protocol)
    )


def _by_target(node: Node) -> str:
    return _text(node, "target").rstrip("/")


def _by_file(folder: str) -> Callable[[Node], str]:
    def identity(node: Node) -> str:
        target = _text(node, "target") or _text(node, "source")
        return target if target.startswith("/") else f"{folder}/{target}"

    return identity


_IDENTITIES: Mapping[Pattern, Callable[[Node], str]] = {
    (*_SERVICE, "ports"): _by_port,
    (*_SERVICE, "volumes"): _by_target,
    (*_SERVICE, "tmpfs"): _by_target,
    (*_SERVICE, "secrets"): _by_file("/run/secrets"),
    (*_SERVICE, "configs"): _by_file(""),
    (*_SERVICE, "env_file"): lambda node: _text(node, "path"),
}
