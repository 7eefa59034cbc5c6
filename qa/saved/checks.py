"""The checks of a saved answer; each reports, in one line, what is wrong.

Whatever can be looked up is looked up: in the documents, in the index, in the other fields of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import chain, islice

from qa.answer import notices, role_of
from qa.check.claims.tokens import contains_words
from qa.read.compute.wording import says
from qa.saved import quoting
from qa.saved.computed import computed
from qa.saved.library import library
from qa.saved.notes import notes_of
from qa.saved.reasons import problems_of_reasons
from qa.saved.shape import misshapen
from qa.saved.verification_source import Answer, Problems, VerificationSource, located, said

MOST = 100  # problems that are reported of one answer
_PLACES = ("row", *quoting.ENTRIES)  # roles that a statement has by where its quote stands
_MARKER = re.compile(r"\[\d{1,3}\]")


def problems(answer: Answer, against: VerificationSource) -> list[str]:
    """What is wrong with the answer, a line each. The answer has passed ``qa.saved.read.is_answer``."""
    found = list(islice(misshapen(answer, own=against.own), MOST))
    return found or list(islice(chain.from_iterable(check(answer, against) for check in CHECKS), MOST))


# --- its parts agree ---


def _kind(answer: Answer, against: VerificationSource) -> Problems:
    """An answer has statements; a refusal and a notice have only their fixed messages."""
    if answer["answered"] != bool(said(answer)):
        yield "answered and statements disagree"
    answered = [number for number, part in enumerate(answer.get("parts", ())) if part["kind"] == "answer"]
    if answer.get("parts") and answered != sorted({statement["part"] for statement in said(answer)}):
        yield "the parts that are answered are not those of the statements"
    if answer.get("beyond") and answer["kind"] != "refusal":
        yield "something is said beyond the documents, though they were not silent"
    if answer["answered"] != (answer["kind"] == "answer"):
        yield "answered and kind disagree"
    if not answer["answered"]:
        yield from _message(answer, against)


def _message(answer: Answer, against: VerificationSource) -> Problems:
    """What says that nothing is answered is one of the fixed messages, or the library's list."""
    fixed = (
        (notices.REFUSAL,)
        if answer["kind"] == "refusal"
        else (*notices.TALK.values(), notices.LANGUAGE, notices.UNLISTED)
    )
    is_list = answer["kind"] == "notice" and answer.get("asked") == "library"
    if is_list and (listed := notices.read_library(answer["text"])):
        yield from library(*listed, against)
    elif answer["text"] in notices.TALK.values() and answer.get("asked") not in (None, "talk"):
        yield "a notice about the program answers another kind of question"
    elif answer["text"] not in fixed and (against.own or answer["text"]):
        yield "something is said without a citation"
    if any(answer.get(name) for name in ("citations", "statements", "short_answer", "note", "caution")):
        yield f"a {answer['kind']} cites or says more than its message"
    if against.own and answer["kind"] == "notice" and (answer["passages"] or answer["model"]):
        yield "a notice rests on passages or models"
    if against.own and answer["kind"] == "notice" and answer["confidence"] != 1:
        yield "the confidence of a notice is not 1"


def _text(answer: Answer, against: VerificationSource) -> Problems:  # noqa: ARG001
    """The text is the statements with their markers, and nothing else."""
    expected = " ".join(s["text"] + "".join(f"[{number}]" for number in s["citations"]) for s in said(answer))
    if answer["answered"] and answer["text"] != expected:
        yield "the text is not its statements with their markers"


def _statements(answer: Answer, against: VerificationSource) -> Problems:
    """Each statement has citations that exist; a quoted one is the cited characters."""
    citations = {citation["number"]: citation for citation in answer["citations"]}
    for position, statement in enumerate(answer["statements"], start=1):
        numbers, status, text = statement["citations"], statement["status"], statement["text"]
        quotes = [citations[number]["quote"] for number in numbers if number in citations]
        if len(quotes) != len(numbers):
            yield f"statement {position} cites a number that no citation has"
        if len(set(numbers)) != len(numbers):
            yield f"statement {position} cites a number twice"
        if status != "unsupported" and not quotes:
            yield f"statement {position} is said without a citation"
        if status == "quoted" and not (
            text in quotes if against.own else any(contains_words(quote, text) for quote in quotes)
        ):
            yield f"statement {position} is not the quotes that it cites"
        if against.own and status == "unsupported" and numbers:
            yield f"statement {position} is not supported, but has citations"
        if against.own and status != "quoted" and _MARKER.search(text):
            yield f"statement {position} has a marker of its own"
        if statement.get("part", 0) >= max(1, len(answer.get("parts", ()))):
            yield f"statement {position} is of a part that was not asked"


def _code(answer: Answer, against: VerificationSource) -> Problems:  # noqa: ARG001
    """What is code of a statement is in its text."""
    for position, statement in enumerate(answer["statements"], start=1):
        if any(not start < end <= len(statement["text"]) for start, end in statement.get("code") or ()):
            yield f"statement {position}: code where there is no text"


def _short_answer(answer: Answer, against: VerificationSource) -> Problems:  # noqa: ARG001
    """The short answer is in what is marked, or in a cited quote where nothing is, in whole words and numbers."""
    short, statements = answer.get("short_answer"), said(answer)
    if statements and statements[0]["status"] == "computed":
        if not says(statements[0]["text"], short) and statements[0]["text"] != f"{short}.":
            yield "the short answer is not what was computed"
        return
    marked = {number for statement in statements for number in statement["citations"]}
    cited = [citation for citation in answer["citations"] if citation["number"] in marked]
    quotes = list(chain.from_iterable(map(_marked, cited))) or [citation["quote"] for citation in cited]
    if short and not any(contains_words(quote, short) and _is_whole(short, quote) for quote in quotes):
        yield "the short answer is in no quote, as whole words"


def _marked(citation: Answer) -> list[str]:
    """The words of the quote that are marked."""
    start = citation["start"]
    return [citation["quote"][first - start : last - start] for first, last in citation.get("marks", ())]


def _is_whole(short: str, quote: str) -> bool:
    """Whether the quote has the short answer without cutting what "-" or "_" joins ("3" of "R-3"); "_3_" has it."""
    return re.search(rf"(?<![^\W_])(?<![^\W_][-_]){re.escape(short)}(?![^\W_])(?![-_][^\W_])", quote) is not None


def _caution(answer: Answer, against: VerificationSource) -> Problems:
    """The caution is the one that there is."""
    if against.own and answer["caution"] not in (None, notices.CAUTION):
        yield "the caution is none of Refdesk's"


def _numbers(answer: Answer, against: VerificationSource) -> Problems:
    """The citations are numbered from 1 on, and a statement cites each of them."""
    numbers = [citation["number"] for citation in answer["citations"]]
    if len(set(numbers)) != len(numbers):
        yield "two citations have the same number"
    elif against.own and numbers != list(range(1, len(numbers) + 1)):
        yield "the citations are not numbered 1, 2, 3 …"
    marked = {number for statement in said(answer) for number in statement["citations"]}
    if against.own and not marked >= set(numbers):
        yield f"nothing rests on citation [{min(set(numbers) - marked)}]"


def _model(answer: Answer, against: VerificationSource) -> Problems:
    """The models agree with the kind of statements, and with those of the index or the run."""
    model, statuses = answer.get("model") or {}, {statement["status"] for statement in answer["statements"]}
    if not against.own or answer["kind"] == "notice":
        return
    backend, written = model.get("backend"), model.get("generator")
    if not backend or not model.get("calibration"):
        yield "model does not say what made the answer"
    if backend == "extractive" and statuses - {"quoted", "computed"}:
        yield "the backend extractive quotes and computes, and says nothing in its own words"
    if statuses - {"quoted", "computed"} and not (written and written == backend and model.get("verifier")):
        yield "model does not say what wrote and verified the statements"
    if backend == "extractive" and said(answer) and answer["confidence"] != _least_support(answer):
        yield "the confidence is not that of the first statement"
    if answer["answered"] and not set((answer["note"] or "").split("\n")) <= {"", *notes_of(answer)}:
        yield "the note is none that refdesk makes of such an answer"
    yield from _models(answer, against)


def _models(answer: Answer, against: VerificationSource) -> Problems:
    """The models are those that the index or the run was made with."""
    sentences_by = f"sentences by {against.models.get('embedder')}"
    for part, name in against.models.items():
        recorded = (answer.get("model") or {}).get(part)
        # A run without retrieval, such as one of reading, may have no embedder.
        is_expected = recorded == name or (part, recorded) == ("reader", sentences_by)
        is_read = answer.get("asked") != "overview"  # which rests on embeddings alone
        if not is_expected and (recorded or (against.sources is not None and is_read)):
            yield f"the {part} was {recorded or 'none'}, but {against.place} was made with {name}"


def _reasons(answer: Answer, against: VerificationSource) -> Problems:
    """The reasons add up to the confidence, in words that Refdesk has."""
    return problems_of_reasons(answer) if against.own else iter(())


def _least_support(answer: Answer) -> float:
    """The support of the first statement or, where several questions are answered, of the least sure first one."""
    first: dict[int, float] = {}
    for statement in said(answer):
        first.setdefault(statement.get("part", 0), statement["support"])
    return min(first.values())


# --- it agrees with the documents ---


def _roles(answer: Answer, against: VerificationSource) -> Problems:
    """What is said to be a row, an item or a step is one, and nothing else is that, but in an overview.

    Computed statements are answers.
    """
    located_at = {citation["number"]: (document, citation["start"]) for citation, document in located(answer, against)}
    for position, statement in enumerate(answer["statements"], start=1):
        numbers, role = statement["citations"], statement.get("role")
        if role is None or not against.own or not against.outlined or not numbers or numbers[0] not in located_at:
            continue
        right = role_of(*located_at[numbers[0]]) if statement["status"] == "quoted" else "answer"
        is_plain = role == "answer" and right in _PLACES and answer["asked"] != "overview"
        if role != right and (role in _PLACES or is_plain):
            yield f"statement {position} is no {role}"


def _passages(answer: Answer, against: VerificationSource) -> Problems:
    """The passages are in the documents, and in the order of their scores."""
    if not against.own:
        return
    scores = [passage["score"] for passage in answer["passages"]]
    if scores != sorted(scores, reverse=True):
        yield "the passages are not in the order of their scores"
    for number, passage in enumerate(answer["passages"], start=1):
        source, start, end = passage["source"], passage["start"], passage["end"]
        sizes = [len(document.text) for document in against.documents_from(source, answer)]
        if against.sources is not None and not sizes:
            yield f"passage {number}: nothing in {against.place} comes from {source}"
        elif start >= end or (sizes and end > max(sizes)):
            yield f"passage {number}: {source} has no characters {start} to {end}"
        elif against.is_passage and not against.is_passage(source, start, end):
            yield f"passage {number}: characters {start} to {end} of {source} are no passage in {against.place}"


CHECKS: Sequence[Callable[[Answer, VerificationSource], Problems]] = (
    _kind, _text, _statements, _code, _short_answer, _caution, _numbers, _model, quoting.citations, quoting.places,
    quoting.whole_sentences, _passages, _roles, quoting.cells, quoting.marks, quoting.nearest, computed, _reasons,
)  # fmt: skip
