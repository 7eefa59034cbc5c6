"""Score one answer against its gold: the metrics of the tasks ``reading`` and ``qa``, and the signals of the curves.

An answer is *said* if the system gave it and its confidence reaches the threshold; otherwise the question is refused,
and the prediction is empty. The prediction is the short answer if there is one, else the first statement, which is the
first one behind a lead-in that ends in a colon. *Forced* metrics treat every candidate as said. Forced metrics,
``answer_in_statement`` and ``hit@k`` cover answerable questions only. A metric that is undefined for a question, such
as the citations of a refusal, is missing from its record; the mean is over the others.

A candidate is *right* if its first statement contains a gold answer and its short answer, where it has one, contains
one too or is a part of one (yes or no: begins with it; where all answers are wanted: if all are said; of references
that are whole sentences: also if one of them entails it, or is entailed), and it cites a gold document (where it cites
at all and the gold document is known); no candidate is right for an unanswerable question. Risk-coverage, coverage at
an accuracy and calibration rest on this. The metric ``right`` is 1 where a right candidate is said or, of an
unanswerable question, nothing: unlike F1 it is the same for systems that answer in a word and in sentences. Where the
gold is nuggets, a candidate is right that says every vital one; metrics of gold answers are then undefined.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from documents.document import Document
from documents.outline import COLONS
from qa.check.entailment import answered
from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.metrics import abstention
from qa.evaluation.metrics.answers import contains_answer, exact_match, f1
from qa.evaluation.metrics.citations import (
    SupportJudge,
    are_held,
    character_precision_recall,
    citation_precision_recall,
)
from qa.evaluation.metrics.names import TRUTHFULNESS
from qa.evaluation.metrics.statistics import Indices
from qa.evaluation.metrics.yes_no import are_polar, begins_rightly, is_polar, polar
from qa.evaluation.scoring.cited import Cited, ground_of, statements_of
from qa.evaluation.scoring.entailed import ENTAILED, EntailmentScorer
from qa.evaluation.scoring.evidence import evidence_metrics
from qa.evaluation.scoring.finding import found_metrics, read_metrics
from qa.evaluation.scoring.gold import Gold, GoldStandard
from qa.evaluation.scoring.judges import ComparedJudge
from qa.evaluation.scoring.nuggets import score_nuggets
from qa.evaluation.scoring.rankings import HITS, measured
from qa.evaluation.scoring.reply import Reply
from qa.evaluation.scoring.supplied import have_confidence
from qa.evaluation.scoring.written import written_metrics
from qa.saved.checks import problems
from qa.saved.verification_source import said

ACCURACY = 0.8


class AnswerScorer:
    """Scores replies to the items of one dataset.

    - ``threshold``: the confidence from which an answer is said; None: every answer that the system gives;
    - ``citations``: whether to score citations and retrieval too;
    - ``support``: judges whether quotes support a statement (``qa.evaluation.scoring.judges``).
    """

    def __init__(self, dataset: Dataset, *, threshold: float | None, citations: bool, support: SupportJudge) -> None:
        self._language = dataset.language
        self._gold = GoldStandard(dataset)
        self._has_unanswerable = any(item.answerable is False for item in dataset.items)
        self._threshold = threshold
        self._citations = citations
        self._support = support

    def score(self, item: Item, reply: Reply) -> dict[str, Any]:
        """The fields of the item's record: gold, answer, said, problems, metrics, signals.

        Where a named judge is compared with the default one, also ``judged``: the verdicts of both. Of questions with
        nuggets, also ``nuggets``: the assignment of each.

        Raises:
            ReplyError: some nuggets came assigned with the answer, and others not.
        """
        case = self._case(item, reply)
        by_entailment = EntailmentScorer(self._support)
        metrics = self._text_metrics(case) | {"answered": float(case.is_said)} | written_metrics(case.answer)
        entailed = by_entailment.scores(
            item.question, prediction(case.answer), case.statements, case.gold, case.language
        )
        metrics |= entailed if case.is_said else dict.fromkeys(entailed, 0.0)
        said = case.statements if case.is_said else []
        nuggets = score_nuggets(case.gold.nuggets, item.question, said, reply.assigned, by_entailment.supports)
        metrics |= nuggets.metrics
        judged = by_entailment.judged if case.is_said else []
        if self._has_unanswerable:
            metrics |= _refusal_metrics(case.is_said, case.gold.answerable)
        cited = Cited.of(reply, self._threshold) if case.is_said else None
        metrics |= self._cited_metrics(case, cited)
        if self._citations and cited:
            judged += _judged(cited, self._support)
        right = nuggets.are_said or self._is_right(case, entailed)
        metrics |= _verdict(case, right)
        return {
            "gold": case.gold.to_dict(),
            "answer": dict(case.answer),
            "said": bool(case.is_said),
            "supplied": list(reply.supplied),
            "problems": problems(case.answer, ground_of(reply)),
            "metrics": metrics,
            **({"judged": judged} if isinstance(self._support, ComparedJudge) and case.is_said else {}),
            **({"nuggets": list(nuggets.rows)} if nuggets.rows else {}),
            "signals": {
                "confidence": case.answer["confidence"],
                "right": float(right),
                "answerable": float(case.gold.answerable),
            },
        }

    def _case(self, item: Item, reply: Reply) -> _Case:
        answer, gold = reply.answer, self._gold.of(item)
        language = item.slices.get("language", self._language)
        is_said = answer["answered"] and (self._threshold is None or answer["confidence"] >= self._threshold)
        statements = [statement["text"] for statement in statements_of(answer, self._threshold)]
        contains = gold.answerable and not gold.nuggets and _contains_gold(answer, gold, language)
        return _Case(item, reply, gold, language, is_said, statements, contains)

    def _is_right(self, case: _Case, entailed: Mapping[str, float]) -> bool:
        """Whether the candidate is right, by the gold answers."""
        is_contained = case.contains and _short_answer_agrees(case.answer, case.gold, case.language)
        return bool(is_contained or entailed.get(ENTAILED)) and _cites_gold_document(case.answer, case.gold)

    def _text_metrics(self, case: _Case) -> dict[str, float]:
        """What is said against the gold answers; nuggets are none."""
        answer, gold, language, is_said = case.answer, case.gold, case.language, case.is_said
        if gold.nuggets:
            return {}
        golds = gold.texts if gold.answerable else ()
        candidate = _candidate(answer, gold)
        values = {
            "EM": exact_match(candidate if is_said else "", golds, language),
            "F1": f1(candidate if is_said else "", golds, language),
        }
        metrics = dict(values)
        if self._has_unanswerable:
            part = "HasAns" if gold.answerable else "NoAns"
            metrics |= {f"{part}_{name}": value for name, value in values.items()}
        if gold.wanted:
            metrics["answers_said"] = _share_said(answer, gold, language) if is_said else 0.0
        if gold.answerable:
            metrics |= {
                "EM_forced": exact_match(candidate, golds, language),
                "F1_forced": f1(candidate, golds, language),
            }
        return metrics

    def _cited_metrics(self, case: _Case, cited: Cited | None) -> dict[str, float]:
        """What is found, also for a refusal, and what is cited by what is said (None: nothing is)."""
        if not self._citations:  # people marked what answers
            is_marked = cited and cited.citations and (case.item.places or case.item.evidence)
            return self._evidence_metrics(cited, case.reply, case.gold) if cited and is_marked else {}
        metrics: dict[str, float] = {}
        if case.gold.answerable:
            if not case.gold.nuggets:
                metrics["answer_in_statement"] = float(case.is_said and case.contains)
            if case.gold.documents:
                metrics |= measured(HITS, case.reply.retrieved, dict.fromkeys(case.gold.documents, 1))
            metrics |= found_metrics(case.reply.passages, case.gold.places)
            metrics |= read_metrics(case.answer, case.is_said, case.gold.places, self._known(case.reply))
        return metrics | self._citation_metrics(case, cited) if cited else metrics

    def _citation_metrics(self, case: _Case, cited: Cited) -> dict[str, float]:
        """Citation metrics of what is said."""
        gold = case.gold
        precision, recall = citation_precision_recall(cited.statements, self._support)
        metrics = {
            "citation_precision": precision,
            "citation_recall": recall,
            "citations_hold": float(bool(cited.citations) and len(cited.holding) == len(cited.citations)),
        }
        if gold.answers or not gold.answerable:
            metrics["answer_citation_recall"] = float(self._bears(cited, gold, case.item.question, case.language))
        spans = list(cited.spans.values())
        if gold.answerable and gold.places:
            scores = [character_precision_recall(spans, place) for place in gold.places]
            precision, recall = max(scores, key=lambda score: (sum(score), score))
            metrics |= {"character_precision": precision, "character_recall": recall}
        return metrics | self._evidence_metrics(cited, case.reply, gold)

    def _evidence_metrics(self, cited: Cited, reply: Reply, gold: Gold) -> dict[str, float]:
        """By word, sentence and span, where the gold evidence is known."""
        if not gold.answerable or not gold.places:
            return {}
        return evidence_metrics(list(cited.spans.values()), gold.places, self._known(reply))

    def _known(self, reply: Reply) -> Mapping[str, Document]:
        """The documents that gold and citations are of, by id."""
        return ChainMap(dict(reply.cited), self._gold.documents)

    def _bears(self, cited: Cited, gold: Gold, question: str, language: str) -> bool:
        """Whether the citations that hold bear a gold answer; none do for an unanswerable question.

        Where the dataset gives the evidence, they must hold more than half of each part of it. Else they must contain a
        gold answer, or support it: of yes and no, which stand in any text, only that.
        """
        if not gold.answerable or not cited.held.strip():
            return False
        if gold.is_marked:
            return are_held(gold.places, cited.holding)
        return _contains_words(cited.held, gold.answers, language) or any(
            self._support(answered(question, answer), cited.held) for answer in dict.fromkeys(gold.answers)
        )


@dataclass(frozen=True, slots=True)
class _Case:
    """An item and the reply to it, with what every score of it asks.

    - ``is_said``: whether the question is answered; else it is refused, and the answer is only a candidate;
    - ``statements``: the texts of what the candidate says;
    - ``contains``: whether the candidate contains a gold answer.
    """

    item: Item
    reply: Reply
    gold: Gold
    language: str
    is_said: bool
    statements: list[str]
    contains: bool

    @property
    def answer(self) -> Mapping[str, Any]:
        return self.reply.answer


def _judged(cited: Cited, support: SupportJudge) -> list[list[bool]]:
    """The verdicts of two judges, where there are two, on each statement that they had to read."""
    if not isinstance(support, ComparedJudge):
        return []
    verdicts = [support.both(text, "\n".join(quotes)) for text, quotes in cited.statements]
    return [list(pair) for pair in verdicts if pair]


def prediction(answer: Mapping[str, Any]) -> str:
    """The text that exact match and F1 compare with the gold answers."""
    return str(answer.get("short_answer") or _first(answer).get("text", ""))


def _first(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first statement that is no lead-in to another; empty where nothing is said."""
    statements = said(answer)
    behind = (own for own in statements[:-1] if not own["text"].rstrip().endswith(COLONS))
    return next(behind, statements[-1] if statements else {})


def _opening(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The first statement that is no lead-in; of a reply that came as a text, its paragraph.

    A statement of Refdesk quotes a paragraph, those of a text are its sentences: what opens the answer is the same.
    """
    first = _first(answer)
    paragraph = first.get("paragraph")
    return [own for own in said(answer) if own is first or (paragraph is not None and own["paragraph"] == paragraph)]


def is_right(record: Mapping[str, Any]) -> bool:
    """Whether the question went well: a right answer was said or, where there is none, nothing."""
    signals = record["signals"]
    return "error" not in record and bool(
        record["said"] and signals["right"] if signals["answerable"] else not record["said"]
    )


def shown(record: Mapping[str, Any]) -> str:
    """What was said, for people to read in a line."""
    return prediction(record["answer"]) if record["said"] else "(refused)"


def statistics_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Callable[[Indices], float]]:
    """The figures that are not means, by name: each a function of the positions of the records to compute it on.

    They rest on the confidence: where there is none, there are none.
    """
    if not have_confidence(records):
        return {}
    confidence, right, answerable = (
        np.array([record["signals"][name] for record in records]) for name in ("confidence", "right", "answerable")
    )
    statistics: dict[str, Callable[[Indices], float]] = {
        "AURC": lambda chosen: abstention.aurc(confidence[chosen], right[chosen]),
        f"coverage@{ACCURACY:.0%}": lambda chosen: abstention.coverage_at(confidence[chosen], right[chosen], ACCURACY),
        "ECE": lambda chosen: abstention.expected_calibration_error(confidence[chosen], right[chosen]),
    }
    if 0 < answerable.sum() < len(answerable):
        statistics = {"AUROC": lambda chosen: abstention.auroc(confidence[chosen], answerable[chosen]), **statistics}
    return statistics


def _contains_gold(answer: Mapping[str, Any], gold: Gold, language: str) -> bool:
    """Whether what opens the answer contains a gold answer, or begins with the right yes or no; all that are wanted."""
    if gold.wanted:
        return _share_said(answer, gold, language) == 1
    text = " ".join(own["text"] for own in _opening(answer))
    return begins_rightly(prediction(answer), gold.answers) or _contains_words(text, gold.answers, language)


def _short_answer_agrees(answer: Mapping[str, Any], gold: Gold, language: str) -> bool:
    """Whether the short answer contains a gold answer or is a part of one; true where it counts for nothing."""
    short = answer.get("short_answer")
    if not short or are_polar(gold.answers):
        return True
    golds = [wording for wordings in gold.wanted for wording in wordings] or list(gold.answers)
    is_gold = begins_rightly(short, golds) or _contains_words(short, golds, language)
    return is_gold or any(contains_answer(own, [short], language) for own in golds)


def _contains_words(text: str, golds: Sequence[str], language: str) -> bool:
    """Whether the text contains a gold answer other than yes and no, which stand in any text."""
    others = [own for own in golds if not is_polar(own)]
    return bool(others and text) and bool(contains_answer(text, others, language))


def _candidate(answer: Mapping[str, Any], gold: Gold) -> str:
    """The prediction; where yes or no is right only that word, where all answers are wanted all that is said."""
    if gold.wanted:
        return _all_said(answer)
    return polar(prediction(answer)) if any(map(is_polar, gold.answers)) else prediction(answer)


def _share_said(answer: Mapping[str, Any], gold: Gold, language: str) -> float:
    """The share of the answers that are all wanted which what is said contains, in one of their wordings."""
    text = _all_said(answer)
    return sum(contains_answer(text, wordings, language) for wordings in gold.wanted) / len(gold.wanted)


def _all_said(answer: Mapping[str, Any]) -> str:
    return " \n ".join(statement["text"] for statement in said(answer))


def _cites_gold_document(answer: Mapping[str, Any], gold: Gold) -> bool:
    """Whether what opens the answer cites a gold document; true where it cites nothing or no such document is known."""
    marked = [number for own in _opening(answer) for number in own["citations"]]
    cited = [citation["document"] for citation in answer["citations"] if citation["number"] in marked]
    return not cited or not gold.documents or any(document in gold.documents for document in cited)


def _verdict(case: _Case, right: bool) -> dict[str, float]:
    """Whether the question went well and, but for nuggets, which a true answer may lack, how truthful that is.

    That is CRAG's score (Yang et al. 2024), to which a wrong answer is worse than none: 1.0 accurate, 0.0 missing
    (refused), -1.0 hallucinated (wrong).
    """
    went_well = (case.is_said and right) if case.gold.answerable else not case.is_said
    verdict = {"right": float(went_well)}
    return verdict if case.gold.nuggets else {**verdict, TRUTHFULNESS: 1.0 if went_well else -float(case.is_said)}


def _refusal_metrics(is_said: bool, answerable: bool) -> dict[str, float]:
    """Precision is defined for refused questions, recall for unanswerable ones."""
    metrics = {} if is_said else {"refusal_precision": float(not answerable)}
    return metrics if answerable else {**metrics, "refusal_recall": float(not is_said)}
