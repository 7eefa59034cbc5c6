"""Every answer to known questions as it is today, to tell whether a change of the code changes one.

    python -m benchmarks.frozen save FOLDER [--data DATA] [--only NAME…]
    python -m benchmarks.frozen compare BEFORE AFTER

``save`` asks the sample's 130 questions and those of ``benchmarks/visitors``; with DATA also those of the shared data
about visitors' folders, manuals and filings, the cells of public filings, and follow-ups about XQuAD. FOLDER gets a
file for each set, with an answer a line, its timings apart. ``compare`` prints which answers differ and in which
fields, and fails where one does.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import filing_questions
from documents.load import sample_paths
from index.store import Store
from qa import settings
from qa.answer import Answer
from qa.assistant import Assistant
from qa.assistant.compose import Models, assistant_over, index_over, ingest_with, load_models
from qa.evaluation import load_dataset
from qa.saved.turns import turns_of

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "tests" / "fixtures"
FOLLOW_UPS = HERE / "follow_ups.jsonl"
SHARED = ("visitors", "manuals", "filings")  # folders of DATA in the form of benchmarks/visitors


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and those that were asked before it in its conversation."""

    id: str
    question: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """Questions about the documents in ``paths``; ``texts`` are documents besides, by their file names."""

    name: str
    paths: Sequence[Path]
    asked: Sequence[Asked]
    texts: Mapping[str, str]


def collections(data: Path | None) -> Iterator[Collection]:
    """Every set of questions; those of the shared data where it is given."""
    fixtures = [FIXTURES / "beijing_dev.jsonl", FIXTURES / "beijing_heldout.jsonl"]
    asked = [Asked(str(row["id"]), row["question"]) for path in fixtures for row in rows(path)]
    yield Collection("sample", sample_paths(), asked, {})
    yield from _visited(HERE / "visitors", "own")
    if data is None:
        return
    for name in SHARED:
        yield from _visited(data / name, name)
    pdfs = sorted((data / "pdf").glob("*.pdf"))
    named = {path.name for path in pdfs}
    cells = [own for own in enumerate(rows(filing_questions.QUESTIONS)) if own[1]["file"] in named]
    yield Collection("cells", pdfs, [Asked(str(number), row["question"]) for number, row in cells], {})
    documents = load_dataset(data / "xquad" / "xquad.en.json").documents
    paragraphs = {f"{number}.txt": own.text for number, own in enumerate(documents.values(), start=1)}
    talks = [
        Asked(str(number), row["follow_up"], (row["first"],)) for number, row in enumerate(rows(FOLLOW_UPS), start=1)
    ]
    yield Collection("follow-ups", sample_paths(), talks, paragraphs)


def _visited(folder: Path, name: str) -> Iterator[Collection]:
    by_corpus: dict[str, list[Asked]] = {}
    for row in rows(folder / "questions.jsonl"):
        own = Asked(str(row["id"]), row["question"], tuple(row.get("after", ())))
        by_corpus.setdefault(row["corpus"], []).append(own)
    for corpus, asked in sorted(by_corpus.items()):
        yield Collection(f"{name}-{corpus}", [folder / corpus], asked, {})


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def assistant_for(collection: Collection, folder: Path, models: Models) -> Assistant:
    """An assistant over a new index in ``folder`` of the collection's documents."""
    written = []
    for name, text in collection.texts.items():
        written.append(folder / "texts" / name)
        written[-1].parent.mkdir(exist_ok=True)
        written[-1].write_text(text, "utf-8")
    chosen = settings.read(index=folder / "index")
    store = Store(chosen.index)
    ingest_with(store, models).update([*collection.paths, *written])
    return assistant_over(index_over(store, models), models, chosen)


def answer_to(assistant: Assistant, own: Asked) -> Answer:
    """The answer to the last question of a conversation."""
    earlier: list[Mapping[str, Any]] = []
    for question in own.after:
        earlier.append(assistant.ask(question, history=turns_of(earlier)).to_dict())
    return assistant.ask(own.question, history=turns_of(earlier))


def save(folder: Path, data: Path | None, only: Sequence[str]) -> None:
    """Write the answers of each set, or of those whose names begin with one of ``only``."""
    folder.mkdir(parents=True, exist_ok=True)
    models = load_models(settings.read())
    for collection in collections(data):
        if only and not collection.name.startswith(tuple(only)):
            continue
        with tempfile.TemporaryDirectory() as own:
            assistant = assistant_for(collection, Path(own), models)
            roots = [*collection.paths, Path(own) / "texts"]
            lines = [_line(asked, answer_to(assistant, asked), roots) for asked in collection.asked]
        (folder / f"{collection.name}.jsonl").write_text("".join(lines), "utf-8")
        print(f"{collection.name}: {len(lines)} answers", flush=True)


def _line(asked: Asked, answer: Answer, roots: Sequence[Path]) -> str:
    told = {name: value for name, value in answer.to_dict().items() if name != "timings_ms"}
    named = _with_names(told, roots)
    return json.dumps({"id": asked.id, "question": asked.question, "answer": named}, ensure_ascii=False) + "\n"


def _with_names(value: Any, roots: Sequence[Path]) -> Any:
    """What was told with sources as they are named below the ``roots``: two copies of the code are compared, too."""
    if isinstance(value, list):
        return [_with_names(own, roots) for own in value]
    if not isinstance(value, dict):
        return value
    told = {name: _with_names(own, roots) for name, own in value.items()}
    return told | {"source": _name_below(told["source"], roots)} if "source" in told else told


def _name_below(source: str, roots: Sequence[Path]) -> str:
    path = Path(source)
    root = next((own for own in roots if path.is_relative_to(own)), path.parent)
    return path.relative_to(root).as_posix() if path != root else path.name


def differences(before: Path, after: Path) -> Iterator[str]:
    """What differs between two folders that were saved, a line an answer."""
    names = [{path.name for path in folder.glob("*.jsonl")} for folder in (before, after)]
    for name in sorted(names[0] ^ names[1]):
        yield f"{name}: only in {before if name in names[0] else after}"
    for name in sorted(names[0] & names[1]):
        old, new = ({row["id"]: row for row in rows(folder / name)} for folder in (before, after))
        for key in sorted(old.keys() | new.keys()):
            if key not in old or key not in new:
                yield f"{name} {key}: only in {before if key in old else after}"
            elif fields := _differing(old[key]["answer"], new[key]["answer"]):
                yield f"{name} {key}: {', '.join(fields)}: {old[key]['question']}"


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    saving = commands.add_parser("save")
    saving.add_argument("folder", type=Path)
    saving.add_argument("--data", type=Path, help="the folder of the shared data")
    saving.add_argument("--only", nargs="*", default=(), help="sets whose names begin so")
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    options = parser.parse_args()
    if options.command == "save":
        save(options.folder, options.data, options.only)
        return
    found = list(differences(options.before, options.after))
    print("\n".join(found) or "all answers are the same")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
