"""Files of answers -> predictions: Refdesk's own form, SQuAD's, TREC's, and what lm-eval and ragas write.

- JSON Lines, or a JSON list, with a line for each question: ``id``, and what ``qa.evaluation.predictions`` says;
- SQuAD's prediction file: one JSON object from ids to texts;
- TREC's run file (``qid Q0 document rank score tag``), for rankings;
- lm-eval's samples (``--log_samples``): ``doc``, ``filtered_resps`` and, of multiple choice, ``arguments``;
- ragas' EvaluationDataset: ``user_input``, ``response``, ``retrieved_contexts``;
- RAGChecker's input: ``query_id``, ``query``, ``response``, ``retrieved_context``;
- assigned nuggets, as of TREC's RAG track: ``qid``, ``answer_text``, ``nuggets`` with an ``assignment`` each.

lm-eval's and ragas' may have no id: they are matched by the question.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from qa.evaluation.datasets.json_files import LISTS, DatasetRecord, decoded, parse
from qa.evaluation.scoring.reply import ASSIGNED, ReplyError, as_short_answer
from qa.evaluation.scoring.sources import marks
from qa.evaluation.tasks import Task
from qa.llm.usage import USAGE, Tokens, tokens_in

_INSTEAD = {"retrieval": "ranking", "support": "score"}  # what these tasks have in place of a text
_QUESTIONS = ("user_input", "question", "query", "input")
_IDS = ("id", "qid", "query_id")
# What is read of an answer, and of the line that it stands in.
_READ = frozenset(
    {"id", "text", "answer", "short_answer", "citations", "confidence", "retrieved", "sources", "seconds"}
    | {"response", "retrieved_contexts", "reference", "reference_contexts", USAGE, ASSIGNED, *_QUESTIONS}
    | {"query_id", "gt_answer", "retrieved_context"}
)


class Prediction(NamedTuple):
    """What a system answered to the question with an ``id``, or else to ``question``.

    ``seconds`` is the time that it took, 0.0 where that is unknown; ``where`` its place in the file; ``tokens`` those
    that it took, as OpenAI's ``usage`` tells them.
    """

    id: str
    question: str
    answer: object
    seconds: float
    where: str
    tokens: Tokens | None = None


def predictions_in(data: bytes, path: Path, task: Task) -> list[Prediction]:
    """The predictions in the content ``data`` of the file ``path``.

    Raises:
        DatasetError, ReplyError: a line is in none of the forms.
    """
    if task.name == "retrieval" and data.lstrip()[:1] not in (b"{", b"["):
        return _trec(decoded(data, path.name), path)
    value = parse(data, path.name)
    if isinstance(value, dict):
        value = next((value[field] for field in LISTS if isinstance(value.get(field), list)), value)
    if isinstance(value, dict) and not {".jsonl", ".ndjson"} & set(path.suffixes):
        return [
            Prediction(key, "", as_short_answer(text) if isinstance(text, str) else text, 0.0, f"question {key}")
            for key, text in value.items()
        ]
    rows = value if isinstance(value, list) else [value]
    _check_filters(rows, path)
    return [_prediction(row, f"answer {number}", path, task) for number, row in enumerate(rows, start=1)]


def told_of(predictions: Sequence[Prediction], task: Task, path: Path) -> str:
    """What the file's answers hold, in a line: how many a text, a confidence, citations; and what nobody reads.

    Raises:
        ReplyError: not one of them has a field for its text.
    """
    name = _INSTEAD.get(task.name)
    if name:
        return f"read {len(predictions)} answers: {sum(own.answer is not None for own in predictions)} with a {name}"
    answers = [own.answer if isinstance(own.answer, Mapping) else {"text": own.answer} for own in predictions]
    counts = {
        "text": sum(bool(own.get("text")) for own in answers),
        "confidence": sum(own.get("confidence") is not None for own in answers),
        "citations": sum(map(_cites, answers)),
    }
    plain = (own for own in answers if "schema" not in own)
    ignored = dict.fromkeys(field for own in plain for field in own if field not in _READ)
    unread = f"; ignored: {', '.join(ignored)}" if ignored else ""
    if answers and not any("text" in own or "schema" in own for own in answers):
        raise ReplyError(f"{path}: none of its {len(answers)} answers has a text: give it as text or answer{unread}")
    told = ", ".join(f"{count} with {'a ' if field == 'text' else ''}{field}" for field, count in counts.items())
    return f"read {len(answers)} answers: {told}{unread}"


def _cites(answer: Mapping[str, Any]) -> bool:
    """Whether an answer has citations, or markers that number its sources."""
    text, sources = answer.get("text"), answer.get("sources")
    is_marked = isinstance(text, str) and isinstance(sources, list) and marks(text, len(sources))
    return bool(answer.get("citations")) or is_marked


def _check_filters(rows: Sequence[object], path: Path) -> None:
    """Refuse what lm-eval has filtered in several ways: it is no one answer to each question."""
    fields = [row.fields if isinstance(row, DatasetRecord) else row for row in rows]
    ways = dict.fromkeys(str(own["filter"]) for own in fields if isinstance(own, Mapping) and own.get("filter"))
    if len(ways) > 1:
        raise ReplyError(f"{path}: has answers by several filters ({', '.join(ways)}): keep the lines of one")


def _trec(text: str, path: Path) -> list[Prediction]:
    """The rankings of a run file, by query; the score decides, as in trec_eval."""
    found: dict[str, dict[str, float]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            fields = line.split()
            try:
                query, _, document, _, score, _ = fields
                found.setdefault(query, {})[document] = float(score)
            except ValueError:
                raise ReplyError(
                    f"{path}: line {number} is none of a TREC run: query, Q0, document, rank, score and tag"
                ) from None
    return [Prediction(query, "", ranking, 0.0, f"question {query}") for query, ranking in found.items()]


def _prediction(row: object, where: str, path: Path, task: Task) -> Prediction:
    fields = row.fields if isinstance(row, DatasetRecord) else row
    if not isinstance(fields, Mapping):
        raise ReplyError(f"{path}: {where} is no JSON object")
    doc = fields["doc"] if "filtered_resps" in fields and isinstance(fields.get("doc"), Mapping) else fields
    identity = next((doc[name] for name in _IDS if name in doc), "")
    question = next((doc[name] for name in _QUESTIONS if isinstance(doc.get(name), str)), "")
    if not isinstance(identity, str | int) or not (str(identity) or question):
        raise ReplyError(f"{path}: {where} has no id, and no question either")
    named = f"question {identity}" if str(identity) else where
    seconds = fields.get("seconds", 0.0)
    if not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise ReplyError(f"{path}: {named}: seconds must be a number, not {seconds!r}")
    is_sample = doc is not fields
    answer = as_short_answer(_response(fields, f"{path}: {named}")) if is_sample else _answer(fields, task)
    return Prediction(str(identity), question, answer, float(seconds), named, tokens_in(fields.get(USAGE)))


def _response(fields: Mapping[str, Any], where: str) -> str:
    """What a model of lm-eval said: the text that it wrote or, of several choices, the likeliest.

    Raises:
        ReplyError: it is neither.
    """
    said = fields["filtered_resps"]
    first = said[0] if isinstance(said, list) and said else said
    if isinstance(first, str):
        return first
    if isinstance(said, list) and all(isinstance(one, list) and one for one in said):
        likeliest = max(range(len(said)), key=lambda number: float(said[number][0]))
        choices = list(_choices(fields.get("arguments")))
        if likeliest < len(choices):
            return choices[likeliest].strip()
    raise ReplyError(f"{where}: filtered_resps holds neither a text nor the likelihoods of the choices in arguments")


def _choices(arguments: object) -> Iterator[str]:
    """The continuations whose likelihoods were measured."""
    for one in arguments.values() if isinstance(arguments, Mapping) else arguments or ():  # type: ignore[attr-defined]
        parts = list(one.values()) if isinstance(one, Mapping) else one
        if isinstance(parts, list) and len(parts) > 1:
            yield str(parts[1])


def _contexts(fields: Mapping[str, Any]) -> list[dict[str, str]]:
    """What was found, as ragas keeps it: texts; or RAGChecker: objects with a text."""
    contexts = fields.get("retrieved_contexts") or fields.get("retrieved_context") or ()
    texts = [context.get("text") if isinstance(context, Mapping) else context for context in contexts]
    return [{"text": text} for text in texts if isinstance(text, str)]


def _answer(fields: Mapping[str, Any], task: Task) -> object:
    """The answer of a line: an object or a text, one with assigned nuggets, or the response of ragas and RAGChecker."""
    name = _INSTEAD.get(task.name)
    if "answer_text" in fields and "nuggets" in fields:
        return {"text": fields["answer_text"], ASSIGNED: fields["nuggets"]}
    if "response" in fields and "answer" not in fields and "text" not in fields:
        contexts = _contexts(fields)
        return {**fields, "text": fields["response"], **({"sources": contexts} if contexts else {})}
    if name:
        return fields.get(name)
    answer = fields.get("answer")
    if isinstance(answer, Mapping):
        return answer
    return {"text": answer, **fields} if isinstance(answer, str) else fields
