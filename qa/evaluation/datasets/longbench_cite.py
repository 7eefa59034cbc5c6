"""LongBench-Cite (Zhang et al. 2024): questions about one long text each, in English and Chinese.

One JSON list, a record a question (``LongBench-Cite.json``)::

    {"idx", "dataset": "multifieldqa_en", "query", "answer": ["…"], "context", "few_shot_scores": []}

``context`` is the passage, and each of ``answer`` is right; no evidence is marked. ``dataset`` is a slice: the answers
of ``gov_report`` are summaries. Not read: ``few_shot_scores`` (of answers that a judge sees as examples).
"""

from __future__ import annotations

from documents.language import detect
from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.json_files import DatasetRecord
from qa.evaluation.datasets.paragraphs import Paragraph, ParagraphQuestion, reader


def _paragraph(record: DatasetRecord) -> Paragraph:
    answers = [text for answer in record.texts("answer") if (text := answer.strip())]
    if not answers:
        raise DatasetError(f"{record.where}: answer must hold a text that is not empty")
    context, identity = record.context("context"), record.required("idx")
    slices = {"language": detect([context], ""), **record.named("dataset")}
    asked = ParagraphQuestion(identity, record.required("query"), [(answer, None) for answer in answers], slices=slices)
    return Paragraph(identity, "", context, [asked])


load = reader(_paragraph, "longbench-cite/1")
