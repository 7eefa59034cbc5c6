"""Files of answers -> predictions: Refdesk's own form, SQuAD's, TREC's, and what lm-eval and ragas write.

- JSON Lines, or a JSON list, with a line for each question: ``id``, and what ``qa.evaluation.predictions`` says;
- SQuAD's prediction file: one JSON object from ids to texts;
- TREC's run file (``qid Q0 document rank score tag``), for rankings;
- lm-eval's samples (``--log_samples``): ``doc``, ``filtered_resps`` and, of multiple choice, ``arguments``;
- ragas' EvaluationDataset: ``user_input``, ``response``, ``retrieved_contexts``;
- RAGChecker's input: ``query_id``, ``query``, ``response``, ``retrieved_context``;
- assigned nuggets, as of TREC's RAG track: ``qid``, ``answer_text``, ``nuggets`` with an ``assignment`` each;
- answers of TREC's RAG track: ``answer``, a list of ``text`` with ``citations``, and the ``references`` that these
  number from 0, or name; with ``topic_id`` and ``topic`` (2024) or with ``narrative_id`` and ``narrative`` in
  ``metadata`` (2025).

lm-eval's and ragas' may have no id: they are matched by the question.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from documents.sentences import sentences
from qa.evaluation.datasets.json_files import LISTS, DatasetRecord, decoded, parse
from qa.evaluation.scoring.refusals import refuses
from qa.evaluation.scoring.reply import ASSIGNED, ReplyError, as_short_answer
from qa.evaluation.scoring.sources import MARKER, marks
from qa.evaluation.tasks import Task
from qa.llm.usage import USAGE, Tokens, tokens_in

_INSTEAD = {"retrieval": "ranking", "support": "score"}  # what these tasks have in place of a text
_QUESTIONS = ("user_input", "question", "query", "input")
_IDS = ("id", "qid", "query_id")
_TEXTS = ("text", "answer", "response")  # the first that is there is the answer's
_CONTEXTS = ("retrieved_contexts", "retrieved_context")
# What is read of an answer, and of the line that it stands in, or is the dataset's.
_READ = frozenset(
    {"text", "short_answer", "citations", "confidence", "retrieved", "passages", "sources", "seconds", USAGE, ASSIGNED}
    | {"reference", "reference_contexts", "gt_answer", *_IDS, *_QUESTIONS}
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
    if is_trec(data, task):
        return _trec(decoded(data, path.name), path)
    value = parse(data, path.name)
    if isinstance(value, dict):
        value = next((value[field] for field in LISTS if isinstance(value.get(field), list)), value)
    if isinstance(value, dict) and not {".jsonl", ".ndjson"} & set(path.suffixes):
        _check_once(data, path)
        return [
            Prediction(key, "", as_short_answer(text) if isinstance(text, str) else text, 0.0, f"question {key}")
            for key, text in value.items()
        ]
    entries = value if isinstance(value, list) else [value]
    rows = [entry.fields if isinstance(entry, DatasetRecord) else entry for entry in entries]
    _check_filters(rows, path)
    return [_prediction(row, f"answer {number}", path, task) for number, row in enumerate(rows, start=1)]


def is_trec(data: bytes, task: Task) -> bool:
    """Whether a file with this content is a TREC run, which has no line for a query that nothing was found for."""
    return task.name == "retrieval" and data.lstrip()[:1] not in (b"{", b"[")


def told_of(predictions: Sequence[Prediction], task: Task, path: Path) -> str:
    """What the file's answers hold, in a line: how many a text, a confidence, citations; and what nobody reads.

    Raises:
        ReplyError: not one of them has a field for its text.
    """
    name = _INSTEAD.get(task.name)
    if name:
        return f"read {len(predictions)} answers: {sum(own.answer is not None for own in predictions)} with a {name}"
    answers = [own.answer if isinstance(own.answer, Mapping) else {"text": own.answer} for own in predictions]
    refusing = sum("schema" not in own and refuses(own) for own in answers)
    texts = "a text" + (f" ({refusing} of them a refusal)" if refusing else "")
    counts = {
        texts: sum(bool(own.get("text")) for own in answers),
        "confidence": sum(own.get("confidence") is not None for own in answers),
        "citations": sum(map(_cites, answers)),
    }
    plain = (own for own in answers if "schema" not in own)
    ignored = dict.fromkeys(field for own in plain for field in own if field not in _READ)
    unread = f"; ignored: {', '.join(ignored)}" if ignored else ""
    if answers and not any("text" in own or "schema" in own for own in answers):
        raise ReplyError(f"{path}: none of its {len(answers)} answers has a text: give it as text or answer{unread}")
    told = ", ".join(f"{count} with {field}" for field, count in counts.items())
    return f"read {len(answers)} answers: {told}{unread}"


def _check_once(data: bytes, path: Path) -> None:
    """Refuse an object of predictions that has an id twice, of which JSON's reader keeps only the last."""
    pairs = json.loads(decoded(data, path.name), object_pairs_hook=list)
    repeated = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if repeated:
        raise ReplyError(f"{path}: question {repeated[0]} is answered twice")


def _cites(answer: Mapping[str, Any]) -> bool:
    """Whether an answer has citations, or markers that number its sources."""
    text, sources = answer.get("text"), answer.get("sources")
    is_marked = isinstance(text, str) and isinstance(sources, list) and marks(text, len(sources))
    return bool(answer.get("citations")) or is_marked


def _check_filters(rows: Sequence[object], path: Path) -> None:
    """Refuse what lm-eval has filtered in several ways: it is no one answer to each question."""
    ways = dict.fromkeys(str(own["filter"]) for own in rows if isinstance(own, Mapping) and own.get("filter"))
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


def _prediction(fields: object, where: str, path: Path, task: Task) -> Prediction:
    if not isinstance(fields, Mapping):
        raise ReplyError(f"{path}: {where} is no JSON object")
    fields = _of_trec_rag(fields, f"{path}: {where}")
    doc = fields["doc"] if "filtered_resps" in fields and isinstance(fields.get("doc"), Mapping) else fields
    identity = next((doc[name] for name in _IDS if doc.get(name) is not None), "")
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


def _of_trec_rag(fields: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """A line of TREC's RAG track in Refdesk's own form; any other line as it is.

    Raises:
        ReplyError: its answer is no list of texts with citations.
    """
    parts, references = fields.get("answer"), fields.get("references")
    if not isinstance(parts, list) or not isinstance(references, list):
        return fields
    about = fields["metadata"] if isinstance(fields.get("metadata"), Mapping) else fields
    names = [str(name) for name in references]
    said = []
    for part in parts:
        given, cited = (part.get(name) if isinstance(part, Mapping) else None for name in ("text", "citations"))
        are_places = isinstance(cited, list) and all(isinstance(own, int | str) for own in cited)
        if not isinstance(given, str) or not isinstance(cited, list) or not are_places:
            raise ReplyError(f"{where}: answer must be a list of objects with a text and citations")
        names += [own for own in dict.fromkeys(cited) if isinstance(own, str) and own not in names]
        places = [names.index(own) if isinstance(own, str) else own for own in cited]
        text, markers = MARKER.sub("", given), "".join(f"[{max(place + 1, 0)}]" for place in places)
        said += [f"{text[start:end]}{markers}" for start, end in sentences(text)]
    return {
        "id": about.get("topic_id", about.get("narrative_id")),
        "question": about.get("topic", about.get("narrative")),
        "text": " ".join(said),
        "sources": [{"names": [name, f"{name}.txt"]} for name in names],  # files are named by the ids
    }


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


def _contexts(contexts: object) -> list[dict[str, str]]:
    """What was found, as ragas keeps it: texts; or RAGChecker: objects with a text."""
    listed = contexts if isinstance(contexts, list) else []
    texts = [context.get("text") if isinstance(context, Mapping) else context for context in listed]
    return [{"text": text} for text in texts if isinstance(text, str)]


def _answer(fields: Mapping[str, Any], task: Task) -> object:
    """The answer of a line: an object or a text, one with assigned nuggets, or the response of ragas and RAGChecker."""
    name = _INSTEAD.get(task.name)
    if name:
        return fields.get(name)
    if "answer_text" in fields and "nuggets" in fields:
        return {"text": fields["answer_text"], ASSIGNED: fields["nuggets"]}
    if isinstance(fields.get("answer"), Mapping):
        return fields["answer"]
    text = next((name for name in _TEXTS if name in fields), None)
    if text is None:
        return fields
    found = next((name for name in _CONTEXTS if fields.get(name) and not fields.get("sources")), None)
    others = {name: value for name, value in fields.items() if name not in (text, found)}
    return {**others, "text": fields[text], **({"sources": _contexts(fields[found])} if found else {})}
