"""What a release needs before it starts: the renderer's manifest, read by the agent."""

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from seawall.services.compose import load
from seawall.services.swarm.options import Options, Storage
from seawall.services.swarm.release import SecretVersion, make_release
from seawall_node import release as agent

EXAMPLES = Path(__file__).parents[3] / "examples"
REGISTRY = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
PARAMETER = "/shop/swarm/secrets/db_password"


def made(name="1", tag="1", version=3, storage=Storage.NODE):
    directory = EXAMPLES / "shop"
    application = load(
        [directory / "compose.yaml"], project_directory=directory, known_secrets=("db_password",)
    )
    wanted = Options(
        "shop",
        {service.name: f"{REGISTRY}/shop/{service.name}:{tag}" for service in application.services},
        {},
        {},
        storage=storage,
        file_system="fs-1.efs.x" if storage is Storage.EFS else "",
    )
    return make_release(
        application,
        wanted,
        name=name,
        config_contents={},
        secret_versions={"db_password": SecretVersion(PARAMETER, version)},
    )


def parts(release):
    files = dict(release.files)
    manifest = json.loads(files.pop(agent.MANIFEST))
    return manifest, files


def test_a_release_is_named_by_its_content():
    assert made() == made()
    ids = {made().id, made(name="2").id, made(tag="2").id, made(version=4).id}
    assert len(ids) == 4
    assert made().id.startswith("1-")


def test_the_agent_takes_what_the_renderer_makes():
    manifest, files = parts(made())
    assert agent.release_id(manifest) == made().id
    assert agent.unsound(made().id, manifest, files, REGISTRY) == ()


def test_no_value_of_a_secret_but_where_it_is():
    manifest, _ = parts(made())
    assert manifest["secrets"] == {
        "db_password": {"object": "shop_db_password-v3", "parameter": PARAMETER, "version": 3}
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda manifest, _files: manifest.update(timeout=1), "another one than it was published"),
        (
            lambda _manifest, files: files.update({"stack.yaml": b"x"}),
            "was changed after it was published",
        ),
        (lambda _manifest, files: files.pop("stack.yaml"), "is missing"),
        (
            lambda _manifest, files: files.update({"more": b"x"}),
            "was changed after it was published",
        ),
        (
            lambda manifest, _files: manifest["images"].update(web="docker.io/web:1"),
            "not in 111122223333",
        ),
        (
            lambda manifest, _files: manifest["images"].update(web=f"{REGISTRY}/web:latest"),
            "not a fixed version",
        ),
        (
            lambda manifest, _files: manifest["images"].update(web=f"{REGISTRY}/web"),
            "not a fixed version",
        ),
    ],
)
def test_a_release_that_was_tampered_with(change, words):
    manifest, files = parts(made())
    change(manifest, files)
    found = agent.unsound(made().id, manifest, files, REGISTRY)
    assert any(words in reason for reason in found)


def test_an_image_by_digest_is_fixed():
    manifest, files = parts(made())
    manifest["images"] = {"web": f"{REGISTRY}/web@sha256:{'a' * 64}"}
    release = agent.release_id(manifest)
    manifest["release"] = release
    assert agent.unsound(release, manifest, files, REGISTRY) == ()


ORIGIN = agent.origin(PARAMETER, 3, datetime(2026, 11, 22, tzinfo=timezone.utc))  # noqa: UP017
NAME = "shop_db_password-v3"


def test_a_secret_is_fetched_once_and_known_by_its_origin():
    manifest, _ = parts(made())
    origins = {NAME: ORIGIN}
    assert agent.wanted_secrets(manifest, [], origins) == (
        (agent.Fetch(NAME, PARAMETER, 3),),
        (),
    )
    there = {"Spec": {"Name": NAME, "Labels": {agent.ORIGIN_LABEL: ORIGIN}}}
    assert agent.wanted_secrets(manifest, [there], origins) == ((), ())
    other = {"Spec": {"Name": NAME, "Labels": None}}
    fetches, (reason,) = agent.wanted_secrets(manifest, [other], origins)
    assert fetches == ()
    assert "came from another parameter" in reason


def test_an_external_secret_must_be_there():
    manifest = {"secrets": {"key": {"object": "mine"}}}
    assert "no secret mine" in agent.wanted_secrets(manifest, [], {})[1][0]
    assert agent.wanted_secrets(manifest, [{"Spec": {"Name": "mine"}}], {}) == ((), ())


def node(name, state="ready", availability="active", **labels):
    return {
        "ID": name,
        "Status": {"State": state},
        "Spec": {"Availability": availability, "Labels": labels},
    }


LABEL = "seawall.volume.shop_db-data"


def test_a_volume_gets_a_node_once_and_keeps_it():
    manifest, _ = parts(made())
    nodes = [
        node("a", state="down"),
        node("b", availability="drain"),
        node("c", **{"seawall.volume.other": "true"}),
        node("d"),
    ]
    assert agent.volume_labels(manifest, None, nodes) == ((("d", LABEL),), ())
    kept = [node("a", state="down", **{LABEL: "true"}), node("d")]
    assert agent.volume_labels(manifest, manifest, kept) == ((), ())


def test_a_volume_never_starts_empty_on_another_node():
    manifest, _ = parts(made())
    added, (reason,) = agent.volume_labels(manifest, manifest, [node("d")])
    assert added == ()
    assert "its data with it" in reason
    assert "No node is ready" in agent.volume_labels(manifest, None, [])[1][0]


def test_volumes_on_a_file_system_need_no_node():
    manifest, _ = parts(made(storage=Storage.EFS))
    assert manifest["volumes"]["db-data"] == {
        "object": "shop_db-data.fs-1",
        "path": "/shop/db-data",
        "owner": "70:70",
    }
    assert agent.volume_labels(manifest, None, []) == ((), ())


def test_leftovers_are_the_stacks_own_and_unused():
    old, new = (parts(made(version=version))[0] for version in (3, 4))

    def item(name, stack="shop"):
        return {"Spec": {"Name": name, "Labels": {agent.NAMESPACE_LABEL: stack}}}

    secrets = [item(f"shop_db_password-v{version}") for version in (2, 3, 4)]
    secrets.append(item("x", "other"))
    networks = [{"Name": "shop_front", "Labels": {agent.NAMESPACE_LABEL: "shop"}}]
    networks.append({"Name": "shop_old", "Labels": {agent.NAMESPACE_LABEL: "shop"}})
    networks.append({"Name": "bridge", "Labels": None})
    found = agent.leftovers([old, new], "shop", secrets, [item("shop_c-1")], networks)
    assert found == agent.Leftovers(("shop_db_password-v2",), ("shop_c-1",), ("shop_old",))


def test_the_command_resolves_only_what_changed():
    words = agent.deploy_command("shop", "stack.yaml")
    assert words[-3:] == ("--resolve-image", "changed", "shop")
    assert "--prune" in words
    assert "--with-registry-auth" in words
