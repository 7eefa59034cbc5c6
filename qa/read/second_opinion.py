"""What a language model thinks of the best sentences: does what would be quoted answer the question?

A small one reads worse than the judge does, and errs elsewhere: together they tell better which of the best sentences
is right, and whether one is. How much its opinion counts are weights (``opinion.json``, made by ``training.opinion``)
that hold for the one model that they were fitted with.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Protocol, runtime_checkable

from qa.check.injection.recogniser import Recogniser
from qa.llm.base import GenerationError, Message
from qa.llm.prompt import Prompt, load_prompt
from qa.read.confidence.calibration import Calibration
from qa.read.evidence import Evidence
from qa.read.quotable_block import quotable_block
from qa.understand.question import Question

AMONG = 4  # of the best sentences with quotations of their own: each takes a second of two cores
LONGEST = 300  # characters of a quotation; of a longer one the sentence alone is read
HEADINGS = 80  # characters of the headings above it, the last ones
YES, NO = "Yes", "No"  # as the prompt has them
UNSURE = 0.05, 0.95  # confidences between which the model is asked

log = logging.getLogger(__name__)


@runtime_checkable
class OpinionModel(Protocol):
    """A language model that tells how likely it would reply with one word rather than with another."""

    @property
    def fingerprint(self) -> str:
        """Backend and model."""

    def log_odds(self, prompts: Sequence[Sequence[Message]], word: str, other: str) -> list[float]:
        """For each prompt the log-odds that the reply begins with ``word`` and not with ``other``.

        Raises:
            GenerationError: the model failed.
        """


@dataclass(frozen=True, slots=True)
class Weights:
    """What the logit of the calibration is multiplied by, and the opinion, and what is added.

    - ``mean``: the mean opinion in the cases that they were fitted on;
    - ``model``: the fingerprint of the model that they hold for.
    """

    first: float
    opinion: float
    bias: float
    mean: float
    model: str

    @classmethod
    def shipped(cls) -> Weights:
        """The weights that ship."""
        return cls(**json.loads((files("qa.read") / "opinion.json").read_text("utf-8")))

    def added_to(self, calibration: Calibration) -> Calibration:
        """The calibration of both: the opinion is one more of its signals."""
        weights = {name: self.first * weight for name, weight in calibration.weights.items()}
        return replace(
            calibration,
            weights={**weights, "opinion": self.opinion},
            bias=self.first * calibration.bias + self.bias,
            means={**calibration.means, "opinion": self.mean},
        )


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """Asks a language ``model`` about the best of the evidence, and puts what is surer then first."""

    model: OpinionModel
    prompt: Prompt = field(default_factory=lambda: load_prompt("opinion"))

    @property
    def facts(self) -> dict[str, str]:
        """What an answer records of whom and how it asked."""
        return {"opinion": self.model.fingerprint, "opinion_prompt": self.prompt.fingerprint}

    def of(
        self, question: Question, evidence: Sequence[Evidence], calibration: Calibration, recogniser: Recogniser
    ) -> Sequence[Evidence]:
        """The evidence, best first, with the model's opinion of the first ``AMONG`` that would be quoted differently.

        The ``calibration`` knows the opinion. Nothing is asked where that would hardly change the confidence, and a
        model that fails has no opinion.
        """
        if not evidence or not UNSURE[0] <= calibration.confidence(evidence[0]) <= UNSURE[1]:
            return evidence
        read = quotations(evidence, recogniser)
        prompts = [self.prompt.messages(question=question.text, text=text) for text in read.values()]
        try:
            opinions = self.model.log_odds(prompts, YES, NO)
        except GenerationError as error:
            log.warning("the answer is found without the language model, which failed: %s", error)
            return evidence
        asked = [replace(evidence[at], opinion=own) for at, own in zip(read, opinions, strict=True)]
        others = [one for at, one in enumerate(evidence) if at not in read]
        return [*sorted(asked, key=calibration.confidence, reverse=True), *others]


def quotations(evidence: Sequence[Evidence], recogniser: Recogniser) -> dict[int, str]:
    """The first ``AMONG`` different quotations as a model reads them, by the number of their sentence."""
    found: dict[tuple[str, int, int], tuple[int, str]] = {}
    for at, one in enumerate(evidence):
        if len(found) == AMONG:
            break
        start, end = quotable_block(one.document, recogniser, (one.start, one.end))
        found.setdefault((one.document.id, start, end), (at, _as_read(one, start, end)))
    return dict(found.values())


def _as_read(evidence: Evidence, start: int, end: int) -> str:
    """What would be quoted, under the end of its headings."""
    place = (start, end) if end - start <= LONGEST else (evidence.start, evidence.end)
    headings = " ".join(evidence.passage.chunk.context.split())[-HEADINGS:]
    text = evidence.document.text[slice(*place)]
    return f"({headings}) {text}" if headings else text
