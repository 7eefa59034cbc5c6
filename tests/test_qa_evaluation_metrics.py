"""Exact match, F1 and citation scores: by hand, and compared with torchmetrics on random answers."""

from __future__ import annotations

import random

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import SetF, SetP, SetR

from qa.evaluation import Item
from qa.evaluation.metrics.abstention import expected_calibration_error
from qa.evaluation.metrics.answers import contains_answer, exact_match, f1, normalise_answer
from qa.evaluation.metrics.citations import character_precision_recall, citation_precision_recall
from qa.evaluation.metrics.evidence import overlap
from qa.evaluation.scoring import rankings

# None is part of another one, so that being in a text means being in it as words.
RAGAS_WORDS = ["denver", "broncos", "76", "seconds", "river"]
# Prediction, gold answers, language, exact match, F1: computed by hand.
CASES = [
    # English: case, punctuation, articles, white space
    ("Denver Broncos", ["Denver Broncos"], "en", 1, 1),
    ("denver broncos", ["Denver Broncos"], "en", 1, 1),
    ("The Denver Broncos.", ["Denver Broncos"], "en", 1, 1),
    ("an  apple\n", ["the apple"], "en", 1, 1),
    ("theatre", ["the atre"], "en", 0, 0),
    ("Another one", ["other one"], "en", 0, 1 / 2),
    ("U.S.", ["US"], "en", 1, 1),
    ("twenty-one", ["twentyone"], "en", 1, 1),
    ("$2.2 trillion", ["22 trillion"], "en", 1, 1),
    ("“Broncos”", ["Broncos"], "en", 0, 0),  # SQuAD removes ASCII's punctuation only
    ("Denver", ["Denver Broncos"], "en", 0, 2 / 3),
    ("the big Denver Broncos team", ["Denver Broncos"], "en", 0, 2 * 2 / (4 + 2)),
    ("Broncos Denver", ["Denver Broncos"], "en", 0, 1),
    ("no no no", ["no"], "en", 0, 2 * 1 / (3 + 1)),
    ("no no", ["no no no yes"], "en", 0, 2 * 2 / (2 + 4)),
    ("Panthers", ["Broncos"], "en", 0, 0),
    # several gold answers: the best counts
    ("76 seconds", ["just 76 seconds", "76 seconds"], "en", 1, 1),
    ("76", ["just 76 seconds", "76 seconds"], "en", 0, 2 / 3),
    ("in 1973", ["October 1973", "in October", "1973"], "en", 0, 2 / 3),
    # empty predictions, unanswerable questions
    ("", ["Denver"], "en", 0, 0),
    ("", [], "en", 1, 1),
    ("  ", [], "en", 1, 1),
    ("Denver", [], "en", 0, 0),
    ("the", [], "en", 1, 1),  # as in SQuAD 2.0, nothing is left when normalised
    ("the", ["Denver"], "en", 0, 0),
    # where nothing would be left of any gold answer, case and articles count: nothing said is no answer
    ("", ["A"], "en", 0, 0),
    ("the", ["A"], "en", 0, 0),
    ("A", ["A"], "en", 1, 1),
    ("(A).", ["A"], "en", 1, 1),
    ("a", ["A"], "en", 0, 0),
    ("The answer is A.", ["A", "the"], "en", 0, 2 / 5),
    ("", ["+"], "en", 0, 0),
    ("+", ["+"], "en", 1, 1),
    ("", ["the", "Denver"], "en", 0, 0),  # an empty gold does not count beside others
    # Chinese by characters, other scripts within it by words
    ("三百零八分", ["三百零八分"], "zh", 1, 1),
    ("三百零八", ["三百零八分"], "zh", 0, 2 * 4 / (4 + 5)),
    ("308分。", ["308 分"], "zh", 1, 1),
    ("NFL 联盟", ["nfl联盟"], "zh", 1, 1),
    ("丹佛野马队", ["卡罗来纳黑豹队"], "zh", 0, 2 * 1 / (5 + 7)),
    ("《红楼梦》", ["红楼梦"], "zh", 1, 1),
    ("The NFL", ["NFL"], "zh", 0, 2 / 3),  # no articles in Chinese
    # Japanese by characters too
    ("東京タワー", ["東京"], "ja", 0, 2 * 2 / (5 + 2)),
    # German, Spanish, Vietnamese: their articles, and all of Unicode's punctuation
    ("die Denver Broncos", ["Denver Broncos"], "de", 1, 1),
    ("„Einer“ der Besten", ["des Besten"], "de", 1, 1),
    ("the Broncos", ["Broncos"], "de", 0, 2 / 3),
    ("¿los Broncos?", ["unos Broncos"], "es", 1, 1),
    ("El Niño", ["niño"], "es", 1, 1),
    ("những người", ["người"], "vi", 1, 1),
    # Arabic: MLQA removes the article's letters wherever they occur
    ("الكتاب", ["كتاب"], "ar", 1, 1),
    ("والكتاب", ["كتاب"], "ar", 0, 2 / 3),
    ("كتاب؟", ["كتاب"], "ar", 1, 1),
    # Hindi has no articles; its full stop is punctuation
    ("दिल्ली।", ["दिल्ली"], "hi", 1, 1),
    ("नई दिल्ली", ["दिल्ली"], "hi", 0, 2 / 3),
    # other languages by words, all punctuation, no articles
    ("«Бронкос»", ["бронкос"], "ru", 1, 1),
    ("le Louvre", ["Louvre"], "fr", 0, 2 / 3),
]


@pytest.mark.parametrize(("prediction", "golds", "language", "exact", "overlap"), CASES)
def test_exact_match_and_f1_by_hand(
    prediction: str, golds: list[str], language: str, exact: float, overlap: float
) -> None:
    assert exact_match(prediction, golds, language) == exact
    assert f1(prediction, golds, language) == pytest.approx(overlap)


def test_normalised_texts() -> None:
    assert normalise_answer("The  Man's “hat”!") == "mans “hat”"
    assert normalise_answer("在2024年，NFL Europe的第1队", "zh") == "在 2024 年 nfl europe 的 第 1 队"
    assert normalise_answer("¡Las $5 de la niña!", "es") == "5 de niña"
    assert normalise_answer("…", "de") == ""


def test_agrees_with_torchmetrics_on_random_answers() -> None:
    from torchmetrics.functional.text import squad

    rng = random.Random(1)
    words = ["the", "a", "An", "Denver", "denver", "cat's", "cats", "1,5", "15", "U.S.", "us", "-", "blue.", "Blue"]

    def words_of(most: int) -> str:
        return " ".join(rng.choice(words) for _ in range(rng.randint(0, most)))

    for _ in range(400):
        prediction = words_of(5)
        golds = [words_of(4) for _ in range(rng.randint(1, 3))]
        # torchmetrics keeps golds that are empty when normalised
        golds = [gold for gold in golds if normalise_answer(gold)] or [""]
        target = {"id": "q", "answers": {"text": golds, "answer_start": [0] * len(golds)}}
        expected = squad([{"id": "q", "prediction_text": prediction}], [target])
        assert exact_match(prediction, golds) == pytest.approx(expected["exact_match"].item() / 100)
        assert f1(prediction, golds) == pytest.approx(expected["f1"].item() / 100, abs=1e-5)


def test_rankings_and_calibration_agree_with_torchmetrics_on_random_inputs() -> None:
    import torch
    from torchmetrics.functional import classification, retrieval

    rng = random.Random(2)
    for _ in range(60):
        scores = rng.sample(range(1000), rng.randint(1, 30))  # distinct: equal scores are ordered in another way there
        names = [f"d{number}" for number in range(len(scores))]
        relevant = [rng.random() < 0.3 for _ in names]
        item = Item("q", "?", "q", relevant={name: 1 for name, yes in zip(names, relevant, strict=True) if yes})
        ours = rankings.score(item, list(zip(names, map(float, scores), strict=True)))["metrics"]
        given_scores, target = torch.tensor(scores, dtype=torch.float), torch.tensor(relevant)
        theirs = {
            "nDCG@10": retrieval.retrieval_normalized_dcg(given_scores, target, top_k=10),
            "Recall@5": retrieval.retrieval_recall(given_scores, target, top_k=5),
            "Recall@10": retrieval.retrieval_recall(given_scores, target, top_k=10),
            "P@1": retrieval.retrieval_precision(given_scores, target, top_k=1),
            "MRR@10": retrieval.retrieval_reciprocal_rank(given_scores, target, top_k=10),
            "MAP": retrieval.retrieval_average_precision(given_scores, target),
        }
        assert {name: ours[name] for name in theirs} == pytest.approx(
            {name: value.item() for name, value in theirs.items()}, abs=1e-5
        )
        chances = [rng.random() for _ in names]
        error = classification.binary_calibration_error(torch.tensor(chances), target.int(), n_bins=10)
        assert expected_calibration_error(chances, relevant) == pytest.approx(error.item(), abs=1e-5)


def test_hits_and_overlaps_of_documents_are_what_they_are_called() -> None:
    rng = random.Random(4)
    names = [f"d{number}" for number in range(12)]
    for _ in range(20):
        found, gold = rng.sample(names, rng.randint(0, 8)), rng.sample(names, rng.randint(1, 4))
        relevant = dict.fromkeys(gold, 1)
        hits = {f"hit@{k}": float(not set(gold).isdisjoint(found[:k])) for k in (1, 5)}
        assert rankings.measured(rankings.HITS, found, relevant) == hits
        theirs = rankings.measured({"precision": SetP, "recall": SetR, "f1": SetF}, found, relevant)
        assert overlap(found, gold)._asdict() == pytest.approx(theirs)


def test_rankings_agree_with_ir_measures_on_the_files_of_a_run() -> None:
    """Every measure over the whole run, read back from TREC's format, is the mean of the questions' own."""
    rng = random.Random(3)
    judgements, lines, records = [], [], []
    for number in range(40):
        names = [f"d{rank}" for rank in range(rng.randint(1, 20))]
        relevant = {name: rng.randint(1, 3) for name in names if rng.random() < 0.3} or {"missed": 1}
        # Scores repeat: the run file has the order that was scored.
        record = rankings.score(
            Item(f"q{number}", "?", "q", relevant=relevant), [(name, rng.randint(0, 5)) for name in names]
        )
        records.append(record)
        judgements += [ir_measures.Qrel(f"q{number}", name, grade) for name, grade in relevant.items()]
        lines += rankings.trec_run(f"q{number}", record["ranking"], "ours")
    # As trec_eval does, ir-measures goes by the scores; the ranks stand for them here, as the file says them.
    run = [ir_measures.ScoredDoc(query, name, -float(rank)) for query, _, name, rank, _, _ in map(str.split, lines)]
    theirs = ir_measures.calc_aggregate(rankings.MEASURES.values(), judgements, run)
    for name, measure in rankings.MEASURES.items():
        mean = sum(record["metrics"][name] for record in records) / len(records)
        assert mean == pytest.approx(theirs[measure]), name


@given(
    st.lists(st.sampled_from(RAGAS_WORDS), max_size=5), st.lists(st.sampled_from(RAGAS_WORDS), min_size=1, max_size=3)
)
def test_string_metrics_agree_with_those_of_ragas_on_texts_that_normalisation_leaves_alone(
    said: list[str], gold: list[str]
) -> None:
    """ragas' ExactMatch is equality, its StringPresence that the response has the reference in it; of whole words
    without capitals, articles and punctuation, ours say the same."""
    response, reference = " ".join(said), " ".join(gold)
    assert exact_match(response, [reference]) == float(response == reference)
    assert contains_answer(response, [reference]) == float(reference in response)


languages = st.sampled_from(["en", "de", "es", "ar", "hi", "vi", "zh", "ja", "ru"])


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=3), languages)
def test_scores_lie_between_0_and_1_and_an_exact_match_has_f1_1(
    prediction: str, golds: list[str], language: str
) -> None:
    exact, overlap = exact_match(prediction, golds, language), f1(prediction, golds, language)
    assert exact in (0, 1)
    assert 0 <= overlap <= 1
    assert overlap == 1 or not exact
    assert exact_match(prediction, [prediction], language) == f1(prediction, [prediction], language) == 1


@pytest.mark.parametrize(
    ("text", "golds", "language", "expected"),
    [
        ("In just 76 seconds, a car leaves.", ["76 seconds"], "en", 1),
        ("In just 760 seconds, a car leaves.", ["76"], "en", 0),
        ("Seconds: 76", ["76 seconds", "77"], "en", 0),
        ("Sie kam mit der Bahn.", ["die Bahn"], "de", 1),
        ("黑豹队丢了308分。", ["308分"], "zh", 1),
        ("The answer is A.", ["A"], "en", 1),
        ("It is a dog.", ["A"], "en", 0),
        ("Baidu’s “Miao Da” and “Coze,” too", ["Miao Da"], "en", 1),
        ("its theme, “Building a Digital-Friendly City,” is new", ["Building a Digital-Friendly City"], "en", 1),
        ("Denver—the capital—lies high", ["the capital"], "en", 1),
        ("Baidu’s tool", ["Baidu's tool"], "en", 1),
        ("from — to", ["—"], "en", 1),
        ("", ["A"], "en", 0),
        ("", ["Denver"], "en", 0),
        ("", [], "en", 1),
        ("Denver", [], "en", 0),
    ],
)
def test_contains_answer(text: str, golds: list[str], language: str, expected: float) -> None:
    assert contains_answer(text, golds, language) == expected


def holds(statement: str, premise: str) -> bool:
    """A judge: a statement is supported if the premise has all its letters."""
    return set(statement) <= set(premise)


@pytest.mark.parametrize(
    ("statements", "precision", "recall"),
    [
        ([("ab", ["abc"])], 1, 1),
        ([("ab", ["a", "b"])], 1, 1),  # both are needed
        ([("ab", ["ab", "c"])], 1 / 2, 1),  # the second is not needed
        ([("ab", ["ab", "abc"])], 1, 1),  # each alone supports it
        ([("ab", ["a", "b", "b"])], 1 / 3, 1),  # a is needed, neither b is
        ([("ab", ["a", "c"])], 0, 0),
        ([("ab", [])], 0, 0),
        ([("ab", ["ab"]), ("c", [])], 1, 1 / 2),
        ([("ab", ["ab"]), ("c", ["x", "y"])], 1 / 3, 1 / 2),
        ([("abc", ["a", "b", "c"])], 1, 1),  # all three are needed
        ([("abc", ["ab", "bc"])], 1, 1),  # together, though b twice
        ([("abc", ["ab", "bc", "ac"])], 0, 1),  # no one is needed: any two do without it
        ([("ab", ["ab", ""])], 1 / 2, 1),
        ([("ab", ["x"]), ("c", ["c"]), ("d", ["d", "x"])], 2 / 4, 2 / 3),
        ([("ab", []), ("c", [])], 0, 0),
    ],
)
def test_citation_precision_and_recall(
    statements: list[tuple[str, list[str]]], precision: float, recall: float
) -> None:
    assert citation_precision_recall(statements, holds) == pytest.approx((precision, recall))


def test_an_answer_without_statements_has_no_citation_scores() -> None:
    with pytest.raises(ValueError, match="leave refusals out"):
        citation_precision_recall([], holds)


@pytest.mark.parametrize(
    ("cited", "gold", "precision", "recall"),
    [
        ([("d", 0, 10)], [("d", 5, 10)], 1 / 2, 1),
        ([("d", 0, 10), ("d", 5, 20)], [("d", 18, 22)], 2 / 20, 2 / 4),
        ([("d", 0, 10)], [("e", 0, 10)], 0, 0),
        ([], [("d", 0, 4)], 0, 0),
        ([("d", 0, 4)], [], 0, 0),
        ([("d", 3, 3)], [("d", 3, 4)], 0, 0),
    ],
)
def test_characters(
    cited: list[tuple[str, int, int]], gold: list[tuple[str, int, int]], precision: float, recall: float
) -> None:
    assert character_precision_recall(cited, gold) == pytest.approx((precision, recall))


spans = st.lists(st.tuples(st.sampled_from("de"), st.integers(0, 9), st.integers(0, 9)).map(
    lambda span: (span[0], min(span[1:]), max(span[1:]))
), max_size=5)  # fmt: skip


@given(spans, spans)
def test_characters_in_several_spans_count_once(
    cited: list[tuple[str, int, int]], gold: list[tuple[str, int, int]]
) -> None:
    first, second = (
        {(document, position) for document, start, end in side for position in range(start, end)}
        for side in (cited, gold)
    )
    precision, recall = (len(first & second) / len(side) if side else 0 for side in (first, second))
    assert character_precision_recall(cited, gold) == (precision, recall)


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        character_precision_recall([("d", 5, 3)], [])
