"""A sentence as evidence for an answer, with the signals that decide how good it is.

The reader finds spans that may answer and says how sure it is, but it can miss a small difference that makes the
question unanswerable: another city, another year. Therefore the question's names are looked up in the passage.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from documents.dates import find_dates, in_words
from documents.document import Document
from documents.grid import Grid, grid_of
from documents.linearise import linearise
from documents.number_words import MONTHS, WEEKDAYS
from documents.vocabulary import Vocabulary
from documents.words import compounds
from index.families import is_newer
from index.passage import Passage
from qa.answer.extract import Extract
from qa.check.claims import proper_names
from qa.check.claims.tokens import look_alikes
from qa.read.periods import periods
from qa.read.placed import behind_label
from qa.understand.question import Question

# The weight of the reader's margin beside the reranker's logit. From 0 to .3 the right sentence is first about as often
# on SQuAD 2.0 part A; with .2 it is first most often on the sample's first questions.
MARGIN_SHARE = 0.2
LABEL_SHARE = 2.0  # the weight of the share of the row's label in the question; chosen by ``benchmarks.row_labels``
# The span is said as the short answer where no words elsewhere in what would be quoted come nearer than this (logits):
# of those that do, more are wrong than right (``python -m benchmarks.short_answers``, docs/decisions.md).
AHEAD = 0.5
WITHIN = 2.0  # a sentence is about as good as the best where its order is at most this below
_RANGE = re.compile(
    rf"(?<![\w.,-])(\d{{1,4}})\s?(?:[-–—]|{Vocabulary('qa').any_of('up_to_numbers')})\s?(\d{{1,4}})(?![\w,-])"
)
LONGEST = 60  # range of numbers of which each is taken to be said
_MARKS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Evidence(Extract):
    """One sentence, ``start`` to ``end`` of the passage's document, with its best span.

    - ``span``: offsets in the document, within the sentence;
    - ``margin``: by how much the reader prefers the span to "no answer" (logits);
    - ``ahead``: by how much the reader prefers it to the best span elsewhere in what would be quoted (logits); infinite
      where it found no other, or did not read that;
    - ``rank``: the reranker's logit of the passage: how well it fits the question; both are means with those of what
      would be quoted, where that was read, too;
    - ``likelier``: the part of the rank that is due to what the conversation is about, whatever the passage says;
    - ``label``: the share of the row's label that the question says; 0 outside tables;
    - ``lead``: what only other passages tell (``among_passages``); None where there are none;
    - ``alone``: whether all passages found are of its document;
    - ``several``: whether a list or steps are asked for, of which a sentence is one;
    - ``entails``: the log-odds that the sentence entails question and answer together; 0 where that was not asked;
    - ``absent``: the question's names and numbers that are neither in the passage nor in its headings;
    - ``mistaken``: those for which the text has another of the same series ("Zarn55" for "Zarn5").
    """

    passage: Passage
    start: int
    end: int
    span: tuple[int, int]
    margin: float
    rank: float
    absent: tuple[str, ...]
    mistaken: tuple[str, ...] = ()
    entails: float = 0.0
    lead: float | None = None
    alone: bool = False
    several: bool = False
    label: float = 0.0
    likelier: float = 0.0
    ahead: float = math.inf

    def read_again(self, relevance: float, margin: float, ahead: float) -> Evidence:
        """The evidence after it was read as it would be quoted: rank and margin are the means of both readings."""
        rank, mean = (self.rank + relevance + self.likelier) / 2, (self.margin + margin) / 2
        return replace(self, rank=rank, margin=mean, ahead=ahead)

    def is_at(self, other: Evidence) -> bool:
        """Whether it is the same sentence of the same document."""
        return (self.document.id, self.start) == (other.document.id, other.start)

    @property
    def is_entry(self) -> bool:
        """Whether it is a row of a table, or a field."""
        return is_entry(self.document, self.start)

    @property
    def row(self) -> tuple[Grid, int] | None:
        """The cells of its table and the number of its row in it; None outside tables."""
        if self.table is None:
            return None
        grid = grid_of(self.document.text, self.table)
        return grid, grid.row_at(self.start)

    @property
    def order(self) -> float:
        """Sentences are ordered by this: by the passage's rank, and between similar ranks by margin and label."""
        return self.rank + MARGIN_SHARE * self.margin + LABEL_SHARE * self.label

    def is_about_as_good_as(self, best: Evidence) -> bool:
        """Whether its order is at most ``WITHIN`` below."""
        return self.order >= best.order - WITHIN

    @property
    def as_read(self) -> str:
        """The sentence or row as the reader reads it: a row with its headings."""
        document = self.document
        return linearise(document.text, document.tables, self.start, self.end).text

    @property
    def answer(self) -> str:
        """The span's characters."""
        return self.document.text[slice(*self.span)]

    @property
    def words(self) -> str:
        """The span without the number or sign of an item."""
        start, end = self.span
        return self.document.text[behind_label(self.document, start) : end]

    @property
    def short(self) -> str | None:
        """The short answer; None where other words of what would be quoted are about as likely to be it."""
        return self.words if self.ahead >= AHEAD else None


def is_entry(document: Document, offset: int) -> bool:
    """Whether ``offset`` is in a table or a field."""
    return document.table_at(offset) is not None or any(block.kind == "field" for block in document.blocks_at(offset))


def among_passages(
    evidence: Sequence[Evidence], passages: Sequence[Passage], rivals: Sequence[Evidence] = ()
) -> list[Evidence]:
    """The evidence, each with its lead among ``passages``: if nothing answers, several are about equally likely.

    The lead is how far its order exceeds that of all sentences of other passages, at least 0, not counting older
    editions of its work, nor the documents of ``rivals``, which answer, too. A document that is asked alone answers
    more questions than one among others.
    """
    alone = len({passage.source.document_id for passage in passages}) == 1
    answering = {rival.document.id for rival in rivals}
    counted = [one for one in evidence if one.document.id not in answering]
    return [replace(one, lead=_lead(one, counted), alone=alone) for one in evidence]


def _lead(one: Evidence, evidence: Sequence[Evidence]) -> float | None:
    source = one.passage.source
    others = [
        other.order for other in evidence if other.passage != one.passage and not is_newer(source, other.passage.source)
    ]
    return max(0.0, one.order - max(others)) if others else None


def absent_names(question: Question, passage: Passage) -> tuple[str, ...]:
    """The question's names and numbers that are neither in the passage nor in its headings, as whole words.

    What the passage says in other words (``_implied``) counts as said.
    """
    forms = proper_names.word_forms(_with_headings(passage))
    lacking = [name for name in question.names if not proper_names.has_name(forms, name, "en")]
    implied = proper_names.word_forms(_implied(passage)) if lacking else frozenset()
    return tuple(name for name in lacking if not proper_names.has_name(implied, name, "en"))


def mistaken_names(question: Question, passage: Passage, sentence: str, absent: Sequence[str]) -> tuple[str, ...]:
    """The question's names that the sentence replaces by a look-alike: X1000 for X100, Section 41 for Section 4.

    Look-alikes of a name that is ``absent`` are also searched in the passage and its headings. The 12 of "12 January"
    is not the question's "year 12".
    """
    forms, dateless = proper_names.word_forms(sentence), proper_names.word_forms(_without_dates(sentence))
    asked = proper_names.word_forms(_without_dates(question.text))

    def is_lacking(name: str) -> bool:
        bare = name.isdigit() and proper_names.has_name(asked, name, "en")
        return name in absent or not proper_names.has_name(dateless if bare else forms, name, "en")

    lacking = [name for name in question.names if is_lacking(name)]
    searched = {name: _with_headings(passage) if name in absent else sentence for name in lacking}
    return tuple(name for name in lacking if look_alikes(name, question.text, searched[name]))


def _without_dates(text: str) -> str:
    for date in reversed(find_dates(text)):
        text = f"{text[: date.start]} {text[date.end :]}"
    return text


def as_written(question: Question, text: str) -> str:
    """The question with its names hyphenated as in the text: the model takes RX-480 and RX480 for two things."""
    forms = {token.text.replace("-", "").casefold(): token.text for token in compounds(text)}
    asked = question.text
    for name in question.names:
        form = forms.get(name.replace("-", "").casefold())
        if form and name not in text:
            asked = asked.replace(name, form)
    return asked


def _implied(passage: Passage) -> str:
    """What the passage says without writing it: its file's name and date, its months in words, what ranges include."""
    text, source = _with_headings(passage), passage.source
    dates = (source.date, *(found.value for found in find_dates(text)))
    ranges = ((int(found[1]), int(found[2])) for found in _RANGE.finditer(text))
    numbers = (str(number) for first, last in ranges if last - first <= LONGEST for number in range(first, last))
    named = periods(text)
    months = (name for name, number in MONTHS.items() if number in named.get("month", ()))
    days = (name for name, number in WEEKDAYS.items() if number in named.get("weekday", ()))
    return "\n".join((_MARKS.sub(" ", source.name), *map(in_words, dates), " ".join((*numbers, *months, *days))))


def _with_headings(passage: Passage) -> str:
    return f"{passage.chunk.context}\n{passage.chunk.linearised.text}"
