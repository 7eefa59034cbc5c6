"""Which requests come from this server's own page: the names it is reached by, and the origins that browsers tell.

A page of another site can make a visitor's browser send requests here, and by changing what its own name leads to (DNS
rebinding) even read the answers, were it not for the name that the browser then sends as Host.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d+)?", re.ASCII)


class Hosts:
    """The names that a server which listens on ``listening`` is reached by, and those in ``named``.

    One that listens on all addresses is reached by any address too, as no name can be made to be one.
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

    ``headers`` are by name in lower case. Programs that are no browsers tell no origin.
    """
    origin = headers.get("origin")
    if origin is not None:
        port = _PORTS.get(origin.partition(":")[0])
        own = _place(f"//{headers.get('host', '')}", port)
        return port is not None and own[0] != "" and _place(origin, port) == own
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return True
    return method in ("GET", "HEAD") and headers.get("sec-fetch-mode") == "navigate"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on ``host``."""
    address = _address(host.strip("[]"))
    return address.is_loopback if address else host.lower() == "localhost"


def is_every_address(host: str) -> bool:
    """Whether a server that listens on ``host`` is reached by all addresses of this machine."""
    address = _address(host.strip("[]"))
    return address.is_unspecified if address else host == ""


def network_of(client: str) -> str:
    """Whom a client's address stands for: an IPv6 visitor has a whole /64 of them."""
    address = _address(client)
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return client


def is_among(address: str, networks: str) -> bool:
    """Whether an address, or what it stands for, is in one of the ``networks``, which are divided by commas."""
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
    """Name and port of a URL; ``port`` where it tells none. A malformed one has no name."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").rstrip("."), parts.port or port
    except ValueError:
        return "", None
