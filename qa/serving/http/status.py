"""The status of a response, as a middleware sees it pass."""

from __future__ import annotations

from starlette.types import Message, Send


class SeenStatus:
    """Sends what ``send`` sends, and keeps the ``status`` of the response; until one is sent, the one given."""

    def __init__(self, send: Send, status: int) -> None:
        self.status = status
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)
