"""A Pulumi project on disk: Pulumi.yaml and the settings files of its stacks.

What the stock CLI makes of them is the rule (``pkg/workspace/config.go`` and
``sdk/go/common/workspace`` of pulumi/pulumi): where the files are, how values become texts, what is
required and of which type.
"""

import datetime as dt
import json
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from seawall_sandbox.engine.errors import UsageError

_FILE_NAMES = ("Pulumi.yaml", "Pulumi.yml")
_SECURE = "secure"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """What Pulumi.yaml says."""

    path: Path
    name: str
    main: Path
    """The program's file."""
    stack_directory: Path
    """Where the settings files are."""
    declared: Mapping[str, Any]
    """The section ``config``, by full key."""
    packages: Path | None = None
    """What is installed in the project's own virtual environment, if this Python can use it."""

    @property
    def directory(self) -> Path:
        """The project's directory."""
        return self.path.parent


@dataclass(frozen=True, slots=True)
class StackFile:
    """What ``Pulumi.<stack>.yaml`` says; nothing if there is none."""

    path: Path
    """Where it is, or would be."""
    config: Mapping[str, Any]
    """Values by full key, secrets still sealed."""
    encryption_salt: str | None

    @property
    def sealed(self) -> bool:
        """Whether any value is a secret."""
        return bool(self.sealed_keys)

    @property
    def sealed_keys(self) -> tuple[str, ...]:
        """The full keys of the values that are secret, or hold one."""
        return tuple(key for key, value in self.config.items() if _is_sealed(value))


@dataclass(frozen=True, slots=True)
class Configuration:
    """A stack's configuration as programs and providers get it."""

    values: Mapping[str, str]
    """Texts by full key such as ``aws:region``; lists and maps as JSON."""
    secret_keys: frozenset[str]


def read_project(directory: Path) -> ProjectFile:
    """Read Pulumi.yaml. Raises ``UsageError`` when it is missing, broken, or not for Python."""
    path = next((directory / n for n in _FILE_NAMES if (directory / n).is_file()), None)
    if path is None:
        raise UsageError(
            f"{directory} has no Pulumi.yaml, so it is no Pulumi project. Run the command in the "
            "project, or name it with --cwd."
        )
    content = _mapping(path)
    name = content.get("name")
    if not isinstance(name, str) or not name:
        raise UsageError(f"{path} has no name. Give the project one: `name: shop`.")
    runtime = content.get("runtime")
    language = _map(runtime).get("name", runtime)
    if language != "python":
        raise UsageError(
            f"{path} is for the runtime {language}; the sandbox runs Python programs only. Use the "
            "stock pulumi CLI for it."
        )
    main = directory / str(content.get("main") or ".")
    if main.is_dir():
        main /= "__main__.py"
    if not main.is_file():
        raise UsageError(f"The program {main}, which {path} names, is not there.")
    return ProjectFile(
        path=path,
        name=name,
        main=main,
        stack_directory=directory / str(content.get("stackConfigDir") or "."),
        declared=_by_full_key(_map(content.get("config")), name, path),
        packages=_packages(directory, _map(_map(runtime).get("options"))),
    )


def _packages(directory: Path, options: Mapping[str, Any]) -> Path | None:
    # Poetry and uv make .venv unless told otherwise; with pip the environment is named.
    name = options.get("virtualenv") or (".venv" if "toolchain" in options else None)
    if not isinstance(name, str):
        return None
    paths = sysconfig.get_paths("venv", {"base": str(directory / name)})
    found = Path(paths["purelib"])
    return found if found.is_dir() else None


def stacks(project: ProjectFile) -> tuple[str, ...]:
    """The stacks that have settings files, sorted."""
    names = {
        file.name.removeprefix("Pulumi.").removesuffix(file.suffix)
        for file in project.stack_directory.glob("Pulumi.*.y*ml")
        if file.suffix in (".yaml", ".yml")
    }
    return tuple(sorted(names))


def read_stack(project: ProjectFile, stack: str, *, required: bool = True) -> StackFile:
    """Read a stack's settings file.

    Raises ``UsageError`` when it is broken, or missing: then with the names of those there are.
    With ``required=False`` a missing one counts as empty: as for the stock CLI, whose stacks need
    no settings.
    """
    candidates = [project.stack_directory / f"Pulumi.{stack}{end}" for end in (".yaml", ".yml")]
    path = next((file for file in candidates if file.is_file()), None)
    if path is None and not required:
        return StackFile(path=candidates[0], config={}, encryption_salt=None)
    if path is None:
        known = ", ".join(stacks(project)) or "none"
        raise UsageError(
            f"There is no stack {stack!r}: {candidates[0]} does not exist. The stacks here are "
            f"{known}. Choose one of them, or write that file."
        )
    content = _mapping(path)
    salt = content.get("encryptionsalt")
    return StackFile(
        path=path,
        config=_by_full_key(_map(content.get("config")), project.name, path),
        encryption_salt=salt if isinstance(salt, str) else None,
    )


def configuration(
    project: ProjectFile,
    stack: str,
    file: StackFile,
    decrypt: Callable[[str], str],
    overrides: Mapping[str, str],
) -> Configuration:
    """The stack's values, completed with the project's, as texts.

    Raises ``UsageError`` naming what is required and missing, and what has the wrong type.
    """
    values: dict[str, Any] = {}
    secret_keys = {key for key, value in file.config.items() if _is_sealed(value)}
    for key, declaration in project.declared.items():
        fields = _map(declaration)
        default = fields.get("default", fields.get("value"))
        if not isinstance(declaration, dict):
            default = declaration
        if default is not None:
            values[key] = default
        if fields.get("secret") is True:
            secret_keys.add(key)
    given = {_full_key(key, project.name): value for key, value in overrides.items()}
    # What is given instead need not be opened: who runs another's program has no passphrase.
    kept = {key: value for key, value in file.config.items() if key not in given}
    values |= {key: _opened(value, decrypt) for key, value in kept.items()}
    texts = {key: _text(value) for key, value in values.items()} | given
    _check(project, stack, file, texts)
    return Configuration(texts, frozenset(secret_keys & texts.keys()))


def _check(project: ProjectFile, stack: str, file: StackFile, texts: Mapping[str, str]) -> None:
    own = f"{project.name}:"
    missing = [key for key in project.declared if key.startswith(own) and key not in texts]
    if missing:
        raise UsageError(
            f"The stack {stack} lacks {', '.join(sorted(missing))}, which {project.path.name} "
            f"requires. Add it under config in {file.path}, or give it with --config KEY=VALUE."
        )
    for key, declaration in project.declared.items():
        kind = _map(declaration).get("type")
        if not isinstance(kind, str) or kind not in _TYPES or key not in texts:
            continue
        if not _has_type(texts[key], kind):
            raise UsageError(
                f"{key} of the stack {stack} must be of type {kind}, as {project.path.name} "
                f"declares it. Correct it in {file.path}."
            )
        sealed = key not in file.config or _is_sealed(file.config[key])
        if _map(declaration).get("secret") is True and not sealed:
            raise UsageError(
                f"{key} of the stack {stack} must be encrypted, as {project.path.name} declares "
                f"it. Set it with: pulumi config set --secret {key}"
            )


def _has_type(text: str, kind: str) -> bool:
    if kind == "string":
        return True
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _mapping(path: Path) -> dict[str, Any]:
    try:
        content: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))  # pyright: ignore[reportUnknownMemberType]
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8 text."
        ) from None
    except YAMLError as error:
        raise UsageError(f"{path} is no valid YAML: {error}. Correct it there.") from None
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply. Write it flatter.") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UsageError(f"{path} must be a mapping at the top, such as `config:` and keys below.")
    return cast("dict[str, Any]", content)


def _by_full_key(config: Mapping[str, Any], project: str, path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in config.items():
        full = _full_key(str(key), project)
        if full in found:
            raise UsageError(f"{path} has {full} twice under config. Keep one of the two.")
        found[full] = value
    return found


def _full_key(key: str, project: str) -> str:
    """``project:key`` for a plain key, ``namespace:key`` for the old ``namespace:config:key``."""
    parts = key.split(":")
    if len(parts) == 1:
        return f"{project}:{key}"
    if len(parts) == 3 and parts[1] == "config":
        return f"{parts[0]}:{parts[2]}"
    return key


def _map(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from cast("dict[str, Any]", value).values()
    elif isinstance(value, list):
        yield from cast("list[Any]", value)


def _ciphertext(value: Any) -> str | None:
    """What is in ``{secure: <ciphertext>}``."""
    fields = _map(value)
    held = fields.get(_SECURE)
    return held if len(fields) == 1 and isinstance(held, str) else None


def _is_sealed(value: Any) -> bool:
    return _ciphertext(value) is not None or any(_is_sealed(item) for item in _children(value))


def _opened(value: Any, decrypt: Callable[[str], str]) -> Any:
    sealed = _ciphertext(value)
    if sealed is not None:
        return decrypt(sealed)
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value)
        return {str(key): _opened(item, decrypt) for key, item in items.items()}
    if isinstance(value, list):
        return [_opened(item, decrypt) for item in cast("list[Any]", value)]
    return value


def _text(value: Any) -> str:
    """A value as the stock CLI hands it to programs."""
    plain = _plain(value)
    if isinstance(plain, str):
        return plain
    if plain is None:
        return ""
    return json.dumps(plain, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[Any]", value)]
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} +0000 UTC"
    if isinstance(value, dt.date):
        return f"{value:%Y-%m-%d} 00:00:00 +0000 UTC"
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
