import subprocess
from dataclasses import replace

import pytest
from service_examples import MIB, SHOP, options_for

from seawall.services.image_facts import image_facts
from seawall.services.kubernetes.mounts import mounts, pod_volumes
from seawall.services.kubernetes.pods import pod_template
from seawall.services.model import (
    Application,
    FileMount,
    Mount,
    MountKind,
    Service,
)

OWN = Service(name="own", image="example.com/own:1", user="1000:1000")


def pod(**changes):
    service = replace(OWN, **changes)
    application = Application("one", (service,))
    return pod_template(application, service, options_for(application))["spec"]


def test_secrets_and_configs_are_mounted_file_by_file():
    api = SHOP.service("api")
    spec = pod_template(SHOP, api, options_for(SHOP))["spec"]
    assert spec["volumes"] == [
        {
            "name": "config-settings-444",
            "configMap": {
                "name": "config-0",
                "defaultMode": 0o444,
                "items": [{"key": "settings", "path": "settings"}],
            },
        },
        {
            "name": "secret-db-password-444",
            "secret": {
                "secretName": "secret-0",
                "defaultMode": 0o444,
                "items": [{"key": "db_password", "path": "db_password"}],
            },
        },
        {"name": "scratch-tmp-e9671a", "emptyDir": {"sizeLimit": "64Mi"}},
    ]
    assert spec["containers"][0]["volumeMounts"][:2] == [
        {
            "name": "config-settings-444",
            "mountPath": "/etc/shop.ini",
            "subPath": "settings",
            "readOnly": True,
        },
        {
            "name": "secret-db-password-444",
            "mountPath": "/run/secrets/db_password",
            "subPath": "db_password",
            "readOnly": True,
        },
    ]


def test_one_secret_at_two_paths_is_one_volume():
    files = (FileMount("s", "/a"), FileMount("s", "/b"), FileMount("s", "/c", mode=0o400))
    service = replace(OWN, secrets=files, read_only=False)
    mounted = mounts(service, options_for(Application("one", (service,))))
    assert [volume["name"] for volume in pod_volumes(mounted)] == ["secret-s-444", "secret-s-400"]
    assert [each.mount["mountPath"] for each in mounted] == ["/a", "/b", "/c"]


def test_a_volume_is_mounted_below_its_root_and_filled_from_the_image():
    database = SHOP.service("db")
    spec = pod_template(SHOP, database, options_for(SHOP))["spec"]
    assert {
        "name": "volume-db-data",
        "mountPath": "/var/lib/postgresql/data",
        "subPath": "data",
    } in spec["containers"][0]["volumeMounts"]
    (seed,) = spec["initContainers"]
    assert seed["image"] == "images.example/db:1"
    assert seed["args"] == ["/var/lib/postgresql/data", "/seawall-volume/data"]
    assert seed["volumeMounts"] == [{"name": "volume-db-data", "mountPath": "/seawall-volume"}]
    assert seed["securityContext"] == spec["containers"][0]["securityContext"]
    paths = [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]]
    assert "/run/postgresql" in paths


@pytest.mark.parametrize("mount", [{"nocopy": True}, {"read_only": True}])
def test_a_volume_is_not_filled_if_not_wanted(mount):
    assert "initContainers" not in pod(mounts=(Mount(MountKind.VOLUME, "/data", "d", **mount),))


def seed(source, target):
    database = SHOP.service("db")
    spec = pod_template(SHOP, database, options_for(SHOP))["spec"]
    command = [*spec["initContainers"][0]["command"], str(source), str(target)]
    subprocess.run(command, check=True)  # noqa: S603  # our own script


def listing(directory):
    return sorted(path.name for path in directory.iterdir())


def test_the_seed_script_fills_a_new_volume_once(tmp_path):
    image, volume = tmp_path / "image", tmp_path / "volume"
    (image / "sub").mkdir(parents=True)
    (image / ".hidden").write_text("h")
    (image / "sub" / "file").write_text("first")
    image.chmod(0o700)
    (volume / "lost+found").mkdir(parents=True)
    (volume / "data.new").mkdir()
    (volume / "data.new" / "half").write_text("of an earlier start that was killed")
    seed(image, volume / "data")
    assert listing(volume) == ["data", "lost+found"]
    assert listing(volume / "data") == [".hidden", "sub"]
    assert (volume / "data").stat().st_mode & 0o777 == 0o700
    (volume / "data" / "sub" / "file").write_text("changed")
    seed(image, volume / "data")
    assert (volume / "data" / "sub" / "file").read_text() == "changed"


def test_the_seed_script_makes_an_empty_directory_where_the_image_has_nothing(tmp_path):
    seed(tmp_path / "absent", tmp_path / "volume" / "data" / "sub")
    assert list((tmp_path / "volume" / "data" / "sub").iterdir()) == []


def test_temporary_directories_are_in_memory_and_limited():
    spec = pod(
        mounts=(
            Mount(MountKind.TMPFS, "/run", size=16 * MIB),
            Mount(MountKind.TMPFS, "/tmp"),  # noqa: S108
        ),
        shm_size=256 * MIB,
    )
    assert [volume["emptyDir"] for volume in spec["volumes"]] == [
        {"medium": "Memory", "sizeLimit": "256Mi"},
        {"medium": "Memory", "sizeLimit": "16Mi"},
        {"medium": "Memory", "sizeLimit": "64Mi"},
    ]
    paths = [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]]
    assert paths == ["/dev/shm", "/run", "/tmp"]  # noqa: S108


def test_nothing_is_added_over_what_the_service_mounts():
    official = image_facts("nginx:1.29")
    assert official is not None
    mount = Mount(MountKind.TMPFS, "/var/cache")
    spec = pod(image="nginx:1.29", mounts=(mount,))
    paths = [each["mountPath"] for each in spec["containers"][0]["volumeMounts"]]
    assert paths == ["/run", "/tmp", "/var/cache"]  # noqa: S108
    assert set(official.scratch) == {"/var/cache/nginx", "/run"}


def test_var_run_is_run():
    mount = Mount(MountKind.TMPFS, "/var/run/postgresql")
    spec = pod(image="postgres:17", mounts=(mount,))
    paths = [each["mountPath"] for each in spec["containers"][0]["volumeMounts"]]
    assert paths == ["/tmp", "/var/run/postgresql"]  # noqa: S108
