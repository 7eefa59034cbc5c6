"""``refdesk verify RUN``: check every answer of a run against the documents that the run keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.evaluation.runs.files import RunError
from qa.evaluation.runs.run import Run
from qa.saved.read import is_answer
from qa.saved.verification_source import VerificationSource
from qa.saved.verify import NOT_CHECKED, Checked, check
from qa.write.grounds import Verifier

# The models of a run's configuration that make answers.
_MADE_BY = ("embedder", "reranker", "reader", "generator", "verifier", "prompt")
# What a run does not record, so that it cannot be checked.
_OTHER_SYSTEM = "what another system than Refdesk says in its own words"
_OUTLINES = "titles, pages and sections, which this older run does not keep"
_NEVER_CHECKED = ("the run's configuration, gold answers and figures", "documents that are not cited")


def check_run(folder: Path, verifier: Callable[[], Verifier] | None = None) -> Checked:
    """Check the answers of the run in ``folder``; ``verifier`` as for ``qa.saved.verify.check``.

    Raises:
        RunError: the run cannot be read, or one of its answers is malformed.
        ModelError: the verifier's model cannot be loaded.
    """
    run = Run.open(folder)
    if run.config["task"] not in ("qa", "reading", "visitors"):
        raise RunError(f"{folder}: a run of the task {run.config['task']} has no citations to check")
    run.check_finished()
    run.records = [record for record in run.records if "error" not in record]  # nothing was said
    for number, record in enumerate(run.records, start=1):
        if not isinstance(record.get("answer"), dict) or not is_answer(record["answer"]):
            raise RunError(f"{folder}: answer {number} is none as refdesk writes it")
    documents, outlined = run.documents()
    # Baselines return other replies than Answers.
    own, models = run.config.get("own") is True and run.config["system"] == "default", run.config.get("models")
    models = models if isinstance(models, dict) else {}
    names = {part: name for part, name in models.items() if part in _MADE_BY and isinstance(name, str)}
    against = VerificationSource(documents.get, "the run's texts", own=own, outlined=outlined, models=names)
    unknown = [text for text, known in ((_OTHER_SYSTEM, own), (_OUTLINES, outlined)) if not known]
    checked = check(
        [record["answer"] for record in run.records],
        against,
        verifier,
        (*NOT_CHECKED, *unknown, *_NEVER_CHECKED),
    )
    return replace(checked, problems=[*checked.problems, *_other_questions(run)])


def _other_questions(run: Run) -> Iterator[dict[str, Any]]:
    """A problem for each answer to another question than its record's."""
    for number, record in enumerate(run.records, start=1):
        # The stand-alone question may be another: a follow-up, or one that was misspelt.
        asked = " ".join(str(record["answer"].get("question")).split())
        if run.config.get("own") is True and asked != " ".join(record["question"].split()):
            yield {"record": number, "question": record["question"], "problem": "the question is not the record's"}
