"""Every setting, its default and its bounds, in one frozen object, which remembers where each value comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from documents.errors import RefdeskError
from index.address import DatabaseUrl
from index.models import DEFAULT_EMBEDDER
from qa.settings.types import Issuer, Key, Location, Names, Networks, Server, Sites

PREFIX = "REFDESK_"
# What a file may set silently; everything else may decide where documents and keys go, or what is allowed.
_QUIET = {
    "context", "max_tokens", "temperature", "seed", "generation_seconds", "unsupported", "top_k", "port",
    "concurrency", "workers", "log_format", "stop_seconds",
    "chat_title", "chat_welcome", "chat_colour", "chat_examples",
}  # fmt: skip
# Where a setting comes from: a file, or one of these words.
Origin = Path | Literal["flag", "environment", "default"]


class SettingsError(RefdeskError):
    """A setting with a value it cannot have. The message is one line."""


class Settings(BaseSettings):
    """See ``qa.settings`` for where values come from."""

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
    backend: Literal["extractive", "local", "openai", "llamacpp", "transformers"] = "extractive"
    # Of the backends that write: the server's name for it, a GGUF file, or a folder or hub name.
    model: str | None = None
    base_url: Server | None = None
    api_key: Key | None = None
    # Tokens that prompt and reply may take together, and the reply alone.
    context: int = Field(4096, ge=256, le=1_048_576)
    max_tokens: int = Field(512, ge=1, validate_default=True)
    # The prompt: full, or brief for weak and slow models. None: brief for the local backend.
    prompt: Literal["full", "brief"] | None = None
    temperature: float = Field(0.0, ge=0, le=2)
    seed: int = Field(0, ge=0, le=2**31 - 1)
    # How long a model may be silent, in seconds; a whole reply may take five times as long.
    generation_seconds: float = Field(60, gt=0, le=86_400)
    # What becomes of a model's sentence that the documents do not bear out: the nearest quotation stands in its place,
    # it is left out, or it is shown struck.
    unsupported: Literal["quote", "drop", "strike"] = "quote"
    # Whether a language model answers from what it knows where the documents do not, apart from them.
    beyond: bool = False
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
