"""The checks of statements that were computed: counts, sums, extremes, yes or no."""

from __future__ import annotations

from collections.abc import Sequence

from documents.document import Chunk, Document, Source
from index.passage import Passage
from qa.answer import YES_OR_NO
from qa.read.compute.compute import candidates
from qa.read.compute.wording import follows
from qa.saved.verification_source import Answer, Problems, VerificationSource, located
from qa.understand.question import analyse


def computed(answer: Answer, against: VerificationSource) -> Problems:
    """What is computed is the number of the rows or items cited, or the sum of their cells."""
    cited_by = {citation["number"]: (citation, document) for citation, document in located(answer, against)}
    for position, statement in enumerate(answer["statements"], start=1):
        if statement["text"] in YES_OR_NO and statement["status"] == "computed":
            if not _rests_on_next(answer["statements"], position):
                yield f"statement {position} says yes or no, but not because of what is quoted next"
        elif statement["status"] == "computed" and all(number in cited_by for number in statement["citations"]):
            cited = [cited_by[number] for number in statement["citations"]]
            if not cited:
                continue  # which is a problem of its own
            texts = [
                document.text[cell["start"] : cell["end"]]
                for citation, document in cited
                for cell in citation.get("cells", ())
            ]
            if not follows(statement["text"], len(cited), texts):
                yield f"statement {position} is not what its citations add up to"
            elif against.outlined and not _is_computed_again(answer, statement, cited):
                yield f"statement {position} is not what is computed from its citations"


def _is_computed_again(answer: Answer, statement: Answer, cited: Sequence[tuple[Answer, Document]]) -> bool:
    """Whether the question, asked of one of the passages again, gives this sentence from these rows or items."""
    parts = [part["question"] for part in answer.get("parts", ())]
    asked = [answer["standalone_question"], *parts, *(own.partition(": ")[2] for own in parts)]
    ranges = [(citation["start"], citation["end"]) for citation, _ in cited]
    source, document = cited[0][0]["source"], cited[0][1]
    passages = [
        Passage(Chunk(document, own["start"], own["end"]), Source(source, document.id), 0.0)
        for own in answer["passages"]
        if own["source"] == source and own["start"] < own["end"] <= len(document.text)
    ]
    return any(
        own.text == statement["text"] and [(start, end) for start, end, _ in own.parts] == ranges
        for question in filter(None, asked)
        for passage in passages
        for own in candidates(analyse(question), [passage])
    )


def _rests_on_next(statements: Sequence[Answer], position: int) -> bool:
    """Whether the statement at ``position``, counted from 1, cites one sentence, as does the next that is said.

    That one is quoted, or written by a language model and supported.
    """
    decided = statements[position - 1]
    said = (own for own in statements[position:] if own["status"] != "unsupported")
    following = next(said, {"status": "", "citations": []})
    is_shown = following["status"] in ("quoted", "supported")
    return is_shown and len(decided["citations"]) == 1 and following["citations"] == decided["citations"]
