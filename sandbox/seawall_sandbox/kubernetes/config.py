"""The kubernetes provider's own configuration."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seawall_sandbox.protocol import CheckResult, DiffResult, Failure
from seawall_sandbox.values import UNKNOWN, Properties

_KEYS = [
    "alwaysRender",
    "cluster",
    "clusterIdentifier",
    "context",
    "deleteUnreachable",
    "enableConfigMapMutable",
    "enableReplaceCRD",
    "enableSecretMutable",
    "enableServerSideApply",
    "helmReleaseSettings",
    "kubeClientSettings",
    "kubeconfig",
    "namespace",
    "renderYamlToDirectory",
    "skipUpdateUnreachable",
    "strictMode",
    "suppressDeprecationWarnings",
    "suppressHelmHookWarnings",
]
"""The arguments of ``pulumi_kubernetes.Provider``."""
_ENGINES = frozenset({"version", "pluginDownloadURL"})
_REPLACING = ("kubeconfig", "context", "cluster", "renderYamlToDirectory")
_DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the sandbox acts on. The kubeconfig is taken, but no cluster is ever dialled."""

    namespace: str = "default"
    render_directory: Path | None = None
    mutable_config_maps: bool = False
    mutable_secrets: bool = False
    region: str = _DEFAULT_REGION
    """Where the cluster is, by the address in its kubeconfig: for addresses of load balancers."""


def parse(config: Properties) -> Configuration:
    """The configuration from the provider's arguments, which may be unknown in a preview."""
    directory = config.get("renderYamlToDirectory")
    namespace = config.get("namespace")
    return Configuration(
        namespace=namespace if isinstance(namespace, str) and namespace else "default",
        render_directory=Path(directory) if isinstance(directory, str) and directory else None,
        mutable_config_maps=_flag(config.get("enableConfigMapMutable")),
        mutable_secrets=_flag(config.get("enableSecretMutable")),
        region=_region(config.get("kubeconfig")),
    )


def check(news: Properties) -> CheckResult:
    """Refuse arguments that the real provider does not have."""
    failures: list[Failure] = []
    for key in news:
        if key in _KEYS or key in _ENGINES or key.startswith("__"):
            continue
        near = difflib.get_close_matches(key, _KEYS, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        failures.append(
            Failure(key, f"The kubernetes provider has no argument {key}.{hint}"),
        )
    return CheckResult(news, tuple(failures))


def diff(olds: Properties, news: Properties) -> DiffResult:
    """Another cluster, or another directory, means that all objects are made anew.

    As the real provider: it cannot know whether an unknown kubeconfig is the same cluster.
    """
    changed = tuple(
        sorted(
            key
            for key in olds.keys() | news.keys()
            if news.get(key) is UNKNOWN or olds.get(key) != news.get(key)
        )
    )
    replaces = tuple(
        key
        for key in _REPLACING
        if key in changed and not (key == "kubeconfig" and _same_cluster(olds, news))
    )
    return DiffResult(changed=bool(changed), replaces=replaces, diffs=changed)


def _same_cluster(olds: Properties, news: Properties) -> bool:
    """Whether two kubeconfigs differ in credentials alone."""
    before, after = _servers(olds.get("kubeconfig")), _servers(news.get("kubeconfig"))
    return bool(before) and before == after


def _servers(kubeconfig: Any) -> list[str]:
    text = kubeconfig if isinstance(kubeconfig, str) else ""
    return re.findall(r"server\W+(https?://[^\s\"',]+)", text)


def _flag(value: Any) -> bool:
    # Configuration of a stack file arrives as text.
    return value is True or value == "true"


def _region(kubeconfig: Any) -> str:
    for server in _servers(kubeconfig):
        match = re.search(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.eks\.amazonaws\.com", server)
        if match:
            return match[1]
    return _DEFAULT_REGION
