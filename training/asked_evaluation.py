"""How well what a question asks for is told, and what learning earns.

    python -m training.asked_evaluation --data DATA --corpora clinic tool

Prints the shares that are right by the classifier, by each of its halves, by the nearest centroid of the embeddings,
and by patterns: on our own questions whose frame and subjects were held out, and on visitors' questions, whose kinds
are mapped to ours here by hand. Follow-ups are left out, since they are classified when they stand alone, and so are
several questions in one, which are classified part by part.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.embed import Embedder, load_embedder
from index.models import DEFAULT_EMBEDDER
from index.query import Query
from qa.understand.question_type import KINDS, shipped
from training.asked import Questions, fit, folds, held_out_talk, others, probabilities, read, talk_threshold, vocabulary
from training.asked_data import Example

# What a visitors' kind asks for, unless the question is named below; the first counts, the others are right too.
BY_KIND = {
    "overview": "overview", "yes-no": "polar", "how-to": "steps", "list": "list", "count": "count", "talk": "talk",
    "comparison": "comparison", "definition": "explanation", "keyword": "keyword",
}  # fmt: skip
LEFT_OUT = {"follow-up", "several"}
SEVERAL = frozenset("c50 c51 s49 s50 s51 t48 t49 t50 w52".split())  # noqa: SIM905 - several questions under another kind
_NAMED = """
    c05=polar c09=polar c14=library c32=comparison|polar c47=explanation|steps c58=polar c69=explanation|fact
    c71=count|fact c73=list|overview|explanation c76=count|fact c78=steps c84=steps|explanation|list
    t06=steps|explanation t07=polar t08=polar t13=explanation|overview t16=library t29=comparison|polar
    t31=explanation|list t45=explanation|fact t55=keyword t62=steps t63=explanation|fact t67=count|fact t71=steps
    t76=talk t80=polar t81=polar
    s02=fact|count s05=explanation|fact s06=fact|count s07=polar s14=library s29=comparison|polar
    s30=comparison|count|fact s33=explanation|list s46=explanation|fact s47=fact|steps s48=fact|count s56=list|fact
    s64=list|fact s65=count|fact s77=talk|fact s81=polar
    w05=polar w12=overview|explanation w15=library w29=fact|comparison w30=comparison|fact w31=comparison|polar
    w32=comparison|polar w35=explanation|list w57=keyword w65=count|fact w70=fact|count w74=list|overview|explanation
    w77=count|fact w78=polar w83=polar w84=fact|count
"""
BY_ID = {name: kinds.split("|") for name, _, kinds in (pair.partition("=") for pair in _NAMED.split())}
# The plain alternative, in the order in which they are tried.
PATTERNS = {
    "talk": r"^\W*(hello|hi|hey|good (morning|evening|day)|thanks?|thank you|bye|sorry|help)\b"
    r"(?!.*\b(wh\w+|how|is|do)\b)|^(who|what) (are|can) you\b|^are you (a|an|real|stupid)\b|^you are\b",
    "library": r"\b(which|what|how many|list|show)\b.* (documents?|files?)\b",
    "overview": r"\b(summar\w+|overview|main points|key points|tl;?dr|gist)\b|\bwhat is .* about\b",
    "comparison": r"\b(compare|comparison|differ(s|ences?|ent)?|versus|vs|changed?)\b|\b(than)\b",
    "count": r"\bhow many\b|\b(total|sum of|altogether|number of|count)\b",
    "steps": r"\bhow (do|can|should|to)\b|\b(steps?|procedure|instructions)\b",
    "explanation": r"\b(why|explain|describe|define|definition|meaning|mean)\b|^how (does|did|is|are|was)\b"
    r"|^what('s| is) (an?|the purpose|the reason)\b|^tell me about",
    "list": r"^(please )?(list|name)\b|\b(what|which) (are|were)\b"
    r"|\b(which|what) (\w+ )?\w{2,}s (are|were|do|did|have|can)\b",
    "polar": r"^(is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)\b",
    "fact": r"\b(who|whom|whose|what|which|when|where|how)\b|\?",
}
_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in PATTERNS.items()}


def by_pattern(text: str) -> str:
    """What the patterns say; where none matches, the text is no question."""
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.search(text)), "keyword")


def visitors(data: Path, corpora: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Questions with what they may be said to ask for, the first being the best.

    Raises:
        OSError: the questions are not there.
    """
    rows = [json.loads(line) for line in (data / "visitors" / "questions.jsonl").read_text("utf-8").splitlines()]
    return [
        (row["question"], BY_ID.get(row["id"], [BY_KIND.get(row["kind"], "fact")]))
        for row in rows
        if row["corpus"] in corpora and row["kind"] not in LEFT_OUT and row["id"] not in SEVERAL
    ]


def confusion(truth: Sequence[str], found: Sequence[str]) -> str:
    """A table: a row a true kind, a column a found one; then how many of each are found, and how many found are it."""
    counts = Counter(zip(truth, found, strict=True))
    lines = [" " * 12 + " ".join(f"{kind[:5]:>5}" for kind in KINDS) + "  recall precision"]
    for kind in KINDS:
        row = [counts[kind, other] for other in KINDS]
        own, column = counts[kind, kind], sum(counts[other, kind] for other in KINDS)
        shares = f"{own / max(1, sum(row)):8.2f}{own / max(1, column):10.2f}"
        lines.append(f"{kind:12}" + " ".join(f"{count or '.':>5}" for count in row) + shares)
    return "\n".join(lines)


def nearest_centroid(learned: Questions, tested: Questions) -> NDArray[np.int64]:
    """The kinds of the nearest mean embedding of a kind."""
    means = np.stack([learned.embeddings[learned.kinds == kind].mean(axis=0) for kind in range(len(KINDS))])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray((tested.embeddings @ means.T).argmax(axis=1))


def compare(learned: Questions, shared: Questions, tested: Questions, *, again: bool) -> dict[str, list[str]]:
    """What each way says of ``tested`` after learning from the other two; ``again``: also what takes a fit."""
    columns = vocabulary(sorted({example.frame for example in learned.examples}))
    none = shared.of(np.zeros(len(shared.examples), bool))
    ways = {"nearest centroid": nearest_centroid(learned, tested)}
    if again:
        ways |= {
            "embedding only": _fitted(learned, shared, tested, []),
            "words only": _fitted(learned, shared, tested, columns, with_embedding=False),
            "without public sets": _fitted(learned, none, tested, columns),
            "both": _fitted(learned, shared, tested, columns),
        }
    found = {name: [KINDS[number] for number in numbers] for name, numbers in ways.items()}
    return {"patterns": [by_pattern(example.text) for example in tested.examples], **found}


def _fitted(
    learned: Questions, shared: Questions, tested: Questions, columns: Sequence[str], *, with_embedding: bool = True
) -> NDArray[np.int64]:
    found = fit(learned, shared, columns=columns, with_embedding=with_embedding)
    return np.asarray(probabilities(found, tested).argmax(axis=1))


def report_own(own: Questions, shared: Questions) -> None:
    said: dict[str, list[str]] = {}
    truth: list[str] = []
    for fold in folds(own.examples):
        tested = own.of(fold.tested)
        truth += [example.asked for example in tested.examples]
        for name, kinds in compare(own.of(fold.learned), shared, tested, again=True).items():
            said.setdefault(name, []).extend(kinds)
    print(f"\nour own questions, frames and subjects held out: {len(truth)}")
    for name, kinds in said.items():
        print(f"  {name:22} {np.mean([one == other for one, other in zip(kinds, truth, strict=True)]):.3f}")
    print(confusion(truth, said["both"]))


def report_talk(own: Questions, shared: Questions) -> None:
    found = held_out_talk(own, shared)
    is_talk, said = found.truth > 0, found.likely >= talk_threshold(found)
    print(f"\nkinds of talk, held out: {is_talk.sum()}")
    print(f"  {'embedding and words':22} {np.mean(found.kinds == found.truth[is_talk]):.3f}")
    print(f"  {'words only':22} {np.mean(found.kinds_by_words == found.truth[is_talk]):.3f}")
    recall, precision = (said & is_talk).sum() / is_talk.sum(), (said & is_talk).sum() / max(1, said.sum())
    print(f"  taken for talk by words alone: recall {recall:.3f}, precision {precision:.3f}")


def report_visitors(
    asked: list[tuple[str, list[str]]], own: Questions, shared: Questions, embedder: Embedder, *, again: bool
) -> None:
    examples = [Example(kinds[0], text, "", None) for text, kinds in asked]
    tested = Questions.embed(examples, embedder)
    classifier = shipped(embedder.fingerprint)
    queries = [Query.of(example.text) for example in examples]

    def shipped_says(query: Query, row: NDArray[np.float32]) -> str:
        return classifier.asked(query, row, embedder.fingerprint)

    said = compare(own, shared, tested, again=again)
    said["shipped, all kinds"] = [KINDS[number] for number in probabilities(classifier.linear, tested).argmax(axis=1)]
    said["shipped, if sure"] = [shipped_says(*pair) for pair in zip(queries, tested.embeddings, strict=True)]
    print(f"\nvisitors' questions: {len(asked)} (right: the first kind; may pass: any that the question allows)")
    for name, kinds in said.items():
        first = np.mean([one == allowed[0] for one, (_, allowed) in zip(kinds, asked, strict=True)])
        any_of = np.mean([one in allowed for one, (_, allowed) in zip(kinds, asked, strict=True)])
        print(f"  {name:22} {first:.3f} {any_of:.3f}")
    print(confusion([example.asked for example in examples], said["shipped, if sure"]))
    for one, (text, allowed) in zip(said["shipped, if sure"], asked, strict=True):
        if one not in allowed:
            print(f"  {one:12} not {'|'.join(allowed):24} {' '.join(text.split())[-90:]}")
    start = time.perf_counter()
    for query, row in zip(queries, tested.embeddings, strict=True):
        shipped_says(query, row)
    print(f"  {(time.perf_counter() - start) * 1000 / len(asked):.3f} ms a question")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--corpora", nargs="+", default=["clinic", "tool"], help="of the visitors' questions")
    parser.add_argument("--quick", action="store_true", help="only the shipped classifier and what needs no fit")
    parser.add_argument("--own", action="store_true", help="also our own questions, learning five times")
    options = parser.parse_args()
    embedder = load_embedder(DEFAULT_EMBEDDER)
    own = Questions.embed(read(), embedder)
    shared = Questions.embed(others(options.data), embedder)
    if options.own:
        report_own(own, shared)
        report_talk(own, shared)
    report_visitors(visitors(options.data, options.corpora), own, shared, embedder, again=not options.quick)


if __name__ == "__main__":
    main()
