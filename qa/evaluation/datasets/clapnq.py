"""CLAPNQ (Rosenthal et al. 2024): web questions with a passage, its sentences that answer, and an answer in own words.

A record a question::

    {"id", "input", "passages": [{"title", "text", "sentences": []}],
     "output": [{"answer", "selected_sentences": [], "meta": {}}]}

``input`` is the question; each ``output`` is what one annotator wrote and selected. An empty answer: the passage does
not answer the question. Flat records are read too: ``question``, ``title``, ``context``, ``long_answer`` and
``selected_sentences``.

The selected sentences of each annotator are complete evidence; the answers are whole sentences in own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.json_files import DatasetRecord
from qa.evaluation.datasets.paragraphs import Paragraph, ParagraphQuestion, Spans, reader


def fits(fields: Mapping[str, Any]) -> bool:
    """Whether a record with these fields is one of this format."""
    return {"input", "passages", "output"} <= fields.keys() or {"context", "selected_sentences"} <= fields.keys()


def _paragraph(record: DatasetRecord) -> Paragraph:
    passage, field, written, answer = record, "context", [record], "long_answer"
    if "context" not in record.fields:
        passages = record.parts("passages", "passage")
        if len(passages) != 1:
            raise DatasetError(f"{record.where}: passages must hold one passage, not {len(passages)}")
        passage, field, written, answer = passages[0], "text", record.parts("output", "output"), "answer"
        if not written:
            raise DatasetError(f"{record.where}: output is empty: whether the passage answers is not known")
    context, title = passage.context(field), passage.text("title")
    answers = [(text, None) for output in written if (text := output.given(answer))]
    evidence = [_selected(output, context) for output in written]
    asked = ParagraphQuestion(
        record.text("id"),
        record.required("input", "question"),
        answers,
        evidence=[spans for spans in evidence if spans] if answers else (),
        slices={"sentences selected": str(len(evidence[0]))} if answers else {},
    )
    return Paragraph(title or record.where, title, context, [asked])


def _selected(output: DatasetRecord, context: str) -> Spans:
    """Where the selected sentences stand, each behind the one before it.

    Raises:
        DatasetError: one of them is not in the passage.
    """
    spans: list[tuple[int, int]] = []
    end = 0
    for sentence in output.texts("selected_sentences"):
        start = context.find(sentence, end)
        start = context.find(sentence) if start < 0 else start
        if start < 0:
            raise DatasetError(f"{output.where}: the passage does not hold the selected sentence {sentence[:40]!r}…")
        end = start + len(sentence)
        spans.append((start, end))
    return spans


load = reader(_paragraph, "clapnq/1")
