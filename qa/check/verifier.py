"""Does the evidence support this sentence, whoever wrote it? And does what is quoted call for care?

Three things must hold: the probability of support reaches a threshold (``qa.check.support``); the numbers, dates,
names and negations of the claim are in the evidence, however likely the rest is (``qa.check.claims``); and the claim
bears the evidence out in turn. What leaves out who says so, a condition, an exception or that something is only planned
is borne out word for word, and does not bear out the whole. A claim that is whole sentences of the evidence needs none
of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from documents.sentences import sentences
from index.passage import Passage
from qa.check.entailment import Entailment
from qa.check.injection.recogniser import Recogniser
from qa.check.support import SupportHead, WindowFeatures, window_features
from qa.check.windows import Block
from qa.check.yes_no import Decision, decide

# The probability with which a claim bears its evidence out in turn, at least. On the even texts of
# ``benchmarks.untrue`` cut-outs have at most .17, close paraphrases at least .87.
LEAST_IN_TURN = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the best window of the evidence says about a claim.

    - ``score``: the probability, between 0 and 1, that the window supports the claim;
    - ``supported``: whether the score reaches the threshold and nothing is missing;
    - ``passage``, ``start``, ``end``: the window, as offsets in the passage's document; None, 0, 0 without evidence;
    - ``missing``: the claim's numbers, dates, names and negations that the window lacks or contradicts;
    - ``coverage``: the share of the claim's words that the window has, the rarer counting more.
    """

    supported: bool
    score: float
    passage: Passage | None
    start: int
    end: int
    missing: tuple[str, ...]
    coverage: float = 0.0


class SupportVerifier:
    """Checks claims against evidence, and quotes by the ``recogniser``."""

    def __init__(
        self, entailment: Entailment, head: SupportHead | None = None, recogniser: Recogniser | None = None
    ) -> None:
        self._entailment = entailment
        self._recogniser = recogniser or Recogniser()
        self._head = head or SupportHead.load()
        self.fingerprint = f"{self._head.fingerprint}+{entailment.fingerprint}"

    def verify(self, claim: str, passages: Sequence[Passage]) -> Verdict:
        """The best window of the passages' sentences, and whether it supports the claim."""
        ranges = [sentences(passage.document.text, passage.chunk.start, passage.chunk.end) for passage in passages]
        blocks = [
            Block(tuple(passage.document.text[start:end] for start, end in own), passage.chunk.context)
            for passage, own in zip(passages, ranges, strict=True)
        ]
        found = window_features(self._entailment, claim, blocks)
        if not found:
            return Verdict(False, 0.0, None, 0, 0, ())
        # Of windows with equal scores the one with more of the claim's words; then the shorter, which comes first.
        ranked = sorted(
            found, key=lambda own: (self._head.accepts(own), self._head.score(own), own.coverage), reverse=True
        )
        supporting = (own for own in ranked if self._supports(own, claim, blocks))
        best = next(supporting, None)
        is_supported, best = best is not None, best or ranked[0]
        own = ranges[best.window.block]
        start, end = own[best.window.first][0], own[best.window.last - 1][1]
        missing = () if best.quoted else best.missing.all
        passage = passages[best.window.block]
        return Verdict(is_supported, self._head.score(best), passage, start, end, missing, best.coverage)

    def _supports(self, found: WindowFeatures, claim: str, blocks: Sequence[Block]) -> bool:
        """Whether the window supports the claim, and the claim says no less than the window."""
        if not self._head.accepts(found):
            return False
        window = found.window
        span = " ".join(blocks[window.block].sentences[window.first : window.last])
        return found.quoted or self._entailment.judge([(span, claim)])[0].supported >= LEAST_IN_TURN

    def decide(self, question: str, text: str) -> Decision:
        """Whether ``text`` says yes or no to the question."""
        return decide(self._entailment, question, [text])[0]

    def call_for_care(self, quotes: Sequence[str], short: str | None) -> bool:
        """Whether an answer of these quotes is shown with a caution."""
        return self._recogniser.call_for_care(quotes, short)

    def score(self, claim: str, evidence: Sequence[str]) -> float:
        """The probability, between 0 and 1, that the sentences of ``evidence`` support the claim."""
        found = window_features(self._entailment, claim, [Block(tuple(evidence))])
        return max((self._head.score(own) for own in found), default=0.0)
