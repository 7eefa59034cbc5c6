"""Questions about single sentences, with the words of the sentence that answer them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from documents.dates import find_dates
from documents.document import Document
from documents.number_words import SMALL
from documents.sentences import sentences
from documents.vocabulary import Vocabulary
from qa.evaluation.datasets.drafts.asking import asking_of
from qa.evaluation.datasets.drafts.draft import MAX_WORDING, Draft
from qa.read.suggest import BULLET, MONTH, suggestions

_VOCABULARY = Vocabulary("qa")
_any_of = _VOCABULARY.any_of
_LONGEST = 400  # characters of a sentence that is evidence
_CLOCK = r"\d{1,2}(?:[:.]\d\d)?(?: ?(?:am|pm|o'clock))?"
_DAY = re.compile(rf"\d{{1,2}} {MONTH}\b|{MONTH} \d{{1,2}}\b")  # of any year
_YEAR = re.compile(r"(?<=\bin )1\d\d\d\b")  # also before 1900, where a number may be anything else
_TIMES = re.compile(
    rf"{_any_of('before_clock_times')} ({_CLOCK}(?:(?: to | and |[–-]){_CLOCK})?)|\b({_any_of('named_clock_times')})\b"
)
_NUMBER = (
    r"(?:[$€£] ?)?\d[\d.,]*(?<![.,])(?: (?:hundred|thousand|million|billion))?"
    rf"|\b{_any_of('numbers_in_statements')}\b"
)
_COUNT = re.compile(_NUMBER)
_DIGITS = {word: number for word, number in SMALL.items() if 2 <= number <= 12}
_QUANTITY = re.compile(rf"(?:{_NUMBER})(?:\s?%|(?: (?!{_any_of('never_units')}\b)[a-z]+)?)")
_DOER = re.compile(r"\bby ((?:the )?[A-Z][\w'’.-]*(?: (?:of |de |van )?[A-Z][\w'’-]*)*)")
_REASON = re.compile(r"\bbecause (?:of )?(.+?)[.;]?\Z")
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)+|(?<![.!?] )(?<!\A)\b[A-Z][\w'’-]+")
_KIND = re.compile(r"\b(?:is|was) (?:an?|the) ([^,;:.]+)")
_NUMBERED = re.compile(r"\A\d|\b\d+(?:\.\d+)+ [A-Z]|\b[Ss]tep \d")  # a section's number, within a question
_POLAR = re.compile(rf"{_any_of('first_words_of_polar_questions')}\b", re.IGNORECASE)
_DECIDED = re.compile(r"(?:yes|no)\b", re.IGNORECASE)
_TODO = re.compile(r"\ATo [^,]+, (.+)")
_CUT = re.compile(rf" {_any_of('first_words_of_phrases')}\b|[,;:(]")


def facts(document: Document) -> Iterator[Draft]:
    """A draft for each suggested question whose answer can be told from its sentence."""
    titles = {section.title for section in document.sections}
    is_english = asking_of(document).is_english
    for question, (start, end) in suggestions(document):
        place = next(iter(sentences(document.text, start, end)), None)
        if place is None or _NUMBERED.search(question) or document.table_at(place[0]) is not None:
            continue
        if question not in titles and question in document.text:
            continue  # somebody in the document asks it of somebody else
        sentence = document.text[slice(*place)]
        said = BULLET.sub("", " ".join(sentence.split()))
        if len(said) > _LONGEST:
            continue
        decided = _DECIDED.match(said)
        if _POLAR.match(question):
            if decided:
                yield Draft("yes-no", question, evidence=(sentence,), head=(decided[0].casefold(),))
            continue
        # What answers a question of another language is cut out by whoever edits the draft.
        whole = said.rstrip("。.!！")
        wordings = wordings_of(question, said) if is_english else (whole,) if len(whole) <= MAX_WORDING else ()
        if wordings:
            yield Draft("fact", question, (wordings,), (sentence,))


def wordings_of(question: str, sentence: str) -> tuple[str, ...]:
    """The words of the sentence that answer the question, by what it begins with; empty where none are found."""
    asked = next((words for words in _ASKED if question.casefold().startswith(words)), None)
    if asked is None:
        return ()
    found = next(filter(None, (find(sentence) for find in _ASKED[asked])), "")
    wording = _short(found)
    if not wording:
        return ()
    first, _, rest = wording.partition(" ")
    digits = _DIGITS.get(first.casefold())
    return (wording, *([f"{digits} {rest}".strip()] if digits else []))


def _date(sentence: str) -> str:
    dates = find_dates(sentence)
    return sentence[dates[0].start : dates[0].end] if dates else ""


def _first(pattern: re.Pattern[str], sentence: str) -> str:
    """What the pattern's first group that took part has found, or all that it has found; "" for nothing."""
    found = pattern.search(sentence)
    return next(filter(None, found.groups()), found[0]) if found else ""


def _short(text: str) -> str | None:
    """The text, cut where its first phrase ends if it is long; None where it is no more than a word's remainder."""
    if len(text) > MAX_WORDING // 2:
        cut = _CUT.search(text, 12)
        text = text[: cut.start()] if cut else text
    text = text.strip(" .,;:*_")
    return text if 1 <= len(text) <= MAX_WORDING else None


def _finder(pattern: re.Pattern[str]) -> Callable[[str], str]:
    return partial(_first, pattern)


# What a question begins with -> where its answer is looked for in the sentence, one after the other.
_ASKED: Mapping[str, Sequence[Callable[[str], str]]] = {
    "when": (_date, _finder(_YEAR), _finder(_DAY), _finder(_TIMES)),
    "how many": (_finder(_COUNT),),
    "how much": (_finder(_QUANTITY),),
    "how long": (_finder(_QUANTITY),),
    "for how long": (_finder(_QUANTITY),),
    **{f"how {size}": (_finder(_QUANTITY),) for size in _VOCABULARY.listed("dimensions")},
    "how do i": (_finder(_TODO),),
    "who": (_finder(_DOER), _finder(_NAME)),
    "why": (_finder(_REASON),),
    "what is": (_finder(_KIND),),
    "what was": (_finder(_KIND),),
}
