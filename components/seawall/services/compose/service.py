"""One service: from its node in long form to the model."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from seawall.services.compose import deploy, mounts, security
from seawall.services.compose.environment import environment_of, labels_of
from seawall.services.compose.extension import node_ports_of, routes_of
from seawall.services.compose.node import Node
from seawall.services.compose.reader import Reader, text, text_map, texts
from seawall.services.compose.source import is_remote
from seawall.services.model import (
    Build,
    Condition,
    Healthcheck,
    Membership,
    Service,
)

_HOST_PART = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)"
_PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*(?::[0-9]+)?/)?{_PATH_PART}(?:/{_PATH_PART})*"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?P<digest>@sha256:[a-f0-9]{64})?",
)
"""The grammar of https://pkg.go.dev/github.com/distribution/reference."""
_DEFAULT_NETWORK = "default"
_MAX_RETRIES = 1_000_000
_SHELL = ("/bin/sh", "-c")


def service_of(
    name: str, node: Node, sections: Mapping[str, Mapping[str, Node]], reader: Reader
) -> Service:
    """The service in the model. Whatever is wrong with it alone becomes a problem."""
    if node.entries("annotations"):
        reader.note(f"services.{name}.annotations", "They are kept together with the labels.")
    build = _build(node, reader)
    return Service(
        name=name,
        image=_image(node, name, reader, built=build is not None or node.get("build") is not None),
        build=build,
        entrypoint=_argv(node.get("entrypoint")),
        command=_argv(node.get("command")),
        environment=environment_of(node, reader),
        labels=labels_of(node, reader),
        deploy_labels=text_map(node.get("deploy", "labels")),
        ports=mounts.ports_of(node, name, reader),
        networks=_networks(node, sections["networks"], reader),
        mounts=mounts.mounts_of(node, name, reader),
        secrets=mounts.files_of(node, "secrets", sections["secrets"], reader),
        configs=mounts.files_of(node, "configs", sections["configs"], reader),
        routes=routes_of(node, reader),
        depends_on=_depends_on(node, reader),
        healthcheck=_healthcheck(node.get("healthcheck"), reader),
        unchecked=_unchecked(node.get("healthcheck"), reader),
        mode=deploy.mode_of(node, reader),
        replicas=deploy.replicas_of(node, reader),
        resources=deploy.resources_of(node, reader),
        rollout=deploy.rollout_of(node.get("deploy", "update_config"), reader),
        rollback=deploy.rollout_of(rollback, reader)
        if (rollback := node.get("deploy", "rollback_config"))
        else None,
        restart=deploy.restart_of(node, name, reader),
        placement=deploy.placement_of(node, reader),
        user=security.user_of(node, reader),
        working_dir=text(node.get("working_dir")),
        hostname=text(node.get("hostname")),
        read_only=reader.truth(node.get("read_only")) if node.get("read_only") else None,
        cap_add=security.capabilities_of(node, "cap_add", reader),
        cap_drop=security.capabilities_of(node, "cap_drop", reader),
        no_new_privileges=security.no_new_privileges_of(node, reader),
        sysctls=security.sysctls_of(node, reader),
        extra_hosts=security.hosts_of(node, reader),
        ulimits=security.ulimits_of(node, reader),
        shm_size=reader.size(node.get("shm_size")),
        init=reader.truth(node.get("init")),
        tty=reader.truth(node.get("tty")),
        stdin_open=reader.truth(node.get("stdin_open")),
        stop_grace_period=reader.duration(node.get("stop_grace_period"), 10.0),
        stop_signal=text(node.get("stop_signal")),
        pull_policy=text(node.get("pull_policy")),
        platform=text(node.get("platform")),
        headless=_headless(node, reader),
        node_ports=node_ports_of(node, reader),
    )


def _image(node: Node, name: str, reader: Reader, *, built: bool) -> str:
    image = text(node.get("image"))
    place = node.get("image") or node
    if not image:
        if not built:
            what = f"The service '{name}' has neither an image nor a build."
            reader.problems.add(node, what, "Add 'image' with a tag, or 'build'.")
        return ""
    match = _IMAGE.fullmatch(image)
    if match is None:
        what = f"'{image}' is no image reference."
        reader.problems.add(place, what, "Write [registry/]name:tag, in lower case.")
    elif not built and not match["digest"] and match["tag"] in (None, "latest"):
        moves = "has no tag, which means 'latest'," if not match["tag"] else "has the tag 'latest',"
        reader.problems.add(
            place,
            f"The image '{image}' {moves} and that moves without notice.",
            "Name a fixed tag or a digest, such as nginx:1.29.3.",
        )
    return image


def _build(node: Node, reader: Reader) -> Build | None:
    build = node.get("build")
    if build is None:
        return None
    context = text(build.get("context"))
    if not context or is_remote(context):
        what = "The build's context is no directory of the project."
        reader.problems.add(build, what, "Name a directory next to the Compose file.", "context")
        return None
    if not Path(context).is_dir():
        what = f"The build's context '{reader.name_of(Path(context))}' is no directory."
        reader.problems.add(build, what, "Correct the path, or add the directory.", "context")
        return None
    dockerfile = Path(context) / (text(build.get("dockerfile")) or "Dockerfile")
    if not dockerfile.is_file():
        what = f"The Dockerfile '{reader.name_of(dockerfile)}' does not exist."
        reader.problems.add(build, what, "Correct 'dockerfile', or add the file.", "dockerfile")
    args: dict[str, str] = {}
    for key, below in build.entries("args").items():
        if below.value is not None:
            args[key] = below.text()
        elif key in reader.environment:
            args[key] = reader.environment[key]
    return Build(
        context=Path(context),
        dockerfile=dockerfile,
        target=text(build.get("target")),
        args=MappingProxyType({key: args[key] for key in sorted(args)}),
    )


def _argv(node: Node | None) -> tuple[str, ...] | None:
    return None if node is None else texts(node)


def _networks(node: Node, known: Mapping[str, Node], reader: Reader) -> tuple[Membership, ...]:
    if node.get("network_mode") is not None and node.get("networks") is not None:
        what = "'network_mode' and 'networks' exclude each other."
        reader.problems.add(node, what, "Remove 'network_mode'.", "network_mode")
    given = node.get("networks")
    if given is None or not given.mapping():
        return (Membership(_DEFAULT_NETWORK),)
    found: list[Membership] = []
    for name in sorted(given.mapping()):
        below = given.mapping()[name]
        if name != _DEFAULT_NETWORK and name not in known:
            what = f"The network '{name}' is not defined under the top-level 'networks'."
            reader.problems.add(below, what, "Define it there, or correct the name.")
        found.append(Membership(name, texts(below.get("aliases"))))
    return tuple(found)


def _depends_on(node: Node, reader: Reader) -> Mapping[str, Condition]:
    """``depends_on``; a link means that the other service starts first, as in Compose."""
    entries = node.entries("depends_on")
    conditions = tuple(condition.value for condition in Condition)
    linked = (link.partition(":")[0] for link in texts(node.get("links")))
    found = dict.fromkeys(linked, Condition.STARTED)
    for name, below in entries.items():
        condition = reader.one_of(below.get("condition"), conditions, Condition.STARTED)
        found[name] = Condition(condition)
    return MappingProxyType({name: found[name] for name in sorted(found)})


def _healthcheck(node: Node | None, reader: Reader) -> Healthcheck | None:
    if node is None or reader.truth(node.get("disable")):
        return None
    test = node.get("test")
    words = texts(test)
    if test is None or not words:
        what = "The health check has no test; a cluster does not run the image's own."
        reader.problems.add(node, what, "Add 'test', or 'disable: true'.", "test")
        return None
    if isinstance(test.value, str):
        argv: tuple[str, ...] = (*_SHELL, words[0])
    elif words[0] == "NONE":
        return None
    elif words[0] == "CMD-SHELL" and len(words) == 2:  # the word and one line of shell
        argv = (*_SHELL, words[1])
    elif words[0] == "CMD" and len(words) > 1:
        argv = words[1:]
    else:
        what = "A health check's test as a list starts with CMD and an argument or CMD-SHELL."
        cure = 'Write ["CMD", "program", "argument"] or ["CMD-SHELL", "one line"].'
        reader.problems.add(test, what, cure)
        return None
    default = Healthcheck(argv)
    # Docker takes 0 as "not said".
    return Healthcheck(
        test=argv,
        interval=reader.duration(node.get("interval"), default.interval) or default.interval,
        timeout=reader.duration(node.get("timeout"), default.timeout) or default.timeout,
        retries=reader.whole(node.get("retries"), default.retries, 0, _MAX_RETRIES)
        or default.retries,
        start_period=reader.duration(node.get("start_period"), default.start_period),
        start_interval=reader.duration(node.get("start_interval"), default.start_interval)
        or default.start_interval,
    )


def _unchecked(node: Node | None, reader: Reader) -> bool:
    """Whether there is to be no health check at all."""
    if node is None:
        return False
    test = node.get("test")
    none = test is not None and isinstance(test.value, tuple) and texts(test)[:1] == ("NONE",)
    return none or reader.truth(node.get("disable"))


def _headless(node: Node, reader: Reader) -> bool:
    mode = node.get("deploy", "endpoint_mode")
    return reader.one_of(mode, ("vip", "dnsrr"), "vip") == "dnsrr"
