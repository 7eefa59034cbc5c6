"""Claim and evidence -> the probability that the evidence supports the claim.

A logistic regression (``support.json``, fitted by ``training/fit_support.py``) scores each of a few windows of
neighbouring sentences. Its signals are whether the window entails the claim (``qa.check.entailment``), and so do the
sentences that together have most of the claim's words; the share of the claim's words in the window; and the numbers,
names and negations that the window lacks.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from documents.language import detect
from documents.vocabulary import Vocabulary
from qa.check.claims import facts, proper_names, quantities, wording
from qa.check.claims.wording import Words
from qa.check.entailment import Entailed, Entailment, log_odds
from qa.check.windows import Block, SentenceWindow, choose_sentences, choose_windows

VERSION = 4
# Logits beyond this, and more mismatches than this, make no difference.
_MOST_LOGIT = 10.0
_MOST_MISSING = 3
# A claim that is not a quotation needs one sentence with this share of its words, and this share in the same order. By
# entailment alone, as many false paraphrases pass as true ones (``benchmarks.paraphrases``).
LEAST_OVERLAP, LEAST_ORDER = 0.9, 0.6
# The least probability of a claim that the evidence says word for word.
QUOTED = 0.99

_any_of = Vocabulary("qa").any_of
_SOURCE = rf"{_any_of('nouns_for_sources')}s?(?: provided| given| above)?"
# Phrases with which models introduce a statement; they claim nothing.
_INTRODUCTION = re.compile(
    rf"\s*(?:{_any_of('according_to')} (?:the|this|these) (?:\w+ )?{_SOURCE},?"
    rf"|(?:the|this|these) {_SOURCE} {_any_of('sources_say')} that"
    rf"|{_any_of('announce_statements')}|{_any_of('introductory_adverbs')},)\s+(?=\S)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"\A(?:[A-Z][\w’'-]*\s+)+")
_MARKER = re.compile(r"\s?\[\d{1,3}\]")


@dataclass(frozen=True, slots=True)
class WindowFeatures:
    """A window with the signals of its support for a claim.

    - ``signals``: by name, each larger for better support; see ``window_features``;
    - ``coverage``: the weighted share of the claim's words that are in the window, from 0 to 1;
    - ``overlap``, ``order``: the share of the claim's words in the window's most similar sentence, and the share that
      it has in the claim's order, from 0 to 1;
    - ``missing``: what can be checked of the claim and is not in the window;
    - ``quoted``: whether the window, or a whole sentence of it, is the claim word for word.
    """

    window: SentenceWindow
    signals: Mapping[str, float]
    coverage: float
    overlap: float
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

    def score(self, window: WindowFeatures) -> float:
        """The probability, between 0 and 1, that the window supports the claim."""
        logit = self.bias + sum(weight * window.signals[name] for name, weight in self.weights.items())
        probability = 1 / (1 + math.exp(-max(-_MOST_LOGIT, min(_MOST_LOGIT, logit))))
        return max(probability, QUOTED) if window.quoted else probability

    def accepts(self, window: WindowFeatures) -> bool:
        """Whether the window supports the claim, as far as that is told from what the claim says.

        It is it word for word, or it is likely to entail it, has a sentence like it, and lacks nothing of it.
        """
        is_similar = window.overlap >= LEAST_OVERLAP and window.order >= LEAST_ORDER
        return self.score(window) >= self.threshold and (window.quoted or (is_similar and not window.missing.all))

    @property
    def fingerprint(self) -> str:
        """Version and digest of the weights."""
        data = json.dumps([dict(self.weights), self.bias, self.threshold], sort_keys=True)
        return f"support-{VERSION}@{hashlib.sha256(data.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim, its words, the weights of its stems, and the stems of its names and of the words it begins with."""

    text: str
    words: Words
    language: str
    weights: Mapping[str, float]
    names: frozenset[str]
    subject: frozenset[str]


def window_features(entailment: Entailment, claim: str, blocks: Sequence[Block]) -> list[WindowFeatures]:
    """The windows of ``blocks`` that cover the most of the claim's words, the shorter first; none without any words.

    Signals of a window: ``entails``, the log-odds that it entails the claim; ``cover``, the share of the claim's words
    in it, names also in the text around it; ``numbers``, ``names`` and ``negations``, 1 where it lacks none. Signals of
    all the evidence: ``entails_all``, for the sentences that together have most of the claim's words; ``numbers_all``
    and ``names_all``.
    """
    claim = without_introduction(claim)
    texts = [sentence for block in blocks for sentence in block.sentences]
    language = detect([claim, *texts], lead=2)
    words = wording.read(claim, language)
    if not words.plain or not texts:
        return []
    words_of = [[wording.read(_without_markers(text), language) for text in block.sentences] for block in blocks]
    weights = wording.rarity(words, [sentence for block in words_of for sentence in block])
    names = wording.read(" ".join(proper_names.names(claim, language)), language)
    # The names that a claim begins with have capitals, also where the rules for names find none.
    subject = wording.read(" ".join(_SUBJECT.findall(claim)), language)
    read = _Claim(claim, words, language, weights, frozenset(names.stems), frozenset(subject.stems))
    windows = choose_windows(words, weights, words_of)
    spans = [" ".join(blocks[own.block].sentences[own.first : own.last]) for own in windows]
    together = _together(weights, blocks, words_of)
    premises = [together, *(_under(blocks[own.block].context, span) for own, span in zip(windows, spans, strict=True))]
    all_judged, *judged = entailment.judge([(claim, text) for text in premises])
    everything = "\n".join([*(block.context for block in blocks), *texts])
    numbers = quantities.missing(quantities.quantities(claim), quantities.quantities(everything))
    shared = {
        "entails_all": _share(all_judged),
        "numbers_all": _completeness(numbers),
        "names_all": _completeness(facts.absent_names(claim, everything, language)),
    }
    return [
        _features(read, blocks[own.block], words_of[own.block], own, {**shared, "entails": _share(verdict)})
        for own, verdict in zip(windows, judged, strict=True)
    ]


def _together(weights: Mapping[str, float], blocks: Sequence[Block], words_of: Sequence[Sequence[Words]]) -> str:
    """The sentences that together have most of the claim's words, wherever they are, under their headings."""
    places = [(block, text) for block in blocks for text in block.sentences]
    chosen = choose_sentences(weights, [sentence for block in words_of for sentence in block])
    contexts = dict.fromkeys(places[number][0].context for number in chosen)
    return _under(" ".join(filter(None, contexts)), " ".join(places[number][1] for number in chosen))


def _under(context: str, text: str) -> str:
    """The text under its title and headings, which pronouns and names may refer to."""
    return f"{context}. {text}" if context else text


def _share(judged: Entailed) -> float:
    """The log-odds of support as a share, from -1 to 1, of the most that counts."""
    return max(-_MOST_LOGIT, min(_MOST_LOGIT, log_odds(judged))) / _MOST_LOGIT


def _features(
    claim: _Claim, block: Block, block_words: Sequence[Words], window: SentenceWindow, shared: Mapping[str, float]
) -> WindowFeatures:
    """The window with its own signals and the ``shared`` ones; ``block_words`` has the words of each sentence."""
    span = " ".join(block.sentences[window.first : window.last])
    before = block.sentences[window.first - 1] if window.first else ""
    around = tuple(text for text in (block.context, before) if text)
    words = wording.read(_without_markers(span), claim.language)
    stems_around = {stem for text in around for stem in wording.read(text, claim.language).stems}
    missing = facts.missing(claim.text, span, around, claim.language)
    signals = {
        "cover": wording.coverage(claim.weights, {*words.stems, *(stems_around & claim.names)}),
        "numbers": _completeness(missing.numbers),
        "names": _completeness(missing.names),
        "negations": _completeness(missing.negations),
    }
    sentences = block_words[window.first : window.last]
    overlap, order = max(
        wording.similarity(claim.words, sentence, stems_around & claim.subject) for sentence in sentences
    )
    return WindowFeatures(
        window,
        {**signals, **shared},
        coverage=wording.coverage(claim.weights, words.stems),
        overlap=overlap,
        order=order,
        missing=missing,
        quoted=_is_quoted(claim.words, sentences, words),
    )


def _is_quoted(claim: Words, sentences: Sequence[Words], span: Words) -> bool:
    """Whether the claim is the span or a sentence of it, whole: the rest of a sentence may deny what a part says."""
    return any(claim.plain == whole.plain for whole in (span, *sentences))


def without_introduction(claim: str) -> str:
    """The claim without citation markers and without an introductory phrase such as "According to the text,"."""
    text = _without_markers(claim)
    introduction = _INTRODUCTION.match(text)
    return text[introduction.end() :] if introduction else text


def _without_markers(text: str) -> str:
    return _MARKER.sub("", text)


def _completeness(missing: Sequence[str]) -> float:
    """1 where nothing is missing, 0 where much is."""
    return 1 - min(_MOST_MISSING, len(missing)) / _MOST_MISSING
