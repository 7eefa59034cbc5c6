"""The protocol's server over a state: it lists the tools and calls them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)
from pydantic import ValidationError

from documents.document import printable
from documents.errors import RefdeskError
from qa.serving.api.mcp.documents import FETCH, SEARCH
from qa.serving.api.mcp.marks import MEANING
from qa.serving.api.mcp.questions import ASK, VERIFY
from qa.serving.api.mcp.tool import Caller, Tool

TOOLS: dict[str, Tool[Any]] = {tool.name: tool for tool in (SEARCH, FETCH, ASK, VERIFY)}
INSTRUCTIONS = (
    "Refdesk answers questions from one library of documents. ask gives an answer whose sentences are cited; search "
    f"and fetch read the documents themselves. Cite by the urls that results hold. {MEANING}"
)
UNEXPECTED = "Refdesk could not do that; its log says why."

Context = ServerRequestContext[Any, Any]
logger = logging.getLogger(__name__)


def server_over(caller_of: Callable[[Context], Caller], told: Callable[[RefdeskError], str]) -> Server[Any]:
    """The server. ``caller_of`` tells who calls, and ``told`` what a caller is told of an error, in one line."""

    async def list_tools(_: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[tool.listed for tool in TOOLS.values()])

    async def call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        tool = TOOLS.get(params.name)
        if tool is None:
            name = printable(params.name[:80])
            raise MCPError(INVALID_PARAMS, f"there is no tool {name!r}: there are {', '.join(TOOLS)}")
        try:
            return await tool.call(caller_of(context), params.arguments or {})
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            return _failed(": ".join([".".join(map(str, first["loc"])) or tool.name, first["msg"]]))
        except RefdeskError as error:
            return _failed(told(error))
        except Exception:
            logger.exception("the tool %s failed", tool.name)
            return _failed(UNEXPECTED)

    return Server(
        "refdesk",
        version=version("refdesk"),
        title="Refdesk",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=lambda _: None,  # no argument comes as a header, too
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _failed(reason: str) -> CallToolResult:
    """The failure of a call, in one line, which the assistant reads and can act on."""
    line = printable(" ".join(reason.encode("utf-8", "replace").decode().split()))
    return CallToolResult(content=[TextContent(text=line)], is_error=True)
