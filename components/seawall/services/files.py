"""Which secrets and configs an application uses, and the names of those that others make. Pure."""

from seawall.services.model import Application, FileSource


def external_names(sources: tuple[FileSource, ...]) -> dict[str, str]:
    """Names, on the cluster, of the secrets or configs that others make there."""
    return {
        source.name: source.external_name or source.name for source in sources if source.external
    }


def used_secrets(application: Application) -> tuple[str, ...]:
    """Names of the secrets that a service mounts, sorted."""
    return tuple(
        sorted({file.source for service in application.services for file in service.secrets})
    )


def used_configs(application: Application) -> tuple[str, ...]:
    """Names of the configs that a service mounts, sorted."""
    return tuple(
        sorted({file.source for service in application.services for file in service.configs})
    )
