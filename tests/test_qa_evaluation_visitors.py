"""The task ``visitors``: verdicts by hand, its format, conversations, and what is printed of it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import Run as Command
from evaluation_data import VISITORS, opened, plotting_harness, value, visitors, word_harness

from qa import evaluation, settings
from qa.answer import Answer
from qa.assistant import compose
from qa.evaluation import DatasetError, Harness, SystemChoiceError, load_dataset
from qa.evaluation.datasets.expected import Expected
from qa.evaluation.datasets.load import LEAST_GROUPS
from qa.evaluation.metrics.wordings import folded, in_order, says
from qa.evaluation.runs.check import check_run
from qa.evaluation.scoring.expectations import VERDICTS, in_words, judge
from qa.evaluation.systems.conversations import open_conversations
from qa.evaluation.systems.indexing import IndexChoice
from qa.write.writer import Writer

evaluate = partial(evaluation.evaluate, harness=word_harness())


@pytest.fixture
def harness() -> Harness:
    return plotting_harness()


def answer(*said: str, short: str | None = None, cited: tuple[str, ...] = (), kind: str = "answer") -> dict[str, Any]:
    statements = [{"text": text, "status": "quoted"} for text in said]
    citations = [{"source": f"/somewhere/{name}"} for name in cited]
    return {
        "kind": kind, "short_answer": short, "text": " ".join(said), "statements": statements, "citations": citations
    }  # fmt: skip


def test_wordings_are_whole_words_and_numbers_without_signs_of_layout() -> None:
    assert folded("**1,234** kg – “don’t”\u00a0!") == '1234 kg - "don\'t"!'
    assert says(folded("It costs £1,500."), ["£1500"])
    assert not says(folded("It costs 15.5 pounds"), ["15"])
    assert not says(folded("It costs 0.15"), ["15"])
    assert says(folded("It costs 15."), ["15"])
    assert not says(folded("unpaid"), ["paid"])
    assert says(folded("请带毛巾和2个泳帽。"), ["毛巾"])  # no spaces between words there
    assert says(folded("请带毛巾和2个泳帽。"), ["2个"])
    assert not says(folded("请带12个泳帽。"), ["2个"])
    assert in_order(folded("Fill, then press, then fill"), [["press"], ["fill"]])
    assert not in_order(folded("fill, press"), [["press"], ["fill"]])


TWO = Expected(groups=(("six weeks", "6 weeks"), ("paid",)))
REFUSAL, NOTICE = Expected(("refusal",)), Expected(("notice",))


@pytest.mark.parametrize(
    ("expected", "given", "verdict", "amiss"),
    [
        (TWO, answer("Six weeks, paid."), "right", ()),
        (TWO, answer("6 weeks."), "partly", ("not said: paid",)),
        (TWO, answer("Five."), "wrong", ("not said: six weeks / 6 weeks", "not said: paid")),
        (TWO, answer(kind="refusal"), "refused", ("a refusal where answer is right",)),
        (TWO, answer("Hello", kind="notice"), "wrong", ("a notice where answer is right",)),
        (REFUSAL, answer(kind="refusal"), "right", ()),
        (REFUSAL, answer("Six weeks."), "answered", ("an answer where refusal is right",)),
        (NOTICE, answer("Six weeks."), "wrong", ("an answer where notice is right",)),
        (Expected(("answer", "notice"), (("help",),)), answer("I help.", kind="notice"), "right", ()),
        (Expected(none=("five",)), answer("Five."), "wrong", ("said: five",)),
        (Expected(groups=(("a",), ("b",)), none=("five",)), answer("a five"), "wrong", ("not said: b", "said: five")),
        (Expected(head=("75",)), answer("It is 75.", short="80"), "wrong", ("not first: 75",)),
        (Expected(groups=(("75",),), head=("75",)), answer("Yes.", "It is 75."), "partly", ("not first: 75",)),
        (Expected(groups=(("x",),), cite=("a.pdf",)), answer("x", cited=("b.pdf",)), "partly", ("not cited: a.pdf",)),
        (Expected(not_cite=("b.pdf",)), answer("x", cited=("b.pdf",)), "wrong", ("cited: b.pdf",)),
        (Expected(groups=(("b",), ("a",)), in_order=True), answer("a b"), "partly", ("said in another order",)),
        (Expected(most=1), answer("a", "b"), "wrong", ("2 statements, more than 1",)),
    ],
)
def test_verdicts_by_hand(expected: Expected, given: dict[str, Any], verdict: str, amiss: tuple[str, ...]) -> None:
    assert judge(expected, given) == (verdict, amiss)


def test_what_is_struck_is_not_said() -> None:
    given = answer("Six weeks, paid.")
    given["statements"][0]["status"] = "unsupported"
    assert judge(TWO, given).verdict == "wrong"


def test_refdesk_is_asked_as_a_visitor_asks(tmp_path: Path) -> None:
    dataset = load_dataset(visitors(tmp_path))
    assert (dataset.name, dataset.kind, list(dataset.corpora)) == ("mine", "visitors", ["town", "farm"])
    run = evaluate(dataset, out=tmp_path / "runs")
    first, second, third = run.records
    assert (first["verdict"], first["amiss"]) == ("right", [])
    assert second["answer"]["standalone_question"] != VISITORS[1]["question"]
    assert (second["verdict"], second["after"]) == ("partly", VISITORS[1]["after"])
    assert third["answer"]["kind"] == "refusal"
    assert value(run, "right") == pytest.approx(2 / 3, abs=1e-6)
    assert set(run.metrics["slices"]) >= {"kind", "corpus"}
    assert set(run.config["index"]) == {"town", "farm"}
    assert "not said: grain" in (run.folder / "report.html").read_text("utf-8")
    assert check_run(run.folder).problems == []
    assert evaluation.replay(run, dataset, {}, harness=word_harness()) is None


def test_a_language_model_is_loaded_once_for_all_corpora(tmp_path: Path, harness: Harness) -> None:
    made: list[Writer] = []

    def writer_of(*given: Any) -> Writer:
        made.append(compose.writer_of(*given))
        return made[-1]

    chosen = settings.read(backend="openai", base_url="http://127.0.0.1:9/v1", model="any")
    dataset, choice = load_dataset(visitors(tmp_path)), IndexChoice(None, tmp_path / "indexes")
    system = open_conversations("default", dataset, chosen, choice, harness.load, writer_of)
    assert list(system.facts["index"]) == ["town", "farm"]
    assert len(made) == 1
    refusal = system.ask(dataset.items[2])
    assert isinstance(refusal, Answer)
    assert refusal.kind == "refusal"


def test_a_callable_is_given_the_conversation_and_the_corpus(tmp_path: Path) -> None:
    calls: list[Any] = []

    def system(question: str, history: list[tuple[str, str]], corpus: str) -> object:
        calls.append((question, list(history), corpus))
        return ("Grain, 300 tons.", ["grain.txt"]) if "Beta" in question or history else None

    run = evaluate(load_dataset(visitors(tmp_path)), system, out=tmp_path)
    assert calls[1:3] == [
        (VISITORS[1]["after"][0], [], "farm"),
        (VISITORS[1]["question"], [(VISITORS[1]["after"][0], "Grain, 300 tons.[1]")], "farm"),
    ]
    assert [record["verdict"] for record in run.records] == ["refused", "right", "right"]


GOLD: dict[str, Any] = {"question": "What does Alpha do?", "corpus": "town", "expect": {"all": [["pumps water"]]}}
PUMPS = ("pumps.txt", 0, 36)  # "Alpha pumps water into the old town."; the page has two sentences of 64 characters


@pytest.mark.parametrize(
    ("gold", "returned", "expected"),
    [
        # Found, cited: precision, recall and F1 by document; the share of found ones among the first.
        ({"source": "pumps.txt"}, ("x", [PUMPS]), {"hit@1": 1, "document_precision": 1, "document_recall": 1}),
        ({"source": "town/pumps.txt"}, ("x", [PUMPS]), {"hit@1": 0, "document_precision": 0, "document_recall": 0}),
        ({"source": ["pumps.txt", "b.txt"]}, ("x", [PUMPS]), {"document_precision": 1, "document_recall": 1 / 2}),
        ({"source": "pumps.txt"}, ("x", [PUMPS, "b.txt"]), {"document_precision": 1 / 2, "document_recall": 1}),
        ({"source": "pumps.txt"}, ("x[2]", [PUMPS, "b.txt"]), {"hit@1": 1, "hit@5": 1, "document_F1": 0}),
        ({"source": "c.txt"}, {"text": "x", "retrieved": ["a", "b", "d", "e", "c.txt"]}, {"hit@1": 0, "hit@5": 1}),
        ({"source": "c.txt"}, {"text": "x", "retrieved": [*"abdef", "c.txt"]}, {"hit@1": 0, "hit@5": 0}),
        ({"source": "pumps.txt"}, None, {"hit@1": 0, "hit@5": 0}),
        # The files that must be cited are gold where no source is named; of what is to be refused nothing is.
        ({"expect": {"cite": ["pumps.txt"]}}, ("x", [PUMPS]), {"hit@1": 1, "document_F1": 1}),
        ({"expect": {"kind": "refusal"}, "source": "pumps.txt"}, ("x", [PUMPS]), {}),
        ({}, ("x", [PUMPS]), {}),
        # Evidence: its words and sentences; cited and gold span are the same from half of their characters on.
        (
            {"source": "pumps.txt", "evidence": "Alpha pumps water into the old town."},
            ("x", [("pumps.txt", 0, 64)]),
            # 7 of 13 words, 1 of 2 sentences, 36 of 64 characters
            {"word_precision": 7 / 13, "word_recall": 1, "word_F1": 14 / 20, "sentence_precision": 1 / 2,
             "sentence_recall": 1, "sentence_F1": 2 / 3, "span_precision": 1, "span_recall": 1, "span_F1": 1},
        ),
        (
            {"source": "pumps.txt", "evidence": ["Alpha pumps  water", "The pump was built in 1890."]},
            ("x", [PUMPS]),
            # Gold: 3 + 6 words, 2 sentences, spans of 17 and 27 characters; 17 of 36 are less than half
            {"word_precision": 3 / 7, "word_recall": 3 / 9, "sentence_precision": 1, "sentence_recall": 1 / 2,
             "span_precision": 0, "span_recall": 0, "span_F1": 0},
        ),
        (
            {"source": "pumps.txt", "evidence": "Alpha pumps water into the old town."},
            ("x", [("pumps.txt", 0, 9999)]),  # does not hold
            {"document_F1": 1, "word_precision": 0, "word_recall": 0, "sentence_recall": 0, "span_recall": 0},
        ),
        ({"source": "pumps.txt", "evidence": "Nowhere."}, ("x", [PUMPS]), {"hit@1": 1, "document_F1": 1}),
    ],
)  # fmt: skip
def test_gold_documents_and_evidence_by_hand(
    tmp_path: Path, gold: dict[str, Any], returned: Any, expected: dict[str, float]
) -> None:
    row = {**GOLD, **gold, "expect": {**GOLD["expect"], **gold.get("expect", {})}}
    dataset = load_dataset(visitors(tmp_path, [row]))
    (record,) = evaluate(dataset, lambda *_: returned, name="x", out=tmp_path / "runs").records
    others = {name: value for name, value in record["metrics"].items() if name not in VERDICTS}
    assert {name: others.get(name) for name in expected} == pytest.approx(expected)
    assert bool(others) == bool(expected)
    assert ("word_F1" in others) == ("word_precision" in expected)


def test_what_a_failed_question_has_of_them_is_0(tmp_path: Path) -> None:
    def system(*_: object) -> object:
        raise KeyError("x")

    dataset = load_dataset(visitors(tmp_path, [{**GOLD, "source": "pumps.txt"}]))
    (record,) = evaluate(dataset, system, out=tmp_path / "runs").records
    assert record["metrics"] == {**dict.fromkeys(VERDICTS, 0.0), "wrong": 1.0, "hit@1": 0.0, "hit@5": 0.0}


def test_what_other_systems_cite_is_looked_up_in_the_corpus(tmp_path: Path) -> None:
    """Of a baseline or callable, too, the run keeps the cited documents, so that its citations can be verified."""
    run = evaluate(load_dataset(visitors(tmp_path)), "bm25", out=tmp_path / "runs")
    checked = check_run(run.folder)
    assert (checked.citations, checked.problems) == (2, [])  # nothing speaks of the moon
    assert run.records[0]["answer"]["citations"][0]["quote"] == "Alpha pumps water into the old town."


def test_the_command_prints_a_table_by_kind(run: Command, tmp_path: Path) -> None:
    made = visitors(tmp_path)
    (made / "farm" / "empty.txt").write_text("")
    done = run("eval", made)
    assert done.code == 3
    assert "empty.txt: the file is empty" in done.err
    rows = {line.split()[0]: line.split()[1:] for line in done.out.splitlines() if line.strip()}
    assert rows["kind"] == ["questions", "right", "partly", "wrong", "refused", "answered", "ECE"]
    counts = (rows["follow-up"][:-1], rows["all"][:-1])
    assert counts == (["1", "0", "1", "0", "0", "0"], ["3", "2", "1", "0", "0", "0"])
    assert rows["ECE"][0] == rows["all"][-1]
    (report,) = (tmp_path / "runs").glob("*/report.html")
    assert 'aria-label="Verdicts by kind of question"' in report.read_text("utf-8")
    assert run("eval", made, "--system", "bm25", "--json").json["metrics"]["answered"]["value"] == 0.0


@pytest.mark.parametrize(
    ("expected", "lines"),
    [
        (TWO, ["an answer", "must say: six weeks / 6 weeks", "must say: paid"]),
        (Expected(("refusal", "answer")), ["a refusal or an answer"]),
        (Expected(("notice",), groups=(("no file",),), in_order=True), ["a notice", "must say: no file"]),
        (
            Expected(groups=TWO.groups, head=("yes",), none=("no",), cite=("a.md",), not_cite=("b.md",),
                     in_order=True, most=1),
            ["an answer", "must say: six weeks / 6 weeks", "must say: paid", "in this order", "must say first: yes",
             "must not say: no", "must cite: a.md", "must not cite: b.md", "at most 1 statement"],
        ),
        (Expected(most=3), ["an answer", "at most 3 statements"]),
    ],
)  # fmt: skip
def test_what_is_expected_in_words(expected: Expected, lines: list[str]) -> None:
    assert in_words(expected.to_dict()) == lines


def test_the_report_shows_what_is_expected_and_the_evidence_of_right_and_wrong_answers(tmp_path: Path) -> None:
    sentence = "Alpha pumps water into the old town."
    fact = {**VISITORS[0], "source": "pumps.txt", "evidence": sentence}
    wrong = {**fact, "question": "When was it built?", "expect": {"head": ["1890"]}}
    notice = {**VISITORS[2], "expect": {"kind": ["refusal", "notice"]}}
    said = {"text": "It pumps water.[1]", "citations": [PUMPS], "passages": [PUMPS]}
    dataset = load_dataset(visitors(tmp_path, [fact, wrong, notice]))
    run = evaluate(dataset, lambda question, *_: None if "bird" in question else said, name="x", out=tmp_path / "runs")
    assert [record["verdict"] for record in run.records] == ["right", "wrong", "right"]
    gold = ["evidence: found first, read and cited", sentence]
    must = ["must say: pumps water", "must say first: pumps water", "must cite: pumps.txt"]
    assert opened(run, "1")[-7:] == ["expected", "an answer", *must, *gold]
    assert opened(run, "2")[:3] == ["wrong", "not first: 1890", "It pumps water.[1]"]
    assert opened(run, "2")[-5:] == ["expected", "an answer", "must say first: 1890", *gold]
    assert opened(run, "3")[-2:] == ["expected", "a refusal or a notice"]
    page = (run.folder / "report.html").read_text("utf-8")
    golds = re.findall(r'<span data-label="gold">(.*?)</span>', page)
    assert golds == ["1890", "pumps water", "(refusal or notice)"]


def test_documents_may_be_named_and_one_index_is_for_one_corpus(tmp_path: Path) -> None:
    made = visitors(tmp_path, [{key: value for key, value in VISITORS[0].items() if key != "corpus"}])
    dataset = load_dataset(made / "questions.jsonl", corpus=made / "town")
    assert value(evaluate(dataset, out=tmp_path / "runs"), "right") == 1.0
    with pytest.raises(SystemChoiceError, match="one index cannot be asked about 2 corpora"):
        evaluate(load_dataset(visitors(tmp_path)), out=tmp_path / "runs", index=tmp_path / "x")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"expect": []}, "questions.jsonl: record 1: expect must be an object with kind, all, head"),
        ({"expect": {"al": []}}, "unknown field \"al\"; known are kind, all"),
        ({"expect": {"kind": "reply"}}, "kind is one of answer, refusal, notice"),
        ({"expect": {"all": ["paid"]}}, "all must be a list of texts, not \"paid\""),
        ({"expect": {"head": "paid"}}, "head must be a list of texts"),
        ({"expect": {"all": [[]]}}, "all has an empty group"),
        ({"expect": {"all": [["paid", "***"]]}}, "all has a text of signs alone"),
        ({"expect": {"none": ["|"]}}, "none has a text of signs alone"),
        ({"expect": {"order": 1}}, "order must be true or false"),
        ({"expect": {"most": 0}}, "most must be a number of statements"),
        ({"after": "first"}, "after must be a list of earlier questions"),
        ({"corpus": "city"}, "there is no corpus \"city\" beside the questions: there is farm, town"),
        ({"question": ""}, "question is missing or empty"),
        ({"evidnece": ["a"]}, "record 1: has the unknown field \"evidnece\", and a slice is a short text"),
        ({"evidense": "word " * 20}, "unknown field \"evidense\".* known are corpus, id, question"),
        ({"cite": ["pumps.txt"]}, "unknown field \"cite\""),
        ({"expect": {"sites": ["pumps.txt"]}}, "unknown field \"sites\""),
    ],
)  # fmt: skip
def test_bad_records_are_named(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        load_dataset(visitors(tmp_path, [{**VISITORS[0], **change}]))


def test_questions_of_one_document_are_not_independent(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "expect": {"cite": ["pumps.txt", "grain.txt"]}},
        {"id": "b", "expect": {"kind": "refusal"}, "source": "pumps.txt"},
        {"id": "c", "expect": {"cite": ["pumps.txt"]}, "corpus": "farm"},
        {"id": "d", "expect": {}, "page": 3, "note": None, "seen": True},
    ]
    many: list[dict[str, Any]] = [
        {"id": str(n), "source": f"{n}.txt", "expect": {"kind": "refusal"}} for n in range(LEAST_GROUPS)
    ]
    items = load_dataset(visitors(tmp_path, [{**GOLD, **row} for row in (*rows, *many)])).items
    assert [item.group for item in items[:4]] == ["town/pumps.txt", "town/pumps.txt", "farm/pumps.txt", "d"]
    assert items[3].slices.items() >= {("page", "3"), ("seen", "true")}
