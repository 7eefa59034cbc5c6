"""Reading benchmark files of every format; errors name the record."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.normalise import normalise
from qa.evaluation import Dataset, DatasetError, load_dataset, make_template
from qa.evaluation.datasets.offsets import moved

FIXTURES = Path(__file__).parent / "fixtures"


def write(path: Path, value: Any) -> Path:
    """Write a JSON file, or JSON Lines if the name ends in .jsonl."""
    lines = path.name.endswith(".jsonl")
    text = "\n".join(json.dumps(record, ensure_ascii=False) for record in value) if lines else json.dumps(value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", "utf-8")
    return path


def squad(*articles: dict[str, Any]) -> dict[str, Any]:
    return {"version": "1.1", "data": list(articles)}


def article(title: str | None, *paragraphs: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    own = {"paragraphs": [{"context": context, "qas": qas} for context, qas in paragraphs]}
    return own if title is None else {"title": title, **own}


def asked(question: str, *answers: tuple[str, int], **more: Any) -> dict[str, Any]:
    return {
        "question": question,
        "answers": [{"text": text, "answer_start": start} for text, start in answers],
        **more,
    }


def check_places(dataset: Dataset) -> int:
    """Check that answers with an offset are at that offset; their number."""
    golds = [gold for item in dataset.items for gold in item.answers if gold.start is not None]
    for gold in golds:
        assert gold.document is not None
        assert gold.start is not None
        assert dataset.documents[gold.document].text.startswith(gold.text, gold.start)
    return len(golds)


# SQuAD's JSON


def test_squad(tmp_path: Path) -> None:
    dataset = load_dataset(
        write(
            tmp_path / "tiny.en.json",
            squad(
                article(
                    "Oil_crisis", ("It began in October 1973.", [asked("When did it begin?", ("October 1973", 12))])
                ),
                article(
                    "Rhine",
                    ("The Rhine is a river.", []),
                    (
                        "It flows to the sea.",
                        [
                            asked("Where to?", ("the sea", 12), ("the sea", 12), ("sea", 16), id="q7"),
                            asked("How long is it?", id=8, is_impossible=True),
                        ],
                    ),
                ),
            ),
        )
    )
    assert (dataset.name, dataset.kind, dataset.language) == ("tiny.en", "reading", "en")
    assert list(dataset.documents) == ["Oil_crisis/1", "Rhine/1", "Rhine/2"]
    assert dataset.documents["Oil_crisis/1"].title == "Oil crisis"
    assert [item.id for item in dataset.items] == ["Oil_crisis/1/1", "q7", "8"]
    assert [item.answerable for item in dataset.items] == [True, True, False]
    assert [[gold.text for gold in item.answers] for item in dataset.items] == [
        ["October 1973"],
        ["the sea", "sea"],
        [],
    ]
    assert [dict(item.relevant) for item in dataset.items] == [{"Oil_crisis/1": 1}, {"Rhine/2": 1}, {"Rhine/2": 1}]
    assert {item.slices["language"] for item in dataset.items} == {"en"}
    assert check_places(dataset) == 3


def test_squad_2_ignores_plausible_answers_and_a_question_without_answers_is_unanswerable(tmp_path: Path) -> None:
    questions = [
        asked("A?", ("river", 15), is_impossible=True, plausible_answers=[{"text": "river", "answer_start": 15}]),
        asked("B?"),
        asked("C?", ("river", 15), is_impossible=False),
    ]
    dataset = load_dataset(write(tmp_path / "a.json", squad(article("R", ("The Rhine is a river.", questions)))))
    assert [(item.answerable, len(item.answers)) for item in dataset.items] == [(False, 0), (False, 0), (True, 1)]


def test_answers_with_a_wrong_offset_have_none(tmp_path: Path) -> None:
    context = "The Rhine is a river. The river is long."
    answers = [("river", 14), ("river", -1), ("river", 999), ("river", 26), (" a river ", 12)]
    path = write(tmp_path / "a.json", squad(article("R", (context, [asked("What?", *answers)]))))
    golds = load_dataset(path).items[0].answers
    assert [(gold.text, gold.start) for gold in golds] == [("river", None), ("river", 26), ("a river", 13)]


def test_offsets_are_adjusted_to_the_normalised_context(tmp_path: Path) -> None:
    context = "\ufeff \r\n\r\n\r\nDer\u00a0Cafe\u0301-Besitzer  \r\nkam aus\u200b Ko\u0308ln.\t \n"
    answers = [("Cafe\u0301", context.index("Cafe")), ("Ko\u0308ln", context.index("Ko")), ("\ufeff", 0)]
    path = write(tmp_path / "a.json", squad(article("R", (context, [asked("Wer?", *answers)]))))
    dataset = load_dataset(path)
    assert dataset.documents["R/1"].text == "Der Café-Besitzer\nkam aus Köln."
    assert [gold.text for gold in dataset.items[0].answers] == ["Café", "Köln"]
    assert check_places(dataset) == 2


def test_equal_paragraphs_are_one_document_and_repeated_ids_are_numbered(tmp_path: Path) -> None:
    question = asked("What?", ("river", 2), id=1)
    path = write(
        tmp_path / "a.json",
        squad(
            article("R", ("A river.", [question]), ("A river. ", [question])),
            article("R", ("Another river.", [question])),
            article(None, ("A river.", [question])),
        ),
    )
    dataset = load_dataset(path)
    assert list(dataset.documents) == ["R/1", "R/3"]
    assert [item.id for item in dataset.items] == ["1", "1#2", "1#3", "1#4"]
    assert [next(iter(item.relevant)) for item in dataset.items] == ["R/1", "R/1", "R/3", "R/1"]
    assert dataset.notes == (
        "a.json: 1 ids stand more than once, such as 1: the further ones are 1#2 and so on; give each question its own",
    )


@pytest.mark.parametrize(
    ("articles", "paragraphs", "groups"), [(12, 1, 12), (3, 5, 15), (2, 2, 8)], ids=["article", "paragraph", "question"]
)
def test_questions_are_grouped_by_article_or_paragraph_if_there_are_enough(
    tmp_path: Path, articles: int, paragraphs: int, groups: int
) -> None:
    made = [
        article(f"A{a}", *((f"Text {a} {p}.", [asked("W?", ("Text", 0))] * 2) for p in range(paragraphs)))
        for a in range(articles)
    ]
    dataset = load_dataset(write(tmp_path / "a.json", squad(*made)))
    assert len({item.group for item in dataset.items}) == groups


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("deep.json", "[" * 100_000, "deep.json: "),
        ("long.json", '{"data": ' + "9" * 5000 + "}", "long.json: is JSON that cannot be read"),
        (
            "long.jsonl",
            '{"question": "?", "answers": []}\n{"question": ' + "9" * 5000 + "}",
            "line 2 is JSON that cannot",
        ),
        (
            "claims.jsonl",
            '{"claim": "A.", "evidence": ["B."]}\n{"claim": "A.", "evidence": [], "label": "support"}',
            "line 1",
        ),
    ],
    ids=["brackets", "digits", "digits in a line", "a claim without label"],
)
def test_invalid_json_is_named(tmp_path: Path, name: str, content: str, reason: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DatasetError, match=reason):
        load_dataset(tmp_path / name)


def test_a_folder_without_judgements_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "corpus.jsonl", [{"_id": "d", "text": "A river."}])
    write(tmp_path / "queries.jsonl", [{"_id": "q", "text": "What?"}])
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n")
    with pytest.raises(DatasetError, match=r"qrels\.tsv: holds no judgements"):
        load_dataset(tmp_path)


def test_a_title_with_half_a_surrogate_pair_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", squad(article("A\ud800", ("A river.", [asked("What?", ("river", 2))]))))
    (name,) = load_dataset(path).documents
    assert name.encode("utf-8")


def test_gzip_bare_lists_and_flat_records_give_the_same_dataset(tmp_path: Path) -> None:
    whole = squad(article("R", ("A river.", [asked("What?", ("river", 2), id="x")])))
    plain = load_dataset(write(tmp_path / "plain.json", whole))
    packed = tmp_path / "packed.json.gz"
    packed.write_bytes(gzip.compress((tmp_path / "plain.json").read_bytes()))
    bare = write(tmp_path / "bare.json", whole["data"])
    record = {"id": "x", "title": "R", "context": "A river.", "question": "What?"}
    flat = write(tmp_path / "flat.jsonl", [{**record, "answers": {"text": ["river"], "answer_start": [2]}}])
    for path in (packed, bare, flat):
        other = load_dataset(path)
        assert (other.items, other.documents) == (plain.items, plain.documents)
    assert (
        load_dataset(packed).digest
        == plain.digest
        == hashlib.sha256((tmp_path / "plain.json").read_bytes()).hexdigest()
    )
    assert load_dataset(packed).name == "packed"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (squad(article("R"), {"title": "S"}), r"a\.json: article 2: paragraphs must be a list, not null"),
        (squad(article("R", ("A.", [])), article("S", ("", []))), "article 2, paragraph 1: context must be a text"),
        (squad(article("R", ("A.", [asked("")]))), "paragraph 1, question 1: question is missing or empty"),
        (squad(article("R", ("A.", [{"question": "W?"}]))), "question 1: has no answers"),
        (
            squad(article("R", ("A.", [{"question": "W?", "answers": [{}]}]))),
            "answer 1: text must be a text that is not ",
        ),
        (
            squad(article("R", ("A.", [asked("W?", (" ", 0), is_impossible=False)]))),
            "answer 1: text must be a text that is",
        ),
        (squad(article("R", ("A.", [asked("W?", is_impossible="no")]))), "is_impossible must be true or false"),
        (squad(article("R", ("A.", []))), "holds no questions"),
        (squad(article("R", ("A.", [{"question": "W?", "answers": {"text": ["A"], "answer_start": []}}]))), "as many"),
        (squad(article("R", ("A.", [["W?"]]))), "question 1: a JSON object is needed"),
        ({"data": [{"x": 1}]}, "record 1: no known format .*x.*SQuAD"),
        ({"version": 2}, "no known format"),
        (3, "no known format"),
        ([], "holds no questions"),
    ],
)
def test_bad_squad_records_are_named(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_dataset(write(tmp_path / "a.json", value))


# BEIR folders

CORPUS = [
    {"_id": "d1", "title": "Rivers", "text": "The Rhine is a river."},
    {"_id": "d2", "title": "Alps", "text": ""},
    {"_id": 3, "text": "The\u00a0sea."},
]
QUERIES = [{"_id": "q1", "text": "rhine"}, {"_id": "q2", "text": "alps"}, {"_id": "q3", "text": "not judged"}]


def beir(folder: Path, qrels: str, name: str = "qrels/test.tsv", queries: str = "queries.jsonl") -> Path:
    write(folder / "corpus.jsonl", CORPUS)
    write(folder / queries, QUERIES)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(qrels)
    return folder


@pytest.mark.parametrize(
    "qrels",
    [
        "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\t3\t1\n",
        "q1\td1\t2\r\nq1\td2\t0\r\n\r\nq2\t3\t1.0",
        "q1 0 d1 2\nq1 0 d2 -1\nq2 0 3 1\n",
        "qid iter docno rel\nq1 Q0 d1 2\nq2 Q0 3 1\n",
    ],
    ids=["header", "none", "trec", "trec-header"],
)
def test_judgements_with_grades(tmp_path: Path, qrels: str) -> None:
    dataset = load_dataset(beir(tmp_path / "tiny", qrels))
    assert (dataset.name, dataset.kind, dataset.notes) == ("tiny.test", "retrieval", ())
    assert {item.id: dict(item.relevant) for item in dataset.items} == {"q1": {"d1": 2}, "q2": {"3": 1}}
    assert [item.question for item in dataset.items] == ["rhine", "alps"]
    assert {item.answerable for item in dataset.items} == {None}
    assert {name: (document.title, document.text) for name, document in dataset.documents.items()} == {
        "d1": ("Rivers", "The Rhine is a river."),
        "d2": ("", "Alps"),
        "3": ("", "The sea."),
    }


@pytest.mark.parametrize("qrels", ["q1\td1\nq2\t3\n", "query-id\tcorpus-id\nq1\td1\nq2\t3\n", "q1 d1\nq2 3"])
def test_judgements_of_two_columns(tmp_path: Path, qrels: str) -> None:
    items = load_dataset(beir(tmp_path, qrels)).items
    assert [dict(item.relevant) for item in items] == [{"d1": 1}, {"3": 1}]


@pytest.mark.parametrize("name", ["qrels/dev.tsv", "qrels.dev.tsv", "qrels.tsv"])
@pytest.mark.parametrize("queries", ["queries.jsonl", "queries.dev.jsonl"])
def test_files_of_a_split(tmp_path: Path, name: str, queries: str) -> None:
    folder = beir(tmp_path, "q1\td1\t1\n", name, queries)
    assert len(load_dataset(folder, split="dev").items) == 1


def test_compressed_files_in_a_folder(tmp_path: Path) -> None:
    folder = beir(tmp_path, "q1\td1\t1\n", "qrels.test.tsv")
    before = load_dataset(folder)
    for path in list(folder.iterdir()):
        if path.is_file():
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
    assert load_dataset(folder) == before


def test_an_unknown_split_is_refused_and_others_are_named(tmp_path: Path) -> None:
    folder = beir(tmp_path, "q1\td1\t1\n", "qrels/train.tsv")
    (folder / "qrels.dev.tsv.gz").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"no judgements for the split test .*there are the splits dev, train"):
        load_dataset(folder)


def test_a_query_without_relevant_documents_is_still_asked(tmp_path: Path) -> None:
    items = load_dataset(beir(tmp_path, "q1\td1\t1\nq2\td1\t0\n")).items
    assert [(item.id, dict(item.relevant)) for item in items] == [("q1", {"d1": 1}), ("q2", {})]


def test_missing_judged_ids_are_noted(tmp_path: Path) -> None:
    dataset = load_dataset(beir(tmp_path, "q1\td1\t1\nq1\td9\t1\nq8\td1\t1\n"))
    assert dataset.notes == (
        'test.tsv: 1 of 2 judged queries are missing, such as "q8"',
        'test.tsv: 1 of 2 judged documents are missing, such as "d9"',
    )
    assert dict(dataset.items[0].relevant) == {"d1": 1, "d9": 1}


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("q1\td8\t1\n", "none of its 1 documents is in the corpus file"),
        ("q8\td1\t1\n", "none of its 1 queries is in the queries file"),
        ("q1\td1\t1\nq1\td2\tgood\n", r'qrels/test\.tsv: line 2: the grade must be a whole number, not "good"'),
        ("q1\td1\t1\nq1\td2\t0.5\n", "line 2: the grade"),
        ("q1\td1\t1\nq1\n", "line 2: a judgement has two, three or four columns"),
        ("q1\td1\t1\na b c d e\n", "line 2: a judgement has"),
    ],
)
def test_bad_judgements_are_named(tmp_path: Path, qrels: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_dataset(beir(tmp_path, qrels))


def test_bad_corpora_and_queries_are_named(tmp_path: Path) -> None:
    folder = beir(tmp_path, "q1\td1\t1\n")
    write(folder / "queries.jsonl", [*QUERIES, QUERIES[0]])
    with pytest.raises(DatasetError, match=r'queries\.jsonl: line 4: there is a query "q1" already'):
        load_dataset(folder)
    write(folder / "corpus.jsonl", [*CORPUS, {"_id": "3", "text": "x"}])
    with pytest.raises(DatasetError, match=r'corpus\.jsonl: line 4: there is a document "3" already'):
        load_dataset(folder)
    write(folder / "corpus.jsonl", [{"text": "x"}])
    with pytest.raises(DatasetError, match=r"line 1: _id or id or doc_id is missing or empty"):
        load_dataset(folder)


# Your own questions


def test_open_questions_of_an_existing_index(tmp_path: Path) -> None:
    records = [
        {"question": "Wer schrieb den Faust?", "answer": "Goethe"},
        {"question": "Wann ist er gestorben?", "answer": ["1832", " 22. März 1832 ", "1832", ""]},
        {"question": "Was ist die Frage?", "answers": []},
    ]
    dataset = load_dataset(write(tmp_path / "open.jsonl", records))
    assert (dataset.kind, dataset.language, dict(dataset.documents)) == ("open", "de", {})
    assert [item.id for item in dataset.items] == ["1", "2", "3"]
    assert [[gold.text for gold in item.answers] for item in dataset.items] == [
        ["Goethe"],
        ["1832", "22. März 1832"],
        [],
    ]
    assert [item.answerable for item in dataset.items] == [True, True, False]


def test_open_questions_in_one_json_list(tmp_path: Path) -> None:
    assert len(load_dataset(write(tmp_path / "a.json", [{"question": "Who?", "answer": "I"}])).items) == 1
    with pytest.raises(DatasetError, match=r"a\.json: record 2: answers must be a text"):
        load_dataset(write(tmp_path / "a.json", [{"question": "W?", "answer": 1}, {"question": "W?", "answers": [{}]}]))


def test_the_fixture_of_the_sample_document() -> None:
    dataset = load_dataset(FIXTURES / "beijing_dev.jsonl", corpus=Path(__file__).parents[1] / "documents" / "samples")
    article = "benchmark-city-global-digital-economy.txt"
    assert article in dataset.documents
    answerable = [item for item in dataset.items if item.answerable]
    assert (len(dataset.items), len(answerable)) == (70, 40)
    assert all(dict(item.relevant) == {article: 1} for item in answerable)
    assert check_places(dataset) == sum(len(item.answers) for item in answerable)


def test_evidence_is_looked_up_in_the_named_source(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    (docs / "b").mkdir(parents=True)
    for name in ("a.txt", "b/a.txt", "c.txt"):
        (docs / name).write_text(f"File {name}. The price is 5 yuan.\n")
    (docs / "bad.txt").write_bytes(b"")
    record = {"question": "What is the price?", "answers": ["5 yuan", "five"], "evidence": "The price is 5 yuan."}
    records = [
        {**record, "source": "b/a.txt"},
        {**record, "source": "c.txt", "evidence": ["Nowhere.", "The price is 5 yuan."]},
        {**record, "evidence": "Nowhere."},
        {"question": "Who?", "answerable": False, "answers": [], "evidence": None},
    ]
    dataset = load_dataset(write(tmp_path / "q.jsonl", records), corpus=docs)
    assert list(dataset.documents) == ["a.txt", "b/a.txt", "c.txt"]
    assert len(dataset.unread) == 1
    assert "bad.txt" in dataset.unread[0]
    assert [dict(item.relevant) for item in dataset.items] == [{"b/a.txt": 1}, {"c.txt": 1}, {}, {}]
    assert [item.answers[0].start for item in dataset.items[:3]] == [27, 25, None]
    assert [item.answers[1].start for item in dataset.items[:3]] == [None, None, None]
    assert check_places(dataset) == 2
    assert dataset.digest != load_dataset(tmp_path / "q.jsonl").digest


RAGAS = {
    "user_input": "What does Alpha do?",
    "reference": "pumps water",
    "reference_contexts": ["Alpha pumps water into the town."],
    "retrieved_contexts": ["Something else."],
    "response": "It sings.",
    "synthesizer_name": "single_hop",
}
BEIR = {"_id": "q1", "text": "What does Alpha do?", "answers": ["pumps water"], "corpus-id": "town/a.txt", "hard": True}
SQUAD = {
    "qid": 7,
    "query": "What does Alpha do?",
    "answers": {"text": ["pumps water"], "answer_start": [6]},
    "is_impossible": False,
    "evidence": "Alpha pumps water into the town.",
    "level": 3,
    "note": "A text of more than sixty characters divides nothing, so it is no slice.",
}


@pytest.mark.parametrize(
    ("record", "identity", "slices"),
    [(RAGAS, "1", {"synthesizer_name": "single_hop"}), (BEIR, "q1", {"hard": "true"}), (SQUAD, "7", {"level": "3"})],
    ids=["ragas", "beir", "squad"],
)
def test_the_names_of_other_formats_are_read(
    tmp_path: Path, record: dict[str, Any], identity: str, slices: dict[str, str]
) -> None:
    (tmp_path / "docs" / "town").mkdir(parents=True)
    (tmp_path / "docs" / "town" / "a.txt").write_text("Alpha pumps water into the town.")
    (tmp_path / "docs" / "b.txt").write_text("Beta stores grain.")
    dataset = load_dataset(write(tmp_path / "q.jsonl", [record, record]), corpus=tmp_path / "docs")
    (item, _) = dataset.items
    assert (item.id, item.question, item.answerable) == (identity, "What does Alpha do?", True)
    assert [answer.text for answer in item.answers] == ["pumps water"]
    assert item.slices == {"language": "en", **slices}
    assert item.relevant == {"town/a.txt": 1}
    assert dataset.kind == "open"


def test_contexts_of_ragas_are_found_whatever_their_white_space_and_others_are_told(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Alpha pumps  water\ninto the town.")
    contexts = ["<1-hop>\n\nAlpha pumps water into\nthe town.", "Gamma is nowhere."]
    row = {"user_input": "What does Alpha do?", "reference": "pumps", "reference_contexts": contexts}
    dataset = load_dataset(write(tmp_path / "q.jsonl", [row]), corpus=tmp_path / "docs")
    (item,) = dataset.items
    assert item.evidence == (dataset.documents["a.txt"].text, "Gamma is nowhere.")
    assert item.relevant == {"a.txt": 1}
    assert dataset.notes == (
        'q.jsonl: 1 of 2 evidence passages are in no document of the corpus, such as "Gamma is nowhere."',
    )


def test_a_source_is_a_gold_document_with_or_without_answers(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("a", "b"):
        (tmp_path / "docs" / f"{name}.txt").write_text(f"Some text, {name}.")
    rows = [{"question": "Which?", "source": ["a.txt", "b.txt"]}, {"question": "And?", "source": "c.txt"}]
    dataset = load_dataset(write(tmp_path / "q.jsonl", rows), corpus=tmp_path / "docs")
    assert (dataset.kind, dataset.items[0].relevant, dataset.items[0].answerable) == (
        "retrieval", {"a.txt": 1, "b.txt": 1}, None
    )  # fmt: skip
    assert dataset.notes == (
        'q.jsonl: 1 of 3 sources are no documents of the corpus, such as "c.txt": a source is a file\'s path in it, '
        "or the end of one",
    )
    silent = {"question": "Which?", "source": "a.txt", "answers": []}
    assert load_dataset(write(tmp_path / "s.jsonl", [silent]), corpus=tmp_path / "docs").items[0].relevant == {}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"question": "W?"}, r"q\.jsonl: line 2: has no answers"),
        ({"question": "W?", "answers": [], "answerable": True}, "line 2: it is answerable but has no answers"),
        ({"question": "W?", "answers": ["x"], "answerable": False}, "line 2: it has answers but is not answerable"),
        ({"question": "W?", "answers": ["x"], "answerable": "yes"}, "line 2: answerable must be true or false"),
        ({"question": "W?", "all": []}, "line 2: all must be a list of groups of wordings, not"),
        ({"question": "W?", "all": "red, blue"}, "line 2: all must be a list of groups of wordings, not"),
        ({"question": "W?", "all": [["red"], []]}, "line 2: all has an empty group"),
        ({"question": "W?", "all": [["red", " "]]}, "line 2: all is missing or empty"),
        ({"question": "W?", "all": [["red"], {"a": 1}]}, "line 2: all must be a text, not"),
        ({"question": "W?", "all": ["red"], "answer": "red"}, "line 2: has answer and all: give answers of which one"),
        ({"question": "W?", "all": ["red"], "answerable": False}, "line 2: it has answers but is not answerable"),
        ({"question": "  ", "answers": ["x"]}, "line 2: question is still empty; write one, or delete the line"),
        ({"question": ["W?"], "answers": ["x"]}, "line 2: question must be a text"),
        ({"question": "W?", "answers": {"a": 1}}, "line 2: answers must be a text"),
        ({"question": "W?", "answers": ["", None]}, "line 2: answers has an empty text; unanswerable questions have"),
        ({"question": "W?", "answer": " "}, "line 2: answer has an empty text; unanswerable questions have an empty"),
        (["W?", "x"], "line 2: a JSON object is needed"),
    ],
)
def test_bad_questions_are_named(tmp_path: Path, record: Any, message: str) -> None:
    path = write(tmp_path / "q.jsonl", [{"question": "Who?", "answers": ["I"]}, record])
    with pytest.raises(DatasetError, match=message):
        load_dataset(path)


def test_no_answer_is_an_empty_list_or_null_or_said_to_be_none(tmp_path: Path) -> None:
    silent = ({"answers": []}, {"answers": None}, {"answers": {"text": [], "answer_start": []}})
    records = [{"question": "W?", **own} for own in (*silent, {"answer": "", "answerable": False})]
    dataset = load_dataset(write(tmp_path / "q.jsonl", records), indexed=True)
    assert [item.answerable for item in dataset.items] == [False] * 4


def test_answers_that_are_all_wanted_are_groups_of_wordings(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "flag.txt").write_text("The flag is red, white and navy.")
    record = {
        "question": "Which colours has the flag?",
        "all": ["red", ["white"], ["navy", " dark blue "]],
        "evidence": "The flag is red, white and navy.",
    }
    dataset = load_dataset(write(tmp_path / "q.jsonl", [record]), corpus=tmp_path / "docs")
    (item,) = dataset.items
    assert item.wanted == (("red",), ("white",), ("navy", "dark blue"))
    assert [(own.text, own.start) for own in item.answers] == [("red", 12), ("white", 17), ("navy", 27)]
    assert (item.answerable, dataset.kind, dict(item.slices)) == (True, "open", {"language": "en"})


def test_a_question_whose_answers_are_misspelt_is_told(tmp_path: Path) -> None:
    records = [{"question": "Who?", "answers": ["I"]}, {"question": "What?", "anwsers": ["it"], "source": "a.txt"}]
    assert load_dataset(write(tmp_path / "q.jsonl", records), indexed=True).notes == (
        "q.jsonl: 1 of 2 questions have no answers, only a source, and are left out but for the task retrieval, "
        'such as q.jsonl: line 2 with the unknown field "anwsers"',
    )
    all_misspelt = load_dataset(write(tmp_path / "q.jsonl", records[1:] * 2), indexed=True)
    assert all_misspelt.kind == "retrieval"
    assert all_misspelt.notes[0] == (
        "q.jsonl: no question has answers, only a source, which is for the task retrieval; not read is the field "
        '"anwsers"'
    )
    bare = [{"question": "What?", "source": "a.txt", "kind": "fact"}]
    assert load_dataset(write(tmp_path / "q.jsonl", bare), indexed=True).notes == ()


# Claims


def test_wice(tmp_path: Path) -> None:
    records = [
        {"label": "supported", "supporting_sentences": [[0]], "claim": "It is long.", "evidence": ["It is long. ", ""]}
        | {"meta": {"id": "dev1", "claim_title": "Rhine"}},
        {"label": "partially_supported", "claim": "It is old.", "evidence": "It is long. It is wide.", "id": 7},
        {"label": "REFUTES", "claim": "It is dry.", "evidence": []},
        {"label": "contradicted", "claim": "It is dry.", "evidence": []},
    ]
    dataset = load_dataset(write(tmp_path / "claims.jsonl", records))
    assert (dataset.kind, dict(dataset.documents)) == ("support", {})
    assert [item.id for item in dataset.items] == ["dev1", "7", "3", "4"]
    assert [item.label for item in dataset.items] == [
        "supported", "partially_supported", "not_supported", "not_supported"
    ]  # fmt: skip
    assert [item.question for item in dataset.items] == ["It is long.", "It is old.", "It is dry.", "It is dry."]
    assert [item.evidence for item in dataset.items] == [("It is long.",), ("It is long.", "It is wide."), (), ()]


@pytest.mark.parametrize("form", ["list", "mapping"])
def test_scifact_claims_beside_a_corpus(tmp_path: Path, form: str) -> None:
    corpus = [
        {"doc_id": 1, "title": "T", "abstract": ["Cells grow. ", "They divide."]},
        {"_id": "2", "title": "T", "text": "Cells die. They do."},
    ]
    evidence: Any = [{"doc_id": 1, "label": "SUPPORT", "sentences": [0]}, {"doc_id": "2", "label": "CONTRADICT"}]
    if form == "mapping":
        evidence = {"1": [{"label": "SUPPORT", "sentences": [0]}], "2": [{"label": "CONTRADICT"}]}
    records = [
        {"id": 10, "claim": "Cells grow.", "evidence": evidence},
        {"id": 11, "claim": "Cells sing.", "evidence": evidence[:0] if form == "list" else {}, "cited_doc_ids": [2]},
        {"id": 12, "claim": "Cells fly.", "evidence": []},
    ]
    write(tmp_path / "corpus.jsonl", corpus)
    dataset = load_dataset(write(tmp_path / "claims.jsonl", records))
    assert [(item.id, item.label) for item in dataset.items] == [
        ("10 1", "supported"),
        ("10 2", "not_supported"),
        ("11 2", "not_supported"),
    ]
    assert dataset.items[0].evidence == ("Cells grow.", "They divide.")
    assert dataset.notes == ("claims.jsonl: 1 claims without any document are left out",)


def test_bad_claims_are_named(tmp_path: Path) -> None:
    path = tmp_path / "claims.jsonl"
    good = {"label": "supported", "claim": "A.", "evidence": ["A."]}
    for record, message in [
        ({**good, "label": "maybe"}, 'line 2: label "maybe" is not known; use supported'),
        ({**good, "evidence": None}, "line 2: evidence must be a text or a list of sentences"),
        ({**good, "claim": ""}, "line 2: claim is missing or empty"),
    ]:
        with pytest.raises(DatasetError, match=message):
            load_dataset(write(path, [good, record]))
    scifact = {"_id": 1, "claim": "A.", "evidence": [{"doc_id": "d9", "label": "SUPPORT"}]}
    with pytest.raises(DatasetError, match=r"there is no corpus\.jsonl beside it"):
        load_dataset(write(path, [scifact]))
    write(tmp_path / "corpus.jsonl", CORPUS)
    with pytest.raises(DatasetError, match='record 1: the document "d9" is not in the corpus'):
        load_dataset(write(path, [scifact]))


# Files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b'{"question": "W?", "answers": ["x"]}\n{"question": }\n', r"a\.jsonl: line 2 is not JSON"),
        (b'{"data": [\n{"x": }]}', r"a\.jsonl: line 2 is not JSON"),
        (b'{"question": "W?"}\n{"question": "\xff"}\n', r"a\.jsonl: line 2 is not UTF-8 text"),
        (b"\x1f\x8b\x08broken", "the gzip file is damaged"),
        (gzip.compress(b'{"question": "W?"}', mtime=0)[:-9], "the gzip file is damaged"),
    ],
)
def test_broken_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        load_dataset(path)


def test_byte_order_marks_and_line_separators_in_texts_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('\ufeff{"question": "W\u2028x?", "answer": "y"}\r\n\r\n'.encode())
    assert [item.question for item in load_dataset(path).items] == ["W\u2028x?"]


def test_missing_paths_and_a_needless_corpus_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such file or folder"):
        load_dataset(tmp_path / "missing.json")
    with pytest.raises(DatasetError, match=r"a folder without corpus\.jsonl \(BEIR\) or questions\.jsonl \(visitors\)"):
        load_dataset(tmp_path)
    folder = beir(tmp_path / "beir", "q1\td1\t1\n")
    path = write(tmp_path / "a.json", squad(article("R", ("A river.", [asked("What?", ("river", 2))]))))
    for own in (folder, path):
        with pytest.raises(DatasetError, match="has documents of its own; leave the corpus out"):
            load_dataset(own, corpus=tmp_path)
    questions = write(tmp_path / "q.jsonl", [{"question": "Who?", "answers": ["I"]}])
    with pytest.raises(DatasetError, match="no such file or folder"):
        load_dataset(questions, corpus=tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="holds no document that can be read"):
        load_dataset(questions, corpus=tmp_path / "empty")


# The template


def test_a_template_does_not_overwrite_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Some text.\n")
    with pytest.raises(DatasetError, match="holds no sentence, list or table that a question can be drafted from"):
        make_template(tmp_path / "a.txt", tmp_path / "mine.jsonl")
    (tmp_path / "a.txt").write_text("The entrance fee is 75 euros.\n")
    target = tmp_path / "mine.jsonl"
    target.write_text("mine")
    with pytest.raises(DatasetError, match="exists already"):
        make_template(tmp_path, target)
    assert target.read_text() == "mine"
    with pytest.raises(DatasetError, match="cannot be written"):
        make_template(tmp_path, tmp_path / "missing" / "mine.jsonl")


# Offsets after normalising

characters = st.text(st.sampled_from("ab e\u0301\u00a0\u200b\ufeff\r\n\t\x0c界\U0001f600"), max_size=30)


@given(characters, characters)
def test_an_offset_divides_the_normalised_text_as_it_divided_the_text(before: str, after: str) -> None:
    """Before the new offset is the normalised beginning, after it the normalised rest."""
    text = before + "X" + after
    new = moved(text, [len(before)])[len(before)]
    normal = normalise(text)
    assert normal[new] == "X"
    assert normal[new + 1 :] == normalise("X" + after)[1:]


def test_offsets_inside_a_letter_or_beyond_the_text_are_left_out() -> None:
    assert moved("e\u0301x", [0, 1, 2, 9, -1]) == {0: 0, 2: 1}
    assert moved("plain", [0, 3, 5, 6]) == {0: 0, 3: 3, 5: 5}
