"""Questions about a passage that are answered with yes or no.

- BoolQ (Clark et al. 2019): ``{"question", "title", "passage", "answer": true}``; SuperGLUE's copy of it calls the
  answer ``label``.
- CondaQA (Ravichander et al. 2022), under negation: ``{"sentence1": passage, "sentence2": question, "label": "YES" |
  "NO" | "DON'T KNOW" | a few words, "PassageID", "PassageEditID", "SampleID"}``. DON'T KNOW: the passage does not say.
  The passages of a PassageID are edits of one another, and one group.

Flat records are read too, with ``passage`` or ``context``, and ``answer`` "yes", "no", "unknown" or a few words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.json_files import DatasetRecord, shown
from qa.evaluation.datasets.paragraphs import Paragraph, ParagraphQuestion, reader

_UNKNOWN = ("don't know", "unknown")
_EDITS = {"0": "original", "1": "paraphrase", "2": "scope", "3": "affirmative"}
_CONDAQA = {"sentence1", "sentence2", "label"}


def fits(fields: Mapping[str, Any]) -> bool:
    """Whether a record with these fields is one of these formats."""
    answered = "answer" in fields or "label" in fields
    return fields.keys() >= _CONDAQA or (
        "question" in fields and answered and ("passage" in fields or {"context", "answer"} <= fields.keys())
        and "answers" not in fields
    )  # fmt: skip


def _paragraph(record: DatasetRecord) -> Paragraph:
    if record.fields.keys() & {"sentence1", "sentence2"}:
        context, question = record.context("sentence1"), record.required("sentence2")
    else:
        context, question = record.context("passage", "context"), record.required("question")
    answer = _answer(record)
    edit = record.text("PassageEditID", "edit")
    slices = {"answer": answer if answer in ("yes", "no") else "a few words" if answer else "unknown"}
    if edit:
        slices["edit"] = _EDITS.get(edit, edit)
    asked = ParagraphQuestion(
        record.text("id", "SampleID", "idx"), question, [(answer, None)] if answer else [], slices=slices
    )
    title, article = record.text("title"), record.text("PassageID", "passage_id")
    return Paragraph(article or title or record.where, title, context, [asked])


def _answer(record: DatasetRecord) -> str:
    """The answer; "" where the passage does not say.

    Raises:
        DatasetError: there is none.
    """
    name = next((name for name in ("answer", "label") if name in record.fields), "answer or label")
    value = record.fields.get(name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str) or not value.strip():
        raise DatasetError(
            f"{record.where}: {name} must be true, false, yes, no, don't know or a few words, not {shown(value)}"
        )
    text = value.strip()
    if text.lower().replace("’", "'") in _UNKNOWN:
        return ""
    return text.lower() if text.lower() in ("yes", "no") else text


load = reader(_paragraph, "yes-no/1", repeated=True)
