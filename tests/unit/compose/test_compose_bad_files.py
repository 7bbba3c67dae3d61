"""Bad Compose files: each is refused with a sentence that names file, path and cure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seawall.errors import InvalidInputError, Problem
from seawall.services.compose import load

WEB = "services: {web: {image: 'nginx:1.29.3', %s}}"
TWO = "services: {web: {image: 'nginx:1.29.3', %s}, db: {image: 'postgres:18.1', %s}}"

BOMB = """
a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
"""

BAD: dict[str, tuple[str, str, str]] = {
    # name: (file, path of the problem, words of the message)
    "empty": ("", "", "is empty"),
    "only a comment": ("# nothing\n", "", "is empty"),
    "null": ("null", "", "mapping"),
    "a list": ("- web", "", "mapping"),
    "broken YAML": ("services: [", "", "not valid YAML"),
    "tab as indentation": ("services:\n\tweb: {}", "", "not valid YAML"),
    "control character": ("services: {a: \x00}", "", "not valid YAML"),
    "YAML bomb": (BOMB, "e[3]", "more than 50000"),
    "deep nesting": ("[" * 100, "[0]" * 65, "deeper than 64"),
    "alias of nothing": ("services: *base", "services", "'*base' is not defined"),
    "alias of itself": ("a: &a [*a]", "a[0]", "'*a' contains itself"),
    "unknown tag": ("services: !!python/object {}", "services", "YAML tag"),
    "merge of a number": ("services: {web: {<<: 3}}", "services.web.<<", "merge key"),
    "duplicate key": (WEB % "tty: true, tty: false", "services.web.tty", "twice"),
    "number as key": (
        WEB % "environment: {1: x}",
        "services.web.environment",
        "not text",
    ),
    "no services": ("name: shop", "services", "no services"),
    "misspelt section": ("servces: {}", "servces", "not known"),
    "misspelt key": (WEB % "enviroment: {A: b}", "services.web.enviroment", "not known"),
    "misspelt nested key": (
        WEB % "healthcheck: {test: x, interva: 3s}",
        "services.web.healthcheck.interva",
        "not known",
    ),
    "wrong type": (WEB % "ports: 80", "services.web.ports", "takes a list"),
    "user as a number": (WEB % "user: 1000", "services.web.user", "takes text"),
    "mapping as a list": (WEB % "healthcheck: [a]", "services.web.healthcheck", "a mapping"),
    "unknown condition": (
        TWO % ("depends_on: {db: {condition: ready}}", ""),
        "services.web.depends_on.db.condition",
        "'ready'",
    ),
    "missing required key": (
        WEB % "depends_on: {db: {required: true}}",
        "services.web.depends_on.db",
        "lacks 'condition'",
    ),
    "same item twice": (WEB % "cap_drop: [ALL, ALL]", "services.web.cap_drop", "twice"),
    "bad service name": ("services: {'a b': {image: 'a:1'}}", "services.a b", "characters"),
    "service name with underscore": (
        "services: {my_db: {image: 'a:1'}}",
        "services.my_db",
        "DNS",
    ),
    "service name with digit first": ("services: {1web: {image: 'a:1'}}", "services.1web", "DNS"),
    "service name too long": (
        f"services: {{{'a' * 64}: {{image: 'a:1'}}}}",
        f"services.{'a' * 64}",
        "DNS",
    ),
    "colliding names": (
        "services: {a: {image: 'a:1'}}\nvolumes: {a_b: {}, a-b: {}}",
        "volumes.a-b",
        "both 'a-b'",
    ),
    "neither image nor build": ("services: {web: {}}", "services.web", "neither an image"),
    "null service": ("services: {web: }", "services.web", "neither an image"),
    "empty image": ("services: {web: {image: ''}}", "services.web", "neither an image"),
    "image without tag": ("services: {web: {image: nginx}}", "services.web.image", "no tag"),
    "registry port is no tag": (
        "services: {web: {image: 'localhost:5000/nginx'}}",
        "services.web.image",
        "no tag",
    ),
    "image latest": ("services: {web: {image: 'nginx:latest'}}", "services.web.image", "latest"),
    "image in capitals": ("services: {web: {image: 'Nginx:1'}}", "services.web.image", "no image"),
    "missing build context": (
        "services: {web: {build: ./nowhere}}",
        "services.web.build.context",
        "no directory",
    ),
    "remote build context": (
        "services: {web: {build: 'https://example.com/a.git'}}",
        "services.web.build.context",
        "no directory",
    ),
    "missing Dockerfile": (
        "services: {web: {build: .}}",
        "services.web.build.dockerfile",
        "does not exist",
    ),
    "build secrets": (
        "services: {web: {image: 'a:1', build: {context: ., secrets: [a]}}}",
        "services.web.build.secrets",
        "not carried over",
    ),
    "variable without value": (
        WEB % "hostname: '${HOST}'",
        "services.web.hostname",
        "'HOST' has no value",
    ),
    "required variable": (
        WEB % "hostname: '${HOST:?tell me}'",
        "services.web.hostname",
        "tell me",
    ),
    "stray dollar": (WEB % "command: 'echo $(date)'", "services.web.command", "no valid template"),
    "unclosed brace": (WEB % "command: 'echo ${A'", "services.web.command", "no valid template"),
    "key-only variable": (
        WEB % "environment: [TZ]",
        "services.web.environment[0]",
        "'TZ' has no value",
    ),
    "missing env file": (WEB % "env_file: web.env", "services.web.env_file", "does not exist"),
    "unclosed quote in command": (
        WEB % "command: 'echo \"a'",
        "services.web.command",
        "not closed",
    ),
    "password in the environment": (
        WEB % "environment: {DB_PASSWORD: hunter2hunter2}",
        "services.web.environment.DB_PASSWORD",
        "looks like a secret",
    ),
    "password in a URL": (
        WEB % "environment: {DATABASE: 'postgres://shop:hunter2@db/shop'}",
        "services.web.environment.DATABASE",
        "looks like a secret",
    ),
    "privileged": (WEB % "privileged: true", "services.web.privileged", "not carried over"),
    "host network": (WEB % "network_mode: host", "services.web.network_mode", "opens the node"),
    "network of another service": (
        TWO % ("network_mode: 'service:db'", ""),
        "services.web.network_mode",
        "not carried over",
    ),
    "host processes": (WEB % "pid: host", "services.web.pid", "opens the node"),
    "host IPC": (WEB % "ipc: host", "services.web.ipc", "opens the node"),
    "host users": (WEB % "userns_mode: host", "services.web.userns_mode", "opens the node"),
    "host cgroup": (WEB % "cgroup: host", "services.web.cgroup", "opens the node"),
    "cgroup parent": (WEB % "cgroup_parent: x", "services.web.cgroup_parent", "opens the node"),
    "device": (WEB % "devices: ['/dev/sda']", "services.web.devices", "opens the node"),
    "gpus": (WEB % "gpus: all", "services.web.gpus", "Devices"),
    "own name servers": (WEB % "dns: 8.8.8.8", "services.web.dns", "names of its peers"),
    "hooks": (WEB % "pre_stop: [{command: a}]", "services.web.pre_stop", "would not run"),
    "capability": (WEB % "cap_add: [SYS_ADMIN]", "services.web.cap_add[0]", "'SYS_ADMIN'"),
    "kernel setting": (
        WEB % "sysctls: {net.core.somaxconn: 1024}",
        "services.web.sysctls.net.core.somaxconn",
        "kernel setting",
    ),
    "seccomp off": (
        WEB % "security_opt: ['seccomp:unconfined']",
        "services.web.security_opt[0]",
        "security option",
    ),
    "user as a name": (WEB % "user: nginx", "services.web.user", "is a name"),
    "docker socket": (
        WEB % "volumes: ['/var/run/docker.sock:/var/run/docker.sock']",
        "services.web.volumes[0]",
        "Docker's socket",
    ),
    "bind mount": (WEB % "volumes: ['./site:/site']", "services.web.volumes[0]", "from the host"),
    "long bind mount": (
        WEB % "volumes: [{type: bind, source: /etc, target: /etc}]",
        "services.web.volumes[0]",
        "'/etc' from the host",
    ),
    "undefined volume": (WEB % "volumes: ['data:/data']", "services.web.volumes", "not defined"),
    "undefined network": (WEB % "networks: [back]", "services.web.networks[0]", "not defined"),
    "undefined secret": (WEB % "secrets: [key]", "services.web.secrets[0]", "not defined"),
    "undefined config": (WEB % "configs: [conf]", "services.web.configs[0]", "not defined"),
    "relative target": (
        WEB % "volumes: ['data:data']" + "\nvolumes: {data: {}}",
        "services.web.volumes[0]",
        "no absolute path",
    ),
    "target used twice": (
        WEB % "volumes: ['one:/data', 'two:/data/']" + "\nvolumes: {one: {}, two: {}}",
        "services.web.volumes[1]",
        "mounted twice",
    ),
    "external volume": (
        WEB % "tty: true" + "\nvolumes: {data: {external: true}}",
        "volumes.data.external",
        "made elsewhere",
    ),
    "driver options": (
        WEB % "tty: true" + "\nvolumes: {data: {driver_opts: {type: nfs}}}",
        "volumes.data.driver_opts",
        "not carried over",
    ),
    "missing secret file": (
        WEB % "tty: true" + "\nsecrets: {key: {file: ./key.txt}}",
        "secrets.key.file",
        "does not exist",
    ),
    "secret without source": (
        WEB % "tty: true" + "\nsecrets: {key: {}}",
        "secrets.key",
        "exactly one source",
    ),
    "secret with two sources": (
        WEB % "tty: true" + "\nsecrets: {key: {environment: A, external: true}}",
        "secrets.key",
        "exactly one source",
    ),
    "missing config file": (
        WEB % "tty: true" + "\nconfigs: {c: {file: ./c.conf}}",
        "configs.c.file",
        "does not exist",
    ),
    "port out of range": (WEB % "ports: ['70000']", "services.web.ports[0]", "out of range"),
    "port zero": (
        WEB % "ports: [{target: 0, published: 80}]",
        "services.web.ports[0].target",
        "out of range",
    ),
    "port as a word": (WEB % "ports: ['http']", "services.web.ports[0]", "no port number"),
    "unequal ranges": (
        WEB % "ports: ['8000-8002:80']",
        "services.web.ports[0]",
        "chance",
    ),
    "unknown protocol": (WEB % "ports: ['80:80/http']", "services.web.ports[0]", "no port"),
    "port published twice": (
        TWO % ("ports: ['80:80']", "ports: ['80:8080']"),
        "services.db.ports",
        "published twice",
    ),
    "bad expose": (WEB % "expose: ['99999']", "services.web.expose[0]", "out of range"),
    "unknown dependency": (
        TWO % ("depends_on: [bd]", ""),
        "services.web.depends_on[0]",
        "no service",
    ),
    "circle of dependencies": (
        TWO % ("depends_on: [db]", "depends_on: [web]"),
        "services.web.depends_on",
        "wait for each other: web -> db -> web",
    ),
    "dependency on itself": (
        WEB % "depends_on: [web]",
        "services.web.depends_on",
        "web -> web",
    ),
    "healthy without a check": (
        TWO % ("depends_on: {db: {condition: service_healthy}}", ""),
        "services.web.depends_on.db",
        "no health check",
    ),
    "completed but restarted": (
        TWO % ("depends_on: {db: {condition: service_completed_successfully}}", "restart: always"),
        "services.web.depends_on.db",
        "always starts again",
    ),
    "link to nothing": (WEB % "links: [db]", "services.web.links", "no service that is on"),
    "link with another name": (
        TWO % ("links: ['db:database']", ""),
        "services.web.links",
        "another name",
    ),
    "extends itself": (
        "services: {a: {extends: b, image: 'a:1'}, b: {extends: a}}",
        "services.a.extends",
        "extends itself: a -> b -> a",
    ),
    "extends nothing": (WEB % "extends: bass", "services.web.extends", "is not in"),
    "extends a missing file": (
        WEB % "extends: {file: base.yaml, service: a}",
        "services.web.extends.file",
        "does not exist",
    ),
    "extends a remote file": (
        WEB % "extends: {file: 'https://example.com/c.yaml', service: a}",
        "services.web.extends.file",
        "remote",
    ),
    "includes itself": ("include: [compose.yaml]\n" + WEB % "", "include[0]", "includes itself"),
    "includes a missing file": ("include: [x.yaml]\n" + WEB % "", "include[0]", "does not exist"),
    "includes a remote file": (
        "include: ['oci://docker.io/a/b:1']\n" + WEB % "",
        "include[0]",
        "remote",
    ),
    "bad duration": (
        WEB % "stop_grace_period: 10 seconds",
        "services.web.stop_grace_period",
        "no duration",
    ),
    "bad size": (WEB % "mem_limit: 64Q", "services.web.mem_limit", "no size"),
    "bad CPU": (WEB % "cpus: many", "services.web.cpus", "CPU cores"),
    "bad restart": (WEB % "restart: sometimes", "services.web.restart", "no way to restart"),
    "bad truth": (WEB % "tty: maybe", "services.web.tty", "neither true nor false"),
    "bad deploy mode": (
        WEB % "deploy: {mode: global-job}",
        "services.web.deploy.mode",
        "'global-job'",
    ),
    "reserves more than its limit": (
        WEB % "deploy: {resources: {limits: {memory: 64M}, reservations: {memory: 128M}}}",
        "services.web.deploy.resources",
        "more memory",
    ),
    "two numbers of replicas": (
        WEB % "scale: 2, deploy: {replicas: 3}",
        "services.web.scale",
        "different numbers",
    ),
    "two limits": (
        WEB % "cpus: 1, deploy: {resources: {limits: {cpus: '2'}}}",
        "services.web.cpus",
        "different things",
    ),
    "replicas and a volume": (
        WEB % "volumes: ['data:/data'], deploy: {replicas: 2}" + "\nvolumes: {data: {}}",
        "services.web.volumes",
        "Several tasks",
    ),
    "two services, one volume": (
        TWO % ("volumes: ['data:/data']", "volumes: ['data:/data']") + "\nvolumes: {data: {}}",
        "services.db.volumes",
        "would share the volume",
    ),
    "health check without test": (
        WEB % "healthcheck: {interval: 5s}",
        "services.web.healthcheck.test",
        "no test",
    ),
    "health check without CMD": (
        WEB % "healthcheck: {test: [curl, x]}",
        "services.web.healthcheck.test",
        "starts with CMD",
    ),
    "host-gateway": (
        WEB % "extra_hosts: ['host:host-gateway']",
        "services.web.extra_hosts[0]",
        "points at the host",
    ),
    "route to an undeclared port": (
        WEB % "x-seawall: {ingress: [{path: /, port: 80}]}",
        "services.web.x-seawall.ingress",
        "not declared",
    ),
    "route without slash": (
        WEB % "expose: [80], x-seawall: {ingress: [{path: api, port: 80}]}",
        "services.web.x-seawall.ingress[0].path",
        "no path",
    ),
    "same route twice": (
        TWO
        % (
            "expose: [80], x-seawall: {ingress: [{path: /api, port: 80}]}",
            "expose: [80], x-seawall: {ingress: [{path: /api/, port: 80}]}",
        ),
        "services.db.x-seawall.ingress",
        "taken by 'web'",
    ),
    "misspelt x-seawall key": (
        WEB % "x-seawall: {ingres: []}",
        "services.web.x-seawall.ingres",
        "not known to Seawall",
    ),
    "misspelt x-seawall": (WEB % "x-seawal: {}", "services.web.x-seawal", "not known"),
    "x-seawall out of place": (
        WEB % "deploy: {x-seawall: {a: b}}",
        "services.web.deploy.x-seawall",
        "no meaning here",
    ),
    "empty volume size": (
        WEB % "tty: true" + "\nvolumes: {data: {x-seawall: {size: 0}}}",
        "volumes.data.x-seawall.size",
        "more than nothing",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_place_and_cure(
    name: str, refused: Callable[..., tuple[Problem, ...]]
) -> None:
    text, path, words = BAD[name]
    problems = refused(text)
    found = [problem for problem in problems if problem.path == path and words in problem.message]
    assert found, "\n".join(map(str, problems))
    for problem in problems:
        assert problem.file == "compose.yaml"
        assert problem.line > 0
        assert problem.message.endswith(".")
        assert problem.cure.endswith((".", "?"))
        assert "hunter2" not in str(problem)


def test_a_file_that_is_not_utf_8_is_refused(project: Path) -> None:
    (project / "compose.yaml").write_bytes(b"services:\n  web: {image: 'caf\xe9:1'}\n")
    with pytest.raises(InvalidInputError, match=r"compose.yaml:2: .*not UTF-8: byte 0xe9"):
        load([project / "compose.yaml"], project_directory=project)


def test_a_file_that_is_too_large_is_refused(project: Path) -> None:
    (project / "compose.yaml").write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(InvalidInputError, match="more than 1048576"):
        load([project / "compose.yaml"], project_directory=project)


def test_a_missing_file_is_refused(project: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"'compose.yaml' does not exist"):
        load([project / "compose.yaml"], project_directory=project)


def test_settings_that_name_what_is_not_there_are_refused(
    refused: Callable[..., tuple[Problem, ...]],
) -> None:
    text = TWO % ("profiles: [debug]", "")
    found = refused(text, profiles=["debgu"], replicas={"dbb": 2})
    assert [problem.path for problem in found] == ["profiles", "services.dbb"]
    assert [problem.cure for problem in found] == ["Did you mean 'debug'?", "Did you mean 'db'?"]


def test_all_problems_come_at_once_in_the_order_of_the_file(
    refused: Callable[..., tuple[Problem, ...]],
) -> None:
    found = refused(
        """\
        services:
          web:
            image: nginx
            imagee: x
            privileged: true
          db:
            image: postgres:18.1
            volumes: [data:/data]
        """
    )
    assert [(problem.line, problem.path) for problem in found] == [
        (3, "services.web.image"),
        (4, "services.web.imagee"),
        (5, "services.web.privileged"),
        (8, "services.db.volumes"),
    ]
    assert "Did you mean 'image'?" in str(found[1])


def test_a_variable_without_value_brings_no_other_problem(
    refused: Callable[..., tuple[Problem, ...]],
) -> None:
    text = WEB % "mem_limit: '${MEMORY}', pull_policy: '${POLICY}', ports: ['${PORT}:80']"
    assert [problem.path for problem in refused(text)] == [
        "services.web.mem_limit",
        "services.web.pull_policy",
        "services.web.ports[0]",
    ]
