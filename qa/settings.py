"""Every setting, its default and its bounds, in one frozen object.

Where a value comes from, strongest first: a command-line flag, the environment (``REFDESK_INDEX`` …), the file
``refdesk.toml`` in the working folder, the default here. All are read once, when the object is made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from index.models import DEFAULT_EMBEDDER, DEFAULT_RERANKER


class SettingsError(Exception):
    """A setting with a value it cannot have. The message is one line."""


class Settings(BaseSettings):
    """See the module's docstring for where values come from."""

    model_config = SettingsConfigDict(
        env_prefix="REFDESK_", toml_file="refdesk.toml", frozen=True, extra="forbid", env_ignore_empty=True
    )

    index: Annotated[Path, AfterValidator(Path.expanduser)] = Path(".refdesk")
    # None: the one that the index was made with, or the default for a new index.
    embedder: str | None = None
    reranker: str = DEFAULT_RERANKER
    backend: Literal["extractive"] = "extractive"
    top_k: int = Field(15, ge=1, le=100)
    threshold: float | None = Field(None, ge=0, le=1)
    host: str = "127.0.0.1"
    port: int = Field(7860, ge=1, le=65535)
    concurrency: int = Field(4, ge=1, le=64)
    # The largest file that visitors of the chat may bring along, in megabytes; 0: none.
    upload_limit: int = Field(64, ge=0, le=1024)
    # What reading one file may take: seconds, and megabytes of memory.
    file_seconds: float = Field(120, gt=0, le=86_400)
    file_memory: int = Field(2048, ge=256, le=1_048_576)

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
        raise SettingsError(f"setting {name} = {first['input']!r}: {first['msg'].lower()}") from error
    except ValueError as error:  # refdesk.toml does not parse
        raise SettingsError(f"refdesk.toml: {error}") from error
