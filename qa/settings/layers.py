"""What flags, environment and files say -> the settings; what a file may not decide is refused."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

from qa.settings.settings import PREFIX, Origin, Settings, SettingsError

FILE = "refdesk.toml"
CONFIG = f"{PREFIX}CONFIG"  # the variable that names a file in the place of the one in the working folder
# Variables with the prefix that are no settings: the file's, debugging, and what tests and benchmarks read.
_NO_SETTINGS = ("CONFIG", "DEBUG", "CHROMIUM", "DATA")
# These may hold a secret: errors do not repeat their values.
_SECRET = ("index", "api_key", "base_url", "oidc_client_secret")
_PROVIDER = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_new_users", "oidc_name_claim",
             "oidc_groups_claim", "oidc_scope")  # fmt: skip
# What no file may set: who may reach the chat, and the model that decides what counts as supported.
_NOT_BY_FILES = ("public", "embed_in", "web_sources", "verifier", "judge", *_PROVIDER)
# What only a file may set that its owner has named: when an answer is refused, what is done about instructions in
# documents, which hosts and proxies are believed, and how much strangers may send and files may take.
_NOT_BY_FOUND_FILES = ("threshold", "write_always", "beyond", "defence", "hosts", "trusted_proxy", "rate_of_user",
                       "rate_of_address", "file_seconds", "file_memory")  # fmt: skip
_SHOWN = 80  # characters of a bad value
# Variables with a secret that goes wherever the setting leads: no file may name that place.
_SECRETS_FOR = {
    "index": ("PGPASSWORD",),
    "otlp_endpoint": ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"),
}

# What one place says of the settings, by name.
Layer = tuple[Origin, Mapping[str, object]]


def read(**flags: object) -> Settings:
    """The settings, with ``flags`` (None: not given) over everything else.

    Raises:
        SettingsError: a value is not allowed, a name is unknown, or refdesk.toml cannot be read.
    """
    return _read([("flag", flags), *_outside()])


def read_with(file: Path, given: Mapping[str, object]) -> Settings:
    """The settings that ``file`` (a run's configuration) holds as ``given``, over the environment and refdesk.toml.

    Raises:
        SettingsError: as ``read`` does.
    """
    return _read([(file, given), *_outside()])


def _outside() -> list[Layer]:
    """What the environment says, then the file that it names, or the one in the working folder."""
    _check_variables()
    try:
        environment = EnvSettingsSource(Settings)()
    except ValueError as error:  # a list that is none
        raise SettingsError(f"the environment: {error}") from error
    path = _found_file()
    if named := os.environ.get(CONFIG):
        path = Path(named).expanduser().absolute()
        if not path.is_file():
            raise SettingsError(f"there is no file {_shown(named)}, which {CONFIG} names: name another, or unset it")
    try:
        file = TomlConfigSettingsSource(Settings, toml_file=path)()
    except (OSError, ValueError) as error:  # it cannot be read, or does not parse
        raise SettingsError(f"{path.name}: {error}") from error
    return [("environment", environment), (path, file)]


def _found_file() -> Path:
    """The file in the working folder, which nobody has named."""
    return Path(FILE).absolute()


def _read(layers: Sequence[Layer]) -> Settings:
    merged: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for origin, given in layers:
        _check_names(given, f"{origin.name}: " if isinstance(origin, Path) else "")
        for name, value in given.items():
            if value is None:
                continue
            if name not in merged:
                merged[name], origins[name] = value, origin
            elif not isinstance(origin, Path) and merged[name] == value and isinstance(origins[name], Path):
                origins[name] = origin  # a file says what the environment says too
    files = {name: origin for name, origin in origins.items() if isinstance(origin, Path)}
    _check_not_by_files(files)
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise SettingsError(_reason(error, files)) from error
    settings._origins.update(origins)
    _check_secrets(settings, files)
    return settings


def _check_secrets(settings: Settings, files: Mapping[str, Path]) -> None:
    """Refuse a file that names where a secret of the environment would go; ``files`` decided the settings."""
    for name, variables in _SECRETS_FOR.items():
        secret = next((variable for variable in variables if os.environ.get(variable)), None)
        if secret and name in files and not isinstance(getattr(settings, name), Path):
            flag = "--index or " if name == "index" else ""
            raise SettingsError(
                f"{files[name]} sets {name}, but not {secret}, which is sent nowhere that a file names: if it may go "
                f"there, set {name} by {flag}{PREFIX}{name.upper()}; else unset {secret}"
            )


def _reason(error: ValidationError, files: Mapping[str, Path]) -> str:
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    shown = repr(first["input"])
    value = "" if name in _SECRET else f" = {shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'}"
    where = f" (in {files[name].name})" if name in files else ""
    return f"setting {name}{value}: {first['msg'].lower()}{where}"


def _check_names(given: Collection[str], where: str) -> None:
    for name in given:
        if name not in Settings.model_fields:
            raise SettingsError(f"{where}there is no setting {_shown(name)}{_meant(name)}")


def _check_not_by_files(files: Mapping[str, Path]) -> None:
    """Refuse a file that sets what it may not; ``files`` has the file that decided each setting."""
    for name in _NOT_BY_FILES:
        if name in files:
            flag = "" if name in (*_PROVIDER, "embed_in", "web_sources") else f"--{name} or "
            raise SettingsError(
                f"{files[name].name}: {name} is set by {flag}{PREFIX}{name.upper()}, not by a file, which may "
                "have come with the folder"
            )
    found = () if os.environ.get(CONFIG) else (_found_file(),)
    for name in _NOT_BY_FOUND_FILES:
        if files.get(name) in found:
            raise SettingsError(
                f"{FILE}: {name} is set by {PREFIX}{name.upper()} or a file that {CONFIG} names, not by one that is "
                "found in the folder and may have come with it"
            )


def _check_variables() -> None:
    """Refuse a variable that looks like a setting and is none: otherwise it would be ignored silently."""
    for name, value in os.environ.items():
        bare = name.upper().removeprefix(PREFIX)
        if value and bare != name.upper() and bare.lower() not in Settings.model_fields and bare not in _NO_SETTINGS:
            raise SettingsError(f"there is no setting {_shown(name)}{_meant(bare, PREFIX)}; else unset it")


def _meant(name: str, prefix: str = "") -> str:
    """A hint: the setting with the nearest name or, where none is near, all of them."""
    near = get_close_matches(name.lower(), Settings.model_fields, n=1)
    called = [prefix + (known.upper() if prefix else known) for known in near or Settings.model_fields]
    return f": did you mean {called[0]}?" if near else f": {', '.join(called)}"


def _shown(name: str) -> str:
    return name if len(name) <= _SHOWN else name[: _SHOWN - 1] + "…"
