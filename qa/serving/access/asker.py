"""Who is asking, and so what may be seen: the one place that every route takes this from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import unquote

from starlette.requests import Request

from index.passage import EVERY_COLLECTION, Collections, Scope
from qa.serving.access.rights import LISTING, RIGHTS, Right, includes
from qa.serving.answering.queue import Visitor
from qa.serving.http.hosts import network_of
from qa.serving.uploads.uploads import owner_of

CONVERSATION = "x-refdesk-conversation"  # the header that holds the secret of a conversation with files of its own
COLLECTION = "x-refdesk-collection"  # the header that limits the page to one collection
USER = "user "  # what the name of an asker begins with who has logged in
ASKER = "refdesk.asker"  # where a request's scope holds who sent it (qa.serving.access.gate)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a request: its client's address, or the network that stands for it, and the owner of its files.

    ``name`` says which user or token it is ("": nobody was asked), ``rights`` what it may do, and ``collections`` what
    of everyone's documents it may see. ``collection`` is the one that its page is limited to.
    """

    address: str
    owner: str | None = None
    name: str = ""
    rights: frozenset[Right] = frozenset(RIGHTS)
    collections: Collections = EVERY_COLLECTION
    collection: str | None = None

    @property
    def user(self) -> str | None:
        """The user who has logged in; None: nobody has."""
        return self.name.removeprefix(USER) if self.name.startswith(USER) else None

    @property
    def scope(self) -> Scope:
        """The sources that it may see, and whether it may be told which there are."""
        is_told = includes(self.rights, LISTING)
        return Scope(self.collection, self.owner, collections=self.collections, with_list=is_told)

    @property
    def shared(self) -> Scope:
        """Of these, the sources that are nobody's own."""
        return replace(self.scope, owner=None)

    @property
    def visitor(self) -> Visitor:
        """Its place among those who ask in the chat."""
        return Visitor(self.address, self.owner or "")

    @property
    def program(self) -> Visitor:
        """Its place where a program asks for it."""
        return Visitor(self.address, self.owner or "", is_program=True)

    @classmethod
    def of(
        cls,
        request: Request,
        name: str = "",
        rights: frozenset[Right] = frozenset(RIGHTS),
        collections: Collections = EVERY_COLLECTION,
    ) -> Asker:
        """Who sent the request; a conversation's secret that is none counts as no conversation."""
        owner = owner_of(request.headers.get(CONVERSATION), name)
        collection = request.headers.get(COLLECTION)
        limited = None if collection is None else unquote(collection)
        return cls(address_of(request), owner, name, rights, collections, limited)


def asker_of(request: Request) -> Asker:
    """Who sent the request, as the gate has found out; without a gate there is nobody, and a KeyError."""
    asker: Asker = request.scope[ASKER]
    return asker


def address_of(request: Request) -> str:
    """The client's address, or the network that stands for it."""
    return network_of(request.client.host) if request.client else ""


def note_question(request: Request, question: str) -> None:
    """Tell the gate which question the request asks, for its audit log."""
    request.state.question = question


def note_call(request: Request, tool: str, question: str) -> None:
    """Tell the gate which tool the request calls, and what is asked by it, for its audit log."""
    request.state.tool = tool
    note_question(request, question)
