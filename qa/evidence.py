"""Does this sentence answer this question? The signals, before they are weighed.

The reader's score says how well a sentence answers a question, but it can miss the small differences that
make a question unanswerable: another city, another year, a "when" where no time is told. Those are looked for
by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.passage import Passage
from qa.question import Question
from qa.spans import find, stems

_WORD = re.compile(r"[^\W_]+(?:[.,·'’&-][^\W_]+)*")
# A name counts as present when it shares so many first letters with a word: Chinese and China, UN and UNDP.
_SHARED = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence, ``start`` to ``end`` of the passage's document, and how it meets the question.

    - ``relevance``: the reader's logit of the sentence answering the question;
    - ``passage_relevance``: the reranker's logit of question and whole passage;
    - ``similarity``: cosine of question and sentence;
    - ``typed``: whether the sentence holds something of the type asked for;
    - ``absent``: the question's names that neither sentence nor passage nor headings hold;
    - ``far``: those names that only the rest of the passage holds;
    - ``covered``: the share of the question's content words, by stem, that the passage holds.
    """

    passage: Passage
    start: int
    end: int
    relevance: float
    passage_relevance: float
    similarity: float
    typed: bool
    absent: tuple[str, ...]
    far: tuple[str, ...]
    covered: float

    @property
    def text(self) -> str:
        """Exactly the document's characters."""
        return self.passage.chunk.document.text[self.start : self.end]


def weigh(question: Question, passage: Passage, start: int, end: int, relevance: float, similarity: float) -> Evidence:
    """Collect the signals for one sentence of ``passage``."""
    chunk = passage.chunk
    sentence = chunk.document.text[start:end]
    near = _words(f"{chunk.context} {sentence}")
    wide = near | _words(chunk.text)
    absent = tuple(name for name in question.names if not _holds(wide, name))
    far = tuple(name for name in question.names if name not in absent and not _holds(near, name))
    return Evidence(
        passage=passage,
        start=start,
        end=end,
        relevance=relevance,
        passage_relevance=passage.score,
        similarity=similarity,
        typed=question.answer_type == "other" or bool(find(sentence, question.answer_type)),
        absent=absent,
        far=far,
        covered=_coverage(question, wide),
    )


def _words(text: str) -> frozenset[str]:
    words = {word.casefold() for word in _WORD.findall(text)}
    return frozenset(words | {part for word in words for part in re.split(r"[^\w]+", word) if part})


def _holds(words: frozenset[str], name: str) -> bool:
    name = name.casefold()
    if name in words:
        return True
    if name.isdigit() or len(name) < 2:
        return False
    if len(name) < _SHARED:
        return any(word.startswith(name) for word in words)
    return any(word[:_SHARED] == name[:_SHARED] for word in words)


def _coverage(question: Question, words: frozenset[str]) -> float:
    asked = stems(question.content)
    return len(asked & stems(words)) / len(asked) if asked else 0.0
