"""What a prompt holds: the blocks that are quoted, each once, then the rest of the passages, the best first."""

from __future__ import annotations

import pytest
from fakes import ScriptedGenerator
from jinja2 import Template

from documents.document import Chunk, Document, Source
from index.passage import Passage
from qa.answer import Answer, Citation
from qa.llm.base import FRAME_TOKENS, GenerationError
from qa.llm.prompt import Prompt
from qa.write.excerpts import excerpts, touched
from qa.write.held import Held, Room

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

    def filled(words: int, most: int | None = None) -> Held:
        """The prompt where a context has room for so many words of passages."""
        room = Room(
            ScriptedGenerator(context=2 * FRAME_TOKENS + words), 0, most and 2 * FRAME_TOKENS + most,
            lambda chosen: " ".join(own.chunk.text for own in chosen),
        )  # fmt: skip
        return room.filled(Prompt(Template(""), Template("{{ passages }}"), "test@1"), found, found)

    held = filled(9, 6)
    assert (held.messages[1].text, held.passages) == ("Alpha pumps water. Beta stores grain.", 2)
    assert held.cited([2, 9, 0, 1]) == [found[1], found[0]]
    assert held.evidence == found[:2]
    assert filled(9).passages == 3
    assert filled(9, 1).passages == 1
    with pytest.raises(GenerationError, match="has no room for a passage"):
        filled(2)
