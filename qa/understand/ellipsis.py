"""Questions that leave out a part of the previous one: "And in 2021?", "What about Shanghai?", "Why?".

The previous question is asked again, with the new words in place of those that are most similar in meaning: Shanghai
replaces Beijing, not "base stations".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from documents.words import word_set
from qa.understand.parts import refers_back
from qa.understand.phrases import (
    AUXILIARIES,
    BE,
    DO,
    PREPOSITIONS,
    WH,
    Phrase,
    asked_noun,
    is_year,
    lower_words,
    named_by,
    phrases,
    words,
)

_ABOUT = re.compile(r"^(?:(?:and|but|so|or)\s+)?(?:(?:what|how) about|what of)\b", re.IGNORECASE)
_AND = re.compile(r"^(?:(?:and|but|so|or|ok|okay|well)\b[\s,]*)+(?=\w)", re.IGNORECASE)
_COMMANDS = word_set("list name tell give show explain describe compare define summarise summarize find please")
_SOME = word_set("any some more")
_ELSE = re.compile(r"(who|what|where|when|which) else", re.IGNORECASE)
_BARE = WH | PREPOSITIONS | BE | DO | word_set("not so that it come exactly long often many much")
_BARE_TAIL = re.compile(r"\s+(?:not|so|come|(?:was|is|did) (?:that|it)(?: not)?)$", re.IGNORECASE)
_CUT = re.compile(r"\s(in|on|at|to|from|for|by|with|during|since|before|after|under|until|into|between|per)\s")
_STANDS_FOR_A_NOUN = re.compile(r"^(?:that|those|the ones?) (?=(?:of|in|for|from|on)\b)|^(?:its|his|her|their) ", re.I)
_NEGATED = {"can": "can't", "will": "won't", "shall": "shan't"}
_CONDITIONS = word_set("if unless")
_CONDITION = re.compile(r"(?<=\w),?\s+(?:if|when|unless|while)\s+[^?]*", re.IGNORECASE)
_LONGEST = 8  # words of a fragment
_AS_ALIKE = 0.05  # cosine: only phrases this close to the most similar one may be replaced
_NOUN = 2  # words of the noun that a fragment asks for; more may include a verb: "Which trees line Main Street?"

# How similar in meaning a text is to each of the others.
Likeness = Callable[[str, Sequence[str]], Sequence[float]]


def without_conjunction(question: str) -> str:
    """``question`` without the "And", "But" or "So" that it begins with."""
    return _AND.sub("", question).strip()


def goes_on(question: str) -> bool:
    """Whether the question begins like a continuation: "And …", "What about …"."""
    return bool(_ABOUT.match(question) or _AND.match(question))


def filled_in(question: str, previous: str, short: str, likeness: Likeness) -> list[str] | None:
    """What ``question`` may be short for after ``previous``; None if it is a complete sentence.

    ``short`` is the short answer to ``previous``, or "".
    """
    if about := _ABOUT.match(question):
        return replaced(previous, question[about.end() :].strip(" ?.!,"), likeness)
    text = without_conjunction(question).strip(" ?.!")
    tokens = lower_words(text)
    if not tokens or tokens[0] in _COMMANDS:
        return None
    if tokens[0] in _CONDITIONS and text != question.strip(" ?.!"):
        return [_on_condition(previous, text)]
    if more := _ELSE.fullmatch(text):
        return [re.sub(rf"\b{more[1]}\b", text, previous, count=1, flags=re.IGNORECASE)]
    if not WH & set(tokens[:2]):
        if tokens[0] in _SOME:
            return []
        return replaced(previous, text, likeness) if _is_fragment(question, text, tokens) else None
    noun = asked_noun(text)
    if noun and noun.end == len(text) and len(noun.text.split()) <= _NOUN:
        return [_with_noun(previous, text, noun) or _asked_again(text, previous, short)]
    is_bare = set(tokens) <= _BARE or (tokens[0] == "how" and len(tokens) == 2)
    return [_asked_again(text, previous, short)] if is_bare else None


def _on_condition(previous: str, condition: str) -> str:
    """``previous`` with another condition: "What do I pay if it rains?" with "if it snows"."""
    earlier = _CONDITION.search(previous)
    if earlier is None:
        return f"{previous.rstrip('?. ')} {condition}"
    changed = f"{previous[: earlier.start()].rstrip(' ,')} {condition}"
    about = next((phrase.text for phrase in phrases(earlier[0]) if " " in phrase.text), "")
    return f"{about}: {changed}" if about and refers_back(condition) else changed


def _is_fragment(question: str, text: str, tokens: list[str]) -> bool:
    """Whether a text without a question word is elliptic: "And in Venice", "In Venice", "Venice?".

    Statements ("I live in Venice") and search terms ("Venice opening hours") are not.
    """
    goes_on = text != question.strip(" ?.!") or tokens[0] in PREPOSITIONS
    is_bare = len(tokens) <= _NOUN and question.rstrip().endswith("?")
    return (goes_on or is_bare) and not AUXILIARIES & set(tokens) and len(tokens) <= _LONGEST


def _with_noun(previous: str, text: str, noun: Phrase) -> str | None:
    """``previous`` with another noun: "How many towns?" after "How many villages are there?"; None without one."""
    before = asked_noun(previous)
    if before is None or lower_words(previous[: before.start])[-1:] != lower_words(text[: noun.start])[-1:]:
        return None
    return previous[: before.start] + noun.text + previous[before.end :]


def _asked_again(wh: str, previous: str, short: str) -> str:
    """``previous`` with another question word: "Who was born in Kiel?", "When?" -> "When was X born in Kiel?"."""
    negated = lower_words(wh)[-1:] == ["not"]
    wh, rest = _BARE_TAIL.sub("", wh), previous.strip(" ?.!")
    tokens = words(rest)
    if tokens and tokens[0].lower in AUXILIARIES:
        auxiliary = _negative(tokens[0].lower) if negated else tokens[0].lower
        return f"{wh} {auxiliary} {rest[tokens[0].end :]}"
    before, end = _asked_for(rest)
    if not before:
        return f"{wh}: {rest}"
    tail = rest[end:].strip()
    auxiliary, _, others = tail.partition(" ")
    subject = _subject(rest, short)
    if wh.casefold() in ("how many", "how much"):
        noun = asked_noun(rest)
        return f"{wh} {noun.text if noun else 'exactly'} {tail}"
    if auxiliary in AUXILIARIES and before in ("when", "where", "why", "how"):
        return f"{wh} {tail}"
    if auxiliary in DO:
        return f"{wh} {tail} {short if named_by(short) else ''}"
    if auxiliary in AUXILIARIES:
        return f"{wh} {auxiliary} {subject} {others}"
    return f"{wh} was it that {subject} {tail}"


def _asked_for(question: str) -> tuple[str, int]:
    """The question word, and the end of its noun ("how many towns") or adjective ("how high")."""
    tokens = words(question)
    first = next((i for i, word in enumerate(tokens) if word.lower in WH), None)
    if first is None:
        return "", 0
    noun = asked_noun(question)
    if noun and noun.start - tokens[first].end <= len(" many "):
        return tokens[first].lower, noun.end
    last = first
    while tokens[first].lower == "how" and last + 1 < len(tokens) and tokens[last + 1].lower not in AUXILIARIES:
        last += 1
    return tokens[first].lower, tokens[last].end


def _subject(question: str, short: str) -> str:
    """The answer to the question, or a word for it, as the subject of a statement."""
    noun, named = asked_noun(question), named_by(short)
    if noun and re.search(r"\bhow (many|much) $", question[: noun.start], re.IGNORECASE):
        return noun.text
    if subject := named or noun:
        return subject.text
    return "someone" if "who" in lower_words(question) else "something"


def _negative(auxiliary: str) -> str:
    return _NEGATED.get(auxiliary, f"{auxiliary}n't")


def replaced(previous: str, fragment: str, likeness: Likeness) -> list[str]:
    """``previous`` with ``fragment`` in place of what it contrasts with; several readings if that is ambiguous."""
    parts = _parts(_STANDS_FOR_A_NOUN.sub("", fragment))
    changed = [previous]
    for preposition, text in parts:
        slots = _slots(changed[0], preposition, text, likeness)
        options = [changed[0][: slot.start] + text + changed[0][slot.end :] for slot in slots]
        options = options or [f"{changed[0].rstrip('?. ')} {preposition or 'of'} {text}"]
        changed = options if len(parts) == 1 else options[:1]
    return changed if parts else []


def _parts(fragment: str) -> list[tuple[str, str]]:
    """The fragment, cut at its prepositions: "in Venice in 1576" -> ("in", "Venice"), ("in", "1576")."""
    first, *others = _CUT.split(f" {fragment}")
    preposition, of, text = first.strip().rpartition("of ") if first.strip().startswith("of ") else ("", "", first)
    found = [(f"{preposition}{of}".strip(), text.strip()), *zip(others[::2], others[1::2], strict=True)]
    return [(preposition, text.strip()) for preposition, text in found if text.strip()]


def _slots(previous: str, preposition: str, text: str, likeness: Likeness) -> list[Phrase]:
    """The phrases of ``previous`` that ``text`` may replace, the likeliest first."""
    if is_year(text):
        return [Phrase(word.text, word.start, word.end, "number") for word in words(previous) if is_year(word.text)]
    noun = asked_noun(previous)
    slots = [*phrases(previous), *([noun] if noun else [])]
    slots = [part for slot in slots if slot.kind != "number" for part in (*_owned(slot, text), slot)]
    if preposition:
        slots = [slot for slot in slots if slot.preposition == preposition]
    if len(slots) < 2:
        return slots
    alike = dict(zip(slots, likeness(text, [slot.text for slot in slots]), strict=True))
    least = max(alike.values()) - _AS_ALIKE
    return sorted((slot for slot in alike if alike[slot] >= least), key=lambda slot: -alike[slot])


def _owned(phrase: Phrase, text: str) -> list[Phrase]:
    """The part after the owner, "revenue" of "Nike's revenue", which ``text`` without an article may replace."""
    owner = re.search(r"['’]s? ", phrase.text)
    if owner is None or re.match(r"(?:the|an?) ", text, re.IGNORECASE):
        return []
    return [Phrase(phrase.text[owner.end() :], phrase.start + owner.end(), phrase.end, "noun", phrase.preposition)]
