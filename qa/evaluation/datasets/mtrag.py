"""mtRAG (Katsis et al. 2025): conversations about documents, each question with the passages that answer it.

- Its generation tasks (``reference.jsonl``), a record a question: ``{"task_id", "conversation_id", "turn", "input":
  [{"speaker": "user" | "agent", "text"}, …], "targets": [{"text"}], "contexts": [{"document_id", "title", "text"}],
  "Answerability": ["ANSWERABLE"], "Question Type": […], "Multi-Turn": […], "Collection"}``. The last of ``input`` is
  the question.
- Its conversations (``conversations.json``): ``[{"messages": [{"speaker", "text", "enrichments": {"Answerability":
  […]}, "contexts": […]}]}]``. Each question of a user that is answered is one of the dataset's; contexts that a
  person found not relevant (``feedback``) are documents, but not the gold ones.

The documents are the contexts of all records. ANSWERABLE and PARTIAL questions have an answer in them, UNANSWERABLE
ones do not; of all others (CONVERSATIONAL, UNDERSPECIFIED) that cannot be said, and they are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from documents.document import Document
from documents.language import detect
from documents.normalise import normalise
from qa.evaluation.datasets.dataset import Dataset, DatasetError, GoldAnswer, Item
from qa.evaluation.datasets.dataset_file import DatasetFile
from qa.evaluation.datasets.json_files import DatasetRecord, as_record

_USER = "user"
_ANSWERABLE = {"ANSWERABLE": True, "PARTIAL": True, "UNANSWERABLE": False}
_SLICES = {"answerability": "Answerability", "question type": "Question Type", "multi-turn": "Multi-Turn"}


@dataclass(frozen=True, slots=True)
class _Turn:
    """A question at the end of ``said``, and what is right for it; ``labels`` has the lists of labels."""

    id: str
    conversation: str
    said: Sequence[DatasetRecord]
    targets: Sequence[str]
    contexts: Sequence[DatasetRecord]
    labels: DatasetRecord
    slices: Mapping[str, str]


def fits(fields: Mapping[str, Any]) -> bool:
    """Whether a record with these fields is one of this format."""
    return {"input", "targets", "contexts"} <= fields.keys() or isinstance(fields.get("messages"), list)


def load(file: DatasetFile) -> Dataset:
    """The dataset of the records.

    Raises:
        DatasetError: a record breaks the format.
    """
    turns = [turn for number, record in enumerate(file.records, start=1) for turn in _turns(number, record)]
    language = detect((turn.said[-1].text("text") for turn in turns), file.path.name)
    documents: dict[str, Document] = {}
    items = [item for turn in turns if (item := _item(turn, documents))]
    left_out = len(turns) - len(items)
    notes = [f"{left_out} questions are neither answerable nor not, and left out"] if left_out else ()
    return file.dataset("open", documents, items, language, notes)


def _turns(number: int, record: DatasetRecord) -> Iterator[_Turn]:
    conversation = record.text("conversation_id") or str(number)
    if "messages" in record.fields:
        messages = _messages(record, "messages")
        for position, (question, reply) in enumerate(pairwise(messages), start=1):
            if question.text("speaker") == _USER and reply.text("speaker") != _USER:
                labels = as_record(question.fields.get("enrichments") or {}, f"{question.where}, enrichments")
                contexts = reply.parts("contexts", "context") if reply.fields.get("contexts") else []
                count = sum(message.text("speaker") == _USER for message in messages[:position])
                identity = f"{conversation}<::>{count}"
                said, targets = messages[:position], [reply.text("text")]
                yield _Turn(identity, conversation, said, targets, contexts, labels, {})
        return
    if "input" not in record.fields:
        raise DatasetError(f"{record.where}: input (or messages) is missing")
    if not _label(record, "Answerability"):
        raise DatasetError(f"{record.where}: Answerability must be a list of labels, such as ANSWERABLE")
    said = _messages(record, "input")
    if not said or said[-1].text("speaker") != _USER:
        raise DatasetError(f"{record.where}: input must end with the question: its speaker must be {_USER}")
    targets = [target.text("text") for target in record.parts("targets", "target")]
    collection = record.text("Collection", "collection")
    yield _Turn(
        record.text("task_id") or f"{conversation}<::>{number}",
        conversation,
        said,
        targets,
        record.parts("contexts", "context"),
        record,
        {"collection": collection} if collection else {},
    )


def _messages(record: DatasetRecord, name: str) -> list[DatasetRecord]:
    """
    Raises:
        DatasetError: they are none, or one has no speaker or no text, as if it were a refusal.
    """
    messages = record.parts(name, "message")
    for message in messages:
        message.required("speaker")
        message.required("text")
    return messages


def _item(turn: _Turn, documents: dict[str, Document]) -> Item | None:
    """The question; its contexts are added to ``documents``. None where it is neither answerable nor not.

    Raises:
        DatasetError: it is answerable, and there is no answer.
    """
    names = [(_add(context, documents), _is_relevant(context)) for context in turn.contexts]
    labels = {name: label for name, field in _SLICES.items() if (label := _label(turn.labels, field))}
    answerable = _ANSWERABLE.get(labels.get("answerability", ""))
    if answerable is None:
        return None
    answers = tuple(GoldAnswer(text) for target in turn.targets if (text := normalise(target))) if answerable else ()
    if answerable and not answers:
        raise DatasetError(f"{turn.labels.where}: it is answerable but has no answer (text of targets or reply)")
    earlier = turn.said[:-1]
    questions = [message.text("text") for message in earlier if message.text("speaker") == _USER]
    return Item(
        id=turn.id,
        question=turn.said[-1].required("text"),
        group=turn.conversation,
        answers=answers,
        answerable=answerable,
        relevant={name: 1 for name, is_relevant in names if is_relevant} if answerable else {},
        slices={**turn.slices, **labels, "turn": str(len(questions) + 1)},
        after=tuple(questions),
        replies=tuple(_replies(earlier)),
    )


def _replies(earlier: Sequence[DatasetRecord]) -> Iterator[str]:
    """What was replied to each question."""
    for position, message in enumerate(earlier):
        if message.text("speaker") == _USER:
            following = earlier[position + 1 : position + 2]
            yield next((reply.text("text") for reply in following if reply.text("speaker") != _USER), "")


def _label(labels: DatasetRecord, field: str) -> str:
    """The first label of a field, which holds a list, a text, or nothing (NaN)."""
    value = labels.fields.get(field, labels.fields.get(field.lower()))
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) else ""


def _add(context: DatasetRecord, documents: dict[str, Document]) -> str:
    """The context's name, under which it is among ``documents``; of several texts of that name, the first is kept."""
    name, title = context.required("document_id"), " ".join(normalise(context.text("title")).split())
    documents.setdefault(name, Document(normalise(context.required("text")), title, parser="mtrag/1"))
    return name


def _is_relevant(context: DatasetRecord) -> bool:
    """Whether a person found the context relevant; of contexts that nobody judged, all are."""
    feedback = context.fields.get("feedback")
    judged = feedback.get("relevant") if isinstance(feedback, dict) else None
    if not isinstance(judged, dict) or not judged:
        return True
    return any(isinstance(own, dict) and own.get("value") == "yes" for own in judged.values())
