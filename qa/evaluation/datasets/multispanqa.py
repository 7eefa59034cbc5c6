"""MultiSpanQA (Li et al. 2022): questions with several answers, all of which are wanted.

``{"data": [{"id", "question": ["who", …], "context": ["In", "1981", …], "label": ["O", "B", "I", …], "type",
"structure"}]}``: question and context in tokens, and for each token of the context whether an answer begins there (B),
goes on (I), or does neither (O). Flat records are read too: ``question`` and ``context`` as texts, ``answers``
([{"text", "start"}]) and their number, ``n_spans``.

Tokens are joined by spaces. All answers together are the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qa.evaluation.datasets.dataset import DatasetError
from qa.evaluation.datasets.json_files import DatasetRecord
from qa.evaluation.datasets.paragraphs import Paragraph, ParagraphQuestion, Spans, answer_of, reader


def fits(fields: Mapping[str, Any]) -> bool:
    """Whether a record with these fields is one of this format."""
    return ({"context", "label"} <= fields.keys() and isinstance(fields["context"], list)) or "n_spans" in fields


def _paragraph(record: DatasetRecord) -> Paragraph:
    if "answers" not in record.fields:
        tokens = record.texts("context")
        question, context = " ".join(record.texts("question")), " ".join(tokens)
        if not question.strip():
            raise DatasetError(f"{record.where}: question has no words")
        spans: Spans = list(_labelled(tokens, record))
        answers: list[tuple[str, int | None]] = [(context[start:end], start) for start, end in spans]
    else:
        question, context = record.required("question"), record.context("context")
        answers = [answer_of(answer) for answer in record.parts("answers", "answer")]
        given = [(start, start + len(text)) for text, start in answers if start is not None]
        # Evidence must be complete: where the place of one answer is unknown or wrong, none is marked.
        spans = given if [context[start:end] for start, end in given] == [text for text, _ in answers] else []
    asked = ParagraphQuestion(
        record.text("id"),
        question,
        answers,
        evidence=[spans] if spans else (),
        several=len(answers) > 1,
        slices=record.named("type", "structure"),
    )
    identity = record.text("id") or record.where
    return Paragraph(identity, "", context, [asked])


def _labelled(tokens: Sequence[str], record: DatasetRecord) -> Iterator[tuple[int, int]]:
    """The spans that the labels mark, as offsets in the tokens joined by spaces.

    Raises:
        DatasetError: there are not as many labels as tokens, or one is none of B, I and O.
    """
    labels = record.texts("label")
    if len(labels) != len(tokens) or not set(labels) <= {"B", "I", "O"}:
        raise DatasetError(
            f"{record.where}: label must have one of B, I and O for each of the {len(tokens)} tokens of context"
        )
    begun: int | None = None
    position = end = 0
    for token, label in zip(tokens, labels, strict=True):
        if label != "I" and begun is not None:
            yield begun, end
            begun = None
        if label == "B" or (label == "I" and begun is None):
            begun = position
        end = position + len(token)
        position = end + 1
    if begun is not None:
        yield begun, end


load = reader(_paragraph, "multispanqa/1")
