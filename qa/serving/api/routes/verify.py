"""``POST /api/v1/verify``: whether saved answers still follow from the documents."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from qa.saved.read import answers_in
from qa.saved.verify import Checked, check, verification_source_of
from qa.serving.access.asker import Asker
from qa.serving.api.app_state import AppState, CurrentAsker, CurrentState, once
from qa.serving.api.problems import DOCUMENTED, RequestError
from qa.serving.api.schemas import Checked as CheckedSchema
from qa.serving.http.paths import REST
from qa.write.grounds import Verifier

PATH = "/verify"
LARGEST = 4 * 1024 * 1024  # bytes: some hundred answers
_BODY = {"schema": {"description": "An Answer, or a list of them.", "anyOf": [{"type": "object"}, {"type": "array"}]}}

router = APIRouter(prefix=REST, tags=["questions"], responses=DOCUMENTED)


@router.post(
    PATH,
    response_model=CheckedSchema,
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": _BODY}}},
)
async def verify(
    request: Request,
    state: CurrentState,
    asker: CurrentAsker,
    quick: Annotated[bool, Query(description="Do not verify again what a language model wrote.")] = False,
) -> dict[str, Any]:
    """Check Answers against the documents, as `refdesk verify` does."""
    try:
        answers = answers_in((await request.body()).decode("utf-8-sig"), "the request")
    except UnicodeDecodeError as error:
        raise RequestError("answers are sent as JSON in UTF-8") from error
    verifying = once(partial(verified, answers, state, asker, None if quick else state.verifier))
    return dataclasses.asdict(await state.work(asker, verifying).last(request))


def verified(
    answers: Sequence[Mapping[str, Any]], state: AppState, asker: Asker, verifier: Callable[[], Verifier] | None
) -> Checked:
    """What is wrong with the answers by the documents that the asker may see; ``verifier`` as for ``check``."""
    with state.index.store.snapshot(asker.scope) as snapshot:
        return check(answers, verification_source_of(snapshot, asker.scope), verifier)
