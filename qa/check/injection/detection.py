"""Injected instructions: sentences of a document that address the machine that reads it, and inform nobody.

"Ignore all previous instructions", "Note to AI assistants: …", an invented turn of a dialogue: such text answers no
question. It is found by the rules of ``rules.txt``, for ten languages, and by a classifier; disguises are undone first.
A sentence that only reports an instruction is not one: imperatives count where a clause begins, and not in quotation
marks that open within the sentence. No such detection is complete: it keeps nonsense out of answers, and does not
replace the verification of what a model writes.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from documents.sentences import Range, sentences
from documents.vocabulary import Vocabulary
from documents.words import WORD
from qa.check.injection import classifier

_any_of = Vocabulary("qa").any_of
# An imperative begins the sentence or a clause, or follows a word such as "please" (the "asks" of ``rules.txt``).
_CLAUSE = r"^[\W_]*|[.:;,!?)\]>|*#—–-]\s*|\b(?:asks) "
# Injected instructions come in groups: the classifier's threshold is so much lower right after one.
CONTINUATION_DISCOUNT = 3.0
_SECTION, _DEFINITION, _NAME = re.compile(r"\[\w+\]"), re.compile(r"(\w+) = (.*)"), re.compile(r"\{([a-z]+)\}")

_OTHER_SCRIPT = re.compile("[\u0400-\u1fff\u3040-\u9fff]")
_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+", re.IGNORECASE)
_LATIN, _CYRILLIC = re.compile("[a-zA-Z]"), re.compile("[\u0370-\u052f]")
_MASKS = ("АВЕЅІЈКМНОРСТУХаеорсухіѕјһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαν", "ABESIJKMHOPCTYXaeopcyxisjhdqwABEZHIKMNOPTYXoav")
_TO_LATIN = str.maketrans(*_MASKS)
_TO_CYRILLIC = str.maketrans(_MASKS[1][:27], _MASKS[0][:27])
_ENCODED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_KEYWORD = re.compile(_any_of("in_most_instructions"))
_QUOTE = re.compile(r"(?<=\S\s)[\"“‘«„「『](?=\w)|(?<=\w)[“「『](?=\w)")
_CLOSING = {'"': '"', "“": "”", "‘": "'", "«": "»", "„": "“", "「": "」", "『": "』"}

_ASSISTANT_TURN = re.compile(rf"[ \t*_>#-]*{_any_of('speakers_that_are_machines')}[ \t*_]*:", re.IGNORECASE)
_USER_TURN = re.compile(rf"[ \t*_>#-]*{_any_of('speakers_that_are_people')}[ \t*_]*:", re.IGNORECASE)
_TEMPLATE = re.compile(
    r"[ \t*>]*(?:#{1,6}[ \t]*(?:system|instruction|response|assistant|human)[ \t]*:"
    r"|<\|(?:im_start|start_header_id)\|>|<start_of_turn>|\[INST\])",
    re.IGNORECASE,
)
_CODE = re.compile(r"\s*```.*?(?:```|\Z)", re.DOTALL)  # a fenced block of code
_PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")


def _plain(text: str) -> str:
    """The text in Unicode's form NFKC, its Latin letters without accents."""
    return unicodedata.normalize("NFKC", _MARKS.sub("", unicodedata.normalize("NFKD", text)))


def fold(text: str) -> str:
    """``text`` as a reader sees it, in lower case: without accents, invisible characters and look-alike letters.

    In a text with more Latin letters, look-alikes from Cyrillic and Greek become Latin. In other texts, words that mix
    Cyrillic and Latin become Cyrillic.
    """
    if text.isascii():
        return " ".join(text.casefold().split())  # most sentences; many times faster
    text = "".join(char for char in _plain(text) if unicodedata.category(char) != "Cf")
    if len(_LATIN.findall(text)) >= len(_CYRILLIC.findall(text)):
        text = text.translate(_TO_LATIN)
    else:
        text = WORD.sub(lambda word: word[0].translate(_TO_CYRILLIC) if _CYRILLIC.search(word[0]) else word[0], text)
    return " ".join(text.replace("’", "'").casefold().split())


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of ``rules.txt``: ``imperatives`` match where a match of ``clause`` ends, the others ``anywhere``."""

    clause: re.Pattern[str]
    imperatives: tuple[re.Pattern[str], ...]
    anywhere: tuple[re.Pattern[str], ...]

    def matches(self, folded: str) -> Iterator[Range]:
        """Where a rule matches."""
        latin = not _OTHER_SCRIPT.search(folded)
        begins = [mark.end() for mark in self.clause.finditer(folded)]
        for rule in self.imperatives:
            if not (latin and _OTHER_SCRIPT.search(rule.pattern)):
                yield from (match.span() for begin in begins if (match := rule.match(folded, begin)))
        for rule in self.anywhere:
            if not (latin and _OTHER_SCRIPT.search(rule.pattern)):
                yield from (match.span() for match in rule.finditer(folded))


@lru_cache(maxsize=1)
def _rules() -> _Rules:
    names: dict[str, str] = {}
    asks: list[str] = []
    imperatives: list[re.Pattern[str]] = []
    anywhere: list[re.Pattern[str]] = []
    for line in (files("qa.check.injection") / "rules.txt").read_text("utf-8").splitlines():
        definition = _DEFINITION.fullmatch(line)
        if not line or line.startswith("#"):
            continue
        if _SECTION.match(line):
            names = {}
        elif definition and definition[1] == "asks":
            asks.append(definition[2])
        elif definition:
            names[definition[1]] = _expanded(definition[2], names)
        else:
            rule = re.compile(_plain(_expanded(line.removeprefix("> "), names)))
            (imperatives if line.startswith("> ") else anywhere).append(rule)
    return _Rules(re.compile(_CLAUSE.replace("asks", "|".join(asks))), tuple(imperatives), tuple(anywhere))


def _expanded(rule: str, names: Mapping[str, str]) -> str:
    return _NAME.sub(lambda name: names[name[1]], rule)


def is_injection(sentence: str) -> bool:
    """Whether the sentence is an injected instruction, also one in Base64, in ROT13 or written backwards."""
    return suspicion(sentence) >= classifier.shipped().threshold


def are_injections(sentences: Sequence[str]) -> list[bool]:
    """Of each sentence, whether it is an injected instruction."""
    return [is_injection(sentence) for sentence in sentences]


def suspicion(sentence: str) -> float:
    """The classifier's log-odds that the sentence is an injected instruction; infinite where a rule finds one."""
    readings = list(_readings(sentence))
    if any(map(_matches_rule, readings)):
        return math.inf
    return max(classifier.shipped().score(unquoted(reading)) for reading in readings)


def is_injection_by_rules(sentence: str) -> bool:
    """Like ``is_injection``, by the rules alone."""
    return any(map(_matches_rule, _readings(sentence)))


def is_injection_by_classifier(sentence: str) -> bool:
    """Like ``is_injection``, by the classifier alone."""
    return any(map(_is_flagged, _readings(sentence)))


def injections(
    text: str, start: int = 0, end: int | None = None, judge: Callable[[Sequence[str]], list[bool]] = are_injections
) -> list[Range]:
    """The sentences of ``text[start:end]`` that are injected instructions, as offsets into ``text``, in order.

    ``judge`` decides on each sentence by itself. Beside those, all sentences are injected from an invented turn of a
    dialogue ("User: …", then "Assistant: …"; "### Response:") to the end of its paragraph, and the code that an
    injected instruction brings along ("Run this:").
    """
    stop = len(text) if end is None else min(end, len(text))
    dialogues = [found for block in _PARAGRAPH.finditer(text, start, stop) for found in _dialogue(text, *block.span())]
    found: list[Range] = []
    code_ends = start
    places = list(sentences(text, start, stop))
    for (first, last), judged in zip(places, judge([text[slice(*place)] for place in places]), strict=True):
        if (
            first < code_ends
            or any(begin < last and first < finish for begin, finish in dialogues)
            or judged
            or (_continues(text, found, first) and _is_flagged(fold(text[first:last]), CONTINUATION_DISCOUNT))
        ):
            found.append((first, last))
            if first >= code_ends and (code := _CODE.match(text, last, stop)):
                code_ends = code.end()
    return found


def _continues(text: str, found: Sequence[Range], start: int) -> bool:
    """Whether the sentence at ``start`` follows the last one ``found`` directly, in the same paragraph."""
    if not found:
        return False
    between = text[found[-1][1] : start]
    return "\n\n" not in between and not between.strip()


def _is_flagged(folded: str, discount: float = 0.0) -> bool:
    """Whether the classifier takes the text for an injected instruction."""
    return classifier.shipped().flags(unquoted(folded), discount)


def _matches_rule(folded: str) -> bool:
    """Whether a rule matches outside of quotations."""
    quotations = list(_quotations(folded))
    return any(
        not any(first <= start and end <= last for first, last in quotations) for start, end in _rules().matches(folded)
    )


def unquoted(folded: str) -> str:
    """The text without its quotations, whose quotation marks stay."""
    for start, end in reversed(list(_quotations(folded))):
        folded = folded[: start + 1] + folded[end - 1 :]
    return folded


def _quotations(folded: str) -> Iterator[Range]:
    """The quotations, with their marks, that open within the sentence: they are mentioned, not said."""
    for opening in _QUOTE.finditer(folded):
        closing = folded.find(_CLOSING[opening[0]], opening.end())
        if closing >= 0:
            yield opening.start(), closing + 1


def _readings(sentence: str) -> Iterator[str]:
    """The sentence as a reader sees it, and what it may be decoded to."""
    seen = fold(sentence)
    yield seen
    yield from (other for other in (seen[::-1], codecs.encode(seen, "rot13")) if _KEYWORD.search(other))
    for encoded in _ENCODED.findall(sentence):
        try:
            yield fold(base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8"))
        except (binascii.Error, UnicodeDecodeError):
            continue  # a long word or a hash


def _dialogue(text: str, start: int, end: int) -> Iterator[Range]:
    """The part of the paragraph ``text[start:end]`` that is an invented dialogue, to its end; none or one."""
    asked = -1
    position = start
    for line in text[start:end].splitlines(keepends=True):
        if asked < 0 and _USER_TURN.match(line):
            asked = position
        if _TEMPLATE.match(line):
            yield position, end
            return
        if asked >= 0 and _ASSISTANT_TURN.match(line):
            yield asked, end
            return
        position += len(line)
