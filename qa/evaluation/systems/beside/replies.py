"""What a worker or an endpoint sends for a question -> what is scored: an answer, or a ranking of documents.

A reply has ``text``, ``sources`` (what was found, best first), and perhaps ``citations`` and ``confidence``. Sources
and citations are as ``qa.evaluation.scoring.sources`` describes them. Where a reply has no citations, the sources that
markers of its text number are cited; without a marker nothing is: that a passage was found does not say that the
answer rests on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from documents.document import Document
from qa.evaluation.scoring.reply import ReplyError
from qa.evaluation.scoring.sources import located, marks
from qa.evaluation.tasks import TaskName

Documents = Mapping[str, Document]


def as_returned(reply: Mapping[str, Any], task: TaskName, documents: Documents) -> object:
    """The reply as a system returns it (``qa.evaluation.tasks``).

    Raises:
        ReplyError: it is no answer, and one was asked for.
    """
    if "own" in reply:
        return reply["own"]
    sources = [located(source, documents) for source in reply.get("sources", ())]
    if task == "retrieval":
        return list(dict.fromkeys(source["document"] for source in sources))
    text = reply.get("text")
    if text is None:
        raise ReplyError("documents were returned and no answer: ask such a system in the task retrieval")
    given = reply.get("citations")
    fields: dict[str, Any] = {"text": text, "confidence": reply.get("confidence")}
    if sources:
        fields["passages"] = sources
    if given is not None:
        fields["citations"] = [located(citation, documents) for citation in given]
    elif marks(text, len(sources)):
        fields["citations"] = sources
    return fields
