"""What a prompt holds: the blocks that are quoted, each once, then the rest of the passages, the best first."""

from __future__ import annotations

from collections.abc import Sequence

from documents.document import Chunk, Document, Source
from index.passage import Passage
from qa.answer import Answer, Citation
from qa.llm.base import Message
from qa.write.excerpts import excerpts, touched
from qa.write.held import fill

TEXT = "Alpha pumps water. Beta stores grain. Gamma sells iron. "
OTHER = "Delta bakes bread."


def passage(document: Document, start: int, end: int) -> Passage:
    return Passage(Chunk(document, start, end), Source("a.txt", document.id), 1.0)


def answer_of(*quoted: Passage) -> Answer:
    citations = tuple(Citation(n, own, own.chunk.start, own.chunk.end) for n, own in enumerate(quoted, start=1))
    return Answer("answer", "Q", "Q", 0.9, citations=citations)


def test_quoted_blocks_come_first_and_no_text_comes_twice() -> None:
    first, second = Document(TEXT), Document(OTHER)
    passages = [passage(first, 0, len(TEXT)), passage(second, 0, len(OTHER)), passage(first, 19, 37)]
    found = excerpts(answer_of(passage(second, 0, len(OTHER)), passage(first, 19, 37)), passages)
    assert [own.chunk.text for own in found] == [
        "Delta bakes bread.",
        "Beta stores grain.",
        "Alpha pumps water.",
        "Gamma sells iron.",
    ]
    assert [touched(own, passages) for own in found] == [[1], [0, 2], [0], [0]]
    assert [own.chunk.text for own in excerpts(answer_of(), passages)] == [TEXT.strip(), "Delta bakes bread."]


def test_a_prompt_is_filled_as_far_as_wanted_but_has_one_excerpt_that_fits() -> None:
    document = Document(TEXT)
    found = [passage(document, 0, 18), passage(document, 19, 37), passage(document, 38, 55)]

    def filled(chosen: object) -> list[Message]:
        return [Message("user", " ".join(own.chunk.text for own in chosen))]  # type: ignore[attr-defined]

    def tokens(messages: Sequence[Message]) -> int:
        return len(messages[0].text)

    held = fill(found, found, filled, tokens, 100, 40)
    assert held is not None
    assert (held.messages[0].text, held.passages) == ("Alpha pumps water. Beta stores grain.", 2)
    assert held.cited([2, 9, 0, 1]) == [found[1], found[0]]
    assert held.evidence == found[:2]
    least = fill(found, found, filled, tokens, 20, 5)
    assert least is not None
    assert least.passages == 1
    assert fill(found, found, filled, tokens, 5, 5) is None
