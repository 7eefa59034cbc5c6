"""The messages of a conversation -> the question that it ends with, what was said before, and the work of answering."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from functools import partial

from starlette.requests import Request

from qa.assistant import MAX_QUESTION
from qa.serving.access.asker import Asker, note_question
from qa.serving.answering.answerer import REMEMBERED
from qa.serving.answering.work import Work
from qa.serving.api.app_state import AppState
from qa.serving.api.asking import Step, asking
from qa.serving.api.openai.content import SOURCES
from qa.serving.api.openai.models import is_plain, scope_of
from qa.serving.api.openai.schemas import Message
from qa.serving.api.problems import RequestError
from qa.serving.html.markdown import unescaped

_MARKER = re.compile(r"(?<!\\)((?:\\\\)*)\[\d{1,3}\]")  # Refdesk's own: a bracket of a document is escaped


def question_of(messages: Sequence[Message], *, plain: bool = False) -> tuple[str, list[tuple[str, str]]]:
    """The last message, which must be a user's, and the questions and answers before it, oldest first.

    With ``plain``, what an answer said is all of its message.

    Raises:
        RequestError: the last message is another's, or has parts that are no text.
    """
    spoken = [message for message in messages if message.role in ("user", "assistant")]
    if not spoken or spoken[-1].role != "user":
        raise RequestError("the last message is the question: give it the role user")
    last = spoken[-1]
    if isinstance(last.content, list) and any(part.text is None for part in last.content):
        raise RequestError("only text can be asked: leave out pictures, sounds and files")
    turns: list[tuple[str, str]] = []
    for message in spoken[:-1]:
        if message.role == "user":
            turns.append((message.text, ""))
        elif turns:
            turns[-1] = (turns[-1][0], message.text[:MAX_QUESTION] if plain else _said(message.text))
    return last.text, [turn for turn in turns if len(turn[0]) <= MAX_QUESTION][-REMEMBERED:]


async def answering(
    request: Request, model: str, messages: Sequence[Message], state: AppState, asker: Asker
) -> Work[Step]:
    """The work of answering the last of the messages from what the model asks, as a follow-up of those before it.

    Raises:
        RequestError: there is no such model, or ``question_of`` raises it.
        QuestionError: the question is empty or too long.
        QueueFullError: too many questions wait already.
    """
    question, said = question_of(messages, plain=is_plain(model))
    scope = await asyncio.to_thread(scope_of, state.index.store, asker.scope, model)
    note_question(request, question)
    return asking(state, asker, question, scope, partial(state.assistant.turns, said, scope))


def fingerprint(model: str, messages: Sequence[Message]) -> str:
    """A name for what is asked: the same conversation has the same one."""
    said = json.dumps([model, *([message.role, message.text] for message in messages)])
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def _said(content: str) -> str:
    """What an answer said, without its markers and sources; "" where it cites nothing, as refusals do."""
    text = content.partition(SOURCES)[0]
    said, marks = _MARKER.subn(r"\1", text)
    return unescaped(said)[:MAX_QUESTION] if marks else ""
