"""One answer against its gold: the metrics of the tasks ``reading`` and ``qa``, and what the curves are made of.

An answer is *said* when it was given and its confidence reaches the threshold; else the question counts as refused, and
the prediction is empty. The prediction is the short answer where there is one, else the first statement. *Forced*
metrics take every candidate as said; they, like ``answer_in_statement`` and ``hit@k``, are over the questions that have
an answer. A metric is missing from a question that it is not defined for: citations of a refusal, refusal of an
answerable question; its mean is over the others.

*Right*, for risk-coverage, coverage at an accuracy and calibration, is a candidate whose first statement holds a gold
answer and, where it cites and the gold document is known, cites that document; never one to an unanswerable question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from documents.document import Document
from documents.sentences import sentences
from qa.evaluation import abstention
from qa.evaluation.dataset import Dataset, GoldAnswer, Item
from qa.evaluation.metrics import (
    Support,
    TextSpan,
    character_precision_recall,
    citation_precision_recall,
    contains_answer,
    exact_match,
    f1,
)
from qa.evaluation.reply import Reply, said_statements
from qa.evaluation.statistics import Indices
from qa.saved.checks import Ground, citation_problems, problems

ACCURACY = 0.8
# Characters of gold evidence that a record keeps.
SHOWN = 600


def verbatim(statement: str, premise: str) -> bool:
    """Support for quotes: the statement stands in the premise, white space aside."""
    return " ".join(statement.split()) in " ".join(premise.split())


@dataclass(frozen=True, slots=True)
class Gold:
    """What is right for an item: answers, ids of the documents that hold them, and where; each place alone will do."""

    answers: tuple[str, ...]
    answerable: bool
    documents: tuple[str, ...]
    places: tuple[tuple[TextSpan, ...], ...]
    evidence: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "answers": list(self.answers),
            "answerable": self.answerable,
            "documents": list(self.documents),
            "evidence": self.evidence,
        }


class AnswerScorer:
    """Scores replies to one dataset's items; ``threshold`` None: what is answered is said."""

    def __init__(
        self, dataset: Dataset, *, threshold: float | None, citations: bool, support: Support = verbatim
    ) -> None:
        self._dataset = dataset
        self._threshold = threshold
        self._citations = citations
        self._support = support
        self._exact = offsets_are_exact(dataset)
        self._mixed = any(item.answerable is False for item in dataset.items)

    def score(self, item: Item, reply: Reply) -> dict[str, Any]:
        """The fields of the item's record: gold, answer, said, metrics, signals."""
        answer, gold = reply.answer, self._gold(item)
        language = item.slices.get("language", self._dataset.language)
        said = answer["answered"] and (self._threshold is None or answer["confidence"] >= self._threshold)
        holds = gold.answerable and _holds(answer, gold, language)
        metrics = self._text_metrics(answer, gold, language, said) | {"answered": float(said)}
        if self._mixed:
            metrics |= _refusal_metrics(said, gold.answerable)
        if self._citations:
            if gold.answerable:
                metrics["answer_in_statement"] = float(said and holds)
                metrics |= _hits(reply.retrieved, gold.documents)
            if said:
                metrics |= self._citation_metrics(reply, gold)
        right = holds and _from_gold_document(answer, gold)
        return {
            "gold": gold.to_dict(),
            "answer": dict(answer),
            "said": bool(said),
            "problems": problems(answer, _ground(reply)),
            "metrics": metrics,
            "signals": {
                "confidence": answer["confidence"],
                "right": float(right),
                "answerable": float(gold.answerable),
            },
        }

    def _text_metrics(self, answer: Mapping[str, Any], gold: Gold, language: str, said: bool) -> dict[str, float]:
        candidate = prediction(answer)
        golds = gold.answers if gold.answerable else ()
        values = {
            "EM": exact_match(candidate if said else "", golds, language),
            "F1": f1(candidate if said else "", golds, language),
        }
        metrics = dict(values)
        if self._mixed:
            part = "HasAns" if gold.answerable else "NoAns"
            metrics |= {f"{part}_{name}": value for name, value in values.items()}
        if gold.answerable:
            metrics |= {
                "EM_forced": exact_match(candidate, golds, language),
                "F1_forced": f1(candidate, golds, language),
            }
        return metrics

    def _citation_metrics(self, reply: Reply, gold: Gold) -> dict[str, float]:
        """Of what is said and the citations that it marks; premises are the documents' own characters."""
        first, *others = said_statements(reply.answer)
        # With the configured threshold a further sentence below it would not have been said.
        said = [first, *(other for other in others if other.get("support", 1.0) >= (self._threshold or 0.0))]
        marked = {number for statement in said for number in statement["citations"]}
        citations = [citation for citation in reply.answer["citations"] if citation["number"] in marked]
        spans = {citation["number"]: _span(citation, reply) for citation in citations}
        statements = [(statement["text"], _premises(statement["citations"], spans, reply)) for statement in said]
        precision, recall = citation_precision_recall(statements, self._support)
        holds = not any(problem for citation in citations for problem in citation_problems(citation, _ground(reply)))
        metrics = {"citation_precision": precision, "citation_recall": recall, "citations_hold": float(holds)}
        if gold.answerable and gold.places:
            cited = list(spans.values())
            scores = [character_precision_recall(cited, place) for place in gold.places]
            precision, recall = max(scores, key=lambda score: (sum(score), score))
            metrics |= {"character_precision": precision, "character_recall": recall}
        return metrics

    def _gold(self, item: Item) -> Gold:
        documents = self._dataset.documents
        names = dict.fromkeys([*(answer.document for answer in item.answers if answer.document), *item.relevant])
        held = {name: documents[name] for name in names if name in documents}
        evidence = [_find(text, held) for text in item.evidence]
        if evidence and all(evidence):
            places: list[tuple[TextSpan, ...]] = [tuple(span for span in evidence if span)]
        else:
            places = [(place,) for answer in item.answers if (place := self._place(answer))]
        texts = {document.id: document.text for document in held.values()}
        shown = " … ".join(item.evidence) or " ".join(
            texts[document][start:end] for place in places[:1] for document, start, end in place
        )
        return Gold(
            tuple(answer.text for answer in item.answers),
            bool(item.answerable),
            tuple(document.id for document in held.values()),
            tuple(dict.fromkeys(places)),
            shown[:SHOWN],
        )

    def _place(self, answer: GoldAnswer) -> TextSpan | None:
        """The sentence that holds the answer, where it is known which."""
        document = self._dataset.documents.get(answer.document or "")
        if document is None or answer.start is None or not answer.text:
            return None
        if not self._exact and document.text.count(answer.text) != 1:
            return None
        spans = _sentences(document)
        end = answer.start + len(answer.text)
        held = [(first, last) for first, last in spans if first < end and answer.start < last]
        return (document.id, held[0][0], held[-1][1]) if held else None


def prediction(answer: Mapping[str, Any]) -> str:
    """What exact match and F1 look at."""
    statements = said_statements(answer)
    return answer.get("short_answer") or (statements[0]["text"] if statements else "")


def offsets_are_exact(dataset: Dataset) -> bool:
    """Whether answers' offsets were marked by people, not sought afterwards: one stands at a later occurrence."""
    return any(
        answer.start is not None
        and answer.document is not None
        and answer.document in dataset.documents
        and dataset.documents[answer.document].text.find(answer.text) != answer.start
        for item in dataset.items
        for answer in item.answers
    )


def statistics_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Callable[[Indices], float]]:
    """The figures that are no means, by name, each as a function of the numbers of the records it is to be taken of."""
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


def _holds(answer: Mapping[str, Any], gold: Gold, language: str) -> bool:
    """Whether the first statement holds a gold answer."""
    statements = said_statements(answer)
    return bool(statements) and bool(contains_answer(statements[0]["text"], gold.answers, language))


def _from_gold_document(answer: Mapping[str, Any], gold: Gold) -> bool:
    marked = said_statements(answer)[0]["citations"]
    cited = [citation["document"] for citation in answer["citations"] if citation["number"] in marked]
    return not cited or not gold.documents or any(document in gold.documents for document in cited)


def _ground(reply: Reply) -> Ground:
    return Ground(reply.cited.get, own=False)


def _text(reply: Reply, document: str) -> str:
    return reply.cited[document].text if document in reply.cited else ""


def _span(citation: Mapping[str, Any], reply: Reply) -> TextSpan:
    """The citation's characters, as far as its document has them; none of a document that there is not."""
    size = len(_text(reply, citation["document"]))
    start, end = (min(max(0, citation[edge]), size) for edge in ("start", "end"))
    return citation["document"], start, max(start, end)


def _premises(numbers: Sequence[int], spans: Mapping[int, TextSpan], reply: Reply) -> list[str]:
    """What a statement's citations say; as in ALCE nothing, where one of them leads nowhere."""
    if any(number not in spans for number in numbers):
        return [""] * len(numbers)
    cited = ((_text(reply, document), start, end) for document, start, end in map(spans.__getitem__, numbers))
    return [text[start:end] for text, start, end in cited]


def _refusal_metrics(said: bool, answerable: bool) -> dict[str, float]:
    """Precision has a value where refused, recall where there is no answer."""
    metrics = {} if said else {"refusal_precision": float(not answerable)}
    return metrics if answerable else {**metrics, "refusal_recall": float(not said)}


def _hits(retrieved: Sequence[str], gold: Sequence[str]) -> dict[str, float]:
    if not gold:
        return {}
    return {f"hit@{k}": float(any(document in gold for document in retrieved[:k])) for k in (1, 5)}


def _find(text: str, documents: Mapping[str, Document]) -> TextSpan | None:
    for document in documents.values():
        start = document.text.find(text)
        if start >= 0:
            return document.id, start, start + len(text)
    return None


@lru_cache(maxsize=256)
def _sentences(document: Document) -> list[tuple[int, int]]:
    return list(sentences(document.text))
