"""Of several documents, more than a prompt holds: a model notes what each of them says; then one answer is written.

A note counts for the quotations that bear its sentences out, or are nearest to them, as sentences of an answer do.
Nothing else of it is read again, so that no error of a note gets into the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from documents.document import Chunk
from index.passage import Passage
from qa.answer import Answer
from qa.llm.prompt import load_prompt
from qa.understand.question import Question
from qa.write.excerpts import excerpts
from qa.write.grounds import Grounds, claim_of, says_something
from qa.write.held import NOTE, Room
from qa.write.nearest import nearest
from qa.write.stream import declines, sentences_of

OF_SEVERAL = ("overview", "comparison")  # what is asked where every document counts, and not the best alone
MOST_DOCUMENTS = 8
NOTE_TOKENS = 96


def documents_asked(question: Question, quoted: Answer, most: int) -> list[str]:
    """The ids of the documents that the question is of, if it is of several, ``most`` at most; else none.

    They are those that the extractive answer cites, or those of all passages where it cites no two.
    """
    if question.asked not in OF_SEVERAL:
        return []
    cited, found = (list(dict.fromkeys(own.document.id for own in of)) for of in (quoted.citations, quoted.passages))
    several = (cited if len(cited) > 1 else found)[:most]
    return several if len(several) > 1 else []


def in_turns(blocks: Sequence[Passage], documents: Sequence[str]) -> list[Passage]:
    """The blocks of these documents: the first of each, then the second of each, and so on."""
    own = ([block for block in blocks if block.document.id == document] for document in documents)
    return list(filter(None, chain.from_iterable(zip_longest(*own))))


@dataclass(frozen=True, slots=True)
class Notes:
    """Asks the generator of ``room`` what a document says; ``grounds`` tells which passages bear a note out."""

    room: Room
    grounds: Grounds

    def of(self, question: Question, quoted: Answer, documents: Sequence[str]) -> list[Passage]:
        """What bears out the notes on the documents: the first quotation of each, then the second of each, and so on.

        Raises:
            GenerationError: the model failed, or has no room for a passage.
        """
        noted = [self._of_one(question, quoted, document) for document in documents]
        return list(filter(None, chain.from_iterable(zip_longest(*noted))))

    def _of_one(self, question: Question, quoted: Answer, document: str) -> list[Passage]:
        """The quotations of one document, in the order of its note; none where the model declines."""
        own = [passage for passage in quoted.passages if passage.document.id == document]
        blocks = [block for block in excerpts(quoted, own) if block.document.id == document]
        held = self.room.filled(load_prompt(NOTE), blocks, own, question=question.text)
        found: dict[tuple[int, int], Passage] = {}
        with closing(self.room.generator.stream(held.messages, self.room.reply)) as stream:
            for sentence in sentences_of(stream):
                if declines(sentence.text):
                    break
                if not says_something(sentence.text, question):
                    continue
                claim = claim_of(sentence.text, question.text)
                verdict = self.grounds.of(sentence.text, claim, held.cited(sentence.cites), held.evidence)
                place = (verdict.start, verdict.end)
                if not verdict.supported:
                    near = next(iter(nearest(verdict, quoted, self.grounds.recogniser)), None)
                    place = (near[1].start, near[1].end) if near else (0, 0)
                if verdict.passage and place[0] < place[1]:
                    found[place] = replace(verdict.passage, chunk=Chunk(verdict.passage.document, *place))
        return list(found.values())
