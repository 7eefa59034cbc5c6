"""Does this sentence answer this question? The signals, before they are weighed.

The reader says where the answer may stand and how sure it is, but it can miss the small differences that make a
question unanswerable: another city, another year. Those are looked for by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.passage import Passage
from qa.check.claims import facts
from qa.check.claims.tokens import look_alikes
from qa.understand.question import Question

# Of the reader's margin beside the reranker's logit: the right sentence is first about as often with 0 to .3 on SQuAD
# 2.0 part A, and most often with .2 on the sample's first questions.
MARGIN_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence, ``start`` to ``end`` of the passage's document, with the span in it that answers best.

    - ``span``: offsets in the document, within the sentence;
    - ``margin``: by how much the reader prefers the span to "no answer" (logits);
    - ``relevance``: the reader's logit of the passage answering the question;
    - ``rank``: the reranker's logit of the passage;
    - ``absent``: the question's names and numbers that neither passage nor headings hold;
    - ``mistaken``: those in whose place another of their series is spoken of ("Zarn55" for "Zarn5").
    """

    passage: Passage
    start: int
    end: int
    span: tuple[int, int]
    margin: float
    relevance: float
    rank: float
    absent: tuple[str, ...]
    mistaken: tuple[str, ...] = ()

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
    """The question's names and numbers that neither the passage nor its headings speak of, as whole words."""
    words = facts.words_of(_told(passage))
    return tuple(name for name in question.names if not facts.holds(words, name, "en"))


def mistaken_names(question: Question, passage: Passage, sentence: str, absent: Sequence[str]) -> tuple[str, ...]:
    """The question's names in whose place the sentence, or if they are ``absent`` the passage, speaks of another.

    That is one of the same series: the X1000 for the X100, Section 41 for Section 4.
    """
    words = facts.words_of(sentence)
    lacking = (name for name in question.names if name in absent or not facts.holds(words, name, "en"))
    return tuple(
        name for name in lacking if look_alikes(name, question.text, _told(passage) if name in absent else sentence)
    )


def _told(passage: Passage) -> str:
    return f"{passage.chunk.context}\n{passage.chunk.text}"
