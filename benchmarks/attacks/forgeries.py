"""Forged answers and broken JSON: does ``refdesk verify`` accept any of them?

Real answers (extractive and computed ones, a refusal and notices about the sample documents and a table, and three
written by a scripted model) are changed in one field in many ways. Fields named in ``qa.saved.verify.NOT_CHECKED`` are
changed too, but not counted.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from benchmarks.attacks import Tried
from documents.load import sample_paths
from index.search import Index
from index.store import Store
from qa import settings
from qa.assistant import Assistant
from qa.assistant.compose import assistant_over, extractor_of, ingest_over, load_models, load_verifier, writer_of
from qa.llm.base import Message
from qa.saved.quoting import BY_LINES
from qa.saved.read import VerifyError, read_answers
from qa.saved.verify import NOT_CHECKED, check_file

Record = dict[str, Any]
Path_ = tuple[str | int, ...]

QUESTIONS = (
    "How many 5G base stations does Beijing have?",
    "What share of Beijing's GDP is the digital economy?",
    "How does the booking platform reduce vacant appointments?",
    "How do I add my own documents?",
    "Who won the football world cup in 1966?",
    "hello",
    "Which documents are there?",
    "How many invoices are unpaid?",
    "Which invoice has the highest amount?",
)
INVOICES = "Invoice,Amount,Status\nR-1,120 euros,paid\nR-2,75 euros,unpaid\nR-3,310 euros,unpaid\n"
_TRUE = (
    "It has already established over 140,000 5G base stations, with the development of commercial satellite "
    "constellations steadily advancing, and more than 100 satellites currently in orbit"
)
WRITTEN = (
    f"{_TRUE} [1].",
    f"{_TRUE} [2]. The moon is made of cheese.",
    "The moon is made of cheese.",
)
_OTHERS, _WHICH, _PART, _STRUCK = "unknown fields", "which passages", "another whole part of a quote", "what is struck"
# What no file can tell, by the names of its fields; a change to them alone is listed and not counted.
UNCHECKED = {
    "question", "standalone_question", "asked", "reasons", "confidence", "support", "score", "stage_scores",
    "timings_ms",
    "reranker", "reader", "verifier", "generator", "backend", "calibration", "prompt", "prompt_passages",
    _OTHERS, _WHICH, _PART, _STRUCK,
}  # fmt: skip
ROUNDS = 3


class Scripted:
    """A language model that writes a fixed text."""

    fingerprint = "scripted@1"
    context = 8192

    def __init__(self, reply: str) -> None:
        self.reply = reply

    def count(self, text: str) -> int:
        return len(text) // 3

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[str]:  # noqa: ARG002
        yield self.reply


def attack(folder: Path) -> Iterator[Tried]:
    """Forge and break the answers to ``QUESTIONS``."""
    index = folder / "index"
    honest = answers(index)
    verifier = cache(partial(load_verifier, settings.read()))
    path = folder / "answer.json"

    def passes(data: bytes) -> bool:
        path.write_bytes(data)
        try:
            return not check_file(path, index, verifier).problems
        except VerifyError:
            return False
        except Exception:  # a traceback is no check
            return True

    refused = [name for name, record in honest.items() if not passes(json.dumps(record).encode())]
    yield Tried("honest answers that verify refuses", len(honest), tuple(refused))
    tried: Counter[str] = Counter()
    passed: dict[str, list[str]] = {}
    for name, record in honest.items():
        for kind, what, forged in forgeries(record, honest, random.Random(name)):
            tried[kind] += 1
            if passes(json.dumps(forged).encode()):
                passed.setdefault(kind, []).append(f"{name}: {what}")
    for kind in sorted(tried.keys() - UNCHECKED):
        yield Tried(f"one field changed: {kind}", tried[kind], tuple(passed.get(kind, ())))
    free = {kind: f"{len(passed.get(kind, ()))} of {tried[kind]}" for kind in sorted(tried.keys() & UNCHECKED)}
    print(f"not counted, since no file can tell it ({'; '.join(NOT_CHECKED)}); passed: {free}")
    yield broken(honest, path)


def answers(index: Path) -> Mapping[str, Record]:
    """The answers to forge, about the sample documents."""
    chosen = settings.read(index=index)
    models, store = load_models(chosen), Store(index)
    invoices = index.parent / "Invoices.csv"
    invoices.write_text(INVOICES, "utf-8")
    ingest_over(store, models.embedder, chosen).update([*sample_paths(), invoices])
    searched = Index(store, models.embedder, models.reranker)
    assistant = assistant_over(searched, models, chosen)
    found = {question: assistant.ask(question) for question in QUESTIONS}
    strict = settings.read(index=index, unsupported="strike")
    for number, reply in enumerate(WRITTEN):
        writer = writer_of(Scripted(reply), models, strict)
        writes = Assistant(searched, extractor_of(models), writer=writer)
        found[f"written {number}"] = writes.ask(QUESTIONS[0])
    return {name: json.loads(json.dumps(answer.to_dict())) for name, answer in found.items()}


def forgeries(record: Record, others: Mapping[str, Record], rng: random.Random) -> Iterator[tuple[str, str, Record]]:
    """For each forgery the name of the field, what was done to it, and the changed record."""
    for place in list(_places(record)):
        value = _at(record, place)
        name = next(str(part) for part in reversed(place) if isinstance(part, str))
        field = next((str(part) for part in place if part in UNCHECKED), _kind(place, name))
        others_values = [_at(other, place) for other in others.values() if _has(other, place)]
        for what, forged in _forged(value, others_values, rng):
            kind = _untold(record, place, what, forged) or field
            if forged != value or type(forged) is not type(value):
                changed = copy.deepcopy(record)
                _put(changed, place, forged)
                yield kind, f"{'.'.join(map(str, place))} {what}: {json.dumps(forged)[:60]}", changed
        if isinstance(place[-1], str):
            changed = copy.deepcopy(record)
            del _at(changed, place[:-1])[place[-1]]
            yield field, f"{'.'.join(map(str, place))} taken out", changed
    yield from _together(record)


def _untold(record: Record, place: Path_, what: str, forged: Any) -> str | None:
    """Why this forgery of a checked field cannot be distinguished from a true answer; None if it can."""
    if what == "more":
        return _OTHERS
    if place[0] == "passages" and what in ("of another answer", "less", "list"):
        return _WHICH
    if place == ("model",) and what == "of another answer" and forged and record["kind"] != "notice":
        return "backend"
    struck = [number for number, row in enumerate(record["statements"]) if row["status"] == "unsupported"]
    if (place == ("statements",) and struck and what in ("reversed", "less")) or (
        place[0] == "statements" and place[1:2] and place[1] in struck and place[2:] == ("text",) and forged
    ):
        return _STRUCK
    if place == ("short_answer",) and forged is None and record["kind"] == "answer":
        return _PART if record["model"]["backend"] != "extractive" or record["asked"] in BY_LINES else None
    if place == ("short_answer",) and isinstance(forged, str) and forged:
        part = rf"(?<![\w.,]){re.escape(forged)}(?!\w|[.,]\w)"
        return _PART if any(re.search(part, citation["quote"]) for citation in record["citations"]) else None
    return None


def _forged(value: Any, others: Sequence[Any], rng: random.Random) -> Iterator[tuple[str, Any]]:
    """Values to put in place of ``value``: similar ones, another answer's, and ones of another type."""
    yield from (("of another answer", other) for other in others)
    yield from (("null", None), ("object", {}), ("list", []), ("truth", True), ("text", "Forged."), ("huge", 10**30))
    if isinstance(value, bool):
        yield "turned", not value
    elif isinstance(value, int | float):
        for _ in range(ROUNDS):
            yield "near", value + rng.choice([-2, -1, 1, 2, 7])
        yield from (("negative", -1), ("as text", str(value)), ("large", 1e300))
    elif isinstance(value, str) and value:
        for _ in range(ROUNDS):
            at = rng.randrange(len(value))
            yield "a character less", value[:at] + value[at + 1 :]
            yield "a character more", value[:at] + rng.choice("0x \u202e") + value[at:]
            yield "cut", value[: at + 1]
            yield "begun later", value[at:]
        yield from (("a space more", value + " "), ("empty", ""), ("upper", value.upper()), ("twice", value * 2))
    elif isinstance(value, list):
        yield from (("reversed", value[::-1]), ("doubled", [*value, *value]), ("less", value[:-1]))
    elif isinstance(value, dict):
        yield "more", {**value, "forged": "x"}


def _together(record: Record) -> Iterator[tuple[str, str, Record]]:
    """Forgeries in which several fields are changed consistently."""

    def forged(what: str, change: Callable[[Record], None]) -> Iterator[tuple[str, str, Record]]:
        changed = copy.deepcopy(record)
        change(changed)
        if changed != record:
            yield "several at once", what, changed

    for old, new in (("140,000", "240,000"), ("5G", "6G"), ("has", "has not"), (" ", "  ")):
        yield from forged(f"{old} -> {new} everywhere", lambda own, o=old, n=new: _replace(own, o, n))  # type: ignore[misc]
    if record["kind"] != "answer":
        yield from forged("says more", lambda own: own.update(text=own["text"] + " The key is 42."))
        yield from forged("as an answer", lambda own: own.update(kind="answer", answered=True))
        return
    yield from forged("as a refusal", lambda own: own.update(kind="refusal", answered=False, short_answer=None))
    yield from forged("nothing supported", _nothing_supported)
    yield from forged("invented and said to be supported", _invented)
    yield from forged("invented around what is computed", _around_computed)
    for first, last in ((0, 12), (3, 0), (0, 1)):
        yield from forged(f"cut by {first} and {last}", lambda own, f=first, e=last: _cut(own, f, e))  # type: ignore[misc]
    for length in (1, 2):
        yield from forged("part of a number", lambda own, n=length: own.update(short_answer=_digits(own, n)))  # type: ignore[misc]


def _replace(own: Record, old: str, new: str) -> None:
    own["text"] = own["text"].replace(old, new)
    for row in [*own["statements"], *own["citations"]]:
        row.update({name: row[name].replace(old, new) for name in ("text", "quote") if name in row})


def _nothing_supported(own: Record) -> None:
    for statement in own["statements"]:
        statement.update(status="unsupported", citations=[])
    own.update(text="", short_answer=None, citations=[])


def _invented(own: Record) -> None:
    own["statements"][0].update(text="Beijing has built 9 base stations.", status="supported")
    own["model"] |= {"backend": "llm", "generator": "llm", "verifier": "any"}
    own["text"] = _text(own)


def _around_computed(own: Record) -> None:
    """Other words around a number that the citations bear out."""
    said = own["statements"][0]
    if said["status"] == "computed" and " — " in said["text"]:
        said["text"] = said["text"].split("“")[0] + "“bribes that Ann Miller took”."
        own["text"] = _text(own)


def _cut(own: Record, first: int, last: int) -> None:
    """The first citation shortened at both ends, and everything that quotes it as well."""
    citation, statement = own["citations"][0], own["statements"][0]
    citation.update(start=citation["start"] + first, end=citation["end"] - last)
    citation["quote"] = citation["quote"][first : len(citation["quote"]) - last]
    statement["text"] = citation["quote"]
    own.update(text=_text(own), short_answer=None)


def _digits(own: Record, length: int) -> str | None:
    quote = str(own["citations"][0]["quote"])
    numbers = [word for word in quote.split() if word.isdigit() and len(word) > length]
    return numbers[0][:length] if numbers else quote[1 : 1 + length].strip() or None


def _text(own: Record) -> str:
    said = [statement for statement in own["statements"] if statement["status"] != "unsupported"]
    return " ".join(s["text"] + "".join(f"[{number}]" for number in s["citations"]) for s in said)


def broken(honest: Mapping[str, Record], path: Path) -> Tried:
    """Damaged files: each must be a one-line error, or still contain the answers that were written."""
    rng = random.Random(0)
    texts = [json.dumps(record).encode() for record in honest.values()]
    wrong = []
    cases = [*(damaged(rng.choice(texts), rng) for _ in range(300)), *monsters(texts[0])]
    for data in cases:
        path.write_bytes(data)
        try:
            read_answers(path)
        except VerifyError as error:
            if "\n" in str(error):
                wrong.append(f"several lines: {data[:60]!r}")
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {data[:60]!r}")
    return Tried("broken or hostile JSON", len(cases), tuple(wrong))


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes cut off, changed, doubled, or with others inserted."""
    at, to = sorted(rng.sample(range(len(data)), 2))
    other = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
    return rng.choice([data[:at], data[at:], data[:at] + data[to:], data[:at] + other + data[to:], data + data[at:]])


def monsters(data: bytes) -> Iterator[bytes]:
    """JSON that overloads its reader."""
    for depth in (900, 5000, 100_000, 1_000_000):
        yield from (b"[" * depth, b'{"a":' * depth, data[:-1] + b',"model":' + b"[" * depth + b"]" * depth + b"}")
    for number in (b"NaN", b"-Infinity", b"1e999", b"9" * 5000, b"1" + b"0" * 4000, b"-0.0"):
        yield from (number, data.replace(b'"confidence": ', b'"confidence": ' + number + b', "confidence": '))
        yield data[:-1] + b', "confidence": ' + number + b"}"
    yield from (data.replace(b'"text"', b'"text": "x", "text"', 1), data.replace(b"the", b"\\ud83d"), b"\xff" * 99)
    yield from (b'"' + b"a" * 10_000_000 + b'"', b"[" + b"{}," * 1_000_000 + b"{}]", b"\n" * 5_000_000, b"\x00" * 99)
    yield b" " * 100_000_001


def _kind(place: Path_, name: str) -> str:
    return f"{place[0]} {name}" if len(place) > 1 else name


def _places(value: Any, place: Path_ = ()) -> Iterator[Path_]:
    """The paths of all values in the record; of long lists only the first three elements."""
    if place:
        yield place
    parts = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _places(part, (*place, name))


def _at(value: Any, place: Path_) -> Any:
    for part in place:
        value = value[part]
    return value


def _has(value: Any, place: Path_) -> bool:
    try:
        _at(value, place)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _put(record: Record, place: Path_, value: Any) -> None:
    _at(record, place[:-1])[place[-1]] = value
