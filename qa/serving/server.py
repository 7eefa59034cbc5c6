"""The server of the chat and the API: the address it listens on, how it starts, and how a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from documents.errors import RefdeskError
from qa.serving.access.access_control import EVERYONE, AccessControl
from qa.serving.answering.answerer import Answerer
from qa.serving.answering.queue import AT_ONCE, FairQueue
from qa.serving.chat.page import mount
from qa.serving.chat.routes import NO_EXTRAS, Extras
from qa.serving.http.hosts import Hosts
from qa.serving.http.logs import limit_logs

if TYPE_CHECKING:
    import gradio as gr
    import uvicorn

    from qa.serving.api.app import Api
    from qa.serving.api.changes import Changes

WAITING_CONNECTIONS = 1024  # that the system holds until they are accepted
ACCEPTED_AT_ONCE = 32  # connections accepted before those that are too many are closed again
FINISH = 3  # seconds from a signal to end for which what is being answered may still be finished
CUT = 1.0  # seconds after these in which what was cut off tells its clients so
END = 1.5  # seconds after these until this process ends, whatever it is doing


class PortInUseError(RefdeskError):
    """The address cannot be listened on. The message is one line: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the page is served: the host and port to listen on, and other names it is reached by.

    What a ``proxy`` (addresses or networks, separated by commas) says of a visitor's address is believed, and what
    anyone else says is not.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    hosts: Sequence[str] = ()
    proxy: str = ""


def check_port(host: str, port: int) -> None:
    """Raises PortInUseError when ``host``:``port`` cannot be listened on. Loads nothing."""
    listen(host, port).close()


def launch(
    blocks: gr.Blocks,
    answerer: Answerer,
    address: Address = Address(),
    extras: Extras = NO_EXTRAS,
    queue: FairQueue | None = None,
    api: Api | Changes | None = None,
    access: AccessControl = EVERYONE,
    finish: int = FINISH,
    framed_by: Sequence[str] = (),
) -> None:
    """Serves the page, and the ``api`` beside it, until it is interrupted. ``answerer`` answers in turns of ``queue``.

    ``access`` says who is let in, and the sites ``framed_by`` may embed the page.

    After a signal to end, no more connections are taken, and what is being answered may be finished within ``finish``
    seconds; a second interrupt ends it at once.

    Raises:
        PortInUseError: the address cannot be listened on.
    """
    with listen(address.host, address.port) as listener:
        from fastapi import FastAPI

        app = FastAPI(title="Refdesk", openapi_url=None)
        if api:
            api.add_to(app)
        mount(
            app,
            blocks,
            answerer,
            queue or FairQueue(AT_ONCE),
            extras=extras,
            hosts=Hosts(address.host, address.hosts),
            paths=api.paths if api else (),
            bodies=api.bodies if api else None,
            access=access,
            framed_by=framed_by,
        )
        limit_logs()

        async def end() -> None:
            """Deletes uploads, too: after this, a signal to end may leave no more time."""
            if api and api.state.end:
                await asyncio.to_thread(api.state.end)
            if extras.uploads:
                await asyncio.to_thread(extras.uploads.close)

        with contextlib.suppress(KeyboardInterrupt):
            server_of(configure(app, address, finish), listener, address.host, finish, end).run(sockets=[listener])


def server_of(
    config: uvicorn.Config, listener: socket.socket, host: str, finish: int, end: Callable[[], Awaitable[None]]
) -> uvicorn.Server:
    """A server that says when it listens, and ends by ``end``, at the latest so long after a signal to."""
    import uvicorn

    bound = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            listener.listen(WAITING_CONNECTIONS)
            if self.started:
                print(f"Refdesk is listening on http://{shown}:{bound}", flush=True)

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            _end_within(finish + END, 128 + sig)
            super().handle_exit(sig, frame)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await super().shutdown(sockets)
            # A signal that was caught ends this process right after this; a second one does not wait.
            cut = set[asyncio.Task[None]]() if self.force_exit else set(self.server_state.tasks)
            await asyncio.gather(end(), *([asyncio.wait(cut, timeout=CUT)] if cut else []))

    return Server(config)


def configure(app: Any, address: Address, finish: int = FINISH) -> uvicorn.Config:
    """How the server runs: limited connections, one place for its log, and no word of a proxy that is not named.

    ``finish`` is for how many seconds it finishes what it has begun when it is to end.
    """
    import uvicorn

    from qa.serving.http.connections import ConnectionLimits, Connections, limited
    from qa.serving.http.request_id import RequestIds
    from qa.serving.http.shutdown import ShutdownMiddleware

    return uvicorn.Config(
        RequestIds(ShutdownMiddleware(app)),
        http=limited(Connections(ConnectionLimits(proxies=address.proxy))),
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=bool(address.proxy),
        forwarded_allow_ips=address.proxy,
        server_header=False,
        reset_contextvars=True,  # else a request's id may get into the lines of the next one on its connection
        backlog=ACCEPTED_AT_ONCE,
        timeout_graceful_shutdown=finish,
    )


def _end_within(seconds: float, code: int) -> None:
    """Ends this process after ``seconds``, whatever its threads do. What is half done is undone at the next start.

    The store is whole at any moment, and processes that read files end with this one.
    """
    last = threading.Timer(seconds, os._exit, (code,))
    last.daemon = True
    last.start()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        PortInUseError: the address cannot be listened on.
    """
    if not 0 <= port <= 65_535:  # the resolver would quietly take it modulo 65,536
        raise PortInUseError(f"cannot listen on port {port}: ports end at 65535")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Only of sockets that name the protocol, asyncio turns off the delay of small packets: some 40 ms a response.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise PortInUseError(f"cannot listen on {host}: {getattr(error, 'strerror', None) or error}") from error
    try:
        if os.name == "posix":  # elsewhere the option lets two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(f"port {port} is taken; choose another with --port") from error
        raise PortInUseError(f"cannot listen on {host}:{port}: {error}") from error
    return listener
