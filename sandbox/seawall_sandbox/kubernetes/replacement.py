"""Which changes need a new object: the table of the real provider.

Facts from pulumi-kubernetes 4 (``provider/pkg/provider/diff.go``, ``forceNewProperties``): fields
that the API server refuses to change, and ConfigMaps and Secrets, whose readers would not notice.
"""

from seawall_sandbox.kubernetes.kinds import Kind
from seawall_sandbox.kubernetes.paths import ANY, Token, covers, parse
from seawall_sandbox.protocol import DiffKind
from seawall_sandbox.values import UNKNOWN, Properties, Value

Pattern = tuple[Token, ...]

_IDENTITY = ("metadata.name", "metadata.namespace")
_CONFIG_MAP_DATA = ("binaryData", "data")
_SECRET_DATA = ("type", "stringData", "data")
_VOLUME_SOURCES = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
]
_POD_FIELDS = [
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostname",
    "imagePullSecrets",
    "nodeName",
    "nodeSelector",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "readinessGates",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "volumes",
]
_CONTAINER_FIELDS = [
    "args",
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "resources",
    "securityContext",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
]

_STATEFUL_SET = (
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
)
_JOB = ("spec.completions", "spec.parallelism", "spec.selector", "spec.template")

_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "StatefulSet"): _STATEFUL_SET,
    ("batch", "Job"): _JOB,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
    ("", "PersistentVolume"): tuple(f"spec.{source}" for source in _VOLUME_SOURCES),
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    ("", "Pod"): (
        *(f"spec.{field}" for field in _POD_FIELDS),
        *(
            f"spec.{containers}[*].{field}"
            for containers in ("containers", "initContainers")
            for field in _CONTAINER_FIELDS
        ),
    ),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP",),
}
"""Of the versions that Kubernetes still serves; all are the v1 of their group."""


def patterns(
    kind: Kind, content: Properties, *, mutable_config_maps: bool, mutable_secrets: bool
) -> list[Pattern]:
    """The paths whose change replaces an object of this kind."""
    fields = _IDENTITY
    immutable = content.get("immutable") is True
    if kind.version == "v1":
        if (kind.group, kind.name) == ("", "Secret") and (immutable or not mutable_secrets):
            fields += _SECRET_DATA
        elif (kind.group, kind.name) == ("", "ConfigMap") and (
            immutable or not mutable_config_maps
        ):
            fields += _CONFIG_MAP_DATA
        else:
            fields += _FIELDS.get((kind.group, kind.name), ())
    return [parse(field) for field in fields]


def changes(
    before: Value, after: Value, replacing: list[Pattern], path: tuple[Token, ...] = ()
) -> dict[tuple[Token, ...], DiffKind]:
    """What differs, place by place, and whether it replaces the object."""
    if isinstance(before, dict) and isinstance(after, dict):
        old, new = _texts(before), _texts(after)
        found: dict[tuple[Token, ...], DiffKind] = {}
        for key in sorted(old.keys() | new.keys()):
            inner = (*path, key)
            if key not in new:
                found[inner] = _kind(DiffKind.DELETE, inner, None, replacing)
            elif key not in old:
                found[inner] = _kind(DiffKind.ADD, inner, new[key], replacing)
            else:
                found |= changes(old[key], new[key], replacing, inner)
        return found
    if isinstance(before, list) and isinstance(after, list):
        olds, news = _items(before), _items(after)
        found = {}
        for index in range(max(len(olds), len(news))):
            inner = (*path, index)
            if index >= len(news):
                found[inner] = _kind(DiffKind.DELETE, inner, None, replacing)
            elif index >= len(olds):
                found[inner] = _kind(DiffKind.ADD, inner, news[index], replacing)
            else:
                found |= changes(olds[index], news[index], replacing, inner)
        return found
    if (
        after is not UNKNOWN
        and before == after
        and isinstance(before, bool) is isinstance(after, bool)
    ):
        return {}
    return {path: _kind(DiffKind.UPDATE, path, after, replacing)}


def _kind(
    kind: DiffKind, path: tuple[Token, ...], value: Value, replacing: list[Pattern]
) -> DiffKind:
    if not any(_touches(pattern, path, value) for pattern in replacing):
        return kind
    return {
        DiffKind.ADD: DiffKind.ADD_REPLACE,
        DiffKind.DELETE: DiffKind.DELETE_REPLACE,
        DiffKind.UPDATE: DiffKind.UPDATE_REPLACE,
    }[kind]


def _touches(pattern: Pattern, path: tuple[Token, ...], value: Value) -> bool:
    """Whether a change at ``path`` to ``value`` concerns what ``pattern`` names."""
    if covers(pattern, path):
        return True
    if not covers(pattern[: len(path)], path):
        return False
    # The change is of a whole that may hold what the pattern names.
    values: list[Value] = [value]
    for token in pattern[len(path) :]:
        inner: list[Value] = []
        for item in values:
            if isinstance(item, dict) and token in item:
                inner.append(_texts(item)[str(token)])
            elif isinstance(item, list) and token == ANY:
                inner += _items(item)
        values = inner
    return bool(values)


def _texts(value: Value) -> dict[str, Value]:
    return value


def _items(value: Value) -> list[Value]:
    return value
