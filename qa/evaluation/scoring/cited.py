"""What an answer's statements cite: the citations, where they stand, and the texts that statements rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from documents.document import Document
from qa.evaluation.metrics.citations import CitedStatement, TextSpan
from qa.evaluation.scoring.reply import Reply
from qa.saved.verification_source import VerificationSource, is_located, said


@dataclass(frozen=True, slots=True)
class Cited:
    """What the statements that are said cite: the citations, their spans by number, each statement with its premises.

    The premises are the documents' own characters. ``holding`` are the spans of the citations that are the characters
    they say, ``held`` their text; the spans of all others are empty.
    """

    statements: Sequence[CitedStatement]
    citations: Sequence[Mapping[str, Any]]
    spans: Mapping[int, TextSpan]
    holding: Sequence[TextSpan]
    held: str

    @classmethod
    def of(cls, reply: Reply, threshold: float | None) -> Cited:
        """What the reply's statements cite; ``threshold`` is that of ``statements_of``."""
        statements = statements_of(reply.answer, threshold)
        marked = {number for statement in statements for number in statement["citations"]}
        citations = [citation for citation in reply.answer["citations"] if citation["number"] in marked]
        spans = {own["number"]: held_span(own, reply.cited.get(own["document"])) for own in citations}
        sound = [number for number, (_, start, end) in spans.items() if start < end]
        return cls(
            [(statement["text"], _premises(statement["citations"], spans, reply)) for statement in statements],
            citations,
            spans,
            [spans[number] for number in sound],
            "\n".join(_premises(sound, spans, reply)),
        )


def statements_of(answer: Mapping[str, Any], threshold: float | None) -> list[Mapping[str, Any]]:
    """What is said; with the configured threshold, a further statement below it would not have been said."""
    statements = said(answer)
    return [*statements[:1], *(other for other in statements[1:] if other.get("support", 1.0) >= (threshold or 0.0))]


def ground_of(reply: Reply) -> VerificationSource:
    """The documents that a reply cites, to verify it against."""
    return VerificationSource(reply.cited.get, own=False)


def held_span(citation: Mapping[str, Any], document: Document | None) -> TextSpan:
    """The citation's characters; none where they are not those that it says, or there is no such document."""
    start, end = citation["start"], citation["end"]
    holds = document is not None and is_located(citation, document)
    return citation["document"], start, end if holds else start


def _premises(numbers: Sequence[int], spans: Mapping[int, TextSpan], reply: Reply) -> list[str]:
    """The cited texts of a statement; as in ALCE, all are empty if one of the citations does not exist."""
    if any(number not in spans for number in numbers):
        return [""] * len(numbers)
    cited = [spans[number] for number in numbers]
    return [reply.cited[key].text[start:end] if key in reply.cited else "" for key, start, end in cited]
