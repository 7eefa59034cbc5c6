"""The notes that an answer of Refdesk's own may have."""

from __future__ import annotations

from collections.abc import Sequence

from qa.answer import notices
from qa.answer.written import WrittenSentences
from qa.saved.verification_source import Answer

# The notes of answers that quote because the language model has written nothing that could be kept.
_QUOTED_INSTEAD = (notices.UNAVAILABLE, notices.NOTHING_LEFT, notices.DECLINED)


def notes_of(answer: Answer) -> Sequence[str]:
    """The lines that ``note`` may have, by the date that the answer begins with, what was to write it and what has."""
    model = answer.get("model") or {}
    differ = (notices.DIFFER, *(notices.NEWEST.format(date=own.get("date")) for own in answer["citations"][:1]))
    if not model.get("generator"):
        return differ
    sentences = WrittenSentences.of(model)
    written = (notices.BROKEN_OFF, sentences.note) if sentences else (notices.BROKEN_OFF,)
    return (*differ, *(written if model["generator"] == model.get("backend") else _QUOTED_INSTEAD))
