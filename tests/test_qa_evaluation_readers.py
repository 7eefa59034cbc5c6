"""Every reader of a dataset refuses a broken record by its number and its field, and any without a field it needs."""

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

# A record of each format, as its authors publish it, with the fields that are read; and of the files beside some.
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
    "BEIR's queries": {"_id": "q", "text": "How many?"},
    "JSON Lines of questions": {"id": "q", "question": "How many pumps?", "answers": ["two"], "answerable": True,
                                "evidence": [TEXT], "source": "pumps.txt", "kind": "number"},
    "ragas' test sets": {"user_input": "How many?", "reference": "two", "reference_contexts": [TEXT]},
    "visitors' questions": {"id": "q", "corpus": "docs", "kind": "fact", "question": "How many?", "after": ["Pumps?"],
                            "expect": {"all": [["two"]], "cite": ["pumps.txt"]}, "source": "pumps.txt",
                            "evidence": [TEXT]},
    "claims": {"claim": "Alpha pumps.", "evidence": [FIRST], "label": "supported", "supporting_sentences": [[0]]},
    "SciFact's claims": {"id": 1, "claim": "Alpha pumps.", "evidence": [{"doc_id": "d", "label": "SUPPORT"}]},
    "LLM-AggreFact": {"dataset": "Wice", "doc": TEXT, "claim": "Alpha pumps.", "label": 1},
    "RAGTruth": {"id": "7", "source_id": "1", "model": "gpt", "temperature": 0.7, "split": "test", "quality": "good",
                 "labels": [{"start": 0, "end": 5, "text": "Alpha", "meta": "x", "label_type": "Evident Conflict",
                             "implicit_true": False, "due_to_null": False}], "response": "Alpha sells iron."},
    "RAGTruth's sources": {"source_id": "1", "task_type": "Summary", "source": "x", "source_info": TEXT, "prompt": "x"},
    "HotpotQA": {"_id": "q", "question": "How many?", "answer": "two", "type": "bridge", "level": "hard",
                 "supporting_facts": [["Pumps", 0]], "context": [["Pumps", [FIRST, " It has two pumps."]]]},
    "2WikiMultihopQA": {"_id": "q", "question": "How many?", "answer": "two", "type": "comparison", "evidences": [],
                        "supporting_facts": [["Pumps", 0]], "context": [["Pumps", [FIRST, "It has two pumps."]]]},
    "MuSiQue": {"id": "2hop", "question": "How many?", "answer": "two", "answer_aliases": ["2"], "answerable": True,
                "paragraphs": [{"idx": 0, "title": "Pumps", "paragraph_text": TEXT, "is_supporting": True}],
                "question_decomposition": [{"id": 1, "question": "x", "answer": "y", "paragraph_support_idx": 0}]},
    "MultiHop-RAG": {"query": "How many?", "answer": "two", "question_type": "inference_query",
                     "evidence_list": [{"title": "Pumps", "url": PAGE["url"], "source": "Post", "fact": FIRST}]},
    "MultiHop-RAG's articles": ARTICLE,
    "CRAG": {"interaction_id": "q", "query": "How many?", "answer": "two", "alt_ans": ["2"], "domain": "open",
             "question_type": "simple", "static_or_dynamic": "static", "popularity": "head", "split": 0,
             "search_results": [{"page_name": "Pumps", "page_url": PAGE["url"], "page_result": f"<p>{TEXT}</p>"}]},
    "RAGBench": {"id": "q", "question": "How many?", "documents": [TEXT], "response": "Two pumps.",
                 "documents_sentences": [[["0a", FIRST], ["0b", "It has two pumps."]]],
                 "all_relevant_sentence_keys": ["0b"], "adherence_score": True, "dataset_name": "hotpotqa"},
    "ALCE": {"sample_id": "q", "question": "How many?", "qa_pairs": [{"question": "x", "short_answers": ["two"]}],
             "docs": [{"title": "Pumps", "text": TEXT}, {"title": "Age", "text": FIRST}]},
    "KILT": {"id": "q", "input": "How many?",
             "output": [{"answer": "two", "provenance": [{"wikipedia_id": "11", "title": "Pumps"}]}]},
    "KILT's pages": {"wikipedia_id": "11", "wikipedia_title": "Pumps", "text": ["Pumps\n", f"{TEXT}\n"]},
    "RAGChecker": {"query_id": "q", "query": "How many?", "gt_answer": "two", "response": "Two.",
                   "retrieved_context": []},
    "TREC RAG nuggets": {"query": "How many?", "qid": "q", "nuggets": [{"text": "two", "importance": "vital"}]},
    "BoolQ": {"question": "does alpha pump", "title": "Alpha", "answer": True, "passage": TEXT},
    "CLAPNQ": {"id": "q", "input": "how many", "passages": [{"title": "Pumps", "text": TEXT, "sentences": [FIRST]}],
               "output": [{"answer": "It pumps.", "selected_sentences": [FIRST]}]},
    "CondaQA": {"PassageEditID": 0, "SampleID": 1, "label": "YES", "sentence2": "Is it?", "PassageID": 4,
                "sentence1": TEXT},
    "mtRAG": {"conversation_id": "c", "task_id": "c<::>1", "task_type": "rag", "Collection": "town", "turn": 1,
              "input": [{"speaker": "user", "text": "What?"}, {"speaker": "agent", "text": "Pumps."},
                        {"speaker": "user", "text": "How many?"}], "targets": [{"speaker": "agent", "text": "two"}],
              "contexts": [{"document_id": "d", "title": "Pumps", "text": TEXT}], "Answerability": ["ANSWERABLE"],
              "Question Type": ["Factoid"]},
    "mtRAG's conversations": {"messages": [
        {"speaker": "user", "text": "How many?", "enrichments": {"Answerability": ["ANSWERABLE"]}},
        {"speaker": "agent", "text": "two", "contexts": [{"document_id": "d", "title": "Pumps", "text": TEXT}]}]},
    "MultiSpanQA": {"id": "q", "question": ["who", "pumps"], "context": ["Alpha", "pumps"], "label": ["B", "O"],
                    "type": "HUM", "structure": "x", "num_span": 1},
    "ShARC": {"utterance_id": "q", "tree_id": "t", "snippet": TEXT, "question": "May I?", "scenario": "I pump.",
              "history": [{"follow_up_question": "Do you?", "follow_up_answer": "Yes"}], "answer": "Yes"},
    "ConditionalQA": {"id": "q", "url": PAGE["url"], "scenario": "I pump.", "question": "Does it?",
                      "not_answerable": False, "answers": [["yes", []]], "evidences": PAGE["contents"]},
    "ConditionalQA's pages": PAGE,
    "LongBench-Cite": {"idx": 0, "dataset": "x_en", "query": "How many?", "answer": ["two"], "context": TEXT,
                       "few_shot_scores": []},
    "RefusalBench-NQ": {"id": "q", "source_id": "1", "perturbation_class": "P", "intensity": "HIGH",
                        "expected_rag_behavior": "ANSWER_CORRECTLY", "original_answers": ["two"],
                        "perturbed_query": "how many", "perturbed_context": TEXT},
}  # fmt: skip
# What the second record has otherwise, where ids must differ.
SECOND: Mapping[str, dict[str, Any]] = {
    "BEIR": {"_id": "e"}, "BEIR's queries": {"_id": "p"}, "RAGTruth's sources": {"source_id": "2"}
}  # fmt: skip
# Of what a list must hold, a broken part is named by what it is there, such as "line 2, page 1".
PARTS = {
    "paragraphs": "paragraph 1", "evidence_list": "evidence 1", "search_results": "page 1", "docs": "doc 1",
    "nuggets": "nugget 1", "input": "message 1", "history": "turn 1", "qa_pairs": "pair 1", "contexts": "context 1",
    "passages": "passage 1", "targets": "target 1", "question_decomposition": "hop 1", "qas": "question ",
    "labels": "span 1", "output": "output 1", "messages": "message 1", "answers": "answer 1",
    "short_answers": "an answer has no text", "doc_id": "the document",
}  # fmt: skip
# What any field may wrongly hold; some take it: what becomes a slice where it is a text is passed over elsewhere.
WRONG: tuple[object, ...] = (None, 3.5, True, "", {"no": "such"}, [], [None], [[7]], [{}], float("nan"))
GONE = "(missing)"

# What a question, an answer, a text or a verdict needs: without it, and with anything wrong in its place, a record is
# refused. A number is a text, as ids and answers are numbers; NUMBER and the like name what else is right there.
NUMBER, BOOL, EMPTY, NOTHING = (3.5,), (True,), ([],), ()
SQUAD = {"paragraphs": EMPTY, "paragraphs.context": NOTHING, "paragraphs.qas": EMPTY, "paragraphs.qas.question": NUMBER}
HOTPOT = {"_id": NUMBER, "question": NUMBER, "answer": NUMBER, "supporting_facts": NOTHING, "context": NOTHING}
REQUIRED: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    "SQuAD 1.1, 2.0": {**SQUAD, "paragraphs.qas.answers": EMPTY, "paragraphs.qas.answers.text": NOTHING},
    "QuAC": {**SQUAD, "paragraphs.qas.answers": NOTHING, "paragraphs.qas.answers.text": NOTHING,
             "paragraphs.qas.orig_answer": NOTHING, "paragraphs.qas.orig_answer.text": NOTHING},
    "BEIR": {"_id": NUMBER, "text": (3.5, "")},  # of a document without text, the title is the text
    "BEIR's queries": {"_id": NUMBER, "text": NUMBER},
    "JSON Lines of questions": {"question": NUMBER, "answers": NUMBER},
    "ragas' test sets": {"user_input": NUMBER, "reference": (None, 3.5, [])},  # none: unanswerable
    "visitors' questions": {"question": NUMBER, "corpus": NOTHING, "expect": NOTHING},
    "claims": {"claim": NUMBER, "evidence": NOTHING, "label": NOTHING},
    "SciFact's claims": {"id": NUMBER, "claim": NUMBER, "evidence": EMPTY, "evidence.doc_id": NOTHING,
                         "evidence.label": NOTHING},
    "LLM-AggreFact": {"doc": NUMBER, "claim": NUMBER, "label": NOTHING},
    "RAGTruth": {"id": NUMBER, "source_id": NOTHING, "labels": EMPTY, "labels.start": NOTHING, "labels.end": NOTHING,
                 "quality": NUMBER, "response": NUMBER},
    "RAGTruth's sources": {"source_id": NUMBER, "task_type": NOTHING, "source_info": NOTHING},
    "HotpotQA": HOTPOT,
    "2WikiMultihopQA": HOTPOT,
    "MuSiQue": {"id": NUMBER, "question": NUMBER, "answer": NUMBER, "answer_aliases": EMPTY, "answerable": BOOL,
                "paragraphs": NOTHING, "paragraphs.title": NUMBER, "paragraphs.paragraph_text": NOTHING,
                "paragraphs.is_supporting": BOOL},
    "MultiHop-RAG": {"query": NUMBER, "answer": NUMBER, "question_type": NUMBER, "evidence_list": NOTHING,
                     "evidence_list.fact": NUMBER},
    "MultiHop-RAG's articles": {"title": NUMBER, "body": NOTHING},
    # A question without pages is left out, with a note.
    "CRAG": {"interaction_id": NUMBER, "query": NUMBER, "answer": NUMBER, "search_results": EMPTY,
             "search_results.page_url": NUMBER},
    "RAGBench": {"id": NUMBER, "question": NUMBER, "documents": NOTHING, "response": NUMBER,
                 "documents_sentences": NOTHING},
    "ALCE": {"question": NUMBER, "docs": NOTHING, "docs.text": (3.5, ""), "qa_pairs": NOTHING,
             "qa_pairs.short_answers": NOTHING},
    "KILT": {"id": NUMBER, "input": NUMBER, "output": NOTHING, "output.answer": NUMBER,
             "output.provenance.wikipedia_id": NUMBER},
    "KILT's pages": {"wikipedia_id": NUMBER, "wikipedia_title": NUMBER, "text": EMPTY},
    "RAGChecker": {"query": NUMBER, "gt_answer": (None, 3.5, [])},
    "TREC RAG nuggets": {"query": NUMBER, "qid": NUMBER, "nuggets": NOTHING, "nuggets.text": NUMBER,
                         "nuggets.importance": NOTHING},
    "BoolQ": {"question": NUMBER, "answer": BOOL, "passage": NOTHING},
    "CLAPNQ": {"input": NUMBER, "passages": NOTHING, "passages.text": NOTHING, "output": NOTHING,
               "output.answer": (3.5, ""), "output.selected_sentences": EMPTY},  # "": unanswerable
    "CondaQA": {"sentence1": NOTHING, "sentence2": NUMBER, "label": BOOL},
    "mtRAG": {"input": NOTHING, "input.speaker": NUMBER, "input.text": NUMBER, "targets": NOTHING,
              "targets.text": NUMBER, "contexts": EMPTY, "contexts.document_id": NUMBER, "contexts.text": NUMBER,
              "Answerability": NOTHING},
    "mtRAG's conversations": {"messages.speaker": NUMBER, "messages.text": NUMBER},
    "MultiSpanQA": {"question": NOTHING, "context": NOTHING, "label": NOTHING},
    "ShARC": {"utterance_id": NUMBER, "tree_id": NUMBER, "snippet": NOTHING, "question": NUMBER, "history": EMPTY,
              "history.follow_up_question": NUMBER, "history.follow_up_answer": NUMBER, "answer": NUMBER},
    "ConditionalQA": {"id": NUMBER, "url": NOTHING, "question": NUMBER, "not_answerable": NOTHING, "answers": NOTHING,
                      "evidences": EMPTY},
    "ConditionalQA's pages": {"url": NUMBER, "contents": NOTHING},
    "LongBench-Cite": {"idx": NUMBER, "query": NUMBER, "answer": NOTHING, "context": NOTHING},
    "RefusalBench-NQ": {"id": NUMBER, "source_id": NUMBER, "expected_rag_behavior": NOTHING,
                        "original_answers": NOTHING, "perturbed_query": NUMBER, "perturbed_context": NOTHING},
}  # fmt: skip


def in_lines(file: Path, *records: object) -> Path:
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return file


def as_json(file: Path, value: object) -> Path:
    file.write_text(json.dumps(value))
    return file


def written(name: str, records: list[object], folder: Path) -> tuple[Path, Path | None]:
    """The records in the file that the format has for them, the others beside it; the dataset, and its corpus."""
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs" / "pumps.txt").write_text(TEXT)
    format_name, _, beside = name.partition("'s ")
    match format_name:
        case "SQuAD 1.1, 2.0" | "QuAC":
            return as_json(folder / "x.json", {"version": "v2.0", "data": records}), None
        case "BEIR":
            in_lines(folder / "corpus.jsonl", *([RECORDS["BEIR"]] if beside else records))
            in_lines(folder / "queries.jsonl", *(records if beside else [RECORDS["BEIR's queries"]]))
            (folder / "qrels.tsv").write_text("q\td\t1\n")
            return folder, None
        case "RAGChecker":
            return as_json(folder / "x.json", {"results": records}), folder / "docs"
        case "SciFact":
            in_lines(folder / "corpus.jsonl", RECORDS["BEIR"])
        case "MultiHop-RAG":
            as_json(folder / "corpus.json", records if beside else [ARTICLE])
        case "RAGTruth":
            in_lines(folder / "source_info.jsonl", *(records if beside else [RECORDS["RAGTruth's sources"]]))
        case "ConditionalQA":
            as_json(folder / "documents.json", records if beside else [PAGE])
        case "KILT":
            pages = in_lines(folder / "pages.jsonl", *(records if beside else [RECORDS["KILT's pages"]]))
            return in_lines(folder / "x.jsonl", *([RECORDS["KILT"]] if beside else records)), pages
        case _:
            pass
    own = {"JSON Lines of questions", "ragas' test sets", "TREC RAG nuggets"}
    in_own_file = beside and format_name in RECORDS and format_name != "mtRAG"
    main = in_lines(folder / "x.jsonl", *([RECORDS[format_name]] if in_own_file else records))
    return main, folder / "docs" if name in own else None


def broken(value: Any, *path: str) -> Iterator[tuple[tuple[str, ...], object, Any]]:
    """The value with each field of each object in it gone, and holding each wrong thing.

    Yields the way to the field, what is wrong there, and the value.
    """
    if isinstance(value, dict):
        for field, own in value.items():
            yield (*path, field), GONE, {key: other for key, other in value.items() if key != field}
            yield from (((*path, field), wrong, {**value, field: wrong}) for wrong in WRONG)
            below = broken(own, *path, field)
            yield from ((way, wrong, {**value, field: second}) for way, wrong, second in below)
    elif isinstance(value, list):
        for at, own in enumerate(value):
            below = broken(own, *path)
            yield from ((way, wrong, [*value[:at], second, *value[at + 1 :]]) for way, wrong, second in below)


def refusal(name: str, records: list[object], folder: Path) -> str | None:
    """Why the records are refused; None where they are read."""
    path, corpus = written(name, records, folder)
    try:
        load_dataset(path, corpus=corpus)
    except DatasetError as error:
        return str(error)
    return None


def test_every_format_and_every_file_beside_one_has_its_required_fields() -> None:
    assert REQUIRED.keys() == RECORDS.keys() >= {one.name for one in FORMATS}


@pytest.mark.parametrize("name", RECORDS)
def test_a_broken_record_is_refused_by_its_number_and_its_field_in_one_line(name: str, tmp_path: Path) -> None:
    record = RECORDS[name]
    other = {**record, **SECOND.get(name, {})}
    assert refusal(name, [record, other], tmp_path) is None
    right: list[tuple[str, object]] = []
    for way, wrong, second in broken(other):
        field, told = ".".join(way), refusal(name, [record, second], tmp_path)
        if told is None:
            assert wrong in REQUIRED[name].get(field, (*WRONG, GONE)), (field, wrong)
            right.append((field, wrong))
            continue
        assert "\n" not in told
        assert re.search(r"\b(?:line|record|article|question|claim|page) 2\b", told), (field, wrong, told)
        named = way[-1:] if field in REQUIRED[name] else way
        assert any(part in told or PARTS.get(part, part) in told for part in named), (field, wrong, told)
    for field, allowed in REQUIRED[name].items():
        assert all((field, value) in right for value in allowed), f"{field}: less is right than the table says"
    assert REQUIRED[name].keys() <= {".".join(way) for way, _, _ in broken(other)}, "a field is misspelt"


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


@pytest.mark.parametrize("name", RECORDS)
def test_what_is_no_record_is_refused_by_its_number(name: str, tmp_path: Path) -> None:
    for wrong in (None, 7, "text", [1]):
        path, corpus = written(name, [RECORDS[name], wrong], tmp_path)
        with pytest.raises(DatasetError, match=r"\b(?:line|record|article|page) 2\b") as caught:
            load_dataset(path, corpus=corpus)
        assert "\n" not in str(caught.value)
