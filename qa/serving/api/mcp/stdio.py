"""The protocol over standard input and output, for an assistant that starts ``refdesk mcp`` as its own process."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

import anyio
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server

from qa.serving.access.asker import Asker
from qa.serving.api.app_state import AppState
from qa.serving.api.citing import Links
from qa.serving.api.mcp.server import Context, server_over
from qa.serving.api.mcp.tool import Caller

HERE = "refdesk:"  # in the place of a server's address
ASKER = Asker("this process")


def serve(state: AppState) -> None:
    """Speak the protocol until standard input ends. Nothing else is written to standard output meanwhile.

    It is spoken in a daemon thread, so that an interrupt ends the process though a read of standard input goes on.
    """
    ended = Future[None]()

    def speak() -> None:
        try:
            anyio.run(_speak, server_of(state))
        except BaseException as error:
            ended.set_exception(error)
        else:
            ended.set_result(None)

    threading.Thread(target=speak, name="mcp", daemon=True).start()
    ended.result()


def server_of(state: AppState) -> Server[Any]:
    """The server for whoever started this process, who is told of errors as the command line tells them."""
    links = Links(HERE)

    def caller_of(context: Context) -> Caller:
        return Caller(state, ASKER, links, context.session)

    return server_over(caller_of, str)


async def _speak(server: Server[Any]) -> None:
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
