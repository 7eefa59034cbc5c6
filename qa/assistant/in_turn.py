"""Several questions of one message, answered one after the other: each may be about what an earlier one is about."""

from __future__ import annotations

from collections.abc import Sequence

from index.search import View
from qa.answer import Answer
from qa.assistant.pipeline import Pipeline, Timed
from qa.propose.multi_part.chained import surer
from qa.understand.parts import refers_back, says_enough, topic
from qa.understand.phrases import names_something
from qa.understand.question import Question


def answered_in_turn(questions: Sequence[Question], pipeline: Pipeline, view: View, timed: Timed) -> list[Answer]:
    """The answers to several questions, each to the surest of its readings.

    A question that refers back is also asked about the short answer to the one before. One that was given a subject
    is also asked without it, unless it needs it or the subject was written before a colon. One with another subject
    than the first question's, or that says little alone, is also asked about the first one's.
    """
    found: list[Answer] = []
    of_all = topic(questions[0].text)
    for part in questions:
        answer = pipeline.answer(part, view, timed)
        about, has_subject, words = part.text.partition(": ")
        bridge = found[-1].short_answer if found and has_subject else None
        search = pipeline.subquestion_search(part, view, timed)
        if search and bridge and names_something(bridge):
            answer = surer(answer, search.again(f"{bridge}: {words}", bridge, found[-1]), found[-1])
        is_given = has_subject and not questions[0].text.startswith(f"{about}: ")
        if found and is_given and (not refers_back(words) or says_enough(words)):
            alone = pipeline.answer(pipeline.parse(words, view), view, timed)
            answer = surer(answer, alone, found[-1])
        if found and of_all and (about.casefold() != of_all.casefold() if is_given else not says_enough(words)):
            of_first = pipeline.parse(f"{of_all[:1].upper()}{of_all[1:]}: {words}", view)
            again = pipeline.answer(of_first, view, timed)
            answer = surer(answer, again, found[-1])
        found.append(answer)
    return found
