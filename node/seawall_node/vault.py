"""Join tokens in the Parameter Store and the unlock key in Secrets Manager."""

from __future__ import annotations

from seawall_node.aws import Clients, calling, error_code
from seawall_node.config import NodeConfig
from seawall_node.errors import CloudError

_NO_PARAMETER = "ParameterNotFound"
_NO_SECRET = "ResourceNotFoundException"  # noqa: S105  # an error code
PLACEHOLDER = "none"
"""What the platform writes when it makes the parameters and the secret, before there is a swarm."""


class Vault:
    """Reads and publishes what lets a node in. Raises ``CloudError``."""

    def __init__(self, clients: Clients, config: NodeConfig) -> None:
        self._clients = clients
        self._config = config

    def token(self, role: str) -> str | None:
        """The published join token of ``role``."""
        name = self._config.token_parameter(role)
        try:
            with calling(f"read the parameter {name}"):
                answer = self._clients("ssm").get_parameter(Name=name, WithDecryption=True)
        except CloudError as error:
            if error_code(error.__cause__) == _NO_PARAMETER:
                return None
            raise
        return _real(answer["Parameter"]["Value"])

    def publish_token(self, role: str, token: str) -> bool:
        """Publish the join token of ``role``; whether that changed anything."""
        if self.token(role) == token:
            return False
        name = self._config.token_parameter(role)
        with calling(f"write the parameter {name}"):
            # Without the key, the parameter would fall back to the account's own one.
            key = {} if self._config.key is None else {"KeyId": self._config.key}
            self._clients("ssm").put_parameter(
                Name=name, Value=token, Type="SecureString", Overwrite=True, **key
            )
        return True

    def unlock_keys(self) -> list[str]:
        """The published unlock keys, the current one first."""
        keys = [self._key("AWSCURRENT"), self._key("AWSPREVIOUS")]
        return [key for key in keys if key]

    def unlock_key_version(self) -> str:
        """Version of the secret that holds the current key."""
        with calling(f"read the secret {self._config.unlock_secret}"):
            answer = self._clients("secretsmanager").get_secret_value(
                SecretId=self._config.unlock_secret
            )
        return str(answer["VersionId"])

    def unlock_key_of(self, version: str) -> str:
        """The key in an older version of the secret."""
        with calling(f"read version {version} of the secret {self._config.unlock_secret}"):
            answer = self._clients("secretsmanager").get_secret_value(
                SecretId=self._config.unlock_secret, VersionId=version
            )
        return str(answer["SecretString"])

    def publish_unlock_key(self, key: str) -> bool:
        """Publish the unlock key, keeping the one before; whether that changed anything."""
        if self._key("AWSCURRENT") == key:
            return False
        with calling(f"write the secret {self._config.unlock_secret}"):
            self._clients("secretsmanager").put_secret_value(
                SecretId=self._config.unlock_secret, SecretString=key
            )
        return True

    def _key(self, stage: str) -> str | None:
        secret = self._config.unlock_secret
        try:
            with calling(f"read the secret {secret}"):
                answer = self._clients("secretsmanager").get_secret_value(
                    SecretId=secret, VersionStage=stage
                )
        except CloudError as error:
            if error_code(error.__cause__) == _NO_SECRET:
                return None
            raise
        return _real(answer["SecretString"])


def _real(value: str) -> str | None:
    return None if value == PLACEHOLDER else value
