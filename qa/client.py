"""A client of a running ``refdesk serve``, for Python programs.

    from qa.client import Client

    with Client("http://127.0.0.1:7860") as desk:
        answer = desk.ask("When does the library open?")
        print(answer.text)
        for citation in answer.citations:
            print(f"[{citation.number}] {citation.quote}")

Answers and documents are those of the server's description (``/docs``), typed: ``qa.serving.api.schemas``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple, TypeVar

import httpx2 as httpx

from documents.errors import RefdeskError
from qa.serving.api import schemas
from qa.serving.api.schemas import (
    Answer,
    Changed,
    Checked,
    Collections,
    Document,
    Documents,
    Kept,
    Original,
    SearchResult,
)

M = TypeVar("M", bound=schemas.Model)


class ClientError(RefdeskError):
    """The server refused a request, or cannot be reached. The message is one line.

    ``status`` is HTTP's, 0 where there was no response. ``retry_after`` is in seconds, where the server gives it.
    """

    def __init__(self, message: str, status: int = 0, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Event(NamedTuple):
    """A step of an answer in the making: "stage", "statement" or, last, "answer"."""

    name: str
    data: dict[str, Any]


class Client:
    """Talks to the server at ``url``. Every method raises ClientError where the server refuses."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:7860",
        *,
        token: str | None = None,
        timeout: float = 120.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """
        Args:
            token: what ``refdesk tokens new`` made, where the server lets in only those it knows.
            timeout: seconds of silence.
            transport: takes the place of the network.
        """
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=url, timeout=timeout, transport=transport, headers=headers)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, question: str, *, after: Sequence[Answer] = (), **narrowed: Any) -> Answer:
        """The answer to ``question``, asked after those that were answered before.

        ``narrowed`` are fields of ``schemas.AskRequest``: collection, source, type, since, before, fields, documents,
        render.
        """
        return self._one(Answer, "POST", "/ask", json=_asked(question, after, narrowed))

    def steps(self, question: str, *, after: Sequence[Answer] = (), **narrowed: Any) -> Iterator[Event]:
        """The same while it is made: stages, each statement as soon as it is verified, then the answer."""
        accepted = {"accept": "text/event-stream"}
        try:
            with self._http.stream(
                "POST", "/api/v1/ask", json=_asked(question, after, narrowed), headers=accepted
            ) as response:
                if not response.is_success:
                    response.read()
                yield from self._events(_checked(response))
        except httpx.HTTPError as error:
            raise ClientError(f"{self._http.base_url} cannot be reached ({error})") from error

    def search(self, query: str, *, collection: str | None = None, limit: int = 10) -> SearchResult:
        """The passages nearest to ``query``, best first."""
        return self._one(SearchResult, "GET", "/search", params=_given(q=query, collection=collection, limit=limit))

    def verify(self, answers: Answer | Sequence[Answer], *, quick: bool = False) -> Checked:
        """What is wrong with answers, by the server's documents."""
        listed = [answers] if isinstance(answers, Answer) else answers
        return self._one(Checked, "POST", "/verify", params={"quick": quick}, json=[_plain(one) for one in listed])

    def feedback(
        self, answer: Answer, verdict: Literal["up", "down"], *, reason: str = "", expected: str | None = None
    ) -> Kept:
        """Say that an answer was right or wrong, why, and what would be right ("": the documents hold no answer)."""
        given = {"verdict": verdict, "answer": _plain(answer), "reason": reason, "expected": expected}
        return self._one(Kept, "POST", "/feedback", json=given)

    def collections(self) -> Collections:
        """The collections."""
        return self._one(Collections, "GET", "/collections")

    def documents(
        self, *, collection: str | None = None, source: str | None = None, limit: int = 100, offset: int = 0
    ) -> Documents:
        """The sources, by path."""
        asked = _given(collection=collection, source=source, limit=limit, offset=offset)
        return self._one(Documents, "GET", "/documents", params=asked)

    def document(self, document: str) -> Document:
        """A document, by the id that citations give, with its text and structure."""
        return self._one(Document, "GET", f"/documents/{document}")

    def original(self, document: str, start: int, end: int) -> Original:
        """What there is to show of a quotation's original."""
        return self._one(Original, "GET", f"/documents/{document}/original", params={"start": start, "end": end})

    def add(self, file: Path | bytes, name: str | None = None, *, collection: str = "default") -> Changed:
        """Add a file, by path, or its bytes under a ``name``; returns when it is indexed."""
        data = file if isinstance(file, bytes) else file.read_bytes()
        called = name or (file.name if isinstance(file, Path) else "")
        return self._one(Changed, "POST", "/documents", params={"name": called, "collection": collection}, content=data)

    def delete(self, document: str, *, collection: str | None = None, source: str | None = None) -> Changed:
        """Take a document out of the index; only of a collection, or the source of one path, where it is given."""
        given = _given(collection=collection, source=source)
        return self._one(Changed, "DELETE", f"/documents/{document}", params=given)

    def reindex(self, document: str, *, collection: str | None = None, source: str | None = None) -> Changed:
        """Have a document's files read again; only of a collection, or the source of one path, where it is given."""
        given = _given(collection=collection, source=source)
        return self._one(Changed, "POST", f"/documents/{document}/reindex", params=given)

    def _one(self, kind: type[M], method: str, path: str, **request: Any) -> M:
        try:
            response = self._http.request(method, f"/api/v1{path}", **request)
        except httpx.HTTPError as error:
            raise ClientError(f"{self._http.base_url} cannot be reached ({error})") from error
        try:
            return kind.model_validate_json(_checked(response).content)
        except ValueError as error:
            raise ClientError(self._stranger) from error

    def _events(self, response: httpx.Response) -> Iterator[Event]:
        """The events of a stream, the last of which is the answer, or a problem, which is raised."""
        name = ""
        for line in response.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                try:
                    data = json.loads(line.removeprefix("data: "))
                except ValueError as error:
                    raise ClientError(self._stranger) from error
                if name == "problem":
                    raise ClientError(data.get("detail", data["title"]), data["status"])
                yield Event(name, data)
        if name != "answer":
            raise ClientError(self._stranger)

    @property
    def _stranger(self) -> str:
        return f"{self._http.base_url} does not answer as Refdesk does: give the address that refdesk serve prints"


def _asked(question: str, after: Sequence[Answer], narrowed: dict[str, Any]) -> dict[str, Any]:
    return {"question": question, "after": [_plain(answer) for answer in after], **narrowed}


def _plain(answer: Answer) -> dict[str, Any]:
    """The answer's JSON, without what was rendered besides."""
    data = answer.model_dump(mode="json", by_alias=True, exclude={"content"})
    for citation in (*data["citations"], *filter(None, [data["nearest"]])):
        del citation["url"]
    return data


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
        reason = problem.get("detail") or problem["title"]
    except (ValueError, KeyError, AttributeError):
        reason = response.text[:200] or response.reason_phrase
    wait = response.headers.get("retry-after", "")
    raise ClientError(" ".join(str(reason).split()), response.status_code, int(wait) if wait.isdecimal() else None)
