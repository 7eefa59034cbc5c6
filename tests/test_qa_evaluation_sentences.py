"""The baseline without any model: the sentence, or the documents, that BM25 ranks first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from evaluation_data import beir, claims, squad, unplotted, value
from fakes import filled

from qa.evaluation import DatasetError, Harness, Run, evaluate, load_dataset, replay
from qa.evaluation.runs.check import check_run


def no_models(*_: object) -> None:
    raise AssertionError("a model was loaded")


HARNESS = Harness(load=no_models, resamples=50, plots=unplotted)  # type: ignore[arg-type]


def said(run: Run) -> dict[str, str]:
    return {row["id"]: row["answer"]["statements"][0]["text"] for row in run.records if row["said"]}


@pytest.mark.parametrize("task", ["qa", "reading"])
def test_the_best_sentence_is_quoted(tmp_path: Path, task: str) -> None:
    dataset = load_dataset(squad(tmp_path))
    run = evaluate(dataset, "bm25", task=task, out=tmp_path / "runs", harness=HARNESS)
    found = said(run)
    assert found["Grain-0-1"] == "The granary holds 300 tons of wheat."
    assert found["Pumps-0-1"] == "The pump was built by Ann Miller in 1890."
    # Only its own passage is read; of all of them, "lives" and "moon" are in none.
    assert "Grain-0-2" not in found
    assert value(run, "answered") == pytest.approx(6 / 7, abs=1e-6)
    assert all(0 < row["signals"]["confidence"] < 1 for row in run.records if row["said"])
    assert check_run(run.folder).problems == []
    assert replay(run, dataset, {}, harness=HARNESS) is None
    if task == "qa":
        assert value(run, "citation_precision") == value(run, "citations_hold") == 1.0


def test_a_claim_is_scored_by_the_best_sentence_of_its_evidence(tmp_path: Path) -> None:
    dataset = load_dataset(claims(tmp_path))
    run = evaluate(dataset, "bm25", out=tmp_path / "runs", harness=HARNESS)
    scores = [row["score"] for row in run.records]
    assert max(scores) == scores[0]  # its very words, six of them
    assert scores[6] == 0.0  # "Birds sing songs.": no word of it
    assert scores[1] > scores[4] > 0  # "built", "1890" in one sentence; only "Alpha"
    assert value(run, "AUROC") == 1.0
    assert replay(run, dataset, {}, harness=HARNESS) is None


def test_rare_words_count_over_the_evidence_of_all_claims_and_only_its_own_is_read(tmp_path: Path) -> None:
    """Of ten sentences all have "mill", one "granary": sharing the rare word counts more than the common one."""
    rows = [{"claim": "A granary.", "evidence": ["A granary beside the mill."], "label": "supported"}]
    rows += [{"claim": "A mill.", "evidence": [f"Mill number {n} by rivers."], "label": "supported"} for n in range(9)]
    rows += [{"claim": "A granary.", "evidence": ["Mill number 1 by rivers."], "label": "not_supported"}]
    path = tmp_path / "rare.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = [row["score"] for row in evaluate(load_dataset(path), "bm25", out=tmp_path, harness=HARNESS).records]
    assert found[0] > found[1] > 0
    assert found[-1] == 0.0  # the granary is in the evidence of another claim


def test_an_existing_index_is_searched_for_sentences(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    path = tmp_path / "qa.jsonl"
    path.write_text(json.dumps({"question": "Beta stores what?", "answer": ["grain"]}) + "\n")
    with pytest.raises(DatasetError, match="--corpus PATH, or an index with --index"):
        evaluate(load_dataset(path), "bm25", out=tmp_path / "runs", harness=HARNESS)
    run = evaluate(load_dataset(path), "bm25", out=tmp_path / "runs", index=desk.store.folder, harness=HARNESS)
    assert "grain" in said(run)["1"]


def test_documents_are_ranked_by_their_words_without_any_model_also_those_of_an_existing_index(tmp_path: Path) -> None:
    dataset = load_dataset(beir(tmp_path))
    run = evaluate(dataset, "bm25", out=tmp_path / "runs", harness=HARNESS)
    assert value(run, "P@1") == 1.0
    assert run.config["models"].keys() == {"splitter"}
    assert run.config["index"]["embedder"] == "none"
    assert replay(run, dataset, {}, harness=HARNESS) is None
    desk = filled(tmp_path)  # its vectors are of 24 dimensions
    ranked = evaluate(dataset, "bm25", out=tmp_path / "runs", index=desk.store.folder, harness=HARNESS)
    assert ranked.config["index"]["embedder"] == desk.embedder.fingerprint
    assert any(record["ranking"] for record in ranked.records)
