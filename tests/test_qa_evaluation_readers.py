"""Every reader of a dataset refuses a broken record by its number and its field, whatever the field then holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from qa.evaluation import DatasetError, load_dataset
from qa.evaluation.datasets.formats import FORMATS

TEXT = "Alpha pumps water. It has two pumps."
FIRST = "Alpha pumps water."
PAGE = {"title": "Pumps", "url": "https://site.example/1", "contents": ["<p>Alpha pumps water.</p>"]}
ARTICLE = {"title": "Pumps", "url": "https://site.example/1", "source": "Post", "published_at": "2023", "body": TEXT}
ANSWER = {"text": "two pumps", "answer_start": TEXT.index("two pumps")}

# A record of each format, as its authors publish it, with the fields that are read.
RECORDS: Mapping[str, dict[str, Any]] = {
    "SQuAD 1.1, 2.0": {
        "title": "Pumps",
        "paragraphs": [{"context": TEXT, "qas": [{"id": "q", "question": "How many?", "answers": [ANSWER]}]}],
    },
    "QuAC": {
        "title": "Pumps", "section_title": "Age",
        "paragraphs": [{
            "id": "C_0", "context": f"{TEXT} CANNOTANSWER",
            "qas": [{"id": "C_0_q#0", "question": "How many?", "yesno": "x", "answers": [ANSWER],
                     "orig_answer": ANSWER, "followup": "y"},
                    {"id": "C_0_q#1", "question": "How?", "answers": [ANSWER], "orig_answer": ANSWER}],
        }],
    },
    "BEIR": {"_id": "d", "title": "Pumps", "text": TEXT},
    "JSON Lines of questions": {"id": "q", "question": "How many pumps?", "answers": ["two"], "answerable": True,
                                "evidence": [TEXT], "source": "pumps.txt", "kind": "number"},
    "ragas' test sets": {"user_input": "How many?", "reference": "two", "reference_contexts": [TEXT]},
    "visitors' questions": {"id": "q", "corpus": "docs", "kind": "fact", "question": "How many?", "after": ["Pumps?"],
                            "expect": {"all": [["two"]], "cite": ["pumps.txt"]}, "source": "pumps.txt",
                            "evidence": [TEXT]},
    "claims": {"claim": "Alpha pumps.", "evidence": [FIRST], "label": "supported", "supporting_sentences": [[0]]},
    "LLM-AggreFact": {"dataset": "Wice", "doc": TEXT, "claim": "Alpha pumps.", "label": 1},
    "RAGTruth": {"id": "7", "source_id": "1", "model": "gpt", "temperature": 0.7, "split": "test", "quality": "good",
                 "labels": [{"start": 0, "end": 5, "text": "Alpha", "meta": "x", "label_type": "Evident Conflict",
                             "implicit_true": False, "due_to_null": False}], "response": "Alpha sells iron."},
    "HotpotQA": {"_id": "q", "question": "How many?", "answer": "two", "type": "bridge", "level": "hard",
                 "supporting_facts": [["Pumps", 0]], "context": [["Pumps", [FIRST, " It has two pumps."]]]},
    "2WikiMultihopQA": {"_id": "q", "question": "How many?", "answer": "two", "type": "comparison", "evidences": [],
                        "supporting_facts": [["Pumps", 0]], "context": [["Pumps", [FIRST, "It has two pumps."]]]},
    "MuSiQue": {"id": "2hop", "question": "How many?", "answer": "two", "answer_aliases": ["2"], "answerable": True,
                "paragraphs": [{"idx": 0, "title": "Pumps", "paragraph_text": TEXT, "is_supporting": True}],
                "question_decomposition": [{"id": 1, "question": "x", "answer": "y", "paragraph_support_idx": 0}]},
    "MultiHop-RAG": {"query": "How many?", "answer": "two", "question_type": "inference_query",
                     "evidence_list": [{"title": "Pumps", "url": PAGE["url"], "source": "Post", "fact": FIRST}]},
    "CRAG": {"interaction_id": "q", "query": "How many?", "answer": "two", "alt_ans": ["2"], "domain": "open",
             "question_type": "simple", "static_or_dynamic": "static", "popularity": "head", "split": 0,
             "search_results": [{"page_name": "Pumps", "page_url": PAGE["url"], "page_result": f"<p>{TEXT}</p>"}]},
    "RAGBench": {"id": "q", "question": "How many?", "documents": [TEXT], "response": "Two pumps.",
                 "documents_sentences": [[["0a", FIRST], ["0b", "It has two pumps."]]],
                 "all_relevant_sentence_keys": ["0b"], "adherence_score": True, "dataset_name": "hotpotqa"},
    "ALCE": {"sample_id": "q", "question": "How many?", "docs": [{"title": "Pumps", "text": TEXT}],
             "qa_pairs": [{"question": "x", "short_answers": ["two"]}]},
    "KILT": {"id": "q", "input": "How many?",
             "output": [{"answer": "two", "provenance": [{"wikipedia_id": "11", "title": "Pumps"}]}]},
    "RAGChecker": {"query_id": "q", "query": "How many?", "gt_answer": "two", "response": "Two.",
                   "retrieved_context": []},
    "TREC RAG nuggets": {"query": "How many?", "qid": "q", "nuggets": [{"text": "two", "importance": "vital"}]},
    "BoolQ": {"question": "does alpha pump", "title": "Alpha", "answer": True, "passage": TEXT},
    "CLAPNQ": {"id": "q", "input": "how many", "passages": [{"title": "Pumps", "text": TEXT, "sentences": [FIRST]}],
               "output": [{"answer": "It pumps.", "selected_sentences": [FIRST]}]},
    "CondaQA": {"PassageEditID": 0, "SampleID": 1, "label": "YES", "sentence2": "Is it?", "PassageID": 4,
                "sentence1": TEXT},
    "mtRAG": {"conversation_id": "c", "task_id": "c<::>1", "task_type": "rag", "Collection": "town", "turn": 1,
              "input": [{"speaker": "user", "text": "How many?"}], "targets": [{"speaker": "agent", "text": "two"}],
              "contexts": [{"document_id": "d", "title": "Pumps", "text": TEXT}], "Answerability": ["ANSWERABLE"],
              "Question Type": ["Factoid"]},
    "MultiSpanQA": {"id": "q", "question": ["who", "pumps"], "context": ["Alpha", "pumps"], "label": ["B", "O"],
                    "type": "HUM", "structure": "x", "num_span": 1},
    "ShARC": {"utterance_id": "q", "tree_id": "t", "snippet": TEXT, "question": "May I?", "scenario": "I pump.",
              "history": [{"follow_up_question": "Do you?", "follow_up_answer": "Yes"}], "answer": "Yes"},
    "ConditionalQA": {"id": "q", "url": PAGE["url"], "scenario": "I pump.", "question": "Does it?",
                      "not_answerable": False, "answers": [["yes", []]], "evidences": PAGE["contents"]},
    "LongBench-Cite": {"idx": 0, "dataset": "x_en", "query": "How many?", "answer": ["two"], "context": TEXT,
                       "few_shot_scores": []},
    "RefusalBench-NQ": {"id": "q", "source_id": "1", "perturbation_class": "P", "intensity": "HIGH",
                        "expected_rag_behavior": "ANSWER_CORRECTLY", "original_answers": ["two"],
                        "perturbed_query": "how many", "perturbed_context": TEXT},
}  # fmt: skip
# Of what a list must hold, a broken part is named by what it is there, such as "line 2, page 1".
PARTS = {
    "paragraphs": "paragraph 1", "evidence_list": "evidence 1", "search_results": "page 1", "docs": "doc 1",
    "nuggets": "nugget 1", "input": "message 1", "history": "turn 1", "qa_pairs": "pair 1", "contexts": "context 1",
    "labels": "span 1", "passages": "passage 1", "targets": "target 1", "question_decomposition": "hop 1", "qas": "question ",
}  # fmt: skip
# What any field may wrongly hold; some take it: what becomes a slice where it is a text is passed over elsewhere.
WRONG: tuple[object, ...] = (None, 3.5, True, "", {"no": "such"}, [], [None], [[7]], [{}])


def written(name: str, records: list[object], folder: Path) -> tuple[Path, Path | None]:
    """The records in the files that the format has, and its corpus."""
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs" / "pumps.txt").write_text(TEXT)
    lines = "".join(json.dumps(record) + "\n" for record in records)
    match name:
        case "SQuAD 1.1, 2.0" | "QuAC":
            (folder / "x.json").write_text(json.dumps({"version": "v2.0", "data": records}))
            return folder / "x.json", None
        case "BEIR":
            (folder / "corpus.jsonl").write_text(lines)
            (folder / "queries.jsonl").write_text('{"_id": "q", "text": "How many?"}\n')
            (folder / "qrels.tsv").write_text("q\td\t1\n")
            return folder, None
        case "RAGChecker":
            (folder / "x.json").write_text(json.dumps({"results": records}))
            return folder / "x.json", folder / "docs"
        case "MultiHop-RAG":
            (folder / "corpus.json").write_text(json.dumps([ARTICLE]))
        case "RAGTruth":
            source = {"source_id": "1", "task_type": "Summary", "source": "x", "source_info": TEXT, "prompt": "x"}
            (folder / "source_info.jsonl").write_text(json.dumps(source) + "\n")
        case "ConditionalQA":
            (folder / "documents.json").write_text(json.dumps([PAGE]))
        case "KILT":
            page = {"wikipedia_id": "11", "wikipedia_title": "Pumps", "text": ["Pumps\n", f"{TEXT}\n"]}
            (folder / "pages.jsonl").write_text(json.dumps(page) + "\n")
            (folder / "x.jsonl").write_text(lines)
            return folder / "x.jsonl", folder / "pages.jsonl"
        case _:
            pass
    (folder / "x.jsonl").write_text(lines)
    own = {"JSON Lines of questions", "ragas' test sets", "TREC RAG nuggets"}
    return folder / "x.jsonl", folder / "docs" if name in own else None


def broken(value: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The value with each field of each object in it gone, and holding each wrong thing; and the way to that field."""
    if isinstance(value, dict):
        for field, own in value.items():
            yield (*path, field), {key: other for key, other in value.items() if key != field}
            yield from (((*path, field), {**value, field: wrong}) for wrong in WRONG)
            yield from ((way, {**value, field: second}) for way, second in broken(own, *path, field))
    elif isinstance(value, list):
        for at, own in enumerate(value):
            yield from ((way, [*value[:at], second, *value[at + 1 :]]) for way, second in broken(own, *path))


@pytest.mark.parametrize("name", [one.name for one in FORMATS])
def test_a_broken_record_is_refused_by_its_number_and_its_field_in_one_line(name: str, tmp_path: Path) -> None:
    record = RECORDS[name]
    other = {**record, "_id": "e"} if name == "BEIR" else record  # whose ids must differ
    path, corpus = written(name, [record, other], tmp_path)
    load_dataset(path, corpus=corpus)
    refused = set()
    for way, second in broken(other):
        path, corpus = written(name, [record, second], tmp_path)
        try:
            load_dataset(path, corpus=corpus)
        except DatasetError as error:
            told = str(error)
            assert "\n" not in told
            assert re.search(r"\b(?:line|record|article|question|claim) 2\b", told), (way, second, told)
            assert any(field in told or PARTS.get(field, field) in told for field in way), (way, second, told)
            refused.add(way)
    assert refused, "no field was checked"


@pytest.mark.parametrize("wrong", [["ANSWERABLE"], "ANSWERABLE", 7])
def test_labels_of_a_conversation_that_are_no_object_are_refused_by_their_message(
    wrong: object, tmp_path: Path
) -> None:
    asked = {"speaker": "user", "text": "How many?", "enrichments": {"Answerability": ["ANSWERABLE"]}}
    talks = [
        {"messages": [one, {"speaker": "agent", "text": "two"}]} for one in (asked, {**asked, "enrichments": wrong})
    ]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(talk) + "\n" for talk in talks))
    with pytest.raises(DatasetError, match=r"line 2, message 1, enrichments: a JSON object is needed, not"):
        load_dataset(tmp_path / "x.jsonl")


@pytest.mark.parametrize("name", [one.name for one in FORMATS])
def test_what_is_no_record_is_refused_by_its_number(name: str, tmp_path: Path) -> None:
    for wrong in (None, 7, "text", [1]):
        path, corpus = written(name, [RECORDS[name], wrong], tmp_path)
        with pytest.raises(DatasetError, match=r"\b(?:line|record|article) 2\b") as caught:
            load_dataset(path, corpus=corpus)
        assert "\n" not in str(caught.value)
