"""RefusalBench-NQ (Muhamed et al. 2026): questions and passages changed so that most must be refused.

The hub's table as JSON Lines, a record a question::

    {"id", "source_id", "perturbation_class": "P-Ambiguity", "intensity": "HIGH", "expected_rag_behavior":
     "REFUSE_AMBIGUOUS_QUERY" | … | "ANSWER_CORRECTLY", "perturbed_query", "perturbed_context", "original_answers": []}

``perturbed_context`` is the passage. Of ANSWER_CORRECTLY, the original answers are right; of every REFUSE_…, a refusal,
whatever its reason. The changes of one question (``source_id``) are one group. ``perturbation_class`` and ``intensity``
are slices. Not read: ``original_query``, ``original_context``, ``lever_selected``, ``generator_model``,
``implementation_reasoning``, ``verifier_votes``. RefusalBench-GaRAGe, which has ten passages a question, is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.json_files import DatasetRecord, shown
from qa.evaluation.datasets.paragraphs import Paragraph, ParagraphQuestion, reader

_EXPECTED = "expected_rag_behavior"
_ANSWER, _REFUSE = "ANSWER_CORRECTLY", "REFUSE_"


def fits(fields: Mapping[str, Any]) -> bool:
    """Whether a record with these fields is one of this format."""
    return {"perturbed_query", "perturbed_context", _EXPECTED} <= fields.keys() and "grounding" not in fields


def _paragraph(record: DatasetRecord) -> Paragraph:
    expected = record.required(_EXPECTED)
    if expected != _ANSWER and not expected.startswith(_REFUSE):
        raise DatasetError(f"{record.where}: {_EXPECTED} must be {_ANSWER} or {_REFUSE}…, not {shown(expected)}")
    answers = [text for answer in record.texts("original_answers") if (text := answer.strip())]
    if expected == _ANSWER and not answers:
        raise DatasetError(f"{record.where}: original_answers is empty, but the question is to be answered")
    asked = ParagraphQuestion(
        record.required("id"),
        record.required("perturbed_query"),
        [(answer, None) for answer in answers] if expected == _ANSWER else [],
        slices=record.named("perturbation_class", "intensity"),
    )
    return Paragraph(record.required("source_id"), "", record.context("perturbed_context"), [asked])


load = reader(_paragraph, "refusalbench/1")
