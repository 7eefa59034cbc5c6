"""Who is asking, and so what may be seen: the one place that every route takes this from."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from index.passage import Scope
from qa.serving.hosts import network_of
from qa.serving.queue import Visitor
from qa.serving.uploads import owner_of

CONVERSATION = "x-refdesk-conversation"  # the header that holds the secret of a conversation with files of its own


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a request: its client's address, or the network that stands for it, and the owner of its files."""

    address: str
    owner: str | None = None

    @property
    def scope(self) -> Scope:
        """The sources that it may see."""
        return Scope(owner=self.owner)

    @property
    def visitor(self) -> Visitor:
        """Its place among those who ask in the chat."""
        return Visitor(self.address, self.owner or "")

    @property
    def program(self) -> Visitor:
        """Its place where a program asks for it."""
        return Visitor(self.address, self.owner or "", is_program=True)


def asker_of(request: Request) -> Asker:
    """Who sent the request; a secret that is none counts as no conversation."""
    address = network_of(request.client.host) if request.client else ""
    return Asker(address, owner_of(request.headers.get(CONVERSATION)))
