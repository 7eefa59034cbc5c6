"""A forged answer does not verify. Each test forges a real answer in a way that once passed."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import Run, fails
from evaluation_data import squad, word_harness
from fakes import ScriptedGenerator, WordEntailment

from documents.document import Document, Page, Section
from index.ingest import Ingest
from index.search import Index
from index.store import Store
from qa import settings
from qa.answer.notices import CAUTION
from qa.assistant import Assistant, compose
from qa.assistant.compose import Models, extractor_of, load_models, writer_of
from qa.check.verifier import SupportVerifier
from qa.evaluation import evaluate, load_dataset
from qa.evaluation.runs.check import check_run
from qa.evaluation.runs.run import ANSWERS, CONFIG
from qa.saved.checks import problems
from qa.saved.read import MOST_BYTES, VerifyError, read_answers
from qa.saved.verification_source import VerificationSource
from qa.saved.verify import NOT_CHECKED, OTHERS, QUICK, cautioned, check, check_file
from qa.understand.question_type import shipped
from qa.write.grounds import Verifier

TEXT = (
    "Plant\n\nThe plant was founded in 1577. It is not true that the old bridge is safe. "
    "The plant employs 1,240 people in Harl.\n\nPump\n\nThe pump moves 300 tons of water a day."
)
HALF = TEXT.index("Pump")
SECTIONS = (Section("Plant", 1, 0, 5, HALF), Section("Pump", 1, HALF, HALF + 4, len(TEXT)))
DOCUMENT = Document(TEXT, "The plant", SECTIONS, (Page(1, 0, HALF), Page(2, HALF, len(TEXT))))
WRITTEN = "In 1577 the plant was founded."
Record = dict[str, Any]


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models(settings.read())


@pytest.fixture(scope="module")
def index(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Index:
    store = Store(tmp_path_factory.mktemp("verify") / "index")
    Ingest(store, models.embedder, models.splitter).add([("/d/plant.txt", DOCUMENT)])
    return Index(store, models.embedder, models.reranker)


@pytest.fixture(scope="module")
def honest(index: Index, models: Models) -> dict[str, Record]:
    """An extractive answer, a written one, a refusal and a notice."""
    chosen = settings.read(unsupported="strike")
    writer = writer_of(ScriptedGenerator(f"{WRITTEN} The moon is made of cheese."), models, chosen)
    quotes = Assistant(index, extractor_of(models))
    writes = Assistant(index, extractor_of(models), writer=writer)
    found = {
        "quoted": quotes.ask("How many people does the plant employ?"),
        "written": writes.ask("When was the plant founded?"),
        "refusal": quotes.ask("Who sold the moon to the pope?"),
        "notice": Assistant(index, extractor_of(models), classifier=shipped(models.embedder.fingerprint)).ask("hello"),
    }
    records = {name: json.loads(json.dumps(answer.to_dict())) for name, answer in found.items()}
    assert [record["kind"] for record in records.values()] == ["answer", "answer", "refusal", "notice"]
    assert [row["status"] for row in records["written"]["statements"]] == ["supported", "unsupported"]
    return records


@pytest.fixture
def problems_of(index: Index, tmp_path: Path) -> Callable[..., list[str]]:
    """A function from a record to the problems that ``verify`` finds."""

    load = partial(compose.load_verifier, settings.read())

    def check_record(record: Record, verifier: Callable[[], Verifier] | None = load) -> list[str]:
        path = tmp_path / "answer.json"
        path.write_text(json.dumps(record))
        return [row["problem"] for row in check_file(path, index.store.folder, verifier).problems]

    return check_record


def test_honest_answers_verify(honest: dict[str, Record], problems_of: Callable[..., list[str]]) -> None:
    assert {name: problems_of(record) for name, record in honest.items()} == {name: [] for name in honest}


def test_whole_headings_and_explanations_in_the_order_of_the_document_verify(
    honest: dict[str, Record], problems_of: Callable[..., list[str]]
) -> None:
    """Both once failed: a heading is no sentence, and the short answer need not be in the first statement."""
    record = copy.deepcopy(honest["quoted"])
    heading = {**record["citations"][0], "number": 1, "start": 0, "end": 5, "quote": "Plant", "page": 1, "marks": []}
    record["citations"] = [heading, {**record["citations"][0], "number": 2}]
    first = {**record["statements"][0], "text": "Plant", "citations": [1]}
    record["statements"] = [first, {**record["statements"][0], "citations": [2]}]
    record["text"] = f"Plant[1] {record['statements'][1]['text']}[2]"
    record["passages"] = [{**record["passages"][0], "start": 0, "end": HALF}, *record["passages"]]
    assert [problem for problem in problems_of(record) if "passage" not in problem] == []
    heading |= {"end": 3, "quote": "Pla"}
    first["text"] = "Pla"
    record["text"] = f"Pla[1] {record['statements'][1]['text']}[2]"
    assert "citation [1] is not of whole sentences" in problems_of(record)


def test_a_list_of_the_library_has_only_documents_of_the_index(
    index: Index, models: Models, problems_of: Callable[..., list[str]]
) -> None:
    listed = Assistant(index, extractor_of(models), classifier=shipped(models.embedder.fingerprint)).ask(
        "Which documents are there?"
    )
    record = json.loads(json.dumps(listed.to_dict()))
    assert (record["asked"], record["text"]) == (
        "library", "There is one document here:\n• The plant (plant.txt)"
    )  # fmt: skip
    assert problems_of(record) == []
    for forged, problem in (
        (
            "There is one document here:\n• Ann Miller stole 3 million euros (plant.txt)",
            "the list has a document that is not in the index: Ann Miller stole 3 million euros (plant.txt)",
        ),
        (
            "There are 7 documents here:\n• The plant (plant.txt)",
            "the number of documents in the list is not that of the index",
        ),
        (
            "There is one document here:\n• The plant (plant.txt)\nand 12 more.",
            "the number of documents in the list is not that of the index",
        ),
    ):
        assert problem in problems_of({**record, "text": forged})


@pytest.mark.parametrize(
    "field", [{"parts": [1]}, {"reasons": [1]}, {"citations": {"cells": 5}}, {"citations": {"date": []}},
              {"statements": {"part": {}}}],
)  # fmt: skip
def test_what_schema_2_has_is_checked_in_schema_1_too(
    honest: dict[str, Record], problems_of: Callable[..., list[str]], field: dict[str, Any]
) -> None:
    record = {**copy.deepcopy(honest["quoted"]), "schema": 1}
    for name, value in field.items():
        if isinstance(value, dict):
            record[name][0] |= value
        else:
            record[name] = value
    assert any("is not as refdesk writes it" in problem for problem in problems_of(record))


def said_to_be_supported(record: Record) -> None:
    """An invented sentence with the status of a verified one."""
    record["statements"][0].update(text="The plant employs 9 people.", status="supported")
    record["model"] |= {"backend": "llm", "generator": "llm", "verifier": "any"}
    record["text"] = "The plant employs 9 people.[1]"


def half_a_sentence(record: Record) -> None:
    start = TEXT.index("the old bridge is safe.")
    record["citations"][0].update(start=start, end=start + 23, quote=TEXT[start : start + 23])
    record["statements"][0]["text"] = TEXT[start : start + 23]
    record.update(text=f"{TEXT[start : start + 23]}[1]", short_answer="safe")


def part_of_a_quote(record: Record) -> None:
    """Half of a quotation, with the citation of the whole."""
    record["statements"][0]["text"] = "240 people in Harl."
    record["text"] = "240 people in Harl.[1]"


def another(field: str, value: Any, *place: Any) -> Callable[[Record], None]:
    def change(record: Record) -> None:
        for step in place:
            record = record[step]
        assert record.get(field) != value
        record[field] = value

    change.__name__ = "_".join(map(str, (*place, field, value)))[:60]
    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (said_to_be_supported, "statement 1 is not supported by what it cites"),
        (half_a_sentence, "citation [1] is not of whole sentences"),
        (part_of_a_quote, "statement 1 is not the quotes that it cites"),
        (another("status", "supported", "statements", 0), "the backend extractive quotes"),
        (another("status", "checked", "statements", 0), "statement 1: status is not as refdesk writes it"),
        (another("support", 1.5, "statements", 0), "support is not as"),
        (another("support", True, "statements", 0), "support is not as"),
        (another("confidence", 0.01), "the confidence is not that of the first statement"),
        (another("confidence", 7), "confidence is not as"),
        (another("short_answer", "240"), "the short answer is in no quote, as whole words"),
        (another("short_answer", "1"), "the short answer is in no quote, as whole words"),
        (another("short_answer", "1577"), "the short answer is in no quote, as whole words"),
        (another("note", "Certified by the ministry."), "the note is none that refdesk makes"),
        (another("note", 5), "note is not as"),
        (another("caution", 5), "caution is not as"),
        (another("question", None), "question is not as"),
        (another("page", 2, "citations", 0), "the page is 1, not 2"),
        (another("section", "Pump", "citations", 0), "the section is Plant, not Pump"),
        (another("title", "The law", "citations", 0), "the title is The plant, not The law"),
        (another("date", "2031", "citations", 0), "the date is none, not 2031"),
        (another("date", "soon", "citations", 0), "citation 1: date is not as refdesk writes it"),
        (another("source", "/d/law.txt", "citations", 0), "not from /d/law.txt"),
        (another("number", 2, "citations", 0), "not numbered 1, 2, 3"),
        (another("embedder", "other@1", "model"), "the embedder was other@1, but the index was made with"),
        (another("backend", None, "model"), "model does not say what made the answer"),
        (another("source", "/etc/passwd", "passages", 0), "nothing in the index comes from /etc/passwd"),
        (another("end", 10**9, "passages", 0), "has no characters"),
        (another("start", 1, "passages", 0), "are no passage in the index"),
        (another("passages", []), "citation [1] is in none of the passages"),
        (another("kind", "notice"), "answered and kind disagree"),
    ],
)
def test_a_forged_field_is_found(
    honest: dict[str, Record], problems_of: Callable[..., list[str]], change: Callable[[Record], None], problem: str
) -> None:
    record = copy.deepcopy(honest["quoted"])
    change(record)
    assert any(problem in line for line in problems_of(record)), problems_of(record)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (another("text", "In 1578 the plant was founded.", "statements", 0), "is not supported by what it cites"),
        (another("text", f"{WRITTEN[:-1]} [7].", "statements", 0), "statement 1 has a marker of its own"),
        (another("status", "quoted", "statements", 0), "statement 1 is not the quotes that it cites"),
        (another("status", "supported", "statements", 1), "statement 2 is said without a citation"),
        (another("citations", [1], "statements", 1), "statement 2 is not supported, but has citations"),
        (another("verifier", None, "model"), "model does not say what wrote and verified the statements"),
        (another("note", "Nothing is known.", ), "the note is none that refdesk makes"),
    ],
)  # fmt: skip
def test_a_forged_written_answer_is_found(
    honest: dict[str, Record], problems_of: Callable[..., list[str]], change: Callable[[Record], None], problem: str
) -> None:
    record = copy.deepcopy(honest["written"])
    change(record)
    said = (row for row in record["statements"] if row["status"] != "unsupported")
    record["text"] = " ".join(row["text"] + "".join(f"[{number}]" for number in row["citations"]) for row in said)
    assert any(problem in line for line in problems_of(record)), problems_of(record)


@pytest.mark.parametrize("name", ["refusal", "notice"])
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"text": "It is on the moon."}, "something is said without a citation"),
        ({"note": "It is on the moon."}, "cites or says more than its message"),
        ({"short_answer": "the moon"}, "cites or says more than its message"),
        ({"citations": "quoted"}, "cites or says more than its message"),
        ({"confidence": -1}, "confidence is not as"),
    ],
)
def test_a_refusal_and_a_notice_have_only_their_messages(
    honest: dict[str, Record], problems_of: Callable[..., list[str]], name: str, change: Record, problem: str
) -> None:
    given = {field: honest["quoted"][field] if value == "quoted" else value for field, value in change.items()}
    assert any(problem in line for line in problems_of({**honest[name], **given}))


def test_a_refusal_with_the_message_of_a_notice_is_found(
    honest: dict[str, Record], problems_of: Callable[..., list[str]]
) -> None:
    assert problems_of({**honest["refusal"], "text": honest["notice"]["text"]})
    assert problems_of({**honest["notice"], "text": honest["refusal"]["text"]})
    assert problems_of({**honest["notice"], "confidence": 0.5}) == ["the confidence of a notice is not 1"]


def no_model() -> Any:
    raise AssertionError("a model was loaded")


def test_the_verifier_is_loaded_where_something_is_cited_and_never_without_one(
    honest: dict[str, Record], problems_of: Callable[..., list[str]]
) -> None:
    for kind in ("quoted", "written"):
        assert problems_of(honest[kind], verifier=None) == []
        with pytest.raises(AssertionError, match="a model was loaded"):
            problems_of(honest[kind], verifier=no_model)
    forged = copy.deepcopy(honest["quoted"])
    said_to_be_supported(forged)
    forged["short_answer"] = None
    assert problems_of(forged, verifier=None) == []


@pytest.mark.parametrize("text", ["Pay the fee at pump-fees.example.", "The pump has two valves."])
def test_a_caution_is_what_the_quotes_call_for(text: str) -> None:
    answer = {"citations": [{"quote": text}], "short_answer": None, "caution": None}
    wrong = [] if "fee" not in text else ["the caution is not what its quotes call for"]
    assert list(cautioned(answer, SupportVerifier(WordEntailment()))) == wrong
    told = {**answer, "caution": CAUTION}
    assert bool(list(cautioned(told, SupportVerifier(WordEntailment())))) is not bool(wrong)


def test_what_cannot_be_checked_is_listed(honest: dict[str, Record], index: Index, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(honest["written"]))
    done = run("verify", path, "--index", index.store.folder, "--json")
    assert (done.code, done.json["problems"], done.json["not_checked"]) == (0, [], list(NOT_CHECKED))
    done = run("verify", path, "--index", index.store.folder, "--quick", "--json")
    assert done.json["not_checked"] == [QUICK, *NOT_CHECKED]
    path.write_text(json.dumps({**honest["written"], "seal": "official"}))
    done = run("verify", path, "--index", index.store.folder, "--quick")
    assert done.out.splitlines()[1:] == [f"Not checked: {'; '.join([QUICK, *NOT_CHECKED, OTHERS])}."]


def test_a_problem_is_one_short_line_whatever_the_file_has(honest: dict[str, Record]) -> None:
    record = copy.deepcopy(honest["quoted"])
    record["citations"][0]["source"] = record["question"] = "\x1b[2J\r\n\u202e" + "x" * 10_000
    rows = check([record], VerificationSource(lambda _: None)).problems
    assert rows
    for text in (text for row in rows for text in (row["problem"], row["question"])):
        assert text.isprintable()
        assert len(text) <= 500


# --- hostile JSON ---


def hostile(record: Record) -> Iterator[tuple[str, bytes]]:
    text = json.dumps(record)
    yield "a name twice", text.replace('"text":', '"text": "Another.", "text":', 1).encode()
    yield "NaN", text.replace(f'"confidence": {record["confidence"]}', '"confidence": NaN').encode()
    yield "infinite", json.dumps({**record, "confidence": float("inf")}).encode()
    yield "half a pair", text.replace("plant", "\\ud83d").encode()
    yield "true as a number", json.dumps({**record, "schema": True}).encode()
    yield "deep", text[:-1].encode() + b', "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    yield "digits", text[:-1].encode() + b', "x": ' + b"9" * 5_000 + b"}"
    yield "many", json.dumps({**record, "citations": record["citations"] * 1_001}).encode()
    yield "large", b" " * (MOST_BYTES + 1)
    yield "binary", bytes(range(256))


def test_hostile_json_is_a_one_line_error(honest: dict[str, Record], tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    for name, data in hostile(honest["quoted"]):
        path.write_bytes(data)
        with pytest.raises(VerifyError) as raised:
            read_answers(path)
        assert str(raised.value).isprintable(), name
        assert len(str(raised.value)) < 400, name


@pytest.mark.parametrize("value", [None, True, 0, -1, 10**4000, 1e300, "", "x", [], [[]], {}, {"a": 1}])
def test_a_field_of_the_wrong_type_is_a_problem_and_no_failure(honest: dict[str, Record], value: object) -> None:
    for record in honest.values():
        for field in record.keys() - {"kind", "answered", "text", "citations", "statements", "short_answer", "schema"}:
            found = problems({**record, field: value}, VerificationSource(lambda _: DOCUMENT))
            may_be = field == "nearest" and value is None  # a refusal that found nothing
            assert found or may_be or type(value) is type(record[field]), field


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (another("quote", "The moon is for sale.", "nearest"), "are not the quote"),
        (another("section", "Moon", "nearest"), "what came closest: citation [1]: the section is Plant, not Moon"),
        (another("marks", [[0, 10**6]], "nearest"), "what is marked is not within the quote"),
        (another("marks", [5], "nearest"), "nearest is not as refdesk writes it"),
        (another("start", "x", "nearest"), "nearest is not as refdesk writes it"),
        (another("kind", "answer"), "what came closest: an answer is given"),
    ],
)
def test_a_forged_closest_block_is_found(
    honest: dict[str, Record], problems_of: Callable[..., list[str]], change: Callable[[Record], None], problem: str
) -> None:
    record = copy.deepcopy(honest["refusal"])
    assert record["nearest"]["quote"]
    change(record)
    assert any(problem in line for line in problems_of(record)), problems_of(record)


# --- runs ---


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run, which stays as it is."""
    folder = tmp_path_factory.mktemp("finished")
    return evaluate(load_dataset(squad(folder)), task="qa", out=folder, harness=word_harness()).folder


@pytest.fixture
def kept(finished: Path, tmp_path: Path) -> Path:
    """The folder of a run, for a test that changes it."""
    return shutil.copytree(finished, tmp_path / finished.name)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (another("section", "Forged", "citations", 0), "the section is none, not Forged"),
        (another("page", 3, "citations", 0), "the page is none, not 3"),
        (another("title", "Forged", "citations", 0), "the title is"),
        (another("question", "Who lies?"), "the question is not the record's"),
        (another("reader", "other@1", "model"), "the reader was other@1"),
        (another("note", "Certified."), "the note is none that refdesk makes"),
    ],
)
def test_the_answers_of_a_run_are_checked_in_the_same_way(
    kept: Path, change: Callable[[Record], None], problem: str
) -> None:
    assert check_run(kept).problems == []
    lines = (kept / ANSWERS).read_text("utf-8").splitlines()
    record = json.loads(lines[0])
    change(record["answer"])
    (kept / ANSWERS).write_text("\n".join([json.dumps(record), *lines[1:]]) + "\n", "utf-8")
    assert any(problem in row["problem"] for row in check_run(kept).problems), check_run(kept).problems


def test_an_older_run_without_sections_is_checked_without_them(kept: Path) -> None:
    rows = [json.loads(line) for line in (kept / "texts.jsonl").read_text("utf-8").splitlines()]
    older = [json.dumps({name: row[name] for name in ("id", "title", "text")}) + "\n" for row in rows]
    (kept / "texts.jsonl").write_text("".join(older), "utf-8")
    checked = check_run(kept)
    assert checked.problems == []
    assert any("older run" in text for text in checked.not_checked)


def test_a_run_with_hostile_json_is_a_one_line_error(kept: Path, run: Run) -> None:
    for name in (ANSWERS, CONFIG, "texts.jsonl"):
        before = (kept / name).read_bytes()
        for data in (b"[" * 100_000 + b"\n", b'{"a": ' + b"9" * 5_000 + b"}\n"):
            (kept / name).write_bytes(data)
            fails(run("verify", kept), str(kept))
        (kept / name).write_bytes(before)
    (kept / "texts.jsonl").write_text('{"id": "x", "title": "", "text": "\\ud83d"}\n')
    assert run("verify", kept).code == 1
