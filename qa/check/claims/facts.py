"""What of a claim can be checked by comparing words: its numbers, dates, names and negations.

A language model may word a sentence freely, but these must agree with the evidence. Numbers and negations must be in
the span itself; names, and the years of dates, may also be in its headings, its title or the sentence before it, to
which pronouns refer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from index.analyse import STOP_WORDS, terms
from qa.check.claims import polarity, quantities
from qa.check.claims.proper_names import has_name, names, word_forms
from qa.check.claims.tokens import compound_words

Marked = tuple[tuple[str, bool], ...]  # words in order, each with whether it is marked


@dataclass(frozen=True, slots=True)
class Missing:
    """What of a claim the evidence lacks or contradicts, each as the claim writes it.

    - ``numbers``: numbers and dates;
    - ``names``: proper nouns, acronyms and names with digits;
    - ``negations``: negations, and words whose opposite the evidence says;
    - ``swapped``: pairs of names, numbers or other words that have exchanged their places in the evidence.
    """

    numbers: tuple[str, ...]
    names: tuple[str, ...]
    negations: tuple[str, ...]
    swapped: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.numbers, *self.names, *self.negations, *self.swapped)


def missing(claim: str, span: str, around: tuple[str, ...], language: str) -> Missing:
    """What of ``claim`` is not in ``span``; names and years may be ``around`` it: headings, the sentence before."""
    claimed, stated, *context = (quantities.quantities(text) for text in (claim, span, *around))
    return Missing(
        quantities.missing(claimed, stated, context),
        absent_names(claim, "\n".join((*around, span)), language),
        polarity.disagreements(claim, span, language),
        swapped(claim, span, language),
    )


def absent_names(claim: str, evidence: str, language: str) -> tuple[str, ...]:
    """The claim's names that ``evidence`` has in no form."""
    forms = word_forms(evidence)
    return tuple(name for name in names(claim, language) if not has_name(forms, name, language))


def swapped(claim: str, span: str, language: str) -> tuple[str, ...]:
    """Pairs of names, numbers or other words that have exchanged their places in the span: "A beat B", "B beat A".

    A place of names and numbers is a gap between the other words that both texts have in the same order; one of other
    words, between those that say nothing by themselves ("from the … to the …"). Where only one of the two texts says
    "by", an active sentence may have become a passive one: then no pair is found.
    """
    if (" by " in claim) != (" by " in span):
        return ()
    found = (_exchanged(mark(claim, language), mark(span, language)) for mark in (_names_marked, _content_marked))
    return next(filter(None, found), ())


def _exchanged(claim: Marked, span: Marked) -> tuple[str, ...]:
    """The pairs of marked words, each of which the span has where the claim has the other."""
    claimed, stated = _by_gaps(claim, span)
    moved = [here - there for here, there in zip(claimed, stated, strict=True)]
    return tuple(
        f"{min(one)} … {min(other)}"
        for i, one in enumerate(moved)
        for j, other in enumerate(moved[i + 1 :], i + 1)
        if one and other and one <= stated[j] and other <= stated[i]
    )


def _by_gaps(claim: Marked, span: Marked) -> tuple[list[set[str]], list[set[str]]]:
    """For both texts, the marked words in each gap between the other words that the two share in order."""
    texts = [claim, span]
    pairs = _shared_positions(*([word for word, is_marked in words if not is_marked] for words in texts))
    gaps: tuple[list[set[str]], list[set[str]]] = ([set()], [set()])
    for side, words in enumerate(texts):
        shared, position = {pair[side] for pair in pairs}, 0
        for word, is_marked in words:
            if is_marked:
                gaps[side][-1].add(word)
            else:
                if position in shared:
                    gaps[side].append(set())
                position += 1
    return gaps


def _shared_positions(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Positions in both of the words they share in order: the longest run, then those on either side of it, and on."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return [(a + n, b + n) for a, b, size in matcher.get_matching_blocks() for n in range(size)]


@lru_cache(maxsize=512)
def _names_marked(text: str, language: str) -> Marked:
    """The words of ``text``; names and whole numbers are marked, and keep their case."""
    known = names(text, language)
    return tuple(
        (word, True) if word in known or word.replace(",", "").isdigit() else (word.casefold(), False)
        for word in compound_words(text)
    )


@lru_cache(maxsize=512)
def _content_marked(text: str, language: str) -> Marked:
    """The words of ``text``; those that say something by themselves are marked, and told by their stems."""
    stems = (
        (word, [stem for stem in terms(word, language) if stem not in STOP_WORDS]) for word in compound_words(text)
    )
    return tuple((own[0], True) if own else (word.casefold(), False) for word, own in stems)
