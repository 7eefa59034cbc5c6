"""Other sentences of the best one's passage that belong to the answer."""

from __future__ import annotations

from collections.abc import Sequence

from documents.document import Document
from documents.number_words import has_number
from documents.sentences import Range
from index.passage import Passage
from qa.answer import AnswerType
from qa.check.injection.recogniser import Recogniser
from qa.propose.proposer import Found
from qa.read.evidence import Evidence, is_entry
from qa.read.evidence_reader import EvidenceReader
from qa.read.placed import quotable

# An answer has at most TOLD sentences of one passage, with at least this logit of the reader: more if the answer is a
# number, which needs less around it. Chosen by ``python -m benchmarks.belonging``.
TOLD, BELONGS, BELONGS_TO_NUMBER = 6, 2.5, 3.1
# What is said in the order of the document.
IN_ORDER: tuple[AnswerType, ...] = ("explanation", "steps")
# What is answered by one sentence.
NARROW: tuple[AnswerType, ...] = ("polar", "count")


def belonging(reader: EvidenceReader, found: Found, best: Evidence) -> Sequence[Range]:
    """The sentences that belong to the answer, including the best one, in order.

    None if one sentence is enough, or if the best one is a row, a field, or a request that calls for care: ordinary
    sentences around that would hide the caution.
    """
    if found.question.asked in NARROW or best.is_entry or any(reader.recogniser.requests([best.text])):
        return []
    places = prose_of(best.passage, reader.recogniser)
    logits = reader.reader.evidence(found.question, best.passage.ranked_text, list(places.values()))
    surest = sorted(zip(logits, places, strict=True), reverse=True)
    least = BELONGS_TO_NUMBER if has_number(best.answer) else BELONGS
    return sorted({place for logit, place in surest[:TOLD] if logit >= least} | {(best.start, best.end)})


def prose_of(passage: Passage, recogniser: Recogniser) -> dict[Range, Range]:
    """The quotable prose sentences of the passage, each with its place in the text that the reader reads."""
    chunk, by = passage.chunk, passage.text_begins
    return {
        place: (told[0] + by, told[1] + by)
        for place in quotable(chunk, recogniser)
        if _is_prose(chunk.document, place) and (told := chunk.linearised.find(*place))
    }


def _is_prose(document: Document, sentence: Range) -> bool:
    """Whether the sentence has more than one word and is in no heading, table or field."""
    start, end = sentence
    is_sentence = len(document.text[start:end].split()) > 1
    return is_sentence and not document.in_heading(start, end) and not is_entry(document, start)
