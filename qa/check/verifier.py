"""Does this evidence support this sentence, whoever wrote it?

Windows of one to three neighbouring sentences are ordered by the words that they share with the claim; of the best few,
a logistic regression (``support.json``, fitted by ``training/fit_support.py``) gives the probability that each supports
the claim, from the share of the claim's words in it, from the numbers, names and negations that it lacks, and from the
reranker's logit of the sentences that together hold most of the claim. Beside the probability there are rules: numbers,
dates, names and negations of the claim must be the window's own (``qa.check.claims``), or the claim is not supported,
however alike the two are worded.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from documents.language import detect
from documents.sentences import sentences
from index.passage import Passage
from index.rerank import Reranker
from qa.check.claims import facts, quantities, wording
from qa.check.claims.wording import Words

VERSION = 2
# How many windows of so many sentences are looked at closely.
WINDOWS = {1: 3, 2: 2, 3: 1}
# One that holds less of the claim's words than this share of what the best one holds is not.
_WORTH = 0.6
# A longer one holds more than those within it by this factor: else what it adds could only hide a disagreement.
_MORE = 1.15
# So many sentences that together hold most of the claim's words are read as one text.
TOGETHER = 4
# A logit beyond says no more, and mismatches beyond count no more.
_CLIP = 10.0
_MOST = 3
_SOURCE = r"(?:text|passage|document|article|context|source|information|report|excerpt)s?(?: provided| given| above)?"
# How models introduce what they say; it claims nothing. Markers of citations neither.
_FRAME = re.compile(
    rf"\s*(?:(?:according to|based on|as (?:stated|described|noted) in) (?:the|this|these) (?:\w+ )?{_SOURCE},?"
    rf"|(?:the|this|these) {_SOURCE} (?:says?|states?|mentions?|explains?|notes?|reports?|describes?|indicates?) that"
    r"|it is (?:stated|mentioned|said|noted|reported) that|the answer(?: to (?:this|the|your) question)? is(?: that|:)"
    r"|(?:in short|in summary|in addition|in other words|for example|for instance|overall|yes|specifically"
    r"|additionally|furthermore|moreover|however|therefore|thus),)\s+(?=\S)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"\A(?:[A-Z][\w’'-]*\s+)+")
_MARKER = re.compile(r"\s?\[\d{1,3}\]")
# Of a claim that is not word for word, one sentence must have so many of its words, and so many in its order: else a
# model's mixture of several true sentences passes. Looked at with ``benchmarks.written`` on SQuAD 2.0 part A.
CLOSE, ORDER = 0.9, 0.6
# What a sentence that the evidence says word for word is worth at least.
QUOTED = 0.99


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the best window of the evidence says of a claim.

    - ``score``: the probability, between 0 and 1, that it supports the claim;
    - ``supported``: whether that reaches the threshold and nothing is missing;
    - ``passage``, ``start``, ``end``: where the window stands, offsets in the passage's document; None, 0, 0 without
      any evidence;
    - ``missing``: the claim's numbers, dates, names and negations that the window lacks or contradicts.
    """

    supported: bool
    score: float
    passage: Passage | None
    start: int
    end: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring sentences, and what stands around them: title and headings."""

    sentences: tuple[str, ...]
    context: str = ""


@dataclass(frozen=True, slots=True)
class SentenceWindow:
    """The sentences ``first`` to ``last`` (exclusive) of the block numbered ``block``."""

    block: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """A window with its signals, each the larger the better.

    ``held`` is the share of the claim's words that stand in the window itself; ``close`` and ``order``, the share that
    stands in one sentence of it, and there in the claim's order; ``quoted``, whether it says the claim word for word.
    """

    window: SentenceWindow
    signals: Mapping[str, float]
    held: float
    close: float
    order: float
    missing: facts.Missing
    quoted: bool


@dataclass(frozen=True, slots=True)
class SupportHead:
    """Weights of a logistic regression over the signals; a claim is supported from ``threshold`` on."""

    weights: Mapping[str, float]
    bias: float
    threshold: float

    @classmethod
    def load(cls) -> SupportHead:
        """The shipped head."""
        data = json.loads((files("qa.check") / "support.json").read_text("utf-8"))
        return cls(data["weights"], data["bias"], data["threshold"])

    def score(self, weighed: Weighed) -> float:
        """The probability, between 0 and 1, that the window supports the claim."""
        logit = self.bias + sum(weight * weighed.signals[name] for name, weight in self.weights.items())
        probability = 1 / (1 + math.exp(-max(-_CLIP, min(_CLIP, logit))))
        return max(probability, QUOTED) if weighed.quoted else probability

    def accepts(self, weighed: Weighed) -> bool:
        """Whether the window supports the claim: word for word, or likely, close to a sentence, and nothing missing."""
        near = weighed.close >= CLOSE and weighed.order >= ORDER
        return self.score(weighed) >= self.threshold and (weighed.quoted or (near and not weighed.missing.all))

    @property
    def fingerprint(self) -> str:
        data = json.dumps([dict(self.weights), self.bias, self.threshold], sort_keys=True)
        return f"support-{VERSION}@{hashlib.sha256(data.encode()).hexdigest()[:12]}"


class SupportVerifier:
    """Checks claims against evidence."""

    def __init__(self, reranker: Reranker, head: SupportHead | None = None) -> None:
        self._reranker = reranker
        self._head = head or SupportHead.load()
        self.fingerprint = f"{self._head.fingerprint}+{reranker.fingerprint}"

    def verify(self, claim: str, passages: Sequence[Passage]) -> Verdict:
        """The best window of the passages' sentences, and whether it supports the claim."""
        placed = [(passage, list(_spans(passage))) for passage in passages]
        blocks = [
            Block(tuple(passage.chunk.document.text[start:end] for start, end in spans), passage.chunk.context)
            for passage, spans in placed
        ]
        weighed = weigh(self._reranker, claim, blocks)
        if not weighed:
            return Verdict(False, 0.0, None, 0, 0, ())
        # Of equals the one that holds more of the claim's words itself, and of those the shorter, which comes first.
        best = max(weighed, key=lambda own: (self._head.accepts(own), self._head.score(own), own.held))
        passage, spans = placed[best.window.block]
        start, end = spans[best.window.first][0], spans[best.window.last - 1][1]
        gone = () if best.quoted else best.missing.all
        return Verdict(self._head.accepts(best), self._head.score(best), passage, start, end, gone)

    def score(self, claim: str, evidence: Sequence[str]) -> float:
        """The probability, between 0 and 1, that the sentences of ``evidence`` support the claim."""
        weighed = weigh(self._reranker, claim, [Block(tuple(evidence))])
        return max((self._head.score(own) for own in weighed), default=0.0)


def weigh(reranker: Reranker, claim: str, blocks: Sequence[Block]) -> list[Weighed]:
    """The windows of ``blocks`` that hold the most of the claim's words, the shorter first; none without any words.

    Signals: ``cover``, the share of the claim's words in the window; its names may stand around it;
    ``rerank``, the logit of the sentences that hold most of the claim together; ``numbers``, ``names``, ``negations``,
    1 where the window lacks none; ``numbers_all``, ``names_all``, the same of all the evidence.
    """
    claim = bare(claim)
    texts = [sentence for block in blocks for sentence in block.sentences]
    language = detect([claim, *texts], lead=2)
    own = wording.read(claim, language)
    if not own.plain or not texts:
        return []
    told = [[wording.read(_unmarked(text), language) for text in block.sentences] for block in blocks]
    every = [words for block in told for words in block]
    rarity = wording.rarity(own, every)
    together = _join([texts[number] for number in _together(every, rarity)])
    everything = "\n".join([*(block.context for block in blocks), *texts])
    shared = {
        "rerank": _clipped(reranker.score(claim, [together])[0]),
        "numbers_all": _told(quantities.missing(quantities.quantities(claim), quantities.quantities(everything))),
        "names_all": _told(facts.absent_names(claim, everything, language)),
    }
    named = wording.read(" ".join(facts.names(claim, language)), language)
    # At its beginning a claim's every name has a capital, also where the rules for names see none.
    subject = wording.read(" ".join(_SUBJECT.findall(claim)), language)
    asked = _Claim(claim, own, language, rarity, frozenset(named.stems), frozenset(subject.stems))
    return [
        _weighed(asked, blocks[window.block], told[window.block], window, shared) for window in _choose(asked, told)
    ]


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim, its words, how much each stem weighs, and the stems of its names and of what it begins with."""

    text: str
    words: Words
    language: str
    rarity: Mapping[str, float]
    names: frozenset[str]
    subject: frozenset[str]


def _weighed(
    claim: _Claim, block: Block, told: Sequence[Words], window: SentenceWindow, signals: Mapping[str, float]
) -> Weighed:
    """The window with ``signals`` and those of its own; ``told`` are the words of the block's sentences."""
    span = _join(block.sentences[window.first : window.last])
    before = block.sentences[window.first - 1] if window.first else ""
    around = tuple(text for text in (block.context, before) if text)
    words = wording.read(_unmarked(span), claim.language)
    beside = {stem for text in around for stem in wording.read(text, claim.language).stems}
    gone = facts.missing(claim.text, span, around, claim.language)
    own = {
        "cover": wording.covered(claim.rarity, {*words.stems, *(beside & claim.names)}),
        "numbers": _told(gone.numbers),
        "names": _told(gone.names),
        "negations": _told(gone.negations),
    }
    within = told[window.first : window.last]
    quoted = _is_quoted(claim.words, within, words, gone)
    held = wording.covered(claim.rarity, words.stems)
    close, order = max(wording.likeness(claim.words, sentence, beside & claim.subject) for sentence in within)
    return Weighed(window, {**own, **signals}, held, close, order, gone, quoted)


def _is_quoted(own: Words, told: Sequence[Words], span: Words, gone: facts.Missing) -> bool:
    """Whether the claim is whole sentences of the window, or a part of it that no negation beside it turns round."""
    whole = any(own.plain == sentence.plain for sentence in told) or own.plain == span.plain
    return whole or (not gone.negations and wording.quoted(own, span))


def _choose(claim: _Claim, told: Sequence[Sequence[Words]]) -> list[SentenceWindow]:
    """Of each length the windows that hold the most of the claim's words, the shorter first."""
    own = [[claim.rarity.keys() & set(words.stems) for words in block] for block in told]
    held = {
        SentenceWindow(number, first, first + length): wording.covered(
            claim.rarity, set[str]().union(*block[first : first + length])
        )
        for length in WINDOWS
        for number, block in enumerate(own)
        for first in range(len(block) - length + 1)
    }
    found: list[SentenceWindow] = []
    for length, count in WINDOWS.items():
        windows = [window for window in held if window.last - window.first == length and _adds(window, held)]
        # What says the claim word for word comes first, also where it has only words that weigh nothing.
        windows.sort(key=lambda own: (told[own.block][own.first].plain != claim.words.plain, -held[own]))
        found += windows[:count]
    most = max(held[window] for window in found)
    return [window for window in found if held[window] >= _WORTH * most]


def _adds(window: SentenceWindow, held: Mapping[SentenceWindow, float]) -> bool:
    """Whether the window holds more of the claim than those that are a sentence shorter."""
    block, first, last = window.block, window.first, window.last
    shorter = (
        (SentenceWindow(block, first, last - 1), SentenceWindow(block, first + 1, last)) if last - first > 1 else ()
    )
    return all(held[window] > _MORE * held[other] for other in shorter)


def _together(told: Sequence[Words], rarity: Mapping[str, float]) -> list[int]:
    """Numbers of the sentences that add the most to what those before hold of the claim, in text order."""
    own = [rarity.keys() & set(words.stems) for words in told]
    held: set[str] = set()
    chosen: list[int] = []
    for _ in range(TOGETHER):
        gains = [wording.covered(rarity, stems - held) for stems in own]
        best = max(range(len(own)), key=lambda number: (gains[number], -number))
        if chosen and not gains[best]:
            break
        chosen.append(best)
        held |= own[best]
    return sorted(set(chosen))


def _spans(passage: Passage) -> Iterator[tuple[int, int]]:
    chunk = passage.chunk
    yield from sentences(chunk.document.text, chunk.start, chunk.end)


def bare(claim: str) -> str:
    """The claim without an introduction that says nothing of its own, and without markers."""
    text = _unmarked(claim)
    frame = _FRAME.match(text)
    return text[frame.end() :] if frame else text


def _unmarked(text: str) -> str:
    return _MARKER.sub("", text)


def _join(texts: Sequence[str]) -> str:
    return " ".join(texts)


def _clipped(logit: float) -> float:
    return max(-_CLIP, min(_CLIP, logit)) / _CLIP


def _told(gone: Sequence[str]) -> float:
    """1 where nothing is missing, 0 where much is."""
    return 1 - min(_MOST, len(gone)) / _MOST
