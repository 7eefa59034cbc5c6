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
_NUMBER = re.compile(
    r"\d|\b(no|none|both|single|once|twice|half|dozens?|couple|several|few|many|most|all|one|two|three|four|five|six|seven"
    r"|eight|nine|ten|eleven|twelve|(thir|four|fif|six|seven|eigh|nine)teen|(twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|(hundred|thousand|million|billion|trillion)s?|quarters?|thirds?)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(january|february|march|april|may|june|july|august|september|october|november|december|(mon|tues|wednes|thurs"
    r"|fri|satur|sun)days?|spring|summer|autumn|fall|winter|morning|noon|afternoon|evening|night|midnight|today|now"
    r"|yesterday|before|after|during|until|since|when|while|early|late|mid|age|war|century|centuries|decades?|years?"
    r"|months?|weeks?|days?|hours?|minutes?|seconds?|birth|death|reign|era|period|time|always|never|once|ago|later"
    r"|annually|yearly|monthly|weekly|daily|easter|christmas)\b",
    re.IGNORECASE,
)
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
    - ``coverage``: the share of the question's content words that passage or headings hold;
    - ``nearness``: the same for the sentence alone;
    - ``fits``: whether the span is of the kind asked for, a number or a time;
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
    coverage: float
    nearness: float
    fits: bool
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
    words = _words(f"{passage.chunk.context} {passage.chunk.text}")
    return tuple(name for name in question.names if not _holds(words, name.casefold()))


def coverage(question: Question, text: str) -> float:
    """The share of the question's content words that ``text`` holds, between 0 and 1; 1 where it has none."""
    words = _words(text)
    return sum(_holds(words, word) for word in question.content) / len(question.content) if question.content else 1.0


def fits(question: Question, answer: str) -> bool:
    """Whether ``answer`` can be of the kind that the question asks for."""
    if question.wants is None:
        return True
    return bool(_NUMBER.search(answer) or (question.wants == "time" and _TIME.search(answer)))


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
