"""The types of settings whose values must be of a certain form: addresses, names, networks, keys."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from index.address import DatabaseUrl, location_of

_SITE = re.compile(r"https?://[\w.-]+(:\d+)?", re.ASCII)


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


def _location(location: object) -> object:
    try:
        return location_of(str(location)) if isinstance(location, str | Path) else location
    except ValueError as error:
        raise PydanticCustomError("index", str(error)) from None


def _issuer(url: str) -> str:
    parts = urlsplit(_server(url))
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise PydanticCustomError("oidc_issuer", "it must begin with https://, but for one on this machine")
    return url


def _names(names: object) -> object:
    """Names as an environment holds them, by commas, or as a list of a file."""
    return tuple(filter(None, (name.strip() for name in names.split(",")))) if isinstance(names, str) else names


def _sites(sites: tuple[str, ...]) -> tuple[str, ...]:
    for site in sites:
        if not _SITE.fullmatch(site):
            raise PydanticCustomError("embed_in", f"{site!r} is no site such as https://intranet.example")
    return sites


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


Location = Annotated[Path | DatabaseUrl, BeforeValidator(_location)]
Server = Annotated[str, AfterValidator(_server)]
Issuer = Annotated[str, AfterValidator(_issuer)]
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
Sites = Annotated[Names, AfterValidator(_sites)]
Networks = Annotated[str, AfterValidator(_networks)]
Key = Annotated[SecretStr, AfterValidator(_key)]
