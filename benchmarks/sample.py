"""How well and how fast questions about the bundled article are answered.

    python -m benchmarks.sample [--questions tests/fixtures/beijing_dev.jsonl] [--show] [--off-topic SQUAD.json]

Each question is asked twice of a new index of the sample documents. An answerable question is right if the first
statement contains a gold answer and cites gold evidence; an unanswerable one if it is refused. F1 is SQuAD's, of the
short answers to answerable questions: as given (0 for a refusal), and with every best candidate said. Off-topic
questions are those of a SQuAD file, asked of the sample documents.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from documents.load import sample_paths
from index.onnx import cores
from qa import settings
from qa.answer import Answer
from qa.assistant import Assistant
from qa.assistant.compose import open_assistant, open_ingest
from qa.evaluation import load_dataset
from qa.evaluation.datasets.dataset import sample
from qa.evaluation.metrics.answers import f1
from qa.evaluation.scoring.answers import prediction

DEFAULT = Path(__file__).parent.parent / "tests" / "fixtures" / "beijing_dev.jsonl"


def is_right(answer: Answer, gold: dict[str, Any]) -> bool:
    """Whether the first statement contains a gold answer and cites gold evidence."""
    if not answer.statements:
        return False
    said = answer.statements[0].text
    evidence = gold["evidence"] if isinstance(gold["evidence"], list) else [gold["evidence"]]
    return any(text in said for text in gold["answers"]) and any(said in text or text in said for text in evidence)


def ask_all(assistant: Assistant, questions: list[dict[str, Any]]) -> tuple[list[Answer], list[float]]:
    """The answers, and the seconds of each."""
    answers, seconds = [], []
    for gold in questions:
        began = time.perf_counter()
        answers.append(assistant.ask(gold["question"]))
        seconds.append(time.perf_counter() - began)
    return answers, seconds


def mean_f1(answers: list[Answer], questions: list[dict[str, Any]]) -> float:
    """The mean F1 of the short answers to answerable questions."""
    pairs = [(answer, gold) for answer, gold in zip(answers, questions, strict=True) if gold["answerable"]]
    return statistics.mean(f1(prediction(answer.to_dict()), gold["answers"]) for answer, gold in pairs)


def off_topic(assistant: Assistant, path: Path, count: int = 300) -> tuple[int, int]:
    """How many of a SQuAD file's questions are refused, and how many were asked."""
    items = sample(load_dataset(path).items, count, seed=0)
    return sum(not assistant.ask(item.question).answered for item in items), len(items)


def without_timings(answer: Answer) -> str:
    return json.dumps({**answer.to_dict(), "timings_ms": None}, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=Path, default=DEFAULT)
    parser.add_argument("--show", action="store_true", help="print every question that went wrong")
    parser.add_argument("--off-topic", type=Path, help="ask also 300 questions of this SQuAD file")
    options = parser.parse_args()
    questions = [json.loads(line) for line in options.questions.read_text("utf-8").splitlines() if line.strip()]
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings.read(index=Path(folder))
        open_ingest(chosen).update(sample_paths())
        assistant = open_assistant(chosen)
        assistant.ask("What is this about?")  # the first question loads the vectors
        answers, seconds = ask_all(assistant, questions)
        again, _ = ask_all(assistant, questions)
        forced, _ = ask_all(open_assistant(settings.read(index=Path(folder), threshold=0)), questions)
        refused_off, asked_off = off_topic(assistant, options.off_topic) if options.off_topic else (0, 0)
    pairs = list(zip(answers, questions, strict=True))
    right = [answer for answer, gold in pairs if gold["answerable"] and is_right(answer, gold)]
    refused = [answer for answer, gold in pairs if not gold["answerable"] and not answer.answered]
    wrongly_refused = [answer for answer, gold in pairs if gold["answerable"] and not answer.answered]
    answerable = sum(gold["answerable"] for gold in questions)
    identical = all(without_timings(a) == without_timings(b) for a, b in zip(answers, again, strict=True))
    if options.show:
        for answer, gold in pairs:
            if answer.answered != gold["answerable"] or (gold["answerable"] and not is_right(answer, gold)):
                said = answer.statements[0].text if answer.statements else "(refused)"
                print(f"{gold['id']} {answer.confidence:.2f} {gold['question']}\n    {said}")
    print(f"questions                       {options.questions.name}, {len(questions)}")
    print(f"right first statement           {len(right)} of {answerable} ({len(wrongly_refused)} refused)")
    print(f"unanswerable refused            {len(refused)} of {len(questions) - answerable}")
    print(f"right if all were answered      {sum(is_right(a, g) for a, g in zip(forced, questions, strict=True))}")
    print(f"F1 of short answers             {mean_f1(answers, questions):.3f}, {mean_f1(forced, questions):.3f} forced")
    if asked_off:
        print(f"off-topic refused               {refused_off} of {asked_off}")
    print(f"two runs byte-identical         {'yes' if identical else 'NO'}")
    print(f"seconds a question              median {statistics.median(seconds):.2f}, longest {max(seconds):.2f}")
    print(f"machine                         {platform.machine()}, {cores()} cores, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
