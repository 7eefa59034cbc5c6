"""The tools ``ask`` and ``verify``: an answer whose sentences are cited, and whether answers still hold."""

from __future__ import annotations

import dataclasses
import json
from functools import partial
from typing import Any

from mcp_types import CallToolResult
from pydantic import Field

from qa.answer import Answer
from qa.answer.notices import BEYOND
from qa.assistant import Stage
from qa.saved.read import answers_in
from qa.serving.api.app_state import once
from qa.serving.api.asking import asking
from qa.serving.api.citing import rendered
from qa.serving.api.mcp.marks import from_documents
from qa.serving.api.mcp.tool import Arguments, Caller, Tool, result_of
from qa.serving.api.routes.verify import verified
from qa.serving.api.schemas import Answer as AnswerSchema
from qa.serving.api.schemas import Checked
from qa.serving.html.markdown import escaped, marks


class AskArguments(Arguments):
    """What is asked."""

    question: str = Field(description="In plain words; it must stand alone. At most 2,000 characters.")


class VerifyArguments(Arguments):
    """What is verified."""

    answer: dict[str, Any] = Field(description="The structured result of ask, as it came.")


async def _ask(caller: Caller, arguments: AskArguments) -> CallToolResult:
    caller.note("ask", arguments.question)
    work = asking(caller.state, caller.asker, arguments.question, caller.asker.scope)
    stages, answer = 0, None
    try:
        async for step in work.steps():
            if isinstance(step, Stage):
                stages += 1
                await caller.session.report_progress(stages, message=step.name)
            elif isinstance(step, Answer):
                answer = step
    finally:
        work.leave()
    if answer is None:
        raise RuntimeError("the question ended without an answer")
    shown = rendered(answer, ["urls"], caller.links)
    return result_of(shown, as_text(answer, shown["citations"]))


def as_text(answer: Answer, citations: list[dict[str, Any]]) -> str:
    """What is said with its [n], and each citation with its place and quote; what documents say is marked.

    It is Markdown, in which only addresses of citations are links.
    """
    is_theirs = answer.answered or answer.asked == "library"
    statements = " ".join(escaped(own.text) + marks(own.citations) for own in answer.said)
    said = "\n\n".join([statements if answer.answered else escaped(answer.message), *map(_citation, citations)])
    own = [
        *(f"Not found in these documents: {question}" for question in answer.unanswered),
        f"Confidence: {answer.confidence_text}" if answer.answered else None,
        answer.note,
        answer.caution,
        f"{BEYOND} {answer.beyond}" if answer.beyond else None,
    ]
    notes = [escaped(line) for line in own if line]
    return "\n".join([from_documents(said) if is_theirs else said, *notes])


def _citation(citation: dict[str, Any]) -> str:
    page = f"page {citation['page']}" if citation["page"] is not None else None
    place = escaped(", ".join(filter(None, [citation["title"], page, citation["section"]])))
    characters = f"characters {citation['start']} to {citation['end']} of {citation['document']}"
    return f"[{citation['number']}] {place}\n{characters}\n{citation['url']}\n{escaped(citation['quote'])}"


async def _verify(caller: Caller, arguments: VerifyArguments) -> CallToolResult:
    answers = answers_in(json.dumps(_without_urls(arguments.answer)), "answer")
    verifying = once(partial(verified, answers, caller.state, caller.asker, caller.state.verifier))
    checked = await caller.state.work(caller.asker, verifying).last()
    return result_of(dataclasses.asdict(checked))


def _without_urls(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what ask adds to it."""
    citations = answer.get("citations")
    if not isinstance(citations, list):
        return answer
    kept = [
        {name: value for name, value in one.items() if name != "url"} if isinstance(one, dict) else one
        for one in citations
    ]
    return {**answer, "citations": kept}


ASK = Tool(
    "ask",
    "Ask the documents",
    "Answer a question from the documents alone. Each sentence is quoted or verified, and [n] names the citation it "
    "rests on: document, characters, quote and url. Where the documents do not hold the answer, it says so: then do "
    "not answer from your own knowledge as if it came from them. The structured result is the whole answer.",
    AskArguments,
    AnswerSchema,
    _ask,
)
VERIFY = Tool(
    "verify",
    "Verify an answer",
    "Check an answer of ask against the documents as they are now: problems lists what does not hold, and not_checked "
    "what no check can decide.",
    VerifyArguments,
    Checked,
    _verify,
)
