"""Verify: an honest answer passes, and a changed one has problems."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes import filled
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Chunk, Document, Source
from documents.load import parse
from index.passage import Passage, Scope
from qa.answer import Answer, Citation, Statement
from qa.answer.notices import HELP, REFUSAL
from qa.saved.checks import problems
from qa.saved.read import VerifyError, read_answers
from qa.saved.verification_source import VerificationSource
from qa.saved.verify import check_file

TEXT = "Beijing has 2,000 base stations. They serve 𝔅 million people. 北京有两千个基站。 Nothing else is known."
DOCUMENT = Document(TEXT, "Stations")
DOCUMENTS = {DOCUMENT.id: DOCUMENT}
MODEL = {"embedder": "words@1", "reader": "words@1", "backend": "quotes"}
Record = dict[str, Any]


def answer(spans: list[tuple[int, int]], document: Document = DOCUMENT, short: str | None = None) -> Answer:
    passage = Passage(Chunk(document, 0, len(document.text)), Source("/d/stations.txt", document.id), 1.0)
    citations = tuple(Citation(number, passage, *span) for number, span in enumerate(spans, 1))
    statements = tuple(Statement(citation.quote, (citation.number,), 0.9, "quoted") for citation in citations)
    return Answer("answer", "How many?", "How many?", 0.9, short, statements, citations, (passage,), model=MODEL)


def record() -> Record:
    spans = [
        (start := TEXT.index(quote), start + len(quote))
        for quote in ("Beijing has 2,000 base stations.", "北京有两千个基站。")
    ]
    return answer(spans, short="2,000").to_dict()


def found(changed: Record) -> list[str]:
    return problems(changed, VerificationSource(DOCUMENTS.get))


def test_an_honest_answer_has_no_problems() -> None:
    assert found(record()) == []
    assert found(Answer("refusal", "q", "q", 0.1, message=REFUSAL, model=MODEL).to_dict()) == []
    assert found(Answer("notice", "hi", "hi", 1.0, message=HELP, asked="talk").to_dict()) == []


@pytest.mark.parametrize(("shown", "is_part"), [("| boat 1 | oak |", True), ("Boats are old.", False)])
def test_a_row_may_stand_beside_a_passage_that_has_another_part_of_its_table(shown: str, is_part: bool) -> None:
    table = "\n".join(f"| boat {number} | oak |" for number in range(1, 9))
    document = parse(f"Boats are old.\n\n| Name | Wood |\n|---|---|\n{table}\n".encode(), "boats.md")
    source = Source("/d/boats.md", document.id)
    start = document.text.index(shown)
    passage = Passage(Chunk(document, start, start + len(shown)), source, 1.0)
    row = document.text.index("| boat 7 | oak |")
    citation = Citation(1, passage, row, row + len("| boat 7 | oak |"))
    statements = (Statement(citation.quote, (1,), 0.9, "quoted", "row"),)
    given = Answer("answer", "q", "q", 0.9, None, statements, (citation,), (passage,), model=MODEL)
    expected = [] if is_part else ["citation [1] is in none of the passages"]
    assert problems(given.to_dict(), VerificationSource({document.id: document}.get)) == expected


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "refusal"}, "answered and kind disagree"),
        (
            {"kind": "refusal", "answered": False, "statements": [], "citations": [], "text": "It is on the moon."},
            "something is said without a citation",
        ),
    ],
)
def test_a_refusal_with_other_content_has_problems(change: Record, problem: str) -> None:
    assert problem in found({**record(), **change})


def test_a_citation_of_another_file_of_the_index_is_found(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    (passage,) = desk.index.retrieve("pumps water", Scope(), 1)
    said = Answer(
        "answer", "?", "?", 0.9, None,
        (Statement(passage.chunk.text, (1,), 0.9, "quoted"),),
        (Citation(1, passage, passage.chunk.start, passage.chunk.end),), (passage,), model=MODEL,
    ).to_dict()  # fmt: skip
    path = tmp_path / "answer.json"
    path.write_text("\ufeff" + json.dumps(said), "utf-8")
    assert check_file(path, desk.store.folder).problems == []
    said["citations"][0]["source"] = "/etc/passwd"
    path.write_text(json.dumps(said))
    found = [row["problem"] for row in check_file(path, desk.store.folder).problems]
    assert any("not from /etc/passwd" in problem for problem in found)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a": ' + "9" * 5000 + "}"], ids=["brackets", "digits"])
def test_json_that_cannot_be_read_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(VerifyError, match=r"a\.json"):
        read_answers(tmp_path / "a.json")


def test_lines_end_at_line_feeds_only(tmp_path: Path) -> None:
    rows = [{**record(), "question": "two\u2028lines"}, record()]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    assert [row["question"] for row in read_answers(path)] == ["two\u2028lines", "How many?"]


text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)


@given(text, st.data())
def test_any_answer_made_of_slices_passes_and_survives_json(content: str, data: st.DataObject) -> None:
    cut = st.tuples(st.integers(0, len(content)), st.integers(0, len(content))).map(sorted)
    spans = data.draw(st.lists(cut.filter(lambda span: span[0] < span[1]).map(tuple), min_size=1, max_size=4))
    document = Document(content)
    written = json.loads(json.dumps(answer(spans, document).to_dict()))
    rough = VerificationSource({document.id: document}.get, outlined=False)  # slices need not be sentences here
    assert problems(written, rough) == []


@given(st.integers(-200, 200), st.integers(-200, 200))
def test_only_the_offsets_of_the_quote_are_accepted(start: int, end: int) -> None:
    """Negative offsets, which Python counts from the end, are not accepted either."""
    changed = record()
    citation = changed["citations"][0]
    right = (citation["start"], citation["end"])
    citation["start"], citation["end"] = start, end
    assert (found(changed) == []) == ((start, end) == right)


def shifted(record: Record) -> None:
    record["citations"][0]["start"] += 1
    record["citations"][0]["end"] += 1


def from_the_end(record: Record) -> None:
    for side in ("start", "end"):
        record["citations"][0][side] -= len(TEXT)


def another_quote(record: Record) -> None:
    record["citations"][0]["quote"] = record["citations"][0]["quote"].replace("2,000", "9,000")


def another_quote_everywhere(record: Record) -> None:
    for old, new in (("2,000", "9,000"),):
        record["text"] = record["text"].replace(old, new)
        record["short_answer"] = new
        record["citations"][0]["quote"] = record["citations"][0]["quote"].replace(old, new)
        record["statements"][0]["text"] = record["statements"][0]["text"].replace(old, new)


def another_statement(record: Record) -> None:
    record["statements"][0]["text"] = "Beijing has many base stations."
    record["text"] = record["text"].replace("2,000", "many")


def another_marker(record: Record) -> None:
    record["text"] = record["text"].replace("[1]", "[7]")


def markers_swapped(record: Record) -> None:
    record["statements"][0]["citations"], record["statements"][1]["citations"] = [2], [1]
    record["text"] = " ".join(f"{s['text']}[{s['citations'][0]}]" for s in record["statements"])


def words_added(record: Record) -> None:
    record["text"] += " And the moon is made of cheese."


def citation_dropped(record: Record) -> None:
    del record["citations"][0]


def citations_of_statement_dropped(record: Record) -> None:
    record["statements"][0]["citations"] = []
    record["text"] = record["text"].replace("[1]", "")


def unknown_document(record: Record) -> None:
    record["citations"][0]["document"] = "sha256:" + "0" * 64


def same_number_twice(record: Record) -> None:
    record["citations"].append(copy.deepcopy(record["citations"][0]))


def another_short_answer(record: Record) -> None:
    record["short_answer"] = "9,000"


def empty_quote(record: Record) -> None:
    record["citations"][0].update(start=3, end=3, quote="")


def refused_with_statements(record: Record) -> None:
    record["answered"] = False


def answered_without_statements(record: Record) -> None:
    record["statements"], record["citations"], record["text"], record["short_answer"] = [], [], "", None


def answered_with_nothing_supported(record: Record) -> None:
    for statement in record["statements"]:
        statement["status"] = "unsupported"
    record["text"] = ""


@pytest.mark.parametrize(
    ("tamper", "problem"),
    [
        (shifted, "characters 1 to 33 are not the quote"),
        (from_the_end, "are not the quote"),
        (another_quote, "characters 0 to 32 are not the quote"),
        (another_quote_everywhere, "characters 0 to 32 are not the quote"),
        (another_statement, "statement 1 is not the quotes that it cites"),
        (another_marker, "the text is not its statements with their markers"),
        (markers_swapped, "statement 2 is not the quotes that it cites"),
        (words_added, "the text is not its statements with their markers"),
        (citation_dropped, "statement 1 cites a number that no citation has"),
        (citations_of_statement_dropped, "statement 1 is said without a citation"),
        (unknown_document, "is not in the index"),
        (same_number_twice, "two citations have the same number"),
        (another_short_answer, "the short answer is in no quote"),
        (empty_quote, "are not the quote"),
        (refused_with_statements, "answered and statements disagree"),
        (answered_without_statements, "answered and statements disagree"),
        (answered_with_nothing_supported, "answered and statements disagree"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_tampering_is_found(tamper: Callable[[Record], None], problem: str) -> None:
    changed = record()
    tamper(changed)
    assert any(problem in line for line in found(changed)), found(changed)
    assert all("\n" not in line for line in found(changed))


def test_an_unsupported_statement_is_listed_but_not_in_the_text() -> None:
    changed = record()
    changed["statements"][1].update(status="unsupported", citations=[], text="The moon is made of cheese.")
    changed["text"] = f"{changed['statements'][0]['text']}[1]"
    del changed["citations"][1]
    changed["model"] |= {"backend": "llm", "generator": "llm", "verifier": "words@1"}
    assert found(changed) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (json.dumps(record(), indent=2), 1),
        (json.dumps([record(), record()]), 2),
        ("\n".join(json.dumps(record(), ensure_ascii=False) for _ in range(3)) + "\n\n", 3),
    ],
    ids=["object", "list", "lines"],
)
def test_answers_are_read_from_json_and_json_lines(tmp_path: Path, text: str, count: int) -> None:
    path = tmp_path / "answers.json"
    path.write_text(text, "utf-8")
    assert read_answers(path) == [record()] * count


def without(name: str) -> Record:
    changed = record()
    del changed[name]
    return changed


def with_(changes: Callable[[Record], None]) -> Record:
    changed = record()
    changes(changed)
    return changed


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds no answers"),
        (b"[]", "holds no answers"),
        (b"{}", "record 1 is no answer"),
        (b"7", "record 1 is no answer"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"{]", "line 1 is not JSON"),
        (json.dumps(record()).encode() + b"\n{]", "line 2 is not JSON"),
        (json.dumps([record(), without("text")]).encode(), "record 2 is no answer"),
        (json.dumps({**record(), "schema": 3}).encode(), "record 1 is no answer"),
        (json.dumps(with_(lambda r: r["citations"][0].update(start="0"))).encode(), "record 1 is no answer"),
        (json.dumps(with_(lambda r: r["statements"][0].update(citations=[[1]]))).encode(), "record 1 is no answer"),
        (json.dumps(with_(lambda r: r["statements"].append(None))).encode(), "record 1 is no answer"),
    ],
)
def test_a_file_without_answers_is_a_one_line_error(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "answers.json"
    path.write_bytes(content)
    with pytest.raises(VerifyError, match=reason) as raised:
        read_answers(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_a_one_line_error(tmp_path: Path) -> None:
    with pytest.raises(VerifyError, match=r"cannot be read \(No such file"):
        read_answers(tmp_path / "none.json")
