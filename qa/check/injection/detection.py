"""Sentences that give orders to whoever reads on the user's behalf, instead of stating something.

"Ignore all previous instructions", "Note to AI assistants: …", a made-up turn of a dialogue: text like this stands in a
document to be obeyed by a model, not to inform anybody, and it answers no question. Ten languages, by the rules in
``rules.txt``; disguises are undone first. What only *tells* of orders is no directive: imperatives count where a
clause begins, and not inside quotation marks that open within the sentence (use is not mention). No list of this kind
is complete: it spares readers nonsense, and is not what keeps a model honest.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from documents.sentences import Span, sentences
from qa.check.injection.recogniser import recogniser

# Where an imperative may begin: the sentence, a clause, or after words that ask for one.
_CLAUSE = r"^[\W_]*|[.:;,!?)\]>|*#—–-]\s*|\b(?:asks) "
# Orders come in company: by so much less evidence a sentence that follows one is one as well.
AFTER_ONE = 3.0
_SECTION, _DEFINITION, _NAME = re.compile(r"\[\w+\]"), re.compile(r"(\w+) = (.*)"), re.compile(r"\{([a-z]+)\}")

_OTHER_SCRIPT = re.compile("[\u0400-\u1fff\u3040-\u9fff]")
_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+", re.IGNORECASE)
_LATIN, _CYRILLIC = re.compile("[a-zA-Z]"), re.compile("[\u0370-\u052f]")
_MASKS = ("АВЕЅІЈКМНОРСТУХаеорсухіѕјһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαν", "ABESIJKMHOPCTYXaeopcyxisjhdqwABEZHIKMNOPTYXoav")
_TO_LATIN = str.maketrans(*_MASKS)
_TO_CYRILLIC = str.maketrans(_MASKS[1][:27], _MASKS[0][:27])
_WORD = re.compile(r"\w+")
_ENCODED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
# Words of which one is in every order; to look for hidden ones.
_TELLING = re.compile("ignore|disregard|forget|instruct|reply|answer|respond|output|prompt")
_QUOTE = re.compile(r"(?<=\S\s)[\"“‘«„「『](?=\w)|(?<=\w)[“「『](?=\w)")
_CLOSING = {'"': '"', "“": "”", "‘": "'", "«": "»", "„": "“", "「": "」", "『": "』"}

_TURN = re.compile(r"[ \t*_>#-]*(?:assistant|ai|ai assistant|chat ?bot|bot)[ \t*_]*:", re.IGNORECASE)
_ASKING = re.compile(r"[ \t*_>#-]*(?:user|human)[ \t*_]*:", re.IGNORECASE)
_TEMPLATE = re.compile(
    r"[ \t*>]*(?:#{1,6}[ \t]*(?:system|instruction|response|assistant|human)[ \t]*:"
    r"|<\|(?:im_start|start_header_id)\|>|<start_of_turn>|\[INST\])",
    re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"[^\n]+(?:\n[^\n]+)*")


def _plain(text: str) -> str:
    """The text in Unicode's form NFKC, its Latin letters without accents."""
    return unicodedata.normalize("NFKC", _MARKS.sub("", unicodedata.normalize("NFKD", text)))


def fold(text: str) -> str:
    """What a reader sees in ``text``: compatibility forms, invisible characters, accents and look-alike letters undone.

    Lower case. Cyrillic and Greek look-alikes become Latin where Latin letters prevail; Latin ones become Cyrillic in
    words that mix the two elsewhere.
    """
    if text.isascii():
        return " ".join(text.casefold().split())  # nothing to undo: most sentences, and many times faster
    text = "".join(char for char in _plain(text) if unicodedata.category(char) != "Cf")
    if len(_LATIN.findall(text)) >= len(_CYRILLIC.findall(text)):
        text = text.translate(_TO_LATIN)
    else:
        text = _WORD.sub(lambda word: word[0].translate(_TO_CYRILLIC) if _CYRILLIC.search(word[0]) else word[0], text)
    return " ".join(text.replace("’", "'").casefold().split())


@dataclass(frozen=True, slots=True)
class _Rules:
    """What ``rules.txt`` holds: ``imperatives`` match where ``clause`` ends, the others ``anywhere``."""

    clause: re.Pattern[str]
    imperatives: tuple[re.Pattern[str], ...]
    anywhere: tuple[re.Pattern[str], ...]

    def found(self, folded: str) -> Iterator[Span]:
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
    """Whether the sentence gives orders to its reader as a machine; also in Base64, ROT13 or backwards."""
    readings = list(_readings(sentence))
    return any(map(_orders, readings)) or any(map(_is_learned, readings))


def by_rule(sentence: str) -> bool:
    """Whether a rule of ``rules.txt`` says so."""
    return any(map(_orders, _readings(sentence)))


def learned(sentence: str) -> bool:
    """Whether it is like the orders that ``qa.check.injection.recogniser`` was trained on."""
    return any(map(_is_learned, _readings(sentence)))


def injections(
    text: str, start: int = 0, end: int | None = None, is_order: Callable[[str], bool] = is_injection
) -> list[Span]:
    """Spans of the sentences of ``text[start:end]`` that are injections, as offsets into ``text``, in order.

    A made-up turn of a dialogue ("User: …", then "Assistant: …"; "### Response:") is one to the end of its paragraph.
    """
    stop = len(text) if end is None else min(end, len(text))
    turns = [turn for block in _PARAGRAPH.finditer(text, start, stop) for turn in _turns(text, *block.span())]
    found: list[Span] = []
    for place in sentences(text, start, stop):
        sentence = text[slice(*place)]
        if (
            any(first < place[1] and place[0] < last for first, last in turns)
            or is_order(sentence)
            or (_follows(text, found, place) and _is_learned(fold(sentence), less=AFTER_ONE))
        ):
            found.append(place)
    return found


def _follows(text: str, found: Sequence[Span], place: Span) -> bool:
    """Whether the sentence at ``place`` comes right after the last one found, in the same paragraph."""
    if not found:
        return False
    between = text[found[-1][1] : place[0]]
    return "\n\n" not in between and not between.strip()


def _is_learned(folded: str, less: float = 0.0) -> bool:
    return recogniser().finds(unquoted(folded), less)


def _orders(folded: str) -> bool:
    quoted = list(_quoted(folded))
    return any(
        not any(first <= start and end <= last for first, last in quoted) for start, end in _rules().found(folded)
    )


def unquoted(folded: str) -> str:
    """The text without what it mentions in quotation marks; they themselves stay."""
    for start, end in reversed(list(_quoted(folded))):
        folded = folded[: start + 1] + folded[end - 1 :]
    return folded


def _quoted(folded: str) -> Iterator[Span]:
    """What stands in quotation marks that open within the sentence, and is mentioned rather than said."""
    for opening in _QUOTE.finditer(folded):
        closing = folded.find(_CLOSING[opening[0]], opening.end())
        if closing >= 0:
            yield opening.start(), closing + 1


def _readings(sentence: str) -> Iterator[str]:
    """The sentence as it is seen, and as it would be decoded."""
    seen = fold(sentence)
    yield seen
    yield from (other for other in (seen[::-1], codecs.encode(seen, "rot13")) if _TELLING.search(other))
    for encoded in _ENCODED.findall(sentence):
        try:
            yield fold(base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8"))
        except (binascii.Error, UnicodeDecodeError):
            continue  # a long word or a hash


def _turns(text: str, start: int, end: int) -> Iterator[Span]:
    """From where on the paragraph ``text[start:end]`` is a made-up dialogue."""
    asked = -1
    position = start
    for line in text[start:end].splitlines(keepends=True):
        if asked < 0 and _ASKING.match(line):
            asked = position
        if _TEMPLATE.match(line):
            yield position, end
            return
        if asked >= 0 and _TURN.match(line):
            yield asked, end
            return
        position += len(line)
