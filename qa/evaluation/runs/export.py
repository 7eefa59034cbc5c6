"""A finished run in the files of other tools: a table of its questions, or ragas' EvaluationDataset."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from documents.document import Document
from qa.answer.spreadsheet import as_cell
from qa.evaluation.runs.files import RunError, as_lines, write_whole
from qa.evaluation.runs.frame import load_run
from qa.evaluation.runs.run import Run
from qa.saved.verification_source import said

FORMATS = (".csv", ".parquet", ".json", ".jsonl")


def export_run(run: Path, target: Path) -> int:
    """Write the run in the folder ``run`` to the file ``target``, whose ending says how; the number of questions.

    As it quotes documents, only its owner may read it, like the run itself.

    - ``.csv``, ``.parquet``: the columns of ``load_run``; in CSV lists are JSON, and a text that a spreadsheet would
      take for a formula stands behind an apostrophe;
    - ``.json``, ``.jsonl``: a list of ragas' samples, or one a line: ``user_input``, ``response`` ("" of a refusal),
      ``retrieved_contexts``, ``reference`` (None where there is no answer) and ``reference_contexts``; of rankings
      ``retrieved_context_ids`` and ``reference_context_ids``. Contexts are the passages that were found, as far as the
      run keeps their documents, which are those that it cites; without any, the quotations.

    Raises:
        RunError: the folder holds no finished run, the ending is another, the file cannot be written, or Parquet needs
            a package that is not installed.
    """
    if target.suffix not in FORMATS:
        raise RunError(f"{target}: a run is exported to a file that ends in {', '.join(FORMATS)}")
    try:
        if target.suffix in (".csv", ".parquet"):
            return _table(run, target)
        samples = list(_samples(run))
        whole = json.dumps(samples, ensure_ascii=False, indent=2) + "\n"
        write_whole(target, as_lines(samples) if target.suffix == ".jsonl" else whole)
    except OSError as error:
        raise RunError(f"{target}: cannot be written ({error.strerror})") from error
    return len(samples)


def _table(run: Path, target: Path) -> int:
    frame = load_run(run)
    frame.attrs = {}
    if target.suffix == ".csv":
        write_whole(target, frame.map(_csv_cell).rename(columns=as_cell).to_csv(index=False))
        return len(frame)
    try:
        write_whole(target, frame.to_parquet(index=False))
    except ImportError as error:
        raise RunError("Parquet needs a package of its own: pip install 'refdesk[parquet]'") from error
    return len(frame)


def _csv_cell(value: Any) -> Any:
    """A value of the table: texts and lists as text that no spreadsheet computes, others as they are."""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return as_cell(value) if isinstance(value, str) else value


def _samples(folder: Path) -> Iterator[dict[str, Any]]:
    """The questions as samples of ragas."""
    run = Run.open(folder)
    run.check_finished()
    if run.config["task"] == "support":
        raise RunError(f"{folder}: claims have no answers: export them to .csv or .parquet")
    documents, _ = run.documents()
    for record in run.records:
        gold = record["gold"]
        if "ranking" in record:
            yield {
                "user_input": record["question"],
                "retrieved_context_ids": [name for name, _ in record["ranking"]],
                "reference_context_ids": list(gold["relevant"]),
            }
            continue
        answers = gold["answers"]
        reference = ", ".join(answers) if "all" in gold or gold.get("several") else next(iter(answers), None)
        yield {
            "user_input": record["question"],
            "response": " ".join(own["text"] for own in said(record["answer"])) if record["said"] else "",
            "retrieved_contexts": _contexts(record["answer"], documents),
            "reference": reference or None,
            "reference_contexts": [gold["evidence"]] if gold.get("evidence") else [],
        }


def _contexts(answer: Mapping[str, Any], documents: Mapping[str, Document]) -> list[str]:
    cited = {citation["source"]: citation["document"] for citation in answer["citations"]}
    held = [
        (documents[cited[passage["source"]]], passage["start"], passage["end"])
        for passage in answer.get("passages", ())
        if cited.get(passage["source"]) in documents and "start" in passage and "end" in passage
    ]
    return [document.text[start:end] for document, start, end in held] or [own["quote"] for own in answer["citations"]]
