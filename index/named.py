"""The documents that a question names by their files' names, and what it asks of them.

"How many people does Acme employ?" is asked of ``acme-2025.pdf``, which says "we": of its passages those with the word
"Acme" answer no likelier than others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from documents.document import Source
from documents.edition import name_in_words
from documents.words import COMPOUND
from index.analyse import STOP_WORDS, terms

# A word in the names of more than this share of all documents tells none of them from the others.
MOST = 0.5


class Named(NamedTuple):
    """The ids of the documents that a question names, and the question without the words that do."""

    documents: frozenset[str]
    rest: str


def named(question: str, sources: Iterable[Source], count: int) -> Named | None:
    """Which of the ``sources``, found among ``count`` documents, the question names: those with most of its words.

    Where several have as many, those with most of its numbers, such as years. None where it names none, or says nothing
    else.
    """
    names = {source.document_id: frozenset(terms(name_in_words(source.name), "en")) for source in sources}
    said = {term for term in terms(question, "en") if term not in STOP_WORDS}
    telling = {term for term in said if sum(term in name for name in names.values()) <= MOST * count}
    ranks = {
        document: (len([term for term in name & telling if term.isalpha()]), len(name & telling))
        for document, name in names.items()
    }
    best = max(ranks.values(), default=(0, 0))
    if not best[0]:
        return None
    documents = frozenset(document for document, rank in ranks.items() if rank == best)
    naming = {term for document in documents for term in names[document] & telling if term.isalpha()}
    rest = COMPOUND.sub(lambda word: "" if naming.intersection(terms(word[0], "en")) else word[0], question)
    return Named(documents, " ".join(rest.split())) if said - naming else None
