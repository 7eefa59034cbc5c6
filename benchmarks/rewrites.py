"""Do rewritten follow-ups find what those rewritten by hand find? On public conversations, over public passages.

    python -m benchmarks.rewrites DATA --index FOLDER [--every 3] [--show] [--form NAME …]
    python -m benchmarks.rewrites DATA --visitors FOLDER    stand-alone questions of visitors, each after another one

DATA holds ``follow_ups/`` (TREC CAsT 2019–2022, mtRAG) and ``questions/`` (BoolQ, QuAC, CLAPNQ). Their passages and the
replies in CAsT's conversations are indexed together, in FOLDER, where they stay for the next run. The first questions
of conversations are left out; ``--every N`` takes each Nth conversation. A conversation is followed from its beginning,
so that what was read wrongly is carried on.

- right first: the best passage before reranking is the one that the rewriting by hand finds;
- F1: content words shared with the rewriting by hand;
- left alone: of the questions that are the same by hand, those that are not changed;
- needs: changed where the rewriting by hand takes a word from the conversation, and not changed where it does not.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.normalise import normalise
from index.analyse import terms
from index.passage import Scope
from index.query import Query
from index.search import View
from index.store import Store
from qa import settings
from qa.assistant.compose import Models, index_over, ingest_over, load_models
from qa.evaluation import load_dataset
from qa.evaluation.metrics.statistics import interval_of_share
from qa.evaluation.systems.indexing import indexed
from qa.read.tagger import OnnxTagger
from qa.understand.conversation import Turn
from qa.understand.question import analyse
from qa.understand.rewriter import Rewriter

SETS = {"CAsT": "trec_cast", "mtRAG": "mtrag_rewrites"}
PASSAGES = {"boolq": "passage", "quac": "context", "clapnq_answerable": "context", "clapnq_unanswerable": "context"}
_REPLY = "SYSTEM: "  # what a reply begins with, in a history that holds replies

Rewrite = Callable[[str, tuple[Turn, ...]], str]


@dataclass(frozen=True, slots=True)
class Case:
    """A question after ``turns`` (question, reply or ""), with its rewriting by hand, of one conversation."""

    group: str
    turns: tuple[tuple[str, str], ...]
    question: str
    rewrite: str

    @property
    def needs(self) -> bool:
        """Whether the rewriting takes a word from the conversation."""
        said = content(" ".join(text for turn in self.turns for text in turn))
        return bool((content(self.rewrite) - content(self.question)) & said)


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a compressed JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def cases(records: Sequence[Mapping[str, Any]]) -> Iterator[Case]:
    """The questions that have something before them."""
    for record in records:
        if record["history"]:
            group = record["id"].partition("<")[0] if "id" in record else f"{record['year']}-{record['topic']}"
            yield Case(group, tuple(turns(record["history"])), record["question"], record["rewrite"])


def sampled(path: Path, every: int) -> list[Case]:
    """The cases of a file, of each ``every``-th conversation."""
    found = list(cases(read(path)))
    chosen = set(list(dict.fromkeys(case.group for case in found))[::every])
    return [case for case in found if case.group in chosen]


def turns(history: Sequence[str]) -> list[tuple[str, str]]:
    """The questions of a history, each with the reply that follows it, or ""."""
    found: list[tuple[str, str]] = []
    for text in history:
        if not text.startswith(_REPLY):
            found.append((text, ""))
        elif found:
            found[-1] = (found[-1][0], text.removeprefix(_REPLY))
    return found


def passages(data: Path) -> dict[str, Document]:
    """The passages of the public sets and the replies in conversations, each text once."""
    titled: dict[str, str] = {}
    for name, field in PASSAGES.items():
        for record in read(data / "questions" / f"{name}.jsonl.gz"):
            titled.setdefault(normalise(record[field]).strip(), record.get("title", ""))
    for record in read(data / "follow_ups" / "trec_cast.jsonl.gz"):
        for text in record["history"]:
            if text.startswith(_REPLY):
                titled.setdefault(normalise(text.removeprefix(_REPLY)).strip(), "")
    return {str(number): Document(text, title, parser="pool/1") for number, (text, title) in enumerate(titled.items())}


def content(text: str) -> frozenset[str]:
    """The stems of the words of ``text`` that are no stop words."""
    return frozenset(terms(text, "en"))


def overlap(one: str, other: str) -> float:
    """F1 of the content words of two questions."""
    a, b = content(one), content(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0


def followed(case: Case, rewrite: Rewrite) -> str:
    """The question of a case as ``rewrite`` reads it, which has read all questions before it."""
    history: list[Turn] = []
    for question, reply in case.turns:
        history.append(Turn(rewrite(question, tuple(history)) if history else question, reply))
    return rewrite(case.question, tuple(history))


def forms(view: View) -> dict[str, Callable[[Case], str]]:
    """The ways to rewrite, by name."""
    rewriter = Rewriter(OnnxTagger())

    @cache
    def rewritten(question: str, history: tuple[Turn, ...]) -> str:
        return rewriter.standalone(analyse(question), history, view).text

    return {
        "alone": lambda case: case.question,
        "joined": lambda case: f"{case.turns[-1][0]} {case.question}",
        "rewritten": lambda case: followed(case, rewritten),
    }


def report(found: Sequence[Case], form: str, texts: Sequence[str], first: Callable[[str], str]) -> str:
    """A line of the table."""
    groups = [case.group for case in found]
    right = [float(first(text) == first(case.rewrite)) for case, text in zip(found, texts, strict=True)]
    low, high = interval_of_share(right, groups, seed=0)
    f1 = [overlap(text, case.rewrite) for case, text in zip(found, texts, strict=True)]
    changed = [text != case.question for case, text in zip(found, texts, strict=True)]
    same = [not one for case, one in zip(found, changed, strict=True) if case.rewrite == case.question]
    needs = [case.needs == one for case, one in zip(found, changed, strict=True)]
    shares = " ".join(f"{sum(values) / max(1, len(values)):10.3f}" for values in (f1, same, needs))
    return f"{form:12} {sum(right) / len(right):.3f} [{low:.3f}, {high:.3f}] {shares}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--index", type=Path, help="the folder of the index")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--form", nargs="*", help="only these ways to rewrite")
    parser.add_argument("--visitors", type=Path, nargs="+", help="only count their questions that are left alone")
    parser.add_argument("--show", action="store_true", help="print every rewriting that finds another passage")
    options = parser.parse_args()
    if not (options.index or options.visitors):
        parser.error("name the folder of the index with --index")
    sets = {
        name: sampled(options.data / "follow_ups" / f"{file}.jsonl.gz", options.every) for name, file in SETS.items()
    }
    models = load_models(settings.read())
    if options.visitors:
        changed = [pair for folder in options.visitors for pair in visitors_changed(folder, models)]
        print(f"{len(changed)} stand-alone questions after another one, left alone: ", end="")
        print(f"{sum(asked == read for asked, read in changed) / len(changed):.3f}")
        return
    index = indexed(passages(options.data), options.index, models, lambda _: None)
    with index.view(Scope()) as view:

        @cache
        def first(text: str) -> str:
            return view.candidates(Query.of(text), 1)[0].chunk.document.id

        for name, own in sets.items():
            print(f"{name}, {len(own)} questions: {sum(case.needs for case in own)} need the conversation")
            print(f"{'':12} {'right first':20} {'F1':>10} {'left alone':>10} {'needs':>10}")
            for form, rewrite in forms(view).items():
                if options.form and form not in options.form:
                    continue
                began = time.perf_counter()
                texts = [rewrite(case) for case in own]
                spent = 1000 * (time.perf_counter() - began) / len(own)
                print(report(own, form, texts, first), f"{spent:8.0f} ms", flush=True)
                if options.show:
                    show(own, texts, first)


def visitors_changed(folder: Path, models: Models) -> Iterator[tuple[str, str]]:
    """The questions of visitors that stand alone, and how each is read after the one before it in the file."""
    rewriter = Rewriter(OnnxTagger())
    by_corpus: dict[str, list[str]] = {}
    for item in load_dataset(folder).items:
        if not item.after:
            by_corpus.setdefault(item.corpus, []).append(item.question)
    for corpus, asked in by_corpus.items():
        with tempfile.TemporaryDirectory() as scratch:
            store = Store(Path(scratch))
            ingest_over(store, models.embedder, settings.read()).update([folder / corpus])
            with index_over(store, models).view(Scope()) as view:
                for before, question in pairwise(asked):
                    yield question, rewriter.standalone(analyse(question), [Turn(before, "")], view).text


def show(found: Sequence[Case], texts: Sequence[str], first: Callable[[str], str]) -> None:
    """Print what is read wrongly."""
    for case, text in zip(found, texts, strict=True):
        if first(text) != first(case.rewrite):
            print(f"  {case.turns[-1][0]} | {case.question}\n    -> {text}\n    by hand: {case.rewrite}")


if __name__ == "__main__":
    main()
