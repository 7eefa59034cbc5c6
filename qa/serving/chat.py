"""The web chat: a Gradio page that shows, for every sentence of an answer, the characters it rests on.

The page (``web/chat.html``, ``.css``, ``.js``) is one ``gr.HTML`` component. What it asks for has routes of its own
(``routes``), and Gradio's queue is closed: one request to it can stop it for everyone (``docs/security.md``). The
server keeps nothing between two questions but the files brought along (``uploads``): the conversation lives in the
visitor's own tab. Gradio is imported inside the functions that need it, so that ``check_port`` can run before anything
heavy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import FrameType
from typing import TYPE_CHECKING, Any

from documents.load import FORMATS
from qa.serving.evidence import Evidence
from qa.serving.guard import Guard
from qa.serving.hosts import Hosts, is_loopback
from qa.serving.logs import bound_logs
from qa.serving.replies import Answerer
from qa.serving.routes import routes
from qa.serving.turns import Turns
from qa.serving.uploads import MEGABYTE, Uploads

if TYPE_CHECKING:
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI

# Joined in this order into the body of one function. A variable is unusable above its declaration: start.js is last.
SCRIPTS = ("originals.js", "chat.js", "files.js", "start.js")
WAITING_CONNECTIONS = 1024  # that the system holds until they are accepted
ACCEPTED_AT_ONCE = 32  # connections, before those that are too many are closed again
END = 4.5  # seconds from a signal until this process ends, whatever it is doing


class PortInUse(Exception):  # noqa: N818
    """The address cannot be listened on. The message is one line: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What the page offers beside answers, each where it is given: bringing files along, and originals."""

    uploads: Uploads | None = None
    evidence: Evidence | None = None


NOTHING = Beside()


@dataclass(frozen=True, slots=True)
class Asking:
    """Who answers questions, and how many at a time."""

    answerer: Answerer
    at_once: int = 4


@dataclass(frozen=True, slots=True)
class Address:
    """Where the page is served: host and port to listen on, and by which names it is reached besides.

    What ``proxy`` (addresses or networks, by commas) says of a visitor's address is believed, and nobody else.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    hosts: Sequence[str] = ()
    proxy: str = ""


def build(*, examples: Sequence[str], summary: str, beside: Beside = NOTHING) -> gr.Blocks:
    """The page, ready to ``launch`` or ``mount``."""
    import gradio as gr

    blocks = gr.Blocks(title="Refdesk", analytics_enabled=False, fill_width=True)
    with blocks:
        gr.HTML(
            value="",
            html_template=_web("chat.html"),
            js_on_load="\n".join(map(_web, SCRIPTS)),
            apply_default_css=False,
            elem_id="refdesk",
            summary=summary,
            examples=list(examples),
            uploads=_offered(beside.uploads),
            evidence=beside.evidence is not None,
        )
    return blocks


def mount(
    app: FastAPI,
    blocks: gr.Blocks,
    asking: Asking,
    *,
    path: str = "/",
    beside: Beside = NOTHING,
    hosts: Hosts | None = None,
) -> None:
    """Serves the page under ``path`` of ``app``, with only the routes that the page needs."""
    import gradio as gr

    prefix = path.rstrip("/")
    app.router.routes.extend(routes(prefix, asking.answerer, Turns(asking.at_once), beside.uploads, beside.evidence))
    upload_bytes = beside.uploads.max_bytes if beside.uploads else 0
    app.add_middleware(Guard, prefix=prefix, upload_bytes=upload_bytes, hosts=hosts)
    gr.mount_gradio_app(
        app,
        blocks,
        path,
        favicon_path=str(resources.files("qa.serving") / "web" / "favicon.svg") if path == "/" else None,
        theme=_theme(),
        css=_web("chat.css"),
        footer_links=[],
        run_history=False,
        show_error=False,
        allowed_paths=[],
        max_file_size=1,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
    )


class NotPublic(Exception):  # noqa: N818
    """A host that others than this machine reach, without a word that they may. The message is one line."""


def check_public(host: str, public: bool) -> None:
    """Raises NotPublic when others than this machine would reach ``host`` though it is not meant to be ``public``."""
    if not (public or is_loopback(host)):
        raise NotPublic(
            f"on {host} everyone who reaches this machine could read the indexed documents and bring files, and nobody "
            "is asked who they are: add --public if that is meant"
        )


def check_port(host: str, port: int) -> None:
    """Raises PortInUse when ``host``:``port`` cannot be listened on. Loads nothing."""
    _listen(host, port).close()


def launch(blocks: gr.Blocks, asking: Asking, address: Address = Address(), beside: Beside = NOTHING) -> None:
    """Serves the page until interrupted."""
    with _listen(address.host, address.port) as listener:
        import uvicorn
        from fastapi import FastAPI

        bound = listener.getsockname()[1]
        shown = f"[{address.host}]" if ":" in address.host else address.host

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                listener.listen(WAITING_CONNECTIONS)
                if self.started:
                    print(f"Refdesk is listening on http://{shown}:{bound}", flush=True)

            def handle_exit(self, sig: int, frame: FrameType | None) -> None:
                _end_within(END, 128 + sig)
                super().handle_exit(sig, frame)

            async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
                """Also what visitors brought along goes: after this, a signal to end may leave no more time."""
                await super().shutdown(sockets)
                if beside.uploads:
                    await asyncio.to_thread(beside.uploads.close)

        app = FastAPI(title="Refdesk", openapi_url=None)
        mount(app, blocks, asking, beside=beside, hosts=Hosts(address.host, address.hosts))
        bound_logs()
        with contextlib.suppress(KeyboardInterrupt):
            Server(configure(app, address)).run(sockets=[listener])


def _end_within(seconds: float, code: int) -> None:
    """End this process then at the latest, whatever its threads are at: what is half done is undone at the next start.

    The store is whole at any moment, and processes that read files end with this one.
    """
    last = threading.Timer(seconds, os._exit, (code,))
    last.daemon = True
    last.start()


def configure(app: Any, address: Address) -> uvicorn.Config:
    """How the server runs: bounded connections, one place for its log, and no word of a proxy that is not named."""
    import uvicorn

    from qa.serving.connections import Bounds, Connections, bounded

    return uvicorn.Config(
        app,
        http=bounded(Connections(Bounds(proxies=address.proxy))),
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=bool(address.proxy),
        forwarded_allow_ips=address.proxy,
        server_header=False,
        backlog=ACCEPTED_AT_ONCE,
        timeout_graceful_shutdown=1,  # a second is enough for what is being sent
    )


def _offered(uploads: Uploads | None) -> dict[str, Any] | None:
    if uploads is None:
        return None
    limit = f"{uploads.max_bytes // MEGABYTE} MB"
    return {
        "bytes": uploads.max_bytes,
        "limit": limit,
        "formats": [suffix for suffix, kind in FORMATS.items() if kind.is_ready()],
    }


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:  # the resolver would quietly take it modulo 65,536
        raise PortInUse(f"cannot listen on port {port}: ports end at 65535")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PortInUse(f"cannot listen on {host}: {getattr(error, 'strerror', None) or error}") from error
    try:
        if os.name == "posix":  # elsewhere the option lets two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        if "in use" in str(error).lower():
            raise PortInUse(f"port {port} is taken; choose another with --port") from error
        raise PortInUse(f"cannot listen on {host}:{port}: {error}") from error
    return listener


@cache
def _web(name: str) -> str:
    return (resources.files("qa.serving") / "web" / name).read_text("utf-8")


def _theme() -> Any:
    """The visitor's own fonts: a plain name would be looked for on this server, a Google font elsewhere."""
    from gradio.themes import Base
    from gradio.themes.utils.fonts import Font

    sans = [Font(name) for name in ("system-ui", "-apple-system", "Segoe UI", "sans-serif")]
    return Base(font=sans, font_mono=[Font("ui-monospace"), Font("monospace")])
