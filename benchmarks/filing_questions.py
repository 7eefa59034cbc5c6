"""Questions for a cell of a filing's table: is the right cell said first, and never another year's or row's?

    python -m benchmarks.filing_questions FILE.pdf…

The questions are ``benchmarks/filings/questions.jsonl``: 40 of public filings (``DATA/pdf``) and of those that
``python -m benchmarks.filings`` prints; those of files that are not given are left out. For ten of them, near-misses,
no cell is right: the year or the row is not in the tables, so that only a refusal is right.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qa import settings
from qa.answer import Answer
from qa.assistant.compose import open_assistant, open_ingest

QUESTIONS = Path(__file__).parent / "filings" / "questions.jsonl"
_SIGNS = str.maketrans("", "", "$€ ")


def outcome(question: Mapping[str, Any], answer: Answer) -> str:
    """ "right", "refused" (though a cell is right), or "other": another cell or text is said."""
    if not answer.answered:
        return "right" if question["answer"] is None else "refused"
    if question["answer"] is None or not answer.citations:
        return "other"
    first = answer.citations[0]
    is_row = Path(first.passage.source.path).name == question["file"] and question["row"] in _read(first)
    return "right" if is_row and _bare(answer.short_answer or "") == _bare(question["answer"]) else "other"


def _read(citation: Any) -> str:
    return f"{citation.quote}\n{' '.join(text for cell in citation.cells for text in cell.row)}"


def _bare(text: str) -> str:
    return text.translate(_SIGNS)


def ask(paths: Sequence[Path]) -> list[tuple[dict[str, Any], Answer]]:
    """The questions of these files, each with its answer from an index of all of them."""
    known = {path.name for path in paths}
    questions = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings.read(index=Path(folder))
        open_ingest(chosen).update(list(paths))
        assistant = open_assistant(chosen)
        return [(own, assistant.ask(own["question"])) for own in questions if own["file"] in known]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    counts = Counter[tuple[bool, str]]()
    for question, answer in ask(options.files):
        found = outcome(question, answer)
        counts[question["answer"] is None, found] += 1
        said = f"{answer.short_answer} | {answer.text[:160]!r}" if answer.answered else "(refused)"
        print(f"{found:8} {question['id']} {question['question']}\n         {said}")
    cells = {found: counts[False, found] for found in ("right", "refused", "other")}
    print(f"{'right cell first; refused; another said':40} {cells['right']}; {cells['refused']}; {cells['other']}")
    print(f"{'near-misses refused; answered':40} {counts[True, 'right']}; {counts[True, 'other']}")


if __name__ == "__main__":
    main()
