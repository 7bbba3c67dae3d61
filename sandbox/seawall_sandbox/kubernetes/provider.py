"""The ``kubernetes`` provider. Implements ``seawall_sandbox.protocol.Provider``.

Objects are checked against the schemas of Kubernetes and written to a directory, one file each:
what the real provider does with ``renderYamlToDirectory``, except that values of Secrets are
withheld. A kubeconfig is accepted, but never used: in the sandbox there is no cluster to dial.
"""

import os
from pathlib import Path

import yaml

from seawall_sandbox.kubernetes import config, load_balancer, objects, render, replacement, schemas
from seawall_sandbox.kubernetes.decode import DECODE, decode
from seawall_sandbox.kubernetes.helm import HelmRelease
from seawall_sandbox.kubernetes.kinds import HELM_RELEASE, Kind, is_object_token, parse
from seawall_sandbox.kubernetes.naming import AUTONAMED
from seawall_sandbox.kubernetes.paths import covers, write
from seawall_sandbox.kubernetes.paths import parse as parse_path
from seawall_sandbox.protocol import (
    CheckResult,
    DiffKind,
    DiffResult,
    InvokeResult,
    ProviderError,
    ResourceState,
)
from seawall_sandbox.values import Properties, without_secrets

RENDER_DIRECTORY_VARIABLE = "SEAWALL_SANDBOX_RENDER_DIR"
VERSION_VARIABLE = "SEAWALL_SANDBOX_KUBERNETES_VERSION"
_REPLACING = frozenset({DiffKind.ADD_REPLACE, DiffKind.DELETE_REPLACE, DiffKind.UPDATE_REPLACE})
_SECRET_OUTPUTS = frozenset({"data", "stringData"})


class KubernetesProvider:
    """pulumi-kubernetes 4 without a cluster.

    ``render_directory``: where objects are written; by default the variable
    ``SEAWALL_SANDBOX_RENDER_DIR``, else the provider's argument ``renderYamlToDirectory``.
    ``version``: of Kubernetes, such as ``1.34``; by default the variable
    ``SEAWALL_SANDBOX_KUBERNETES_VERSION``, else the newest that there are schemas for.
    """

    accepts_secrets = True
    """Inputs may hold ``Secret``: such values are withheld on disk wherever they stand."""

    def __init__(self, render_directory: Path | None = None, version: str | None = None) -> None:
        given = os.environ.get(RENDER_DIRECTORY_VARIABLE)
        self._directory = render_directory or (Path(given) if given else None)
        self._version = schemas.fitting(version or os.environ.get(VERSION_VARIABLE))
        self._config = config.Configuration()
        self._scopes: dict[tuple[str, str], str] = {}

    @staticmethod
    def records_only(token: str) -> bool:
        """Whether a type is written down without any meaning behind: Helm releases."""
        return token == HELM_RELEASE

    def check_config(self, urn: str, olds: Properties, news: Properties) -> CheckResult:  # noqa: ARG002
        """Check the provider's own arguments."""
        return config.check(news)

    def diff_config(self, urn: str, olds: Properties, news: Properties) -> DiffResult:  # noqa: ARG002
        """Compare configurations; another cluster replaces the provider."""
        return config.diff(olds, news)

    def configure(self, config: Properties) -> None:
        """Take the configuration."""
        self._configure(config)

    def _configure(self, arguments: Properties) -> None:
        self._config = config.parse(without_secrets(arguments))

    def check(
        self, urn: str, type_: str, olds: Properties | None, news: Properties, seed: bytes
    ) -> CheckResult:
        """Fill in and validate an object."""
        if type_ == HELM_RELEASE:
            return self._helm().check(urn, olds, news, seed)
        kind = parse(type_)
        content = objects.complete(
            news,
            olds,
            kind,
            resource_name=urn.rpartition("::")[2],
            seed=seed,
            namespace=self._default_namespace(kind),
        )
        self._remember_scope(content, kind)
        return CheckResult(content, tuple(objects.failures(content, news, kind, self._version)))

    def diff(
        self,
        urn: str,
        type_: str,
        old: ResourceState,
        news: Properties,
        ignore_changes: tuple[str, ...],
    ) -> DiffResult:
        """Compare the object as it was declared last with the new declaration."""
        if type_ == HELM_RELEASE:
            return self._helm().diff(urn, old, news, ignore_changes)
        kind = parse(type_)
        before: Properties = without_secrets(old.inputs or old.outputs)
        after: Properties = without_secrets(news)
        replacing = replacement.patterns(
            kind,
            after,
            mutable_config_maps=self._config.mutable_config_maps,
            mutable_secrets=self._config.mutable_secrets,
        )
        ignored = [parse_path(path) for path in ignore_changes]
        found = {
            path: change
            for path, change in replacement.changes(before, after, replacing).items()
            if not any(covers(pattern, path) for pattern in ignored)
        }
        replaces = tuple(write(path) for path, change in found.items() if change in _REPLACING)
        return DiffResult(
            changed=bool(found),
            replaces=replaces,
            diffs=tuple(dict.fromkeys(str(path[0]) for path in found)),
            detailed={write(path): change for path, change in found.items()},
            delete_before_replace=bool(replaces) and _keeps_its_place(before, after),
        )

    def create(
        self,
        urn: str,
        type_: str,
        inputs: Properties,
        *,
        preview: bool,
        timeout: float,  # noqa: ARG002
    ) -> ResourceState:
        """Write the object."""
        if type_ == HELM_RELEASE:
            return self._helm().create(urn, inputs, preview=preview)
        kind = parse(type_)
        if preview:
            return ResourceState("", inputs, secret_outputs=_secret_outputs(kind))
        namespace, name = objects.identity(inputs)
        path = self._path(kind, namespace, name)
        other = render.owner(path)
        if other is not None and other != urn:
            raise ProviderError(
                f"Could not create {urn}: {kind} {objects.identifier(namespace, name)} exists "
                f"already, made by {other}. Give one of the two another name or namespace; if the "
                "resource was renamed in the program, add an alias with its old name."
            )
        return self._written(urn, kind, inputs, path)

    def find(
        self,
        urn: str,
        type_: str,
        inputs: Properties,
        held: frozenset[str],  # noqa: ARG002  # a file names its resource
    ) -> ResourceState:
        """The object that an interrupted ``create`` of this resource left; no id if it did not."""
        if type_ == HELM_RELEASE:
            return self._helm().find(urn, inputs)
        kind = parse(type_)
        namespace, name = objects.identity(inputs)
        if render.owner(self._path(kind, namespace, name)) != urn:
            return ResourceState("", {})
        return ResourceState(
            objects.identifier(namespace, name),
            self._outputs(kind, inputs),
            secret_outputs=_secret_outputs(kind),
        )

    def read(
        self, urn: str, type_: str, id_: str, inputs: Properties, outputs: Properties
    ) -> ResourceState:
        """The object in its file; changes made there by hand are seen.

        Values that are withheld in the file are taken from the state.
        """
        if type_ == HELM_RELEASE:
            return self._helm().read(urn, id_, inputs, outputs)
        kind = parse(type_)
        namespace, _, name = id_.rpartition("/")
        path = self._path(kind, namespace, name)
        try:
            found = render.read(path)
        except yaml.YAMLError as error:
            raise ProviderError(
                f"Could not read {urn}: {path} is no YAML any more ({error}). Delete the file and "
                "run `seawall sandbox refresh` and `up`: it is written anew."
            ) from None
        if found is None:
            return ResourceState("", {})
        secret_outputs = _secret_outputs(kind)
        recorded = inputs or outputs
        if recorded and (
            objects.is_secret(kind)
            or found == render.withheld(without_secrets(recorded), kind)
            or found == render.withheld(recorded, kind)
        ):
            return ResourceState(id_, outputs, inputs, secret_outputs)
        return ResourceState(id_, self._outputs(kind, found), found, secret_outputs)

    def update(
        self,
        urn: str,
        type_: str,
        old: ResourceState,
        news: Properties,
        *,
        ignore_changes: tuple[str, ...],  # noqa: ARG002
        preview: bool,
        timeout: float,  # noqa: ARG002
    ) -> ResourceState:
        """Write the changed object."""
        if type_ == HELM_RELEASE:
            return self._helm().update(urn, old, news, preview=preview)
        kind = parse(type_)
        if preview:
            return ResourceState(old.id, news, secret_outputs=_secret_outputs(kind))
        return self._written(urn, kind, news, self._path(kind, *objects.identity(news)))

    def delete(self, urn: str, type_: str, old: ResourceState, *, timeout: float) -> None:  # noqa: ARG002
        """Remove the object's file."""
        if type_ == HELM_RELEASE:
            self._helm().delete(urn, old)
            return
        namespace, _, name = old.id.rpartition("/")
        render.remove(self._path(parse(type_), namespace, name))

    def invoke(self, token: str, args: Properties) -> InvokeResult:
        """Read YAML. All other functions need a cluster, Helm or Kustomize."""
        if token == DECODE:
            return InvokeResult(decode(args))
        raise ProviderError(
            f"The kubernetes provider of the sandbox has no function {token}. Declare the objects "
            "as resources."
        )

    def supports(self, token: str) -> bool:
        """Whether ``token`` names a kind of objects, a Helm release, or what reads YAML."""
        return token in {HELM_RELEASE, DECODE} or is_object_token(token)

    def supported(self) -> tuple[str, ...]:
        """What it takes: any kind has its own token."""
        return ("kubernetes:<group>/<version>:<Kind>", HELM_RELEASE, DECODE)

    def _written(self, urn: str, kind: Kind, inputs: Properties, path: Path) -> ResourceState:
        try:
            render.write(path, urn, render.withheld(inputs, kind))
        except OSError as error:
            raise ProviderError(
                f"Could not write {kind} of {urn} to {path}: {error.strerror or error}. Make room, "
                "or make the directory writable, and run again."
            ) from error
        namespace, name = objects.identity(inputs)
        return ResourceState(
            objects.identifier(namespace, name),
            self._outputs(kind, inputs),
            secret_outputs=_secret_outputs(kind),
        )

    def _outputs(self, kind: Kind, content: Properties) -> Properties:
        status = load_balancer.status(kind, without_secrets(content), self._config.region)
        return objects.outputs(content, kind, status)

    def _default_namespace(self, kind: Kind) -> str | None:
        if kind.cluster_wide:
            return None
        if not kind.built_in and self._scopes.get((kind.group, kind.name)) != "Namespaced":
            # Not known without its definition: left as the program says.
            return None
        return self._config.namespace

    def _remember_scope(self, content: Properties, kind: Kind) -> None:
        """Keep from a definition of custom resources whether they are in namespaces."""
        if kind.name == "CustomResourceDefinition":
            spec = objects.map_of(without_secrets(content.get("spec")))
            names = objects.map_of(spec.get("names"))
            self._scopes[str(spec.get("group")), str(names.get("kind"))] = str(spec.get("scope"))

    def _path(self, kind: Kind, namespace: str, name: str) -> Path:
        return render.path_of(self._render_directory(), kind, namespace, name)

    def _helm(self) -> HelmRelease:
        return HelmRelease(self._render_directory, self._config.namespace)

    def _render_directory(self) -> Path:
        directory = self._directory or self._config.render_directory
        if directory is None:
            raise ProviderError(
                "The kubernetes provider of the sandbox does not know where to write objects. Set "
                f"the variable {RENDER_DIRECTORY_VARIABLE} or the provider's argument "
                "renderYamlToDirectory."
            )
        return directory


def _secret_outputs(kind: Kind) -> frozenset[str]:
    return _SECRET_OUTPUTS if objects.is_secret(kind) else frozenset()


def _keeps_its_place(before: Properties, after: Properties) -> bool:
    """Whether old and new object cannot be there at once: the same name, given by the user."""
    old, new = objects.map_of(before.get("metadata")), objects.map_of(after.get("metadata"))
    return (
        objects.map_of(new.get("annotations")).get(AUTONAMED) != "true"
        and new.get("name") == old.get("name")
        and (new.get("namespace") or "default") == (old.get("namespace") or "default")
    )
