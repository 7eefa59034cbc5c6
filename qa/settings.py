"""Every setting, its default and its bounds, in one frozen object.

Where a value comes from, strongest first: a command-line flag, the environment (``REFDESK_INDEX`` …), the file
``refdesk.toml`` in the working folder, the default here. All are read once, when the object is made.
"""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from index.models import DEFAULT_EMBEDDER, DEFAULT_RERANKER

# What may hold a secret is not repeated in an error.
_UNTOLD = ("api_key", "base_url")


class SettingsError(Exception):
    """A setting with a value it cannot have. The message is one line."""


def _server(url: str) -> str:
    try:
        parts = urlsplit(url)
        served = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        served = False
    if not served:
        raise PydanticCustomError("base_url", "it is no address such as http://localhost:8080/v1")
    if parts.username is not None or parts.password is not None:
        raise PydanticCustomError("base_url", "leave name and password out of it, and put a key into api_key")
    return url.rstrip("/")


def _names(names: object) -> object:
    """Names as an environment holds them, by commas, or as a list of a file."""
    return tuple(filter(None, (name.strip() for name in names.split(",")))) if isinstance(names, str) else names


def _networks(networks: str) -> str:
    try:
        return networks and ",".join(str(ip_network(network.strip())) for network in networks.split(","))
    except ValueError:
        raise PydanticCustomError(
            "trusted_proxy", "it is no address such as 127.0.0.1, or network such as 10.0.0.0/8"
        ) from None


def _key(key: SecretStr) -> SecretStr:
    secret = key.get_secret_value()
    if not (secret.isascii() and secret.isprintable() and secret == secret.strip() != ""):
        raise PydanticCustomError("api_key", "a key is one line of ASCII characters without spaces around it")
    return key


class Settings(BaseSettings):
    """See the module's docstring for where values come from."""

    model_config = SettingsConfigDict(
        env_prefix="REFDESK_",
        toml_file="refdesk.toml",
        frozen=True,
        extra="forbid",
        env_ignore_empty=True,
        hide_input_in_errors=True,  # an input may be a key
    )

    index: Annotated[Path, AfterValidator(Path.expanduser)] = Path(".refdesk")
    # None: the one that the index was made with, or the default for a new index.
    embedder: str | None = None
    reranker: str = DEFAULT_RERANKER
    backend: Literal["extractive", "openai", "llamacpp", "transformers"] = "extractive"
    # Of the backends that write: the server's name for it, a GGUF file, or a folder or hub name.
    model: str | None = None
    base_url: Annotated[str, AfterValidator(_server)] | None = None
    api_key: Annotated[SecretStr, AfterValidator(_key)] | None = None
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
    hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = ()
    # The addresses or networks of a proxy before the chat, by commas: what it says of visitors' addresses is believed.
    trusted_proxy: Annotated[str, AfterValidator(_networks)] = ""
    concurrency: int = Field(4, ge=1, le=64)
    # The largest file that visitors of the chat may bring along, in megabytes; 0: none.
    upload_limit: int = Field(64, ge=0, le=1024)
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

    @property
    def new_embedder(self) -> str:
        """The embedder to make a new index with."""
        return self.embedder or DEFAULT_EMBEDDER

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def read(**flags: object) -> Settings:
    """The settings, with ``flags`` (None: not given) over everything else.

    Raises:
        SettingsError: a value is not allowed, or refdesk.toml cannot be read.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise SettingsError(
                f"refdesk.toml: there is no setting {name}: {', '.join(Settings.model_fields)}"
            ) from error
        told = "" if name in _UNTOLD else f" = {first['input']!r}"
        raise SettingsError(f"setting {name}{told}: {first['msg'].lower()}") from error
    except ValueError as error:  # refdesk.toml does not parse
        raise SettingsError(f"refdesk.toml: {error}") from error
