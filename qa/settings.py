"""Every setting, its default and its bounds, in one frozen object.

Where a value comes from, strongest first: a command-line flag, the environment (``REFDESK_INDEX`` …), the file that
``REFDESK_CONFIG`` names, or else ``refdesk.toml`` in the working folder, the default here. All are read once, by
``read``.

The working folder may be somebody else's, so the settings remember which of them a file decided. ``set_by_files`` names
those that decide where documents and keys go; ``key_for_server`` sends no key to an address that only a file names; and
a file that is found, and not named, weakens no defence.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from documents.errors import RefdeskError
from index.address import DatabaseUrl
from index.models import DEFAULT_EMBEDDER
from qa.setting_types import Issuer, Key, Location, Names, Networks, Server, Sites

FILE = "refdesk.toml"
PREFIX = "REFDESK_"
CONFIG = f"{PREFIX}CONFIG"  # the variable that names a file in the place of the one in the working folder
# Variables with the prefix that are no settings: the file's, debugging, and what tests and benchmarks read.
_NO_SETTINGS = ("CONFIG", "DEBUG", "CHROMIUM", "DATA")
# These may hold a secret: errors do not repeat their values.
_SECRET = ("index", "api_key", "base_url", "oidc_client_secret")
# What a file may set silently; everything else may decide where documents and keys go, or what is allowed.
_QUIET = {
    "context", "max_tokens", "temperature", "seed", "generation_seconds", "unsupported", "top_k", "port",
    "concurrency", "workers", "log_format", "stop_seconds",
    "chat_title", "chat_welcome", "chat_colour", "chat_examples",
}  # fmt: skip
_PROVIDER = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_new_users", "oidc_name_claim",
             "oidc_groups_claim", "oidc_scope")  # fmt: skip
# What no file may set: who may reach the chat, and the model that decides what counts as supported.
_NOT_BY_FILES = ("public", "embed_in", "web_sources", "verifier", "judge", *_PROVIDER)
# What only a file may set that its owner has named: when an answer is refused, what is done about instructions in
# documents, which hosts and proxies are believed, and how much strangers may send and files may take.
_NOT_BY_FOUND_FILES = ("threshold", "write_always", "defence", "hosts", "trusted_proxy", "rate_of_user",
                       "rate_of_address", "file_seconds", "file_memory")  # fmt: skip
_SHOWN = 80  # characters of a bad value
# Variables with a secret that goes wherever the setting leads: no file may name that place.
_SECRETS_FOR = {
    "index": ("PGPASSWORD",),
    "otlp_endpoint": ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"),
}

# Where a setting comes from: a file, or one of these words.
Origin = Path | Literal["flag", "environment", "default"]
# What one place says of the settings, by name.
Layer = tuple[Origin, Mapping[str, object]]


class SettingsError(RefdeskError):
    """A setting with a value it cannot have. The message is one line."""


class Settings(BaseSettings):
    """See the module's docstring for where values come from."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        hide_input_in_errors=True,  # an input may be a key
        arbitrary_types_allowed=True,
    )

    index: Location = Path(".refdesk")
    # None: the one that the index was made with, or the default for a new index.
    embedder: str | None = None
    # A cross-encoder that ranks passages, by folder or hub name. None: the judge, which reads them too.
    reranker: str | None = None
    # A cross-encoder that says what follows from a text, by folder or hub name. None: the shipped one.
    verifier: str | None = None
    # Other weights of the judge (``qa.read.judge``).
    judge: Path | None = None
    backend: Literal["extractive", "openai", "llamacpp", "transformers"] = "extractive"
    # Of the backends that write: the server's name for it, a GGUF file, or a folder or hub name.
    model: str | None = None
    base_url: Server | None = None
    api_key: Key | None = None
    # Tokens that prompt and reply may take together, and the reply alone.
    context: int = Field(4096, ge=256, le=1_048_576)
    max_tokens: int = Field(512, ge=1, validate_default=True)
    temperature: float = Field(0.0, ge=0, le=2)
    seed: int = Field(0, ge=0, le=2**31 - 1)
    # How long a model may be silent, in seconds; a whole reply may take five times as long.
    generation_seconds: float = Field(60, gt=0, le=86_400)
    # Sentences of a model that the documents do not support: left out, or shown struck.
    unsupported: Literal["drop", "strike"] = "drop"
    # Whether the model is asked also where the evidence is too weak to quote an answer; it may decline.
    write_always: bool = False
    # Whether what a document orders its reader to do is neither quoted nor followed; off only to measure it.
    defence: bool = True
    top_k: int = Field(15, ge=1, le=100)
    threshold: float | None = Field(None, ge=0, le=1)
    host: str = "127.0.0.1"
    port: int = Field(7860, ge=1, le=65535)
    # Whether others than this machine may reach the chat: a host that lets them is refused without it.
    public: bool = False
    # Names that the chat is reached by besides its host, by commas: those that a browser shows in its address.
    hosts: Names = ()
    # The sites that may show the chat as a part of their pages (/embed), by commas, such as https://intranet.example.
    embed_in: Sites = ()
    # What the chat calls itself, how it welcomes, in which colour (#0b5d4d) and with which image, and what it suggests.
    chat_title: str = Field("Refdesk", min_length=1, max_length=100)
    chat_welcome: str = Field("", max_length=300)
    chat_colour: str = ""
    chat_logo: Path | None = None
    chat_examples: tuple[str, ...] = ()
    # The addresses or networks of a proxy before the chat, by commas: what it says of visitors' addresses is believed.
    trusted_proxy: Networks = ""
    # Whether the log of who did what holds the questions' texts.
    audit_questions: bool = False
    # Seconds for which the server finishes running answers when it is told to end.
    stop_seconds: int = Field(3, ge=0, le=3600)
    # How the server logs: lines for people, or a JSON object a line, with one for each request.
    log_format: Literal["plain", "json"] = "plain"
    # Where spans of answers are sent, by OpenTelemetry's protocol over HTTP; None: nowhere.
    otlp_endpoint: Server | None = None
    # An identity provider by OpenID Connect, where others than this machine are let in; its issuer as it writes it.
    oidc_issuer: Issuer | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    # Whether whoever it vouches for becomes a user; else only those whom refdesk users add --by-provider has named.
    oidc_new_users: bool = False
    oidc_name_claim: str = "preferred_username"
    oidc_groups_claim: str = "groups"
    oidc_scope: str = "openid profile email"
    # Requests a minute of a user or token, and of an address, where others than this machine are let in; 0: no limit.
    rate_of_user: int = Field(300, ge=0, le=1_000_000)
    rate_of_address: int = Field(600, ge=0, le=1_000_000)
    # Whether streamed chat completions tell sources by Open WebUI's own events, with their quotes.
    open_webui: bool = False
    # Questions that are answered at a time, and the processes that answer them; 1: the one that serves does.
    concurrency: int = Field(4, ge=1, le=64)
    workers: int = Field(1, ge=1, le=64)
    # The largest file that visitors of the chat may bring along, in megabytes; 0: none.
    upload_limit: int = Field(64, ge=0, le=1024)
    # Whether visitors may name pages of the web, which the server then fetches and reads like their files.
    web_sources: bool = False
    # What reading one file may take: seconds, and megabytes of memory.
    file_seconds: float = Field(120, gt=0, le=86_400)
    file_memory: int = Field(2048, ge=256, le=1_048_576)

    @field_validator("max_tokens")
    @classmethod
    def _leaves_room_for_the_prompt(cls, value: int, info: ValidationInfo) -> int:
        context = info.data.get("context", value + 1)
        if value >= context:
            raise PydanticCustomError("max_tokens", f"it must be less than context ({context})")
        return value

    # What decided each setting that has no default value.
    _origins: dict[str, Origin] = PrivateAttr(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder of users, tokens, feedback and visitors' files: that of the index, or one for its database."""
        return self.index.folder if isinstance(self.index, DatabaseUrl) else self.index

    @property
    def new_embedder(self) -> str:
        """The embedder to make a new index with."""
        return self.embedder or DEFAULT_EMBEDDER

    @property
    def set_by_files(self) -> tuple[str, ...]:
        """A line for each file that decides where documents and keys go: which settings it sets, and to what."""
        changed = {name: file for name, file in self._changed.items() if isinstance(file, Path) and name not in _QUIET}
        return tuple(
            f"{file} sets {', '.join(self._described(name) for name, by in changed.items() if by == file)}"
            for file in dict.fromkeys(changed.values())
        )

    @property
    def changed(self) -> tuple[tuple[str, Origin], ...]:
        """Every setting that differs from its default, such as "top_k = 5", and where it comes from; no secrets."""
        return tuple((self._described(name), origin) for name, origin in self._changed.items())

    @property
    def _changed(self) -> dict[str, Origin]:
        fields = type(self).model_fields
        return {name: by for name, by in self._origins.items() if getattr(self, name) != fields[name].default}

    def _described(self, name: str) -> str:
        value = getattr(self, name)
        if name == "base_url":  # what follows the host may be a secret
            value = "{0.scheme}://{0.netloc}".format(urlsplit(value))
        return name if name == "api_key" else f"{name} = {value}"

    def key_for_server(self) -> SecretStr | None:
        """The key to send to ``base_url``.

        Raises:
            SettingsError: a file names the address, and the key is not that file's.
        """
        file = self._origins.get("base_url")
        if self.api_key and isinstance(file, Path) and self._origins.get("api_key") != file:
            address = self._described("base_url").removeprefix("base_url = ")
            raise SettingsError(
                f"{file} names the server, but not the key (REFDESK_API_KEY), which is sent to no server that a file "
                f"names: if {address} may have it, name the server with "
                "--base-url or REFDESK_BASE_URL; else unset REFDESK_API_KEY"
            )
        return self.api_key

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)  # ``read`` merges the layers itself, to keep where each value comes from


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
