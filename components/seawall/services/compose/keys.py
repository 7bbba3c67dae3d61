"""What becomes of every key of the Compose specification.

Each key is taken (it is in the model), ignored with a reason (a note), or refused with a cure. A
key of none of the three does not exist: ``account`` refuses what it does not find here, so that a
new key of the specification is never lost in silence. ``*`` stands for any name or list item; what
lies below a taken key is taken too, unless it is listed itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a key is refused and what to do instead; ``harmless`` values pass without a word."""

    why: str
    cure: str
    harmless: frozenset[str] = frozenset({"false"})


def _service(*keys: str) -> frozenset[str]:
    return frozenset(f"services.*.{key}" for key in keys)


def _each(prefix: str, keys: str) -> tuple[str, ...]:
    return tuple(f"{prefix}.{key}" for key in keys.split())


_ROLLOUT = "parallelism delay monitor order failure_action max_failure_ratio"

TAKEN: frozenset[str] = (
    frozenset({"name", "networks.*.internal", "networks.*.driver_opts.encrypted"})
    | frozenset({"volumes.*.driver", "volumes.*.x-seawall.size", "volumes.*.x-seawall.shared"})
    | frozenset(f"secrets.*.{key}" for key in ("file", "environment", "external", "name"))
    | frozenset(f"configs.*.{key}" for key in ("file", "environment", "external", "name"))
    | frozenset({"configs.*.content"})
    | _service("image", "build.context", "build.dockerfile", "build.target", "build.args")
    | _service(
        "command", "entrypoint", "environment", "env_file", "label_file", "labels", "annotations"
    )
    | _service("working_dir", "user", "hostname", "init", "tty", "stdin_open", "read_only")
    | _service("cap_add", "cap_drop", "security_opt", "sysctls", "extra_hosts", "shm_size")
    | _service("ulimits")
    | _service("stop_grace_period", "stop_signal", "pull_policy", "platform", "profiles")
    | _service("cpus", "mem_limit", "mem_reservation", "pids_limit", "scale", "restart")
    | _service("cpu_quota", "cpu_period")
    | _service(*_each("ports.*", "target published protocol host_ip mode name app_protocol"))
    | _service(*_each("secrets.*", "source target uid gid mode"))
    | _service(*_each("configs.*", "source target uid gid mode"))
    | _service("expose", "links", *_each("tmpfs.*", "target size ro"))
    | _service("volumes.*.type", "volumes.*.source", "volumes.*.target", "volumes.*.read_only")
    | _service("volumes.*.volume.nocopy", "volumes.*.volume.subpath", "volumes.*.tmpfs.size")
    | _service("networks.*.aliases", "depends_on.*.condition", "depends_on.*.required")
    | _service("healthcheck.test", "healthcheck.interval", "healthcheck.timeout")
    | _service("healthcheck.retries", "healthcheck.start_period", "healthcheck.start_interval")
    | _service("healthcheck.disable", "x-seawall")
    | _service("deploy.mode", "deploy.replicas", "deploy.endpoint_mode", "deploy.labels")
    | _service(*_each("deploy.resources.limits", "cpus memory pids"))
    | _service(*_each("deploy.resources.reservations", "cpus memory"))
    | _service(*_each("deploy.placement", "constraints max_replicas_per_node"))
    | _service("deploy.placement.preferences.*.spread")
    | _service(*_each("deploy.update_config", _ROLLOUT), *_each("deploy.rollback_config", _ROLLOUT))
    | _service(*_each("deploy.restart_policy", "condition delay max_attempts window"))
)

_MEMORY = "Nodes run without swap, so the limit of memory is all there is."
_DISK = "A pod has no setting of its own for disk speed."
_CPU = "CPU is shared by deploy.resources; other ways of dividing it do not exist on a cluster."
_ADDRESS = "Addresses are the cluster's to give."
_BUILD = "Images are built outside the cluster; the build's own settings stay with the builder."
_OWNER = "The cluster names and labels what it makes for a volume or network."

_IGNORED_SERVICE: Mapping[str, str] = {
    "attach": "Only the local command line attaches to output.",
    "blkio_config": _DISK,
    "container_name": "The cluster names containers, since there may be several of each.",
    "cpu_count": _CPU,
    "cpu_percent": _CPU,
    "cpu_rt_period": _CPU,
    "cpu_rt_runtime": _CPU,
    "cpu_shares": _CPU,
    "cpuset": _CPU,
    "depends_on.*.restart": "The cluster does not restart a service because another one changed.",
    "develop": "Only the local command line watches files.",
    "dns_opt": "Options of the resolver are the cluster's.",
    "domainname": "Names inside the cluster have the cluster's own domain.",
    "isolation": "Only Windows has isolation modes.",
    "logging": "The nodes collect the output of every container.",
    "mac_address": _ADDRESS,
    "mem_swappiness": _MEMORY,
    "memswap_limit": _MEMORY,
    "networks.*.driver_opts": _ADDRESS,
    "networks.*.gw_priority": _ADDRESS,
    "networks.*.interface_name": _ADDRESS,
    "networks.*.ipv4_address": _ADDRESS,
    "networks.*.ipv6_address": _ADDRESS,
    "networks.*.link_local_ips": _ADDRESS,
    "networks.*.mac_address": _ADDRESS,
    "networks.*.priority": _ADDRESS,
    "networks.*.use_service_name_alias": "A service always has its name.",
    "oom_kill_disable": "A container beyond its limit of memory is ended; that cannot be disabled.",
    "oom_score_adj": "The cluster ranks containers by their requests and limits.",
    "pull_refresh_after": "Images are pinned, so there is nothing to refresh.",
    "storage_opt": "The size of a container's own disk is the node's.",
    "tmpfs.*.mode": "A tmpfs on a cluster is writable for the container's user.",
    "tmpfs.*.uid": "A tmpfs on a cluster belongs to the container's user.",
    "tmpfs.*.gid": "A tmpfs on a cluster belongs to the container's user.",
    "tmpfs.*.rw": "A tmpfs is writable unless the mount says otherwise.",
    "tmpfs.*.nosuid": "Containers gain no privileges on any mount.",
    "tmpfs.*.nodev": "Containers make no device nodes.",
    "tmpfs.*.noexec": "Mount options of a tmpfs are the node's.",
    "tmpfs.*.exec": "Mount options of a tmpfs are the node's.",
    "tmpfs.*.nr_inodes": "Mount options of a tmpfs are the node's.",
    "volumes.*.consistency": "Only Docker Desktop has consistency modes.",
    "volumes.*.tmpfs.mode": "A tmpfs on a cluster is writable for the container's user.",
    "volumes.*.volume.labels": _OWNER,
    **{
        f"build.{key}": _BUILD
        for key in (
            *("cache_from", "cache_to", "isolation", "labels", "no_cache", "no_cache_filter"),
            *("platforms", "provenance", "pull", "sbom", "shm_size", "tags", "ulimits"),
            "extra_hosts",
        )
    },
}

IGNORED: Mapping[str, str] = {
    "version": "Compose has no versions any more; the key has no effect.",
    **{f"services.*.{key}": why for key, why in _IGNORED_SERVICE.items()},
    "networks.*.name": _OWNER,
    "networks.*.attachable": "There are no containers outside the services.",
    "networks.*.driver": "The cluster keeps networks apart by its own means, whatever the driver.",
    "networks.*.driver_opts.*": "The options belong to a driver that is not used.",
    "networks.*.enable_ipv4": _ADDRESS,
    "networks.*.enable_ipv6": _ADDRESS,
    "networks.*.external": "The network is this application's alone; others cannot join it.",
    "networks.*.ipam": _ADDRESS,
    "networks.*.labels": _OWNER,
    "volumes.*.name": _OWNER,
    "volumes.*.labels": _OWNER,
    "secrets.*.labels": _OWNER,
    "configs.*.labels": _OWNER,
}

_HOST = "It opens the node, and with it every other service there, to this one."
_NO_HOST = "Remove the key; let the service talk over its networks and ports."
_BUILD_CURE = "Remove the key, build the image in CI and name it by 'image'."
_DRIVER = "A driver of Docker is not there on a cluster, so the data would be missing."
_HOOK = "Commands around the life of a container are not carried over, so they would not run."
_HOOK_CURE = "Put them into the image's entrypoint, or into a service of its own."

_REFUSED_SERVICE: Mapping[str, Refusal] = {
    "build.additional_contexts": Refusal("The build needs contexts from elsewhere.", _BUILD_CURE),
    "build.dockerfile_inline": Refusal(
        "The Dockerfile must be a file, so that any builder can use it.",
        "Move the lines into a Dockerfile next to the code.",
    ),
    "build.entitlements": Refusal("The build asks for rights on its host.", _BUILD_CURE),
    "build.network": Refusal("The build asks for a network of its host.", _BUILD_CURE),
    "build.privileged": Refusal("The build asks for rights on its host.", _BUILD_CURE),
    "build.secrets": Refusal("Secrets of a build are not handed over.", _BUILD_CURE),
    "build.ssh": Refusal("Keys for a build are not handed over.", _BUILD_CURE),
    "cgroup": Refusal(_HOST, _NO_HOST, frozenset({"private"})),
    "cgroup_parent": Refusal(_HOST, _NO_HOST),
    "credential_spec": Refusal("Only Windows has credential specs.", "Remove the key."),
    "deploy.resources.reservations.devices": Refusal(
        "Devices are not handed to services.", "Run what needs a device elsewhere."
    ),
    "deploy.resources.reservations.generic_resources": Refusal(
        "Generic resources exist on Docker Swarm only.", "Remove the key."
    ),
    "device_cgroup_rules": Refusal(_HOST, _NO_HOST),
    "devices": Refusal(_HOST, "Run what needs a device elsewhere."),
    "dns": Refusal(
        "Name servers of its own would cut the service off from the names of its peers.",
        "Remove the key; names resolve through the VPC's resolver.",
    ),
    "dns_search": Refusal(
        "Search domains of its own change what the names of its peers mean.",
        "Remove the key and write full names.",
    ),
    "external_links": Refusal(
        "Containers outside this file do not exist on the cluster.",
        "Add the service to this file, or give its address in 'environment'.",
    ),
    "gpus": Refusal("Devices are not handed to services.", "Run what needs a GPU elsewhere."),
    "group_add": Refusal(
        "Additional groups are not carried over, so access to files would be missing.",
        "Give the group as the second half of 'user', such as \"1000:2000\".",
    ),
    "ipc": Refusal(_HOST, _NO_HOST, frozenset({"none", "private", "shareable"})),
    "models": Refusal("Models are run by Docker Desktop only.", "Run the model as a service."),
    "network_mode": Refusal(_HOST, _NO_HOST, frozenset({"bridge", "default"})),
    "pid": Refusal(_HOST, _NO_HOST),
    "post_start": Refusal(_HOOK, _HOOK_CURE),
    "pre_start": Refusal(_HOOK, _HOOK_CURE),
    "pre_stop": Refusal(_HOOK, _HOOK_CURE),
    "privileged": Refusal(_HOST, "Remove the key; name single capabilities in 'cap_add'."),
    "provider": Refusal("Providers are run by the local command line.", "Use an image."),
    "runtime": Refusal("Other container runtimes are not on the nodes.", "Remove the key."),
    "umask": Refusal("The umask is not carried over, so files would get other rights.", _HOOK_CURE),
    "use_api_socket": Refusal(_HOST, _NO_HOST),
    "userns_mode": Refusal(_HOST, _NO_HOST),
    "uts": Refusal(_HOST, _NO_HOST),
    "volumes.*.bind": Refusal("Paths of the host are not there on a cluster.", "Use a volume."),
    "volumes.*.image": Refusal(
        "Images cannot be mounted as volumes.", "Copy the files into this service's image."
    ),
    "volumes_from": Refusal(
        "Volumes are not taken over from other containers.",
        "Name the volume at the top and mount it in both services.",
    ),
}

REFUSED: Mapping[str, Refusal] = {
    "jobs": Refusal("Jobs are not carried over.", "Use a service with deploy.mode replicated-job."),
    "models": Refusal("Models are run by Docker Desktop only.", "Run the model as a service."),
    **{f"services.*.{key}": refusal for key, refusal in _REFUSED_SERVICE.items()},
    "volumes.*.driver_opts": Refusal(_DRIVER, "Remove the key, or mount the share in the image."),
    "volumes.*.external": Refusal(
        "The volume is made elsewhere, so its data would be missing here.",
        "Remove 'external' for a new volume; bring the data in by a job of your own.",
    ),
    "secrets.*.driver": Refusal(_DRIVER, "Use 'file', 'environment' or 'external'."),
    "secrets.*.driver_opts": Refusal(_DRIVER, "Use 'file', 'environment' or 'external'."),
    "secrets.*.template_driver": Refusal("Templates are not filled in.", "Write the value itself."),
    "configs.*.template_driver": Refusal("Templates are not filled in.", "Write the value itself."),
}
