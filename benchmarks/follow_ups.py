"""Are follow-ups understood? Second questions of conversations as asked, rewritten by Refdesk, and rewritten by hand.

    python -m benchmarks.follow_ups DATA/xquad/xquad.en.json [--conversations benchmarks/follow_ups.jsonl] [--show]
    python -m benchmarks.follow_ups DATA/squad_dev/squad2_dev_part_a.json --conversations FOLLOW_UPS_DEV.jsonl

The paragraphs of a SQuAD file and the sample article are indexed together. The extractive assistant answers each first
question, and its answer is the history of the second. "right first" is the share of second questions whose right
paragraph ranks first after reranking; "answered right" is the share whose first statement has a right answer, with
refusals counted as wrong. "joined" is the simplest rewriting: the first question, then the second. With --backend a
language model proposes readings too.

The 60 conversations about XQuAD are not learned from, nor are those about SQuAD part A and the sample article
(follow_ups_dev.jsonl).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from documents.load import load, sample_paths
from index.passage import Scope
from qa import settings
from qa.answer import Answer
from qa.assistant import Assistant
from qa.assistant.compose import assistant_over, load_models
from qa.assistant.generators import load_generator
from qa.evaluation import load_dataset
from qa.evaluation.metrics.statistics import interval_of_share
from qa.evaluation.systems.indexing import indexed
from qa.read.tagger import OnnxTagger
from qa.understand.conversation import Turn
from qa.understand.question import analyse
from qa.understand.rewriter import Rewriter

DEFAULT = Path(__file__).parent / "follow_ups.jsonl"
FORMS = ("as asked", "joined", "rewritten", "by hand")


@dataclass(frozen=True, slots=True)
class Conversation:
    """Two questions; ``rewrite`` is the second as rewritten by hand, ``right`` the document that answers it.

    ``paragraph`` is the document that answers the first; a right statement contains one of ``answers``.
    """

    kind: str
    paragraph: str
    first: str
    follow_up: str
    rewrite: str
    right: str
    answers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One form of a second question: is the right document first, and is the answer right?"""

    question: str
    first: bool
    answered: bool


def read_conversations(path: Path) -> list[Conversation]:
    """The conversations in a JSON Lines file."""
    return [Conversation(**json.loads(line)) for line in path.read_text("utf-8").splitlines() if line.strip()]


def turn_of(answer: Answer) -> Turn:
    """The turn of the conversation that an answer becomes."""
    said = " ".join(statement.text for statement in answer.statements)
    return Turn(answer.standalone_question, said, answer.short_answer or "")


def outcome(answer: Answer, right: Conversation, document: str) -> Outcome:
    """The outcome of a second question; ``document`` is the id of the right document."""
    best = answer.passages[0].chunk.document.id if answer.passages else ""
    said = answer.statements[0].text if answer.statements else ""
    return Outcome(answer.question, best == document, any(text in said for text in right.answers))


def run(
    conversations: Sequence[Conversation], assistant: Assistant, rewriter: Rewriter, ids: Mapping[str, str]
) -> tuple[list[dict[str, Outcome]], list[float], list[Turn]]:
    """For each conversation the outcomes by form, the milliseconds of rewriting, and the first turn."""
    ask = cache(assistant.ask)
    outcomes, milliseconds, turns = [], [], []
    for conversation in conversations:
        turn = turn_of(ask(conversation.first))
        began = time.perf_counter()
        with assistant.index.view(Scope()) as view:
            rewritten = rewriter.standalone(analyse(conversation.follow_up), [turn], view).text
        milliseconds.append(1000 * (time.perf_counter() - began))
        asked = (
            conversation.follow_up,
            f"{conversation.first} {conversation.follow_up}",
            rewritten,
            conversation.rewrite,
        )
        right = ids[conversation.right]
        outcomes.append(
            {form: outcome(ask(text), conversation, right) for form, text in zip(FORMS, asked, strict=True)}
        )
        turns.append(turn)
    return outcomes, milliseconds, turns


def share(values: Sequence[bool], groups: Sequence[str]) -> str:
    """A share with its interval, resampled by article."""
    low, high = interval_of_share([float(value) for value in values], groups, seed=0)
    return f"{sum(values) / len(values):.3f} [{low:.3f}, {high:.3f}]"


def table(conversations: Sequence[Conversation], outcomes: Sequence[Mapping[str, Outcome]]) -> str:
    """The shares, overall and by kind."""
    lines = []
    groups = [conversation.right.rpartition("/")[0] for conversation in conversations]
    for title, holds in (("right first", lambda o: o.first), ("answered right", lambda o: o.answered)):
        lines.append(f"{title:20} {'n':>3}  " + "  ".join(f"{form:>20}" for form in FORMS))
        every = [[holds(own[form]) for own in outcomes] for form in FORMS]
        lines.append(f"{'all':20} {len(outcomes):3}  " + "  ".join(f"{share(v, groups):>20}" for v in every))
        for kind in dict.fromkeys(conversation.kind for conversation in conversations):
            own = [i for i, conversation in enumerate(conversations) if conversation.kind == kind]
            shares = [sum(values[i] for i in own) / len(own) for values in every]
            lines.append(f"{kind:20} {len(own):3}  " + "  ".join(f"{value:20.3f}" for value in shares))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--conversations", type=Path, default=DEFAULT)
    parser.add_argument("--backend", help="a language model that rewrites too: openai, llamacpp or transformers")
    parser.add_argument("--model", help="the model's name, file or folder")
    parser.add_argument("--show", action="store_true", help="print every rewriting, and what went wrong")
    options = parser.parse_args()
    conversations = read_conversations(options.conversations)
    sample = {path.name: load(path) for path in sample_paths()}
    documents = {**load_dataset(options.dataset).documents, **sample}
    chosen = settings.read(backend=options.backend, model=options.model)
    models = load_models(chosen)
    with tempfile.TemporaryDirectory() as folder:
        index = indexed(documents, Path(folder), models, lambda _: None)
        assistant = assistant_over(index, models, chosen)
        rewriter = Rewriter(OnnxTagger(), load_generator(chosen) if options.backend else None)
        ids = {name: document.id for name, document in documents.items()}
        outcomes, milliseconds, turns = run(conversations, assistant, rewriter, ids)
    if options.show:
        for conversation, own, turn in zip(conversations, outcomes, turns, strict=True):
            marks = " ".join(
                f"{form}: {'+' if own[form].first else '-'}{'+' if own[form].answered else '-'}" for form in FORMS
            )
            print(f"{conversation.kind}: {conversation.first} ({turn.short or 'refused'})\n  {conversation.follow_up}")
            print(f"  -> {own['rewritten'].question}\n  {marks}")
    print(table(conversations, outcomes))
    left = [
        c.kind == "topic" and own["rewritten"].question == c.follow_up
        for c, own in zip(conversations, outcomes, strict=True)
    ]
    print(f"new topics left alone  {sum(left)} of {sum(c.kind == 'topic' for c in conversations)}")
    print(f"milliseconds a rewriting  median {statistics.median(milliseconds):.0f}, longest {max(milliseconds):.0f}")


if __name__ == "__main__":
    main()
