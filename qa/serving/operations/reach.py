"""Where the desk listens, and who is let in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from documents.errors import RefdeskError
from qa.serving.access.access_control import access_control_of
from qa.serving.http.hosts import is_every_address
from qa.serving.operations.finding import Finding
from qa.serving.server import PortInUseError, check_port
from qa.settings import Settings

WAIT = 3  # seconds for a server that may be Refdesk's


def check_reach(settings: Settings) -> Iterator[Finding]:
    """The port, and who is let in there."""
    yield _port(settings)
    yield _access(settings)


def _port(settings: Settings) -> Finding:
    place = f"{settings.host}:{settings.port}"
    try:
        check_port(settings.host, settings.port)
    except PortInUseError as error:
        if _is_served(settings):
            return Finding("port", "ok", f"Refdesk is listening on {place}")
        return Finding("port", "wrong", str(error), "" if "--port" in str(error) else "choose another --host or --port")
    return Finding("port", "ok", f"{place} is free")


def _is_served(settings: Settings) -> bool:
    """Whether a Refdesk answers there."""
    host = "127.0.0.1" if is_every_address(settings.host) else settings.host
    host = f"[{host}]" if ":" in host else host
    direct = build_opener(ProxyHandler({}))
    try:
        with direct.open(f"http://{host}:{settings.port}/health", timeout=WAIT) as response:
            return json.loads(response.read(1000)).get("status") in ("ok", "stuck")
    except (URLError, OSError, ValueError, AttributeError):
        return False


def _access(settings: Settings) -> Finding:
    try:
        access = access_control_of(settings)
    except RefdeskError as error:  # it says what to do
        return Finding("access", "wrong", str(error))
    names = f"; names {', '.join(settings.hosts)}" if settings.hosts else ""
    if settings.public:
        return Finding("access", "ok", f"everyone who reaches {settings.host} may ask and read{names}")
    if access.login is None:
        return Finding("access", "ok", f"this machine alone, which is asked for nothing{names}")
    return Finding("access", "ok", f"those who are known: {', '.join(access.names)}{names}")
