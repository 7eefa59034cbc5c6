"""The HTTP routes of the page: questions, uploads, originals of citations, the library; and the server's health.

The page sends its conversation's secret in a header, which no other site can make a browser send. What a request names
is looked up among what that conversation may see; no path is ever taken from a request. A refusal is the JSON
``{"reason": "one line"}``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from qa.serving.access.asker import asker_of, note_question
from qa.serving.answering.answerer import Answerer
from qa.serving.answering.feedback import Feedback
from qa.serving.answering.queue import FairQueue, QueueFullError
from qa.serving.answering.work import Work, WorkStream
from qa.serving.chat.library_routes import LibraryRoutes, OriginalRoutes, overviews_of
from qa.serving.chat.opinions import keep_opinion
from qa.serving.chat.replies import AskRequest, Reply, replies
from qa.serving.chat.upload_routes import UploadRoutes
from qa.serving.html import render
from qa.serving.html.messages import words_of
from qa.serving.http.paths import ASK, EMBED, FEEDBACK, HEALTH, OVERVIEWS, SCRIPTS
from qa.serving.http.refusals import refused_page
from qa.serving.http.shutdown import ENDING
from qa.serving.library.originals import Originals
from qa.serving.library.overviews import Overviews
from qa.serving.library.shelf import Shelf
from qa.serving.uploads.uploads import Uploads
from qa.serving.uploads.web import Web


@dataclass(frozen=True, slots=True)
class Extras:
    """What the page offers besides answers, each where it is given: uploads, originals of citations, the library.

    ``overviews`` tell what its documents are about, and ``feedback`` keeps what visitors say of answers.
    ``web`` fetches the pages that visitors name, to be read like files.
    ``changes`` says whether who has the right to may change the library's documents, by the API.
    ``with_paths`` says whether answers name the whole path of a source, which what ``refdesk verify`` accepts needs.
    """

    uploads: Uploads | None = None
    originals: Originals | None = None
    shelf: Shelf | None = None
    with_paths: bool = True
    overviews: Overviews | None = None
    feedback: Feedback | None = None
    web: Web | None = None
    changes: bool = False


NO_EXTRAS = Extras()


def routes(answerer: Answerer, queue: FairQueue, extras: Extras = NO_EXTRAS) -> list[BaseRoute]:
    """The routes of the page; those of the extras only where they are given."""
    scripts = StaticFiles(directory=Path(__file__).parent / "web" / "scripts")
    questions = QuestionRoutes(answerer, queue, extras)
    found: list[BaseRoute] = [
        Mount(SCRIPTS, scripts),
        Route(EMBED, embedded),
        *questions.routes(),
    ]
    if extras.uploads:
        found += UploadRoutes(extras.uploads, extras.web).routes()
    if extras.originals:
        found += OriginalRoutes(extras.originals).routes()
    if extras.shelf:
        found += LibraryRoutes(extras.shelf, extras.uploads, extras.changes).routes()
    if extras.overviews:
        found.append(Route(OVERVIEWS, partial(overviews_of, extras.overviews), methods=["GET"]))
    if extras.feedback:
        found.append(Route(FEEDBACK, partial(keep_opinion, extras.feedback), methods=["POST"]))
    return found


def embedded(request: Request) -> Response:
    """The page without what does not fit into a part of another page; of one collection, where the query names it."""
    return RedirectResponse(f"./?{request.url.include_query_params(embedded='true').query}")


class QuestionRoutes:
    """Questions, and whether they are being answered."""

    def __init__(self, answerer: Answerer, queue: FairQueue, extras: Extras = NO_EXTRAS) -> None:
        self._answerer = answerer
        self._queue = queue
        self._extras = extras

    def routes(self) -> list[Route]:
        return [
            Route(ASK, self.ask, methods=["POST"]),
            Route(HEALTH, self.health, methods=["GET"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Streams the replies to one question."""
        try:
            asked = AskRequest.from_json(json.loads(await request.body()))
        except (ValueError, RecursionError):
            return refused_page(request, "a question is sent as JSON", 400)
        note_question(request, asked.question)
        asker = asker_of(request)
        try:
            ticket = self._queue.join(asker.visitor)
        except QueueFullError as error:
            return refused_page(request, str(error), error.status, {"retry-after": str(error.retry_after)})
        shelf = self._extras.shelf
        narrowed = partial(shelf.narrowed, asker.scope) if shelf else None
        work = Work(self._queue, ticket, partial(replies, self._answerer, asked, asker.scope, narrowed))
        say = words_of(asked.language)

        def waiting(before: int) -> str:
            message = say("waiting-behind", before) if before else say("waiting")
            return self._line(Reply(render.working(asked.turn, message)))

        def on_shutdown() -> str:
            return self._line(Reply(render.notice(asked.turn, say.translated(ENDING))))

        return WorkStream(work, self._line, "\n", "application/x-ndjson", on_shutdown, waiting=waiting)

    def _line(self, reply: Reply) -> str:
        return json.dumps(reply.to_dict(with_paths=self._extras.with_paths)) + "\n"

    async def health(self, request: Request) -> Response:
        """How many questions are answered and wait; status 503 where one has waited far too long."""
        stuck = self._queue.is_stuck
        questions = {"answered_now": self._queue.running, "waiting": self._queue.waiting}
        health: dict[str, Any] = {"status": "stuck" if stuck else "ok"}
        if asker_of(request).rights:  # anyone may ask whether the server lives
            health["questions"] = questions
        return JSONResponse(health, 503 if stuck else 200, headers={"cache-control": "no-store"})
