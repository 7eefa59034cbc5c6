"""RAGTruth as it is published: ``response.jsonl`` with ``source_info.jsonl`` beside it. The content is invented."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from evaluation_data import value, word_harness

from qa.evaluation import Dataset, DatasetError, evaluate, load_dataset

CAFE = {
    "name": "Pump Café", "city": "Alphaville", "hours": {"Monday": "9:0-17:0"},
    "attributes": {"OutdoorSeating": True, "Music": None, "Ambience": {"casual": None}}, "business_stars": 3.5,
    "review_info": [{"review_stars": 4.0, "review_text": "Good soup. The tea was cold."}],
}  # fmt: skip
SOURCES: tuple[dict[str, Any], ...] = (
    {"source_id": "1", "task_type": "Summary", "source": "CNN/DM", "prompt": "Summarize:",
     "source_info": "Alpha pumps water. It has two pumps.\n"},
    {"source_id": "2", "task_type": "QA", "source": "MARCO", "prompt": "Answer:", "source_info": {
        "question": "how old is the mill", "passages": "passage 1:The mill is old.\n\npassage 2:It grinds rye.\n\n"}},
    {"source_id": "3", "task_type": "Data2txt", "source": "Yelp", "prompt": "Write:", "source_info": CAFE},
    {"source_id": "4", "task_type": "Summary", "source": "Recent News", "prompt": "", "source_info": "Birds sing."},
    {"source_id": "5", "task_type": "Summary", "source": "Recent News", "prompt": "", "source_info": "Rye grows."},
)  # fmt: skip


def span(**flags: Any) -> dict[str, Any]:
    return {"start": 0, "end": 5, "text": "Alpha", "meta": "HIGH", "label_type": "Evident Baseless Info", **flags}


def response(number: int, source: int, text: str, *labels: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "id": str(number), "source_id": str(source), "model": "gpt-4-0613", "temperature": 0.7, "labels": [*labels],
        "split": "test", "quality": "good", "response": text, **changed,
    }  # fmt: skip


RESPONSES = (
    response(1, 1, "Alpha pumps water."),
    response(2, 1, "Alpha sells iron.", span(), model="llama-2-7b-chat", split="train"),
    response(3, 2, "The mill is old."),
    response(4, 2, "Rye is a cereal.", span(implicit_true=True, due_to_null=False)),
    response(5, 3, "It has no music.", span(implicit_true=False, due_to_null=True)),
    response(6, 3, "Good soup.", quality="truncated"),
    response(7, 4, "Unable to answer.", quality="incorrect_refusal"),
    response(8, 4, "Birds sing.", quality="truncated"),
    response(9, 4, "Birds sing."),
    response(10, 5, "Rye grows."),
)


def written(
    folder: Path, responses: Iterable[object] = RESPONSES, sources: Iterable[Mapping[str, Any]] = SOURCES
) -> Path:
    for name, records in (("response.jsonl", responses), ("source_info.jsonl", sources)):
        (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return folder / "response.jsonl"


def loaded(folder: Path) -> Dataset:
    return load_dataset(written(folder))


def test_a_response_with_a_labelled_span_is_not_supported_whatever_the_span_says_of_itself(tmp_path: Path) -> None:
    dataset = loaded(tmp_path)
    assert (dataset.kind, dataset.documents, dataset.language) == ("support", {}, "en")
    assert {item.id: item.label for item in dataset.items} == {
        "1": "supported", "2": "not_supported", "3": "supported", "4": "not_supported", "5": "not_supported",
        "9": "supported", "10": "supported",
    }  # fmt: skip
    assert dataset.items[1].question == "Alpha sells iron."


def test_the_evidence_is_the_text_the_passages_or_the_fields_of_the_record_nulls_too(tmp_path: Path) -> None:
    evidence = {item.id: item.evidence for item in loaded(tmp_path).items}
    assert evidence["1"] == ("Alpha pumps water.", "It has two pumps.")
    assert "how old" not in " ".join(evidence["3"])
    assert [text.strip() for text in evidence["3"]] == ["passage 1:The mill is old.", "passage 2:It grinds rye."]
    assert evidence["5"] == (
        "name: Pump Café", "city: Alphaville", "hours.Monday: 9:0-17:0", "attributes.OutdoorSeating: true",
        "attributes.Music: null", "attributes.Ambience.casual: null", "business_stars: 3.5",
        "review_info.1.review_stars: 4.0", "review_info.1.review_text: Good soup.", "The tea was cold.",
    )  # fmt: skip


def test_responses_to_one_source_are_a_group_and_task_model_and_split_are_slices(tmp_path: Path) -> None:
    first, second, *others = loaded(tmp_path).items
    assert first.group == second.group
    assert len({item.group for item in others}) == 4
    assert first.slices == {"language": "en", "task_type": "Summary", "model": "gpt-4-0613", "split": "test"}
    assert (second.slices["model"], second.slices["split"]) == ("llama-2-7b-chat", "train")
    assert [item.slices["task_type"] for item in others] == ["QA", "QA", "Data2txt", "Summary", "Summary"]


def test_responses_of_low_quality_are_left_out_and_counted(tmp_path: Path) -> None:
    assert loaded(tmp_path).notes == (
        "response.jsonl: 3 of 10 responses are left out, as their quality is not good (truncated 2, incorrect_refusal "
        "1)",
    )
    assert load_dataset(written(tmp_path, RESPONSES[:5])).notes == ()


def test_it_is_evaluated_by_source_and_task(tmp_path: Path) -> None:
    run = evaluate(loaded(tmp_path), "coverage", out=tmp_path / "runs", harness=word_harness())
    assert value(run, "AUROC") == 1.0
    assert run.metrics["slices"]["task_type"]["QA"]["items"] == 2


def test_the_sources_lie_beside_the_responses_or_are_named(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "source_info.jsonl").rename(tmp_path / "elsewhere" / "source_info.jsonl")
    with pytest.raises(DatasetError, match=r"there is no source_info\.jsonl .* beside it"):
        load_dataset(path)
    assert len(load_dataset(path, corpus=tmp_path / "elsewhere").items) == 7


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"source_id": "77"}, 'source_id "77" is no source of source_info.jsonl'),
        ({"labels": [{**span(), "end": "5"}]}, 'span 1: end must be a whole number, not "5"'),
        ({"labels": [{**span(), "start": True}]}, "span 1: start must be a whole number, not true"),
        ({"quality": ""}, "quality is missing or empty"),
        ({"model": ["gpt"]}, "model must be a text"),
    ],
)
def test_a_broken_response_is_refused_by_line_and_field(changed: dict[str, Any], told: str, tmp_path: Path) -> None:
    path = written(tmp_path, [RESPONSES[0], {**RESPONSES[1], **changed}])
    with pytest.raises(DatasetError) as caught:
        load_dataset(path)
    assert "response.jsonl: line 2" in str(caught.value)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"source_id": "1"}, 'there is a source_id "1" already'),
        ({"task_type": "Chat"}, 'task_type must be QA, Summary or Data2txt, not "Chat"'),
        ({"task_type": "Summary"}, "source_info must be a text that is not empty"),
        ({"source_info": {"question": "how"}}, "source_info: passages must be a text"),
        ({"source_info": "a text"}, "source_info: a JSON object is needed"),
        ({"task_type": "Data2txt", "source_info": {}}, "source_info must be a text that is not empty"),
    ],
)
def test_a_broken_source_is_refused_by_line_and_field(changed: dict[str, Any], told: str, tmp_path: Path) -> None:
    path = written(tmp_path, sources=[SOURCES[0], {**SOURCES[1], **changed}, *SOURCES[2:]])
    with pytest.raises(DatasetError) as caught:
        load_dataset(path)
    assert "source_info.jsonl: line 2" in str(caught.value)
    assert told in str(caught.value)


def test_a_record_nested_too_deep_is_refused_in_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, sources=[*SOURCES[:2], {**SOURCES[2], "source_info": "DEEP"}, *SOURCES[3:]])
    sources = tmp_path / "source_info.jsonl"
    sources.write_text(sources.read_text("utf-8").replace('"DEEP"', '{"a":' * 3000 + "1" + "}" * 3000), "utf-8")
    with pytest.raises(
        DatasetError, match=r"^source_info\.jsonl: line 3.* (?:nested too deep|cannot be read)"
    ) as caught:
        load_dataset(path)
    assert "\n" not in str(caught.value)
