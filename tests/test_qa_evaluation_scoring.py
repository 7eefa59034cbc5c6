"""Scoring one reply against its gold, by hand: answers, rankings, claims."""

from __future__ import annotations

from typing import Any

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Document
from qa.evaluation import Dataset, GoldAnswer, Item
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.scoring import claims, rankings
from qa.evaluation.scoring.answers import AnswerScorer, statistics_of
from qa.evaluation.scoring.gold import offsets_are_exact
from qa.evaluation.scoring.judges import verbatim
from qa.evaluation.scoring.rankings import MEASURES, as_ranking, trec_qrels, trec_run
from qa.evaluation.scoring.reply import DocumentLookup, ReplyError, as_reply
from qa.evaluation.scoring.supplied import as_supplied

TEXT = "Alpha pumps water. The pump is old. Beta stores water and grain."
PAGE = Document(TEXT, "Pumps")
OTHER = Document("Gamma sells water.")


def gold(text: str, start: int | None = None) -> GoldAnswer:
    return GoldAnswer(text, "page", TEXT.index(text) if start is None else start)


ANSWERABLE = Item("a", "What does Alpha pump?", "page", (gold("water"), gold("pumps water")), True, {"page": 1})
LATER = Item("b", "What does Beta store?", "page", (gold("water", TEXT.rindex("water")),), True, {"page": 1})
LOOKUP = DocumentLookup({"page": PAGE, "other": OTHER})
SILENT = Item("c", "Who sells the pump?", "page", (), False, {"page": 1})


def dataset(*items: Item, language: str = "en") -> Dataset:
    return Dataset("toy", "reading", {"page": PAGE, "other": OTHER}, items, language, "0")


def score(
    item: Item,
    said: object,
    *,
    threshold: float | None = None,
    of: Dataset | None = None,
    citations: bool = True,
    support: SupportJudge = verbatim,
) -> dict[str, Any]:
    of = of or dataset(ANSWERABLE, LATER, SILENT)
    scorer = AnswerScorer(of, threshold=threshold, citations=citations, support=support)
    return scorer.score(item, as_reply(said, item.question, DocumentLookup(of.documents)))


def test_a_correct_quote_by_hand() -> None:
    record = score(ANSWERABLE, ("Alpha pumps water.[1]", [("page", 0, 18)], 0.8))
    assert record["said"]
    assert record["problems"] == []
    assert record["signals"] == {"confidence": 0.8, "right": 1.0, "answerable": 1.0}
    assert record["gold"]["evidence"] == "Alpha pumps water."
    assert record["metrics"] == {
        "right": 1.0, "truthfulness": 1.0, "EM": 0.0, "F1": pytest.approx(0.8), "HasAns_EM": 0.0,
        "HasAns_F1": pytest.approx(0.8),
        "EM_forced": 0.0, "F1_forced": pytest.approx(0.8), "answered": 1.0, "answer_in_statement": 1.0,
        "hit@1": 1.0, "hit@5": 1.0, "citation_precision": 1.0, "citation_recall": 1.0, "citations_hold": 1.0,
        "answer_citation_recall": 1.0, "character_precision": 1.0, "character_recall": 1.0,
        **dict.fromkeys(("word_precision", "word_recall", "word_F1"), 1.0),
        **dict.fromkeys(("sentence_precision", "sentence_recall", "sentence_F1"), 1.0),
        **dict.fromkeys(("span_precision", "span_recall", "span_F1", "evidence_read", "evidence_cited"), 1.0),
    }  # fmt: skip


def test_the_short_answer_is_the_prediction() -> None:
    said = {"text": "Alpha pumps water.", "short_answer": "Water", "citations": [("page", 0, 18)]}
    metrics = score(ANSWERABLE, said)["metrics"]
    assert (metrics["EM"], metrics["F1"]) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("short", "right"),
    [("water", 1.0), ("Alpha pumps water", 1.0), ("pumps", 1.0), ("grain", 0.0), ("The pump is old", 0.0)],
)
def test_a_right_statement_below_a_wrong_short_answer_is_not_right(short: str, right: float) -> None:
    said = {"text": "Alpha pumps water.[1]", "short_answer": short, "citations": [("page", 0, 18)]}
    record = score(ANSWERABLE, said)
    assert (record["signals"]["right"], record["metrics"]["answer_in_statement"]) == (right, 1.0)


def test_what_stands_behind_a_lead_in_is_the_answer() -> None:
    said = "Alpha does the following:[1]\n\nIt pumps water.[2]\n\nIt is old.[3]"
    record = score(ANSWERABLE, (said, [("page", 0, 18), ("page", 0, 18), ("page", 19, 35)]))
    assert (record["signals"]["right"], record["metrics"]["F1"]) == (1.0, pytest.approx(0.8))
    only = score(ANSWERABLE, ("Alpha pumps water and:[1]", [("page", 0, 18)]))
    assert only["signals"]["right"] == 1.0  # nothing comes behind it


@pytest.mark.parametrize(
    ("said", "share", "right"),
    [
        ("It has water, also corn.", 1.0, 1.0),
        ("Beta: grain. And water.", 1.0, 1.0),
        ("Water.", 0.5, 0.0),
        ("Grain, or corn.", 0.5, 0.0),
    ],
)
def test_where_all_answers_are_wanted_each_is_said_in_one_of_its_wordings(
    said: str, share: float, right: float
) -> None:
    both = Item("w", "What does Beta store?", "page", (gold("water"), gold("grain")), True, {"page": 1},
                wanted=(("water",), ("grain", "corn")))  # fmt: skip
    record = score(both, said, of=dataset(both))
    assert (record["metrics"]["answers_said"], record["signals"]["right"]) == (share, right)
    assert record["gold"]["all"] == [["water"], ["grain", "corn"]]


def test_a_candidate_below_the_threshold_counts_only_for_the_forced_metrics() -> None:
    said = {"text": "Alpha pumps water.", "short_answer": "water", "citations": [("page", 0, 18)], "confidence": 0.3}
    record = score(ANSWERABLE, said, threshold=0.5)
    assert not record["said"]
    assert record["metrics"] == {
        "right": 0.0, "truthfulness": 0.0, "EM": 0.0, "F1": 0.0, "HasAns_EM": 0.0, "HasAns_F1": 0.0, "EM_forced": 1.0,
        "F1_forced": 1.0, "answered": 0.0, "answer_in_statement": 0.0, "hit@1": 1.0, "hit@5": 1.0,
        "refusal_precision": 0.0, "evidence_read": 1.0, "evidence_cited": 0.0,
    }  # fmt: skip
    assert record["signals"] == {"confidence": 0.3, "right": 1.0, "answerable": 1.0}
    assert score(ANSWERABLE, said, threshold=0.3)["said"]


def test_an_unanswerable_question_refused_and_answered() -> None:
    refused = score(SILENT, None)
    assert refused["metrics"] == {
        "right": 1.0, "truthfulness": 1.0, "EM": 1.0, "F1": 1.0, "NoAns_EM": 1.0, "NoAns_F1": 1.0,
        "answered": 0.0, "refusal_precision": 1.0, "refusal_recall": 1.0,
    }  # fmt: skip
    answered = score(SILENT, ("Alpha pumps water.", ["page"]))
    assert answered["metrics"] == {
        "right": 0.0, "truthfulness": -1.0, "EM": 0.0, "F1": 0.0, "NoAns_EM": 0.0, "NoAns_F1": 0.0, "answered": 1.0,
        "refusal_recall": 0.0, "citation_precision": 1.0, "citation_recall": 1.0, "citations_hold": 1.0,
        "answer_citation_recall": 0.0,
    }  # fmt: skip
    assert answered["signals"]["right"] == 0.0


@pytest.mark.parametrize(
    ("item", "said", "expected"),
    [
        (ANSWERABLE, ("Alpha pumps water.[1]", [("page", 0, 18)]), 1.0),
        (ANSWERABLE, None, 0.0),
        (ANSWERABLE, ("Alpha pumps wine.[1]", [("page", 0, 18)]), -1.0),
        (SILENT, None, 1.0),
        (SILENT, ("Alpha pumps water.[1]", [("page", 0, 18)]), -1.0),
    ],
)
def test_a_wrong_answer_is_less_truthful_than_a_refusal(item: Item, said: object, expected: float) -> None:
    assert score(item, said)["metrics"]["truthfulness"] == expected


def test_an_answer_below_the_threshold_is_missing_and_no_untruth() -> None:
    said = ("Alpha pumps wine.", ["page"], 0.3)
    assert score(ANSWERABLE, said, threshold=0.5)["metrics"]["truthfulness"] == 0.0
    assert score(ANSWERABLE, said, threshold=0.2)["metrics"]["truthfulness"] == -1.0


def test_a_dataset_without_unanswerable_questions_has_no_refusal_metrics() -> None:
    metrics = score(ANSWERABLE, None, of=dataset(ANSWERABLE), citations=False)["metrics"]
    assert metrics == {
        "right": 0.0, "truthfulness": 0.0, "EM": 0.0, "F1": 0.0, "EM_forced": 0.0, "F1_forced": 0.0, "answered": 0.0,
    }  # fmt: skip


def test_a_gold_answer_cited_from_another_document_is_not_right() -> None:
    record = score(ANSWERABLE, ("Gamma sells water.", ["other"]))
    assert record["metrics"]["answer_in_statement"] == 1.0
    assert (record["metrics"]["hit@1"], record["signals"]["right"]) == (0.0, 0.0)
    assert (record["metrics"]["character_precision"], record["metrics"]["character_recall"]) == (0.0, 0.0)
    assert score(ANSWERABLE, "It pumps water.")["signals"]["right"] == 1.0  # without citations, the words decide


def test_cited_characters_are_compared_with_the_sentence_of_the_answer() -> None:
    # Cited: "The pump is old. Beta stores water and grain." (45 characters), gold: its second sentence (28).
    metrics = score(LATER, ("Beta stores water and grain.", [("page", 19, len(TEXT))]))["metrics"]
    assert metrics["character_precision"] == pytest.approx(28 / 45)
    assert metrics["character_recall"] == 1.0
    # Of nine words five are gold, of two sentences one; 28 of 45 characters are more than half.
    assert (metrics["word_precision"], metrics["word_recall"]) == (pytest.approx(5 / 9), 1.0)
    assert (metrics["sentence_precision"], metrics["sentence_F1"]) == (0.5, pytest.approx(2 / 3))
    assert metrics["span_F1"] == 1.0


def test_inexact_offsets_are_used_only_if_the_text_occurs_once() -> None:
    assert offsets_are_exact(dataset(ANSWERABLE, LATER))
    first = dataset(ANSWERABLE)  # every offset is the first occurrence, so they may have been looked up
    assert not offsets_are_exact(first)
    sure = Item("d", "Pump?", "page", (gold("The pump"),), True)
    assert "character_recall" in score(sure, ("The pump is old.", ["page"]), of=first)["metrics"]
    both = Item("e", "Pump?", "page", (gold("water"),), True)
    assert "character_recall" not in score(both, ("Alpha pumps water.", ["page"]), of=first)["metrics"]


def test_evidence_of_the_dataset_is_the_gold_place() -> None:
    evidence = ("The pump is old.", "Alpha pumps water.")
    item = Item("f", "What?", "page", (GoldAnswer("old"),), True, {"page": 1}, evidence)
    metrics = score(item, ("The pump is old.", [("page", 19, 35)]))["metrics"]
    assert metrics["character_precision"] == 1.0
    assert metrics["character_recall"] == pytest.approx(16 / 34)


def test_a_wrong_citation_counts_and_is_reported() -> None:
    record = score(ANSWERABLE, ("Alpha pumps water.", [{"document": "page", "start": 1, "end": 18, "quote": "Alpha"}]))
    assert record["metrics"]["citations_hold"] == 0.0
    assert any("are not the quote" in problem for problem in record["problems"])
    assert record["metrics"]["citation_recall"] == 0.0


def test_answers_are_compared_in_the_language_of_the_item() -> None:
    item = Item("g", "?", "page", (GoldAnswer("北京市"),), True)
    assert score(item, "北京", of=dataset(item, language="zh"))["metrics"]["F1"] == pytest.approx(0.8)
    assert score(item, "北京", of=dataset(item, language="en"))["metrics"]["F1"] == 0.0


def test_verbatim_support_ignores_only_white_space() -> None:
    assert verbatim("Alpha  pumps\nwater.", "So: Alpha pumps water.")
    assert not verbatim("Alpha pumps wine.", "Alpha pumps water.")


def test_curves_include_every_candidate() -> None:
    signals = [(0.9, 1, 1), (0.8, 0, 0), (0.3, 1, 1), (0.1, 0, 1)]
    records = [{"signals": dict(zip(("confidence", "right", "answerable"), row, strict=True))} for row in signals]
    values = {name: figure(np.arange(4)) for name, figure in statistics_of(records).items()}
    assert values == {
        "AUROC": pytest.approx(1 / 3),  # of the three answerable questions only .9 is above .8
        "AURC": pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4),
        "coverage@80%": 0.25,
        "ECE": pytest.approx((0.1 + 0.8 + 0.7 + 0.1) / 4),
    }
    answerable = [{"signals": {**record["signals"], "answerable": 1.0}} for record in records]
    assert "AUROC" not in statistics_of(answerable)


@pytest.mark.parametrize(
    ("said", "precision", "recall"),
    [
        (("The moon is cheese.[1]", [{"document": "nowhere", "quote": "The moon is cheese."}]), 0.0, 0.0),
        (
            ("Alpha pumps wine.[1]", [{"document": "page", "start": 0, "end": 18, "quote": "Alpha pumps wine."}]),
            0.0,
            0.0,
        ),
        (("Alpha pumps water.[1][7]", [("page", 0, 18)]), 0.0, 0.0),
        (("Alpha pumps water.[1]", [("page", 0, 10**10)]), 0.0, 0.0),
    ],
    ids=["no such document", "another text", "no such citation", "beyond the end"],
)
def test_support_is_judged_by_the_documents_own_characters(said: object, precision: float, recall: float) -> None:
    metrics = score(ANSWERABLE, said)["metrics"]
    assert (metrics["citation_precision"], metrics["citation_recall"]) == (precision, recall)


@pytest.mark.parametrize(
    "citation",
    [("page", 0, 9999), {"document": "page", "start": 0, "end": 18, "quote": "Alpha pumps wine."}, ("page", 18, 0)],
)
def test_what_a_citation_that_does_not_hold_would_cite_counts_for_nothing(citation: object) -> None:
    metrics = score(ANSWERABLE, ("Alpha pumps water.[1]", [citation]))["metrics"]
    names = ("citation_recall", "character_recall", "word_recall", "sentence_recall", "span_recall", "span_precision")
    assert {name: metrics[name] for name in names} == dict.fromkeys(names, 0.0)


def test_an_answer_that_cites_nothing_cites_none_of_the_evidence() -> None:
    metrics = score(ANSWERABLE, "Alpha pumps water.")["metrics"]
    assert (metrics["character_recall"], metrics["word_F1"], metrics["sentence_F1"], metrics["span_F1"]) == (0, 0, 0, 0)


def test_citations_of_statements_below_the_threshold_do_not_count() -> None:
    said: Any = as_reply(
        ("Alpha pumps water.[1] The pump is old.[2]", [("page", 0, 18), ("page", 19, 30)], 0.9), "?", LOOKUP
    ).answer
    said["statements"][1]["support"] = 0.4
    metrics = score(ANSWERABLE, said, threshold=0.5)["metrics"]
    assert (metrics["character_precision"], metrics["citations_hold"]) == (1.0, 1.0)
    said["statements"][1]["support"] = 0.6
    assert score(ANSWERABLE, said, threshold=0.5)["metrics"]["character_precision"] < 1.0


def test_the_short_answer_does_not_affect_whether_citations_hold() -> None:
    said = {"text": "Alpha pumps water.", "short_answer": "plain water", "citations": [("page", 0, 18)]}
    record = score(ANSWERABLE, said)
    assert record["metrics"]["citations_hold"] == 1.0
    assert record["problems"] == ["the short answer is in no quote, as whole words"]


def test_the_prediction_is_the_first_statement_that_is_said() -> None:
    said: Any = as_reply(("It is wine.[1] Alpha pumps water.[1]", [("page", 0, 18)]), "?", LOOKUP).answer
    said["statements"][0]["status"] = "unsupported"
    record = score(ANSWERABLE, said)
    assert (record["metrics"]["answer_in_statement"], record["signals"]["right"]) == (1.0, 1.0)


def test_a_confidence_is_measured_only_where_every_answer_that_was_given_came_with_one() -> None:
    sure, bare, refused = score(LATER, ("Grain.", ["page"], 0.4)), score(ANSWERABLE, "Water."), score(LATER, None)
    assert "ECE" in statistics_of(as_supplied([sure, refused]))
    mixed = as_supplied([sure, bare, refused])
    assert statistics_of(mixed) == {}
    assert all("confidence" not in record["signals"] for record in mixed)


def test_of_an_answer_that_does_not_say_what_was_found_no_hit_is_known() -> None:
    told, bare, refused = (
        score(LATER, {"text": "Grain.", "retrieved": ["page"]}),
        score(LATER, "Grain."),
        score(LATER, None),
    )
    failed = {**score(LATER, None), "error": "it went away"}
    hits = [record["metrics"].get("hit@1") for record in as_supplied([told, bare, refused, failed])]
    assert hits == [1.0, None, 0.0, 0.0]
    assert "EM" in as_supplied([told, bare])[1]["metrics"]


def test_where_every_question_failed_there_is_no_confidence_to_measure() -> None:
    failed = {**score(ANSWERABLE, None), "error": "it went away"}
    assert statistics_of(as_supplied([failed])) == {}
    assert "ECE" in statistics_of(as_supplied([failed, score(LATER, ("Grain.", ["page"], 0.4))]))


# --- rankings ---

QUERY = Item("q", "?", "q", relevant={"a": 1, "b": 1})


def test_a_ranking_by_hand() -> None:
    record = rankings.score(QUERY, ["x", "a", "y", "b"])
    ideal = 1 + 1 / np.log2(3)
    assert record["metrics"] == {
        "nDCG@10": pytest.approx((1 / np.log2(3) + 1 / np.log2(5)) / ideal),
        "Recall@5": 1.0,
        "Recall@10": 1.0,
        "Recall@100": 1.0,
        "P@1": 0.0,
        "MRR@10": 0.5,
        "MAP": 0.5,
    }


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, -2.0]), min_size=1, max_size=8), st.integers(0, 7))
def test_other_tools_find_the_same_figures_in_a_run_with_equal_scores(scores: list[float], gold: int) -> None:
    names = [f"{number * 7 % 8}" for number in range(len(scores))]  # in no order
    item = Item("q", "?", "q", relevant={names[gold % len(names)]: 1})
    record = rankings.score(item, list(zip(names, scores, strict=True)))
    run = list(ir_measures.read_trec_run("".join(trec_run("q", record["ranking"], "t"))))
    qrels = list(ir_measures.read_trec_qrels("".join(trec_qrels("q", item.relevant))))
    for name in ("MRR@10", "nDCG@10", "P@1", "MAP"):
        assert ir_measures.calc_aggregate([MEASURES[name]], qrels, run)[MEASURES[name]] == record["metrics"][name]


@pytest.mark.parametrize("said", [[], ["x"]], ids=["nothing", "wrong"])
def test_a_ranking_without_relevant_documents_scores_0(said: list[str]) -> None:
    assert set(rankings.score(QUERY, said)["metrics"].values()) == {0.0}
    assert set(rankings.score(Item("r", "?", "r"), said)["metrics"].values()) == {0.0}


def test_a_document_has_its_best_score_and_ties_are_ordered_as_in_trec_eval() -> None:
    assert as_ranking([("a", 1.0), ("b", 3.0), ("a", 3), ("c", 3.0)]) == [("c", 3.0), ("b", 3.0), ("a", 3.0)]
    assert as_ranking(["a", "b", "a"]) == [("a", 1.0), ("b", 0.5)]
    assert len(as_ranking([str(number) for number in range(500)])) == 100


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([0.0, 0.5, 1.0])), max_size=8))
def test_the_given_order_of_equal_scores_does_not_matter(pairs: list[tuple[str, float]]) -> None:
    assert rankings.score(QUERY, pairs) == rankings.score(QUERY, sorted(pairs))


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([0.0, 0.5, 0.5 + 1e-12])), min_size=1))
def test_every_measure_scores_the_recorded_order(pairs: list[tuple[str, float]]) -> None:
    record = rankings.score(QUERY, pairs)
    relevant = [name in QUERY.relevant for name, _ in record["ranking"]]
    first = relevant.index(True) + 1 if any(relevant) else None
    assert record["metrics"]["MRR@10"] == pytest.approx(1 / first if first else 0.0)
    assert record["metrics"]["P@1"] == float(relevant[0])


def test_a_mapping_and_numpy_scores_are_rankings_too() -> None:
    assert as_ranking({"z": 0.1, "a": 0.9}) == [("a", 0.9), ("z", 0.1)]
    assert as_ranking([("z", np.float32(0.25)), ("a", np.int64(2))]) == [("a", 2.0), ("z", 0.25)]


@pytest.mark.parametrize("said", ["text", None, [3], [("a", "b")], [("a", 1, 2)], [("a", float("nan"))]], ids=str)
def test_an_invalid_ranking_is_refused(said: object) -> None:
    with pytest.raises(ReplyError):
        rankings.score(QUERY, said)


def test_trec_lines_have_six_fields_for_any_name() -> None:
    lines = list(trec_run("q 1", [["a b", 0.25], ["c", 0.125]], "my run"))
    assert lines == ["q_1 Q0 a_b 1 0.25 my_run\n", "q_1 Q0 c 2 0.125 my_run\n"]


# --- claims ---


def test_coverage_is_the_share_of_content_words() -> None:
    assert claims.coverage("Alpha pumps the water", ["Water of Alpha.", "It is old."]) == pytest.approx(2 / 3)
    assert claims.coverage("The", ["Water."]) == 0.0
    assert claims.coverage("水泵很旧", ["水泵很旧。"]) == 1.0


def test_the_closest_sentences_stay_in_order() -> None:
    sentences = ["Water is old.", "Nothing here.", "Alpha pumps.", "Alpha pumps water."]
    assert claims.closest("Alpha pumps water", sentences, 2) == ["Alpha pumps.", "Alpha pumps water."]


def claim_records(scores: list[float], labels: list[str]) -> list[dict[str, Any]]:
    items = [Item(str(number), "A claim.", str(number), label=label) for number, label in enumerate(labels)]
    scored = zip(items, scores, strict=True)
    return [{"group": item.group, **claims.score(item, value)} for item, value in scored]


def test_claims_by_hand() -> None:
    labels = ["supported", "supported", "not_supported", "partially_supported"]
    records = claim_records([0.9, 0.6, 0.7, 0.1], labels)
    values = {name: figure(np.arange(4)) for name, figure in claims.statistics_of(records).items()}
    assert values["AUROC"] == 0.75
    assert values["recall@90%precision"] == 0.5
    # The halves {.9, .7} and {.6, .1} have thresholds .8 and .35; with the other's, .7 is positive and .6 negative.
    assert values["balanced_accuracy"] == 0.5


def test_each_half_is_classified_with_the_threshold_of_the_other() -> None:
    labels = ["supported", "supported", "not_supported", "not_supported"] * 3
    perfect = claim_records([0.9, 0.8, 0.1, 0.2] * 3, labels)
    assert claims.statistics_of(perfect)["balanced_accuracy"](np.arange(12)) == 1.0
    one_sided = claim_records([0.5] * 4, ["supported"] * 4)
    assert np.isnan(claims.statistics_of(one_sided)["balanced_accuracy"](np.arange(4)))


@pytest.mark.parametrize("said", [None, "high", float("nan"), float("inf")], ids=str)
def test_an_invalid_support_score_is_refused(said: object) -> None:
    with pytest.raises(ReplyError, match="finite number"):
        claims.score(Item("1", "A claim.", "1", label="supported"), said)


POLAR = Item(
    "p", "Is the pump old?", "page", (GoldAnswer("yes"),), True, {"page": 1}, evidence=("The pump is old.",)
)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "cited", "bears"),
    [
        ("Yes. The pump is old.", [("page", 19, 35)], 1.0),
        ("Yes. Alpha pumps water.", [("page", 0, 18)], 0.0),  # true, and no evidence of it
        ("Yes. It is old.", [("page", 30, 35)], 0.0),  # less than half of it
        ("Yes. The pump is old.", [("page", 0, 9999)], 0.0),  # does not hold
        ("Yes.", [], 0.0),
    ],
)
def test_what_is_cited_bears_the_answer_where_it_holds_the_gold_evidence(
    said: str, cited: list[tuple[str, int, int]], bears: float
) -> None:
    assert score(POLAR, (said, cited), of=dataset(POLAR))["metrics"]["answer_citation_recall"] == bears


def test_a_yes_or_no_is_never_matched_in_what_is_cited() -> None:
    asked = Item("n", "Does Gamma give water away?", "other", (GoldAnswer("no"),), True, {"other": 1})
    page = Document("By no more than two per cent it grew. Gamma sells water.")
    of = Dataset("toy", "reading", {"other": page}, (asked,), "en", "0")

    def sells(_: str, premise: str) -> bool:
        return "sells" in premise

    def recall(start: int, end: int) -> float:
        scored = score(asked, ("No.", [("other", start, end)]), of=of, support=sells)
        return float(scored["metrics"]["answer_citation_recall"])

    assert (recall(0, 37), recall(38, 56)) == (0.0, 1.0)


def test_a_gold_answer_of_which_normalising_leaves_nothing_is_right_where_it_is_said() -> None:
    option = Item("o", "Which option?", "page", (GoldAnswer("A"),), True, {"page": 1})
    said = score(option, "The answer is A.", of=dataset(option))["metrics"]
    refused = score(option, None, of=dataset(option))["metrics"]
    assert (said["right"], refused["right"], refused["EM"], refused["F1"]) == (1.0, 0.0, 0.0, 0.0)


DOGS = Document("Dogs are not allowed. It grew by no more than two per cent.")


@pytest.mark.parametrize("golds", [["No."], ["NO"], ["no", "not allowed"]])
@pytest.mark.parametrize(
    ("said", "span", "right", "exact", "borne"),
    [
        ("No, dogs are not allowed.[1]", ("page", 0, 21), 1.0, 1.0, None),
        ("Yes, there is no limit on dogs.[1]", ("page", 22, 59), 0.0, 0.0, 0.0),
        ("There is no limit on dogs.[1]", ("page", 22, 59), 0.0, 0.0, 0.0),
    ],
)
def test_a_no_among_the_gold_answers_however_written_is_right_as_the_first_word_alone(
    golds: list[str], said: str, span: tuple[str, int, int], right: float, exact: float, borne: float | None
) -> None:
    item = Item("n", "Are dogs allowed?", "page", tuple(map(GoldAnswer, golds)), True, {"page": 1})
    of = Dataset("toy", "open", {"page": DOGS}, (item,), "en", "0")
    metrics = score(item, (said, [span]), of=of)["metrics"]
    assert (metrics["right"], metrics["answer_in_statement"], metrics["EM"]) == (right, right, exact)
    assert borne is None or metrics["answer_citation_recall"] == borne


def test_another_wording_beside_a_no_is_found_in_what_is_said_and_cited() -> None:
    item = Item("n", "Are dogs allowed?", "page", (GoldAnswer("no"), GoldAnswer("not allowed")), True, {"page": 1})
    of = Dataset("toy", "open", {"page": DOGS}, (item,), "en", "0")
    metrics = score(item, ("Dogs are not allowed.[1]", [("page", 0, 21)]), of=of)["metrics"]
    assert (metrics["right"], metrics["answer_citation_recall"]) == (1.0, 1.0)


def test_what_came_with_an_answer_is_kept_in_its_record() -> None:
    assert score(ANSWERABLE, "Water.")["supplied"] == []
    assert score(ANSWERABLE, ("Water.", ["page"]))["supplied"] == ["citations", "retrieved"]
    assert score(ANSWERABLE, {"text": "Water.", "retrieved": ["page"], "confidence": 0.2})["supplied"] == [
        "retrieved", "confidence",
    ]  # fmt: skip


def test_what_no_answer_of_a_run_came_with_has_no_figures() -> None:
    bare = [score(ANSWERABLE, "Water."), score(LATER, None)]
    for record in as_supplied(bare):
        assert not {"hit@1", "citation_precision", "character_recall", "word_F1"} & set(record["metrics"])
        assert {"EM", "F1", "answered"} <= set(record["metrics"])
        assert set(record["signals"]) == {"right", "answerable"}
    assert statistics_of(as_supplied(bare)) == {}
    told = as_supplied([*bare, score(LATER, ("Grain.", ["page"], 0.4))])
    assert told[0]["metrics"]["citation_precision"] == 0.0  # others cite
    older = [{name: value for name, value in record.items() if name != "supplied"} for record in bare]
    assert as_supplied(older) == older
