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
# A name counts as present when it shares so many first letters with a word: Chinese and China, UN and UNDP.
_SHARED = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence, ``start`` to ``end`` of the passage's document, with the span in it that answers best.

    - ``span``: offsets in the document, within the sentence;
    - ``margin``: by how much the reader prefers the span to "no answer" (logits);
    - ``relevance``: the reader's logit of the passage answering the question;
    - ``lead``: by how much ``margin`` exceeds that of the best other answer;
    - ``rank``: the reranker's logit of the passage;
    - ``absent``: the question's names and numbers that neither passage nor headings hold.
    """

    passage: Passage
    start: int
    end: int
    span: tuple[int, int]
    margin: float
    relevance: float
    lead: float
    rank: float
    absent: tuple[str, ...]

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
    text = f"{passage.chunk.context} {passage.chunk.text}"
    words = {word.casefold() for word in _WORD.findall(text)}
    words |= {part for word in words for part in re.split(r"\W+", word) if part}
    return tuple(name for name in question.names if not _holds(words, name.casefold()))


def _holds(words: set[str], name: str) -> bool:
    if name in words:
        return True
    if name.isdigit() or len(name) < 2:
        return False
    if len(name) < _SHARED:
        return any(word.startswith(name) for word in words)
    return any(word[:_SHARED] == name[:_SHARED] for word in words)
