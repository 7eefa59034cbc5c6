"""Judges of citations: worked by hand with a model that counts words, and named ones beside the default."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Run, fails
from evaluation_data import squad, word_harness
from fakes import WordEntailment
from llm_server import DONE, ScriptedServer, event, streams

from documents.document import Document
from qa.check.entailment import NAME
from qa.evaluation import Dataset, GoldAnswer, Harness, Item, load_dataset
from qa.evaluation.scoring.answers import AnswerScorer
from qa.evaluation.scoring.judges import (
    ComparedJudge,
    EntailmentJudge,
    JudgeError,
    ShippedEntailment,
    open_judge,
    verbatim,
)
from qa.evaluation.scoring.reply import DocumentLookup, as_reply

PAGE = Document("Alpha pumps water. The pump is old. Beta stores water and grain.", "Pumps")
WATER = Item("a", "What does Alpha pump?", "page", (GoldAnswer("water", "page", 12),), True, {"page": 1})
OPEN = Item("b", "Does Alpha pump water?", "page", (GoldAnswer("yes"),), True, {"page": 1})
SILENT = Item("c", "Who sells the pump?", "page", (), False, {"page": 1})
OF = Dataset("toy", "open", {"page": PAGE}, (WATER, OPEN, SILENT), "en", "0")
FIRST, SECOND, THIRD = ("page", 0, 18), ("page", 19, 35), ("page", 36, 64)
JUDGE = EntailmentJudge(WordEntailment())  # supports what shares half of the claim's words


def scores(item: Item, said: object) -> tuple[float, ...]:
    """ALCE's precision and recall, whether the citations hold, and whether they bear the gold answer."""
    scorer = AnswerScorer(OF, threshold=None, citations=True, support=JUDGE)
    metrics = scorer.score(item, as_reply(said, item.question, DocumentLookup(OF.documents)))["metrics"]
    names = ("citation_precision", "citation_recall", "citations_hold", "answer_citation_recall")
    return tuple(metrics[name] for name in names)


# Item, what is said, precision, recall, citations hold, they bear the answer. Worked by hand; the words that a claim
# shares with its premise are counted where the premise does not contain it.
CASES = {
    "a quotation": (WATER, ("Alpha pumps water.[1]", [FIRST]), 1, 1, 1, 1),
    # {water, is, what, alpha, pumps} shares 3 of 5 with the first sentence
    "a paraphrase with its quote": (WATER, ("Water is what Alpha pumps.[1]", [FIRST]), 1, 1, 1, 1),
    # The same shares 1 of 5 with the second sentence ("is"), and that sentence says no water.
    "a paraphrase with another quote": (WATER, ("Water is what Alpha pumps.[1]", [SECOND]), 0, 0, 1, 0),
    "no citation": (WATER, "Alpha pumps water.", 0, 0, 0, 0),
    # Verbatim, but no answer: of {what, does, alpha, pump, water} only "pump" is in it.
    "a wrong quotation": (WATER, ("The pump is old.[1]", [SECOND]), 1, 1, 1, 0),
    # The first quote is enough, the second neither supports the claim nor is needed.
    "a quotation and a needless one": (WATER, ("Alpha pumps water.[1][2]", [FIRST, SECOND]), 1 / 2, 1, 1, 1),
    # {alpha, beta, both, handle, grain, pumps, stores}: 2 of 7 in the first, 3 of 7 in the third (beta, stores, grain),
    # 5 of 7 in both: each is needed.
    "two quotes that are both needed": (
        WATER, ("Alpha, Beta both handle grain, pumps, stores.[1][2]", [FIRST, THIRD]), 1, 1, 1, 1,
    ),
    # One of two statements is cited, and supported.
    "half of it cited": (WATER, ("Alpha pumps water.[1] It is cold.", [FIRST]), 1, 1 / 2, 1, 1),
    # The evidence says water, though of Beta: it contains the gold answer.
    "an answer from another sentence": (WATER, ("Beta stores water and grain.[1]", [THIRD]), 1, 1, 1, 1),
    "a marker that leads nowhere": (WATER, ("Alpha pumps water.[1][9]", [FIRST]), 0, 0, 1, 1),
    "a document that is not there": (
        WATER, ("Alpha pumps water.[1]", [{"document": "none", "quote": "Alpha pumps water."}]), 0, 0, 0, 0,
    ),
    # No text contains "yes"; {does, alpha, pump, water, yes} shares 2 of 5 (alpha, water) with the first sentence …
    "a yes that one sentence bears too weakly": (OPEN, ("Alpha pumps water.[1]", [FIRST]), 1, 1, 1, 0),
    # … and 3 of 5 with the first two (alpha, water, pump).
    "a yes that two sentences bear": (
        OPEN, ("Alpha pumps water.[1] The pump is old.[2]", [FIRST, SECOND]), 1, 1, 1, 1,
    ),
    "an answer where there is none": (SILENT, ("The pump is old.[1]", [SECOND]), 1, 1, 1, 0),
    # All three sentences, of which the statement is one.
    "a whole document": (WATER, ("Alpha pumps water.[1]", ["page"]), 1, 1, 1, 1),
    "a quote that is not in the document": (
        WATER, ("Alpha pumps beer.[1]", [{"document": "page", "start": 19, "end": 35, "quote": "Alpha pumps beer."}]),
        0, 0, 0, 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_citation_scores_by_hand(case: tuple[Any, ...]) -> None:
    item, said, *expected = case
    assert scores(item, said) == pytest.approx(tuple(expected))


def test_a_judge_reads_the_sentences_of_a_long_premise_that_share_the_most_words() -> None:
    seen: list[str] = []

    class Recording(WordEntailment):
        def judge(self, pairs: Any) -> Any:
            seen.extend(text for _, text in pairs)
            return super().judge(pairs)

    premise = " ".join([*(f"Nothing number {number} is said." for number in range(30)), "Alpha pumps cold water."])
    judge = EntailmentJudge(Recording())
    assert judge("Cold water, Alpha pumps.", premise)
    assert seen[0].endswith("Alpha pumps cold water.")
    assert len(seen[0]) < len(premise) / 3
    judge("Cold water, Alpha pumps.", premise)
    assert len(seen) == 1  # each pair is read once


def test_the_shipped_model_is_loaded_only_to_read_what_is_no_quotation() -> None:
    entailment = ShippedEntailment()
    judge = EntailmentJudge(entailment)
    assert judge.fingerprint == NAME
    assert judge("Alpha pumps water.", PAGE.text)
    assert not judge("Alpha pumps water.", "")
    assert "_model" not in vars(entailment)
    assert judge("The Alpha pumps the water.", "Alpha pumps water.")
    assert "_model" in vars(entailment)


def test_two_judges_are_compared_on_what_they_had_to_read() -> None:
    compared = ComparedJudge(JUDGE, verbatim)
    assert compared.both("Alpha pumps water.", PAGE.text) is None
    assert compared.both("Alpha pumps water.", "") is None
    assert compared.both("Water, Alpha pumps.", "Alpha pumps water.") == (True, False)


# --- by the command ---


@pytest.fixture
def harness() -> Harness:
    return word_harness()


def says(word: str) -> Any:
    return streams(event(word), event(finish="stop"), DONE)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(says("SUPPORTED"), says("**Not mentioned**."), says("supported")) as server:
        yield server


def theirs(folder: Path) -> Path:
    """Answers of another system to three questions: two paraphrases and a quotation, each with its paragraph."""
    said = {
        "Pumps-0-0": ("Into the old town, that is where Alpha pumps water.[1]", "Pumps/1"),
        "Pumps-0-1": ("Long ago, a pump was made.[1]", "Pumps/1"),
        "Grain-0-0": ("Beta stores grain for the winter.[1]", "Grain/1"),
    }
    rows = [
        {"id": item.id, "text": said[item.id][0], "citations": [said[item.id][1]]} if item.id in said
        else {"id": item.id, "text": ""} for item in load_dataset(squad(folder)).items
    ]  # fmt: skip
    path = folder / "theirs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_server_judges_and_its_agreement_is_printed(run: Run, tmp_path: Path, server: ScriptedServer) -> None:
    arguments = ["eval", tmp_path / "town.json", "--task", "qa", "--answers", theirs(tmp_path)]
    done = run(*arguments, "--judge", f"openai:{server.url}#small", "--json")
    assert done.code == 0
    assert done.err == "refdesk: read 7 answers: 3 with a text, 0 with confidence, 3 with citations\n"
    # The server supports the first paraphrase and not the second; so do shared words (7 of 10, and 2 of 6).
    assert done.json["judge"] == {"statements": 2, "agreement": 1.0, "kappa": 1.0}
    assert done.json["metrics"]["citation_recall"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    body = server.requests[0][1]
    assert body["model"] == "small"
    assert "Into the old town" in body["messages"][1]["content"]
    folder = tmp_path / done.json["run"]
    config = json.loads((folder / "config.json").read_text("utf-8"))
    assert config["support"].startswith("openai:small+judge@")
    shown = run(*arguments, "--judge", f"openai:{server.url}#small").out  # supports all from here on
    assert "agrees with the shipped verifier on 50.0% of 2 statements" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("reply", "supported"),
    [
        ("SUPPORTED", True), ("**Supported.**\n", True), ("_supported_", True), ("Unsupported.", False),
        ("NOT_MENTIONED", False), ("“Not supported”", False), ("Contradicted", False),
        ("SUPPORTED - the text says that Alpha pumps it.", True), ("**Supported**: it pumps water.\nSo it is.", True),
        ("NOT MENTIONED – not a word is supported.", False), ("Contradicted.\n\nSupported is another.", False),
    ],
)  # fmt: skip
def test_a_verdict_is_read_in_any_case_and_marks(reply: str, supported: bool) -> None:
    with ScriptedServer(says(reply)) as server:
        judge = open_judge(f"openai:{server.url}#small", verbatim)
        assert judge("Water, Alpha pumps.", "Alpha pumps water.") is supported


@pytest.mark.parametrize(
    "reply",
    [
        "NOT FULLY SUPPORTED", "It is not directly supported.", "partially supported", "Supported? No: contradicted.",
        "Supported in part.", "",
    ],
)  # fmt: skip
def test_a_reply_that_is_more_than_a_verdict_is_none(reply: str) -> None:
    with ScriptedServer(says(reply)) as server:
        judge = open_judge(f"openai:{server.url}#small", verbatim)
        with pytest.raises(JudgeError, match="gave no verdict"):
            judge("Water, Alpha pumps.", "Alpha pumps water.")


def test_a_judge_that_fails_stops_the_run_in_one_line(run: Run, tmp_path: Path) -> None:
    with ScriptedServer(says("I would rather not say.")) as server:
        arguments = ["eval", tmp_path / "town.json", "--task", "qa", "--answers", theirs(tmp_path)]
        fails(
            run(*arguments, "--judge", f"openai:{server.url}#small"), "the judge failed: openai:small gave no verdict"
        )
    fails(run(*arguments, "--judge", f"openai:{server.url}"), "no model is named")
    fails(run(*arguments, "--judge", tmp_path / "nowhere"), "nowhere")
    fails(
        run("eval", tmp_path / "town.json", "--task", "retrieval", "--judge", "any"),
        "a judge reads citations and references: the task must be qa or reading, not retrieval",
    )
