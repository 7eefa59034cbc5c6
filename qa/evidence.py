"""Does this sentence answer this question? The signals, before they are weighed.

The reader says where the answer may stand and how sure it is, but it can miss the small differences that make a
question unanswerable: another city, another year. Those are looked for by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.passage import Passage
from qa.question import Question

_WORD = re.compile(r"[^\W_]+(?:[.,·'’&-][^\W_]+)*")
# Of the reader's margin beside the reranker's logit: the right sentence is first about as often with 0 to .3 on SQuAD
# 2.0 part A, and most often with .2 on the sample's first questions.
MARGIN_SHARE = 0.2
# A name counts as present when it shares so many first letters with a word: Chinese and China, UN and UNDP.
_SHARED = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence, ``start`` to ``end`` of the passage's document, with the span in it that answers best.

    - ``span``: offsets in the document, within the sentence;
    - ``margin``: by how much the reader prefers the span to "no answer" (logits);
    - ``relevance``: the reader's logit of the passage answering the question;
    - ``rank``: the reranker's logit of the passage;
    - ``absent``: the question's names and numbers that neither passage nor headings hold.
    """

    passage: Passage
    start: int
    end: int
    span: tuple[int, int]
    margin: float
    relevance: float
    rank: float
    absent: tuple[str, ...]

    @property
    def order(self) -> float:
        """By which sentences are ordered: the better passage comes first, among near equals the surer span."""
        return self.rank + MARGIN_SHARE * self.margin

    @property
    def text(self) -> str:
        """Exactly the document's characters."""
        return self.passage.chunk.document.text[self.start : self.end]

    @property
    def answer(self) -> str:
        """The span's characters."""
        return self.passage.chunk.document.text[slice(*self.span)]


def absent_names(question: Question, passage: Passage) -> tuple[str, ...]:
    """The question's names and numbers that neither the passage nor its headings speak of."""
    words = _words(f"{passage.chunk.context} {passage.chunk.text}")
    return tuple(name for name in question.names if not _holds(words, name.casefold()))


def _words(text: str) -> set[str]:
    words = {word.casefold() for word in _WORD.findall(text)}
    return words | {part for word in words for part in re.split(r"\W+", word) if part}


def _holds(words: set[str], name: str) -> bool:
    if name in words:
        return True
    if name.isdigit() or len(name) < 2:
        return False
    if len(name) < _SHARED:
        return any(word.startswith(name) for word in words)
    return any(word[:_SHARED] == name[:_SHARED] for word in words)
