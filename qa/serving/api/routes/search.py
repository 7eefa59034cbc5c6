"""``GET /api/v1/search``: the passages that are nearest to a question, without an answer."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from index.passage import Passage, Scope
from index.query import Query as Searched
from index.recent import begin_question
from index.search import Index
from qa.answer import Citation
from qa.assistant import checked, in_other_language
from qa.serving.api.app_state import CurrentAsker, CurrentState, once
from qa.serving.api.citing import Links
from qa.serving.api.narrowing import narrowed
from qa.serving.api.problems import DOCUMENTED
from qa.serving.api.schemas import MOST_SHOWN, Narrowing, SearchResult
from qa.serving.http.paths import REST

router = APIRouter(prefix=REST, tags=["questions"], responses=DOCUMENTED)


@router.get("/search", response_model=SearchResult)
async def search(
    request: Request,
    q: Annotated[str, Query(description="What is searched for, in plain words.")],
    state: CurrentState,
    asker: CurrentAsker,
    collection: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_SHOWN)] = 10,
) -> dict[str, Any]:
    """Find passages, best first: by meaning and by words, then reranked."""
    query = checked(q)
    scope = await asyncio.to_thread(narrowed, state.index.store, asker.scope, Narrowing(collection=collection))
    passages = await state.work(asker, once(partial(found, state.index, query, scope, limit))).last(request)
    return {"query": query, "passages": [_shown(passage, Links(request)) for passage in passages]}


def found(index: Index, text: str, scope: Scope, limit: int) -> list[Passage]:
    """The passages that are nearest to ``text``, best first."""
    query = Searched.of(text)
    begin_question()
    with index.view(scope) as view:
        candidates = view.candidates(query, limit)
    return candidates if in_other_language(query, candidates) else index.rerank(text, candidates)


def _shown(passage: Passage, links: Links) -> dict[str, Any]:
    chunk = passage.chunk
    whole = Citation(1, passage, chunk.start, chunk.end)
    return {
        "document": chunk.document.id,
        "source": passage.source.path,
        **whole.place,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "score": passage.score,
        "stage_scores": dict(passage.stage_scores),
        "url": links.of(whole),
    }
