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
unanswerable question, nothing: unlike F1 it is the same for systems that answer in a word and in sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from documents.outline import COLONS
from qa.check.entailment import answered
from qa.evaluation.datasets.dataset import Dataset, Item
from qa.evaluation.metrics import abstention
from qa.evaluation.metrics.answers import contains_answer, exact_match, f1
from qa.evaluation.metrics.citations import (
    CitedStatement,
    SupportJudge,
    TextSpan,
    character_precision_recall,
    citation_precision_recall,
    is_held,
)
from qa.evaluation.metrics.names import TRUTHFULNESS
from qa.evaluation.metrics.statistics import Indices
from qa.evaluation.metrics.truthfulness import truthfulness
from qa.evaluation.metrics.yes_no import are_polar, polar
from qa.evaluation.scoring.entailed import ENTAILED, EntailmentScorer
from qa.evaluation.scoring.evidence import evidence_metrics
from qa.evaluation.scoring.finding import found_metrics
from qa.evaluation.scoring.gold import Gold, GoldStandard
from qa.evaluation.scoring.judges import ComparedJudge
from qa.evaluation.scoring.reply import Reply
from qa.evaluation.scoring.supplied import have_confidence
from qa.saved.checks import problems
from qa.saved.quoting import citation_problems
from qa.saved.verification_source import VerificationSource, said

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

        Where a named judge is compared with the default one, also ``judged``: the verdicts of both.
        """
        answer, gold = reply.answer, self._gold.of(item)
        language = item.slices.get("language", self._language)
        is_said = answer["answered"] and (self._threshold is None or answer["confidence"] >= self._threshold)
        contains = gold.answerable and _contains_gold(answer, gold, language)
        metrics = self._text_metrics(answer, gold, language, is_said) | {"answered": float(is_said)}
        by_entailment = EntailmentScorer(self._support)
        statements = [statement["text"] for statement in _statements(answer, self._threshold)]
        entailed = by_entailment.scores(item.question, prediction(answer), statements, gold, language)
        metrics |= entailed if is_said else dict.fromkeys(entailed, 0.0)
        judged = by_entailment.judged if is_said else []
        if self._has_unanswerable:
            metrics |= _refusal_metrics(is_said, gold.answerable)
        if self._citations:
            if gold.answerable:
                metrics["answer_in_statement"] = float(is_said and contains)
                metrics |= _hits(reply.retrieved, gold.documents) | found_metrics(reply.passages, gold.places)
            if is_said:
                cited = _Cited.of(reply, self._threshold)
                metrics |= self._citation_metrics(cited, reply, gold, item.question, language)
                judged += _judged(cited, self._support)
        elif is_said and (item.places or item.evidence):  # people marked what answers
            metrics |= self._evidence_metrics(_Cited.of(reply, self._threshold), reply, gold)
        is_contained = contains and _short_answer_agrees(answer, gold, language)
        right = bool(is_contained or entailed.get(ENTAILED)) and _cites_gold_document(answer, gold)
        went_well = (is_said and right) if gold.answerable else not is_said
        metrics |= {"right": float(went_well), TRUTHFULNESS: truthfulness(right=went_well, said=is_said)}
        return {
            "gold": gold.to_dict(),
            "answer": dict(answer),
            "said": bool(is_said),
            "supplied": list(reply.supplied),
            "problems": problems(answer, _ground(reply)),
            "metrics": metrics,
            **({"judged": judged} if isinstance(self._support, ComparedJudge) and is_said else {}),
            "signals": {
                "confidence": answer["confidence"],
                "right": float(right),
                "answerable": float(gold.answerable),
            },
        }

    def _text_metrics(self, answer: Mapping[str, Any], gold: Gold, language: str, is_said: bool) -> dict[str, float]:
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

    def _citation_metrics(
        self, cited: _Cited, reply: Reply, gold: Gold, question: str, language: str
    ) -> dict[str, float]:
        """Citation metrics of what is said."""
        precision, recall = citation_precision_recall(cited.statements, self._support)
        metrics = {
            "citation_precision": precision,
            "citation_recall": recall,
            "citations_hold": float(bool(cited.citations) and len(cited.holding) == len(cited.citations)),
        }
        if gold.answers or not gold.answerable:
            metrics["answer_citation_recall"] = float(self._bears(cited, gold, question, language))
        spans = list(cited.spans.values())
        if gold.answerable and gold.places:
            scores = [character_precision_recall(spans, place) for place in gold.places]
            precision, recall = max(scores, key=lambda score: (sum(score), score))
            metrics |= {"character_precision": precision, "character_recall": recall}
        return metrics | self._evidence_metrics(cited, reply, gold)

    def _evidence_metrics(self, cited: _Cited, reply: Reply, gold: Gold) -> dict[str, float]:
        """By word, sentence and span, where something is cited and the gold evidence is known."""
        if not cited.citations or not gold.answerable or not gold.places:
            return {}
        return evidence_metrics(list(cited.spans.values()), gold.places, self._gold.documents | dict(reply.cited))

    def _bears(self, cited: _Cited, gold: Gold, question: str, language: str) -> bool:
        """Whether the citations that hold bear a gold answer; none do for an unanswerable question.

        Where the dataset gives the evidence, they must hold more than half of each part of it. Else they must contain a
        gold answer, or support it: of yes and no, which stand in any text, only that.
        """
        if not gold.answerable or not cited.held.strip():
            return False
        if gold.is_marked:
            return any(all(is_held(part, cited.holding) for part in place) for place in gold.places)
        is_contained = not are_polar(gold.answers) and contains_answer(cited.held, gold.answers, language)
        return bool(is_contained) or any(
            self._support(answered(question, answer), cited.held) for answer in dict.fromkeys(gold.answers)
        )


@dataclass(frozen=True, slots=True)
class _Cited:
    """What the statements that are said cite: the citations, their spans by number, each statement with its premises.

    The premises are the documents' own characters. ``holding`` are the spans of the citations that are the characters
    they say, ``held`` their text.
    """

    statements: Sequence[CitedStatement]
    citations: Sequence[Mapping[str, Any]]
    spans: Mapping[int, TextSpan]
    holding: Sequence[TextSpan]
    held: str

    @classmethod
    def of(cls, reply: Reply, threshold: float | None) -> _Cited:
        statements = _statements(reply.answer, threshold)
        marked = {number for statement in statements for number in statement["citations"]}
        citations = [citation for citation in reply.answer["citations"] if citation["number"] in marked]
        spans = {citation["number"]: _span(citation, reply) for citation in citations}
        sound = [own["number"] for own in citations if not any(citation_problems(own, _ground(reply)))]
        return cls(
            [(statement["text"], _premises(statement["citations"], spans, reply)) for statement in statements],
            citations,
            spans,
            [spans[number] for number in sound],
            "\n".join(_premises(sound, spans, reply)),
        )


def _statements(answer: Mapping[str, Any], threshold: float | None) -> list[Mapping[str, Any]]:
    """What is said; with the configured threshold, a further statement below it would not have been said."""
    statements = said(answer)
    return [*statements[:1], *(other for other in statements[1:] if other.get("support", 1.0) >= (threshold or 0.0))]


def _judged(cited: _Cited, support: SupportJudge) -> list[list[bool]]:
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
    """Whether the first statement contains a gold answer, or begins with the right yes or no; all that are wanted."""
    if gold.wanted:
        return _share_said(answer, gold, language) == 1
    if are_polar(gold.answers):
        return bool(exact_match(polar(prediction(answer)), gold.answers, language))
    first = _first(answer)
    return bool(first) and bool(contains_answer(first["text"], gold.answers, language))


def _short_answer_agrees(answer: Mapping[str, Any], gold: Gold, language: str) -> bool:
    """Whether the short answer contains a gold answer or is a part of one; true where it counts for nothing."""
    short = answer.get("short_answer")
    if not short or gold.wanted or are_polar(gold.answers):
        return True
    return bool(contains_answer(short, gold.answers, language)) or any(
        contains_answer(own, [short], language) for own in gold.answers
    )


def _candidate(answer: Mapping[str, Any], gold: Gold) -> str:
    """The prediction; of yes or no only that word, where all answers are wanted all that is said."""
    if gold.wanted:
        return _all_said(answer)
    return polar(prediction(answer)) if are_polar(gold.answers) else prediction(answer)


def _share_said(answer: Mapping[str, Any], gold: Gold, language: str) -> float:
    """The share of the answers that are all wanted which what is said contains, in one of their wordings."""
    text = _all_said(answer)
    return sum(contains_answer(text, wordings, language) for wordings in gold.wanted) / len(gold.wanted)


def _all_said(answer: Mapping[str, Any]) -> str:
    return " \n ".join(statement["text"] for statement in said(answer))


def _cites_gold_document(answer: Mapping[str, Any], gold: Gold) -> bool:
    """Whether the first statement cites a gold document; true where it cites nothing or no gold document is known."""
    marked = _first(answer)["citations"]
    cited = [citation["document"] for citation in answer["citations"] if citation["number"] in marked]
    return not cited or not gold.documents or any(document in gold.documents for document in cited)


def _ground(reply: Reply) -> VerificationSource:
    return VerificationSource(reply.cited.get, own=False)


def _text(reply: Reply, document: str) -> str:
    return reply.cited[document].text if document in reply.cited else ""


def _span(citation: Mapping[str, Any], reply: Reply) -> TextSpan:
    """The citation's characters, clipped to its document; empty if there is no such document."""
    size = len(_text(reply, citation["document"]))
    start, end = (min(max(0, citation[edge]), size) for edge in ("start", "end"))
    return citation["document"], start, max(start, end)


def _premises(numbers: Sequence[int], spans: Mapping[int, TextSpan], reply: Reply) -> list[str]:
    """The cited texts of a statement; as in ALCE, all are empty if one of the citations does not exist."""
    if any(number not in spans for number in numbers):
        return [""] * len(numbers)
    cited = ((_text(reply, document), start, end) for document, start, end in map(spans.__getitem__, numbers))
    return [text[start:end] for text, start, end in cited]


def _refusal_metrics(is_said: bool, answerable: bool) -> dict[str, float]:
    """Precision is defined for refused questions, recall for unanswerable ones."""
    metrics = {} if is_said else {"refusal_precision": float(not answerable)}
    return metrics if answerable else {**metrics, "refusal_recall": float(not is_said)}


def _hits(retrieved: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    if not gold:
        return {}
    return {f"hit@{k}": float(any(document in gold for document in retrieved[:k])) for k in (1, 5)}
