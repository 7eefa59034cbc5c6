"""A tool that assistants call: how it is listed, what it takes, what it does; and who calls it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mcp.server.session import ServerSession
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from mcp_types import Tool as Listed
from pydantic import BaseModel, ConfigDict

from qa.serving.access.asker import Asker
from qa.serving.access.rights import TOOLS, includes
from qa.serving.api.app_state import AppState
from qa.serving.api.citing import Links
from qa.serving.api.mcp.marks import MEANING, as_json
from qa.serving.api.problems import RequestError
from qa.serving.api.schemas import Sent

ArgumentsT = TypeVar("ArgumentsT", bound="Arguments")


class Arguments(Sent):
    """What a tool takes, and nothing else."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls a tool: what it is served by, who is asking, where its citations lead, and where to tell progress.

    ``note`` is told, for the audit log, by which tool what is asked.
    """

    state: AppState
    asker: Asker
    links: Links
    session: ServerSession
    note: Callable[[str, str], None] = lambda *_: None


@dataclass(frozen=True, slots=True)
class Tool(Generic[ArgumentsT]):
    """A tool. ``result`` is the shape of its structured result; ``run`` raises a RefdeskError where it fails."""

    name: str
    title: str
    description: str
    arguments: type[ArgumentsT]
    result: type[BaseModel]
    run: Callable[[Caller, ArgumentsT], Awaitable[CallToolResult]]

    @property
    def listed(self) -> Listed:
        """The tool as the protocol lists it. No tool changes anything, or goes beyond the documents."""
        return Listed(
            name=self.name,
            title=self.title,
            description=f"{self.description} {MEANING}",
            input_schema=self.arguments.model_json_schema(),
            output_schema=self.result.model_json_schema(mode="serialization"),
            annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
        )

    async def call(self, caller: Caller, arguments: dict[str, Any]) -> CallToolResult:
        """The result of a call.

        Raises:
            RefdeskError: it fails, or the caller may not call it; the message is one line.
            ValidationError: the arguments are none of the tool's.
        """
        if not includes(caller.asker.rights, right := TOOLS[self.name]):
            raise RequestError(f"{self.name}: it takes a token with the scope {right}", 403)
        return await self.run(caller, self.arguments.model_validate(arguments))


def result_of(value: dict[str, Any], text: str | None = None) -> CallToolResult:
    """A result of one text, by default the JSON of ``value``, and ``value`` itself."""
    shown = as_json(value) if text is None else text
    return CallToolResult(content=[TextContent(text=shown)], structured_content=value)
