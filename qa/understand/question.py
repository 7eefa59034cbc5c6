"""What a question asks for, by its words: its form, and the names that evidence must speak of.

A light analysis of English questions; in other languages only identifiers are names, and the form is "fact".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from documents.language import identify
from documents.words import IDENTIFIER, compounds
from index.analyse import STOP_WORDS
from index.query import Query
from qa.understand.asked import Asked
from qa.understand.phrases import AUXILIARIES

Form = Literal["fact", "list", "why", "how", "polar"]

# The first question word decides: "Which body was launched when it opened?" asks for a body, not for a time.
_WH = re.compile(r"\b(who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)
_SIZE = r"(much|old|long|far|fast|large|big|tall|high|deep|wide|often|heavy|quickly|soon|frequently)\b"
_THING = (
    r"(person|number|amount|quantity|size|area|year|date|days?|month|century|decade|weekday|place|city|country|town"
    r"|region|district|state|province|location|venue|continent|county|village|percent|percentage|proportion|share"
    r"|fraction|portion|growth rate)\b"
)
_PRICE = r".{0,40}\b(price|cost|revenue|salary|income|budget|dollars?|euros?|yuan|fee)\b"
# Matched at the question word: a question for one person, place, time, number or sum asks for a fact.
_FACT = re.compile(
    rf"(who|whom|whose|when|where|how many)\b|how {_SIZE}|(what|which) {_THING}|(what|which){_PRICE}", re.IGNORECASE
)
_MANNER = r"how (do|does|did|is|are|was|were|can|could|has|have|will|would|should|to|might)\b"
_VERB = r"(are|were|do|did|have|can|will)\b"
# Searched for anywhere in the question; the first that matches counts.
_FORMS: dict[Form, str] = {
    "why": r"\bwhy\b|\bwhat (is|was|are|were) the (reason|cause|purpose)s?\b|\bfor what reason\b|\bhow come\b",
    "list": r"^(please )?(list|name) |\b(which|what) (two|three|four|five|six|several)\b|\bexamples\b"
    rf"|\b(what|which) (are|were)\b|\b(what|which) (\w+ )?\w{{2,}}[^s\W]s {_VERB}",
    "how": rf"\b{_MANNER}|\bin (what|which) (way|manner)s?\b|\bby what means\b",
    "polar": r"^(is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b",
}
_COMPILED = tuple((form, re.compile(pattern, re.IGNORECASE)) for form, pattern in _FORMS.items())
_SENTENCE_START = re.compile(r"(?:^|[^\W\d_]{4,}[.?!]\s+)[\"“‘'(\[¿¡]*$")
_TITLES = frozenset("mr mrs ms miss dr prof sir".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Question(Query):
    """A query and what it asks for.

    - ``names``: the tokens that evidence must speak of: proper nouns, acronyms, identifiers and numbers, as written;
    - ``content``: the words that are no stop words, in lower case;
    - ``asked``: what kind of answer it asks for (``qa.understand.asked``), "fact" until that is known.
    """

    form: Form
    names: tuple[str, ...]
    content: tuple[str, ...]
    asked: Asked = "fact"

    @property
    def most_sentences(self) -> int:
        """How many sentences an answer may take: up to three where things are listed or explained."""
        return 3 if self.form in ("list", "why", "how") else 1


def asks(sentence: str) -> bool:
    """Whether the sentence is a question."""
    return sentence.rstrip("”\"'’)»*_ ").endswith(("?", "？", "؟"))


def claimed(question: str) -> str:
    """The claim that a yes to the question makes, without the auxiliary verb that the question begins with.

    "Is the pool open on Mondays?" becomes "The pool open on Mondays.", which a model reads as well as a whole sentence.
    """
    first, _, rest = question.strip().rstrip("?").rstrip().partition(" ")
    claim = rest.lstrip() if rest and first.casefold() in AUXILIARIES else f"{first} {rest}".rstrip()
    return f"{claim[:1].upper()}{claim[1:]}."


def analyse(text: str) -> Question:
    """The question that ``text`` asks."""
    wh = _WH.search(text)
    is_fact = wh is not None and _FACT.match(text, wh.start()) is not None
    form: Form = "fact" if is_fact else next((form for form, pattern in _COMPILED if pattern.search(text)), "fact")
    tokens = [(token.text, token.start) for token in compounds(text)]
    language = identify(text)
    # Capitals mark names in English; other languages may have none, or begin all nouns with one.
    marked = tokens if language.is_english else []
    proper = [token for token, start in marked if _is_name(text, token, start)]
    names = tuple(dict.fromkeys([*proper, *IDENTIFIER.findall(text)]))
    content = tuple(dict.fromkeys(token.casefold() for token, _ in tokens if token.casefold() not in STOP_WORDS))
    return Question(text, language, form, names, content)


def _is_name(text: str, token: str, start: int) -> bool:
    if any(character.isdigit() for character in token):
        return True
    if re.split("['’]", token.casefold())[0] in STOP_WORDS | _TITLES or not any(
        character.isupper() for character in token
    ):
        return False
    inner_capital = any(character.isupper() for character in token[1:])
    return inner_capital or not _SENTENCE_START.search(text[:start])
