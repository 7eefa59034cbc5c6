"""Which requests come from this server's own page: checked by their Host and Origin headers.

A page of another site can make a visitor's browser send requests here. By DNS rebinding (its own name is made to lead
here) it could even read the answers; the browser then sends that name as Host, which gives it away.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x7e]*")  # a path of this server, and no other address
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d+)?", re.ASCII)


class Hosts:
    """The names that a server is reached by: the one it listens on, and those in ``named``.

    A server that listens on all addresses is reached by any IP address, too: DNS rebinding cannot imitate these.
    """

    def __init__(self, listening: str = "127.0.0.1", named: Iterable[str] = ()) -> None:
        self._all_addresses = is_every_address(listening)
        self._names = {name.lower().strip("[]") for name in (*named, listening)}
        if self._all_addresses or is_loopback(listening):
            self._names |= set(_LOOPBACK)

    def allow(self, host: str) -> bool:
        """Whether a request with that Host header is for this server."""
        name = _place(f"//{host}")[0] if _HOST.fullmatch(host) else ""
        return name in self._names or (self._all_addresses and _address(name) is not None)


def is_same_origin(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a page of this server, from no page at all, or only opens a page here.

    The names of ``headers`` are in lower case. Programs other than browsers send no origin.
    """
    origin = headers.get("origin")
    if origin is not None:
        port = _PORTS.get(origin.partition(":")[0])
        own = _place(f"//{headers.get('host', '')}", port)
        return port is not None and own[0] != "" and _place(origin, port) == own
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return True
    return method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate"


def local(address: str) -> str:
    """``address`` if it is a path of this server; else the chat's."""
    return address if _LOCAL.fullmatch(address) else "/"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on ``host``."""
    address = _address(host.strip("[]"))
    return address.is_loopback if address else host.lower() == "localhost"


def is_every_address(host: str) -> bool:
    """Whether a server that listens on ``host`` is reached by all addresses of this machine."""
    address = _address(host.strip("[]"))
    return address.is_unspecified if address else host == ""


def network_of(client: str) -> str:
    """What stands for one visitor: an IPv4 address, or the /64 network of an IPv6 address, all of which he may have."""
    address = _address(client)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return client


def is_among(address: str, networks: str) -> bool:
    """Whether an address or network lies in one of ``networks``, which are separated by commas."""
    if not networks:
        return False
    own = ipaddress.ip_network(address, strict=False)
    known = [ipaddress.ip_network(network) for network in networks.split(",")]
    return any(own.version == network.version and own.subnet_of(network) for network in known)  # type: ignore[arg-type]


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _place(url: str, port: int | None = None) -> tuple[str, int | None]:
    """Host name and port of a URL, by default ``port``. A malformed URL has the name ""."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").rstrip("."), parts.port or port
    except ValueError:
        return "", None
