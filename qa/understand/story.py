"""A question in a story -> what is searched for: the question with what is told around it.

The models have learned from messages as they are typed ("I packed his usual kibble. What will that knock off?"), so a
short one stays as it is. Of a longer one as much as they read is left: what stands nearest before the question.
"""

from __future__ import annotations

from collections.abc import Sequence

from documents.sentences import sentences
from qa.understand.question import asks

MOST = 45  # words of a question that the models read
LEAST = 3  # words of a sentence that tells something


def with_story(question: str, message: str) -> str:
    """The ``question``, which is of the ``message``, between the sentences of it that tell and ask nothing.

    Lines end sentences, such as those of a message copied into the question.
    """
    said = [line[start:end] for line in message.splitlines() for start, end in sentences(line)]
    asking = next((number for number, sentence in enumerate(said) if asks(sentence)), None)
    if asking is None:
        return question
    before, after = ([one for one in part if _tells(one)] for part in (said[:asking], said[asking + 1 :]))
    room = MOST - len(question.split())
    kept = _fitting(before[::-1], room)[::-1]
    room -= sum(len(sentence.split()) for sentence in kept)
    return " ".join([*kept, question, *_fitting(after, room)])


def _tells(sentence: str) -> bool:
    return not asks(sentence) and len(sentence.split()) >= LEAST


def _fitting(said: Sequence[str], room: int) -> list[str]:
    """The first of the sentences that have no more words together than there is room for."""
    found: list[str] = []
    for sentence in said:
        room -= len(sentence.split())
        if room < 0:
            break
        found.append(sentence)
    return found
