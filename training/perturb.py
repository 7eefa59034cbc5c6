"""Sentences of a text, reworded by rules so that the text still supports them, or changed so that it does not.

Each rule returns a variant of a sentence, or None if it does not apply. The word lists are separate from those of
``qa.check.claims``, so that the verifier is also tested with changes that its own lists do not contain.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from documents.normalise import normalise
from documents.sentences import sentences

Rule = Callable[[str, str, Sequence[str], random.Random], str | None]

_NUMBER = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+(?![\w,])|(?<![\w.,-])\d+(?:\.\d+)?(?![\w.,]*\w)")
_YEAR = re.compile(r"(?<![\w.,-])(1[5-9]\d\d|20[0-2]\d)(?![\w,-])")
_MONTHS = (
    "January", "February", "March", "April", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?: [A-Z][a-z]+)*")
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|can|could|will|would|should|must|may|might|did|does)\b(?! not\b|n't)"
)
_UNITS = {
    "km": "miles", "kilometres": "miles", "kilometers": "miles", "miles": "kilometres", "metres": "feet",
    "feet": "metres", "meters": "feet", "percent": "points", "%": " million", "hours": "days", "days": "weeks",
    "years": "months",
    "months": "years", "weeks": "days", "minutes": "hours", "million": "billion", "billion": "million", "kg": "tonnes",
    "tons": "kilograms", "thousand": "million", "acres": "square miles", "dollars": "euros",
}  # fmt: skip
_COMPARED = {
    "more": "less", "less": "more", "over": "under", "higher": "lower", "lower": "higher", "larger": "smaller",
    "smaller": "larger", "largest": "smallest", "smallest": "largest", "highest": "lowest", "lowest": "highest",
    "before": "after", "after": "before", "increased": "decreased", "decreased": "increased", "increase": "decrease",
    "decrease": "increase", "rose": "fell", "fell": "rose", "grew": "shrank", "above": "below", "below": "above",
    "most": "least", "greater": "smaller", "older": "younger", "longer": "shorter", "shorter": "longer",
    "best": "worst", "earlier": "later", "later": "earlier",
    "oldest": "newest", "first": "last", "stronger": "weaker", "better": "worse",
    "northern": "southern", "southern": "northern", "eastern": "western", "western": "eastern",
    "early": "late",
}  # fmt: skip
_ALIKE = {
    "however": "", "also": "", "more than": "over", "approximately": "about", "began": "started", "large": "big",
    "because": "since", "during": "in", "numerous": "many", "whilst": "while", "obtained": "got", "therefore": "thus",
    "percent": "%", "per cent": "percent", "located": "situated", "such as": "like", "often": "frequently",
    "major": "important", "various": "several", "became": "turned into", "primarily": "mainly", "mostly": "mainly",
    "so-called": "", "known as": "called", "within": "in", "among": "amongst", "upon": "on", "though": "although",
}  # fmt: skip
_SPELLED = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "ten": "10"}


@dataclass(frozen=True, slots=True)
class Variant:
    """A claim made from a sentence of ``text`` by the rule ``kind``; does the text support it?"""

    claim: str
    text: str
    kind: str
    supported: bool


def variants(text: str, others: Sequence[str], rng: random.Random, rules: Sequence[str] = ()) -> Iterator[Variant]:
    """Variants of the sentences of ``text``: at most one of each rule in ``rules`` (all by default).

    ``others`` are names from other texts, to swap in.
    """
    whole = [text[start:end] for start, end in sentences(text)]
    whole = [sentence for sentence in whole if 8 <= len(sentence.split()) <= 45 and sentence[-1:] in ".!"]
    for kind in rules or (*SUPPORTED, *CHANGED):
        rng.shuffle(whole)
        rule = SUPPORTED.get(kind) or CHANGED[kind]
        for sentence in whole:
            claim = rule(sentence, text, others, rng)
            if claim is not None and (claim != sentence or kind == "quote"):
                yield Variant(claim, text, kind, kind in SUPPORTED)
                break


def paragraphs_of(path: Path) -> list[tuple[str, str]]:
    """(article, text) of the paragraphs of a file in SQuAD's layout, gzipped or not."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [
        (str(article["title"]).replace("_", " "), normalise(paragraph["context"]))
        for article in json.loads(data)["data"]
        for paragraph in article["paragraphs"]
    ]


def names_in(text: str) -> list[str]:
    """The names in ``text`` that can be swapped into variants of other texts."""
    return _NAME.findall(text)


def _quote(sentence: str, _text: str, _others: Sequence[str], _rng: random.Random) -> str | None:
    return sentence


def _without_aside(sentence: str, _text: str, _others: Sequence[str], _rng: random.Random) -> str | None:
    """Without a part in brackets, or a relative clause at the end."""
    shorter = re.sub(r" \([^()]*\)", "", sentence)
    shorter = re.sub(r", (which|who|where) [^,;]*\.$", ".", shorter)
    return shorter if shorter != sentence and len(shorter.split()) >= 5 else None


def _without_opening(sentence: str, _text: str, _others: Sequence[str], _rng: random.Random) -> str | None:
    """Without an adverbial before the main clause: "In 1999, the …" becomes "The …"."""
    match = re.match(
        r"(?:In|At|On|By|During|After|Since|From|With|However|Today|As)\b[^,;.]{0,50}, "
        r"(the|a|an|he|she|it|they|this|these|[A-Z]\w+) ",
        sentence,
    )
    return sentence[match.start(1)].upper() + sentence[match.start(1) + 1 :] if match else None


def _reworded(sentence: str, _text: str, _others: Sequence[str], _rng: random.Random) -> str | None:
    """With synonyms, and with numbers and negations in another notation."""
    changed = sentence
    for word, other in _ALIKE.items():
        changed = re.sub(rf"(?<=[a-z,] ){word}\b ?", f"{other} " if other else "", changed)
    changed = re.sub(rf"(?<=[a-z] )({'|'.join(_SPELLED)})(?= [a-z])", lambda match: _SPELLED[match[0]], changed)
    changed = re.sub(r"\b(is|are|was|were|did|does|could|would) not\b", r"\1n't", changed)
    changed = re.sub(r"(?<=\d),(?=\d{3}\b)", "", changed)
    return re.sub(r"  +", " ", changed).replace(" .", ".").replace(" ,", ",")


def _reported(sentence: str, _text: str, _others: Sequence[str], rng: random.Random) -> str | None:
    """With an introductory phrase, as language models write."""
    opening = rng.choice(["According to the text, ", "The document says that ", "It is stated that ", "In short, "])
    first = sentence.split()[0]
    return opening + (
        sentence[0].lower() + sentence[1:] if first in ("The", "A", "An", "It", "In", "This") else sentence
    )


def _number(sentence: str, text: str, _others: Sequence[str], rng: random.Random) -> str | None:
    return _changed_number(_NUMBER, sentence, text, lambda value: value + rng.choice([1, 2, 3, 5, 10, value or 7]))


def _date(sentence: str, text: str, _others: Sequence[str], rng: random.Random) -> str | None:
    month = next((name for name in _MONTHS if name in sentence), None)
    if month and rng.random() < 0.5:
        other = rng.choice([name for name in _MONTHS if name not in text])
        return sentence.replace(month, other, 1)
    return _changed_number(_YEAR, sentence, text, lambda value: value + rng.choice([-20, -3, -1, 1, 2, 10]))


def _changed_number(pattern: re.Pattern[str], sentence: str, text: str, change: Callable[[float], float]) -> str | None:
    for match in pattern.finditer(sentence):
        if pattern is _NUMBER and _YEAR.fullmatch(match[0]):
            continue
        decimals = len(match[0].partition(".")[2])
        value = change(float(match[0].replace(",", "")))
        other = f"{value:,.{decimals}f}" if "," in match[0] else f"{value:.{decimals}f}"
        if not re.search(rf"(?<![\d.,]){re.escape(other)}(?![\d])", text):
            return sentence[: match.start()] + other + sentence[match.end() :]
    return None


def _name(sentence: str, text: str, others: Sequence[str], rng: random.Random) -> str | None:
    found = [match for match in _NAME.finditer(sentence) if match[0] not in _MONTHS]
    strange = [name for name in others if not set(name.split()) & set(re.findall(r"\w+", text)) and name not in _MONTHS]
    if not found or not strange:
        return None
    match = rng.choice(found)
    return sentence[: match.start()] + rng.choice(strange) + sentence[match.end() :]


def _unit(sentence: str, _text: str, _others: Sequence[str], _rng: random.Random) -> str | None:
    for match in re.finditer(rf"(?<=\d)([ -]?)({'|'.join(map(re.escape, _UNITS))})(?!\w)", sentence):
        return sentence[: match.start(2)] + _UNITS[match[2]] + sentence[match.end() :]
    return None


def _negation(sentence: str, _text: str, _others: Sequence[str], rng: random.Random) -> str | None:
    if " not " in sentence:
        return sentence.replace(" not ", " ", 1)
    found = list(_AUXILIARY.finditer(sentence))
    match = rng.choice(found[:2]) if found else None
    return f"{sentence[: match.end()]} not{sentence[match.end() :]}" if match else None


def _comparison(sentence: str, _text: str, _others: Sequence[str], rng: random.Random) -> str | None:
    found = [match for match in re.finditer(r"\b[a-z]+\b", sentence) if match[0] in _COMPARED]
    match = rng.choice(found) if found else None
    return sentence[: match.start()] + _COMPARED[match[0]] + sentence[match.end() :] if match else None


def _roles(sentence: str, _text: str, _others: Sequence[str], _rng: random.Random) -> str | None:
    """With two names swapped."""
    found = list({match[0]: match for match in re.finditer(r"\b[A-Z][a-z]{3,}(?: [A-Z][a-z]+)*", sentence)}.values())
    found = [match for match in found if match.start() and match[0] not in _MONTHS]
    if len(found) < 2 or re.search(r"\b(and|or|both|between)\b|,", sentence[found[0].end() : found[1].start()]):
        return None
    first, second = found[:2]
    return (
        sentence[: first.start()]
        + second[0]
        + sentence[first.end() : second.start()]
        + first[0]
        + sentence[second.end() :]
    )


SUPPORTED: dict[str, Rule] = {
    "quote": _quote, "without aside": _without_aside, "without opening": _without_opening, "reworded": _reworded,
    "reported": _reported,
}  # fmt: skip
CHANGED: dict[str, Rule] = {
    "number": _number, "date": _date, "name": _name, "unit": _unit, "negation": _negation, "comparison": _comparison,
    "roles": _roles,
}  # fmt: skip
