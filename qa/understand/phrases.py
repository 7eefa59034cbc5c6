"""The noun phrases of an English question or sentence, found by its function words, without a tagger.

A phrase is a run of content words without its verbs, which are told by their neighbours ("did X *open*", "was X
*founded*", "who *wrote* X"). That is enough to propose what "it" may refer to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from documents.month_names import names_of
from documents.words import COMPOUND, word_set
from index.analyse import STOP_WORDS

DO = word_set("do does did")
BE = word_set("is are was were be been")
MODALS = word_set("can could will would shall should may might must")
AUXILIARIES = DO | BE | MODALS | word_set("has have had")
WH = word_set("who whom whose what which when where why how")
PREPOSITIONS = word_set(
    "of in on at to from for with by about after against among around as before behind between beyond during into like "
    "near over since than through throughout toward towards under until upon via within "
    "without per"
)
DETERMINERS = word_set("the a an this that these those")
POSSESSIVES = word_set("his her its their my our your")
_FUNCTION = (
    STOP_WORDS | AUXILIARIES | WH | PREPOSITIONS | DETERMINERS | POSSESSIVES
    | word_set("not no also only just even ever never still yet already often typically usually more most less least "
           "very many much few several all both each either neither else next again instead because although though "
           "but if per up out off down please tell list name me us itself himself herself themselves")
)  # fmt: skip
# Nouns that only say what kind of answer is asked for.
_GENERIC = word_set(
    "name names kind type types sort number amount percentage share term word year years date day time times way part "
    "example examples thing things people person result reason effect called"
)
_PARTICIPLES = word_set(
    "made built held found known born sold won lost led set put sent seen given taken brought written begun worn drawn "
    "grown thrown chosen spoken broken driven hidden taught thought bought caught kept left met paid said told spent "
    "shown done gone become cut hit run come became wrote began took gave went saw got grew knew rose fell stood fled"
)
# "When it rains, what do I do?" asks for no time.
_WHEN = re.compile(
    r"\bwhen(?:['’]?s\b|\s+(?:exactly\s+)?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|must)\b)"
    r"|\b(?:what|which)\s+(?:days?|dates?|time)\b",
    re.IGNORECASE,
)
_AFTER_PREDICATES = frozenset("after as before if to unless when while with".split())  # noqa: SIM905
_ASKS = word_set("what which whose many much")
_VERB_FOLLOWS = word_set("who that to how it he she they we you i")
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_CONTRACTED = re.compile(r"\b(?:(who|what|which|when|where|why|how)['’]?|(it|he|she|that|there)['’])s\b", re.IGNORECASE)
_OWNER = re.compile(r"['’]s?$")
_MOST_NAMED = 8  # words of a short answer that is a name

Kind = Literal["name", "number", "noun"]


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its offsets in the text."""

    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """The word, case-folded."""
        return self.text.casefold()

    @property
    def function(self) -> bool:
        """Whether it is a function word; an acronym such as "US" is not."""
        return self.lower in _FUNCTION and not (len(self.text) > 1 and self.text.isupper())

    @property
    def capital(self) -> bool:
        """Whether it has a capital, as names have."""
        return any(character.isupper() for character in self.text)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase with its article, ``start`` to ``end`` of the text; ``preposition`` is the one before it, or ""."""

    text: str
    start: int
    end: int
    kind: Kind
    preposition: str = ""

    @property
    def head(self) -> str:
        """Its last word, case-folded: the noun that the others describe."""
        return self.text.split()[-1].casefold()


def words(text: str) -> list[Word]:
    """The words of ``text`` in order."""
    # An en dash joins words as a hyphen does: 1990–1995.
    return [Word(text[slice(*match.span())], *match.span()) for match in COMPOUND.finditer(text.replace("–", "-"))]


def spelt_out(text: str) -> str:
    """``text`` with "what is" for "what's" and "whats", and the like."""
    return _CONTRACTED.sub(r"\1\2 is", text)


def lower_words(text: str) -> list[str]:
    """The words of ``text`` in lower case."""
    return [word.lower for word in words(text)]


def is_year(text: str) -> bool:
    """Whether ``text`` is a year of four digits."""
    return _YEAR.fullmatch(text) is not None


def phrases(text: str) -> list[Phrase]:
    """The noun phrases of ``text``, in order. The parts of "X's Y" and "X of Y" follow the whole."""
    tokens = words(text)
    found: list[Phrase] = []
    for first, last in _runs(text, tokens):
        for nominal in _nominal(tokens, first, last):
            found += _with_parts(text, tokens, *nominal)
    return _with_of(text, found)


def names(text: str) -> list[Phrase]:
    """The proper names of ``text``, in order, without single words that begin a sentence."""
    tokens = words(text)
    found = []
    for first, last in _runs(text, tokens):
        capitals = [i for i in range(first, last) if tokens[i].capital]
        if capitals and not (len(capitals) == 1 and _begins_sentence(text, tokens[capitals[0]])):
            found.append(_phrase(text, tokens, capitals[0], capitals[-1] + 1))
    return [phrase for phrase in _with_of(text, found) if phrase.kind == "name"]


def _begins_sentence(text: str, word: Word) -> bool:
    return re.search(r"(?:^|[.?!])[\s\"“‘'(]*$", text[: word.start]) is not None and text != word.text


def _runs(text: str, tokens: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """The first and last (exclusive) word of each run without function words and punctuation."""
    first = 0
    for i in range(len(tokens) + 1):
        ends = i == len(tokens) or tokens[i].function
        parted = 0 < i < len(tokens) and text[tokens[i - 1].end : tokens[i].start].strip(" '’&")
        if ends or parted:
            if first < i:
                yield first, i
            first = i + 1 if ends else i


def _nominal(tokens: Sequence[Word], first: int, last: int) -> Iterator[tuple[int, int]]:
    """The run without its verbs, and without the noun that a question asks for."""
    lead, _ = _lead(tokens, first)
    capital = [tokens[i].capital for i in range(first, last)]
    if lead in DO and capital[0] and capital[-1] and not all(capital):  # did NAME verb NAME
        verb = first + capital.index(False)
        yield first, verb
        yield verb + 1, last
        return
    first, last = _without_verbs(tokens, first, last)
    if lead in _ASKS:  # the noun asked for ends before a name
        first = next((i for i in range(first, last) if tokens[i].capital), last)
    if first < last and not (last - first == 1 and tokens[first].lower in _GENERIC):
        yield first, last


def _without_verbs(tokens: Sequence[Word], first: int, last: int) -> tuple[int, int]:
    """The run without a verb that begins it ("who *wrote* X"), and without those that end it."""
    lead, determined = _lead(tokens, first)
    following = tokens[last].lower if last < len(tokens) else ""
    inverted = lead in DO or (lead in MODALS and determined)  # may the boat *leave*
    if inverted and last - first > 1 and not tokens[last - 1].capital and following not in AUXILIARIES | {"of"}:
        last -= 1
    elif not determined and not tokens[first].capital and (lead in _VERB_FOLLOWS or is_verb(tokens[first])):
        first += 1
    while first < last and is_verb(tokens[last - 1]):
        last -= 1
    return first, last


def _lead(tokens: Sequence[Word], first: int) -> tuple[str, bool]:
    """The function word that governs the run (before "X of"), and whether a determiner follows it."""
    before = first - 1
    while before >= 0 and tokens[before].lower in DETERMINERS | POSSESSIVES:
        before -= 1
    determined = before < first - 1
    if before > 0 and tokens[before].lower == "of" and not tokens[before - 1].function:
        while before >= 0 and tokens[before].lower not in AUXILIARIES | WH:
            before -= 1
        return (tokens[before].lower if before >= 0 and tokens[before].lower in DO else "of"), determined
    return (tokens[before].lower if before >= 0 else ""), determined


def is_verb(word: Word) -> bool:
    """Whether a word looks like a past tense, a participle or a gerund."""
    return not word.capital and (word.lower.endswith(("ed", "ing")) or word.lower in _PARTICIPLES)


def _with_parts(text: str, tokens: Sequence[Word], first: int, last: int) -> list[Phrase]:
    """The phrase and, for "X's Y", the owner X."""
    whole = _phrase(text, tokens, first, last)
    owner = next((i for i in range(first, last - 1) if _OWNER.search(tokens[i].text)), None)
    if owner is None:
        return [whole]
    part = _phrase(text, tokens, first, owner + 1)
    cut = _OWNER.sub("", part.text)
    return [whole, Phrase(cut, part.start, part.start + len(cut), part.kind, whole.preposition)]


def _phrase(text: str, tokens: Sequence[Word], first: int, last: int) -> Phrase:
    start, before = tokens[first].start, first - 1
    if before >= 0 and tokens[before].lower in ("the", "a", "an"):
        start, before = tokens[before].start, before - 1
    preposition = tokens[before].lower if before >= 0 and tokens[before].lower in PREPOSITIONS else ""
    run = tokens[first:last]
    kind: Kind = "noun"
    if any(word.capital for word in run):
        kind = "name"
    elif all(any(character.isdigit() for character in word.text) for word in run):
        kind = "number"
    end = run[-1].end
    if last - first == 1 or run[-1].capital:
        end = start + len(_OWNER.sub("", text[start:end]))
    return Phrase(text[start:end], start, end, kind, preposition)


def _with_of(text: str, found: Sequence[Phrase]) -> list[Phrase]:
    """The phrases with "X of Y" before its parts; two names ("University of Chicago") become one."""
    joined: list[Phrase] = []
    for phrase in found:
        last = joined[-1] if joined else None
        if last is None or text[last.end : phrase.start] != " of ":
            joined.append(phrase)
            continue
        both = last.kind == phrase.kind == "name"
        kind = "name" if "name" in (last.kind, phrase.kind) else last.kind
        whole = Phrase(text[last.start : phrase.end], last.start, phrase.end, kind, last.preposition)
        joined[-1:] = [whole] if both else [whole, last, phrase]
    return joined


def named_by(short: str) -> Phrase | None:
    """A short answer as a phrase if it names something ("the mass"); None if it says how, when or how many."""
    text = short.strip(" .,;:")
    tokens = words(text)
    is_adverbial = not tokens or (tokens[0].function and tokens[0].lower not in DETERMINERS | POSSESSIVES)
    days = names_of("en").days
    is_time = any(is_year(word.text) or word.lower.removesuffix("s") in days for word in tokens)
    is_adverbial = is_adverbial or tokens[0].text[0].isdigit() or is_time
    if is_adverbial or len(tokens) > _MOST_NAMED or not any(map(str.isalpha, text)):
        return None
    return Phrase(text, 0, len(text), "name" if any(map(str.isupper, text)) else "noun")


def _is_predicate(tokens: Sequence[Word], at: int) -> bool:
    """Whether the word is the predicate of "what" or "which", like "happens" in "What happens if …?"."""
    following = tokens[at + 1].lower if at + 1 < len(tokens) else ""
    is_asked = tokens[at - 1].lower in ("what", "which")
    return tokens[at].lower.endswith("s") and is_asked and following in _AFTER_PREDICATES


def asked_noun(text: str) -> Phrase | None:
    """The noun that "which", "what" or "how many" asks for: "companies" in "How many companies were founded?"."""
    tokens = words(text)
    for first, last in _runs(text, tokens):
        if first and tokens[first - 1].lower in _ASKS:
            is_gerund = tokens[first].lower.endswith("ing") and last - first > 1  # "which fishing boats"
            if (is_verb(tokens[first]) and not is_gerund) or _is_predicate(tokens, first):
                return None
            last = next((i for i in range(first + 1, last) if is_verb(tokens[i])), last)
            return _phrase(text, tokens, first, last)
    return None


def asks_when(text: str) -> bool:
    """Whether the text asks for a day or a time: "when", "until when", "on what date"."""
    return _WHEN.search(text) is not None


def listed(text: str) -> str:
    """The things to be listed: "clubs" in "Which clubs are there?"; else ""."""
    noun = asked_noun(text)
    following = lower_words(text[noun.end :])[:1] if noun else []
    return noun.text if noun and noun.head not in _GENERIC and AUXILIARIES.intersection(following) else ""
