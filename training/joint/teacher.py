"""What the reranker says of passages and of their sentences: what the joint reader learns ranking and evidence from.

    python -m training.joint.teacher --data DATA --out .training/joint

Writes ``ranked.jsonl.gz``: questions with the passages that retrieval finds for them among the training texts, and the
reranker's logit of each; and ``sentences.jsonl.gz``: questions with a passage, and the logit of each of its sentences
by itself. A question at times loses all but its keywords.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from documents.sentences import sentences
from index.models import DEFAULT_RERANKER, resolve
from index.passage import Scope
from index.rerank import OnnxReranker
from index.search import Index
from index.snapshot import embedding_text
from index.store import Store
from qa import settings
from qa.assistant.compose import load_models, open_ingest
from training.data import RAW
from training.everyday_data import FOLDER as EVERYDAY
from training.everyday_data import read as read_everyday
from training.verifier.examples import is_held_out, rows

RETRIEVED = 15  # passages of a question
KEPT = 8  # of them: the best ones and some of the others
BEST = 4
KEYWORDS = 0.2  # share of the questions that are cut down to keywords
ARTICLES = 60  # of the back-translated set
ASKED = {"squad": 900, "nq": 700, "boolq": 400, "abstract": 400, "everyday": 900, "conversation": 200}
MARKED = {"nq": 1400, "boolq": 700, "squad": 700}  # questions whose sentences are scored
HELD_OUT = 0.1  # of the everyday documents
_FUNCTION = re.compile(
    r"(a|an|and|are|as|at|be|by|can|could|did|do|does|for|from|had|has|have|how|i|in|is|it|its|me|my|of|on|or|our|shall|"
    r"should|so|that|the|their|them|there|they|this|to|was|we|were|what|when|where|which|who|whom|whose|why|will|with|"
    r"would|you|your)",
    re.IGNORECASE,
)

Question = tuple[str, str]  # source, text


def keywords(question: str) -> str:
    """The question without its function words and its question mark."""
    kept = [word for word in re.findall(r"[\w'’.-]+", question) if not _FUNCTION.fullmatch(word)]
    return " ".join(kept) if len(kept) > 1 else question


def texts_and_questions(data: Path, rng: random.Random) -> tuple[dict[str, str], list[Question]]:
    """The training texts by file name, and the questions to ask of them all."""
    texts: dict[str, str] = {}
    asked: dict[str, list[str]] = {name: [] for name in ASKED}
    with gzip.open(data / "train" / RAW, "rt", encoding="utf-8") as file:
        articles = json.load(file)
    for article in rng.sample(articles, ARTICLES):
        texts[f"squad-{article['doc']}.txt"] = "\n\n".join(part["context"] for part in article["paragraphs"])
        asked["squad"] += [question for part in article["paragraphs"] for question in part["questions"][:3]]
    for name, source, text, count in (("nq", "qed_nq", "context", 1500), ("boolq", "boolq", "passage", 1200)):
        found = rows(data / "questions" / f"{source}.jsonl.gz")
        for number, row in enumerate(rng.sample(found, count)):
            texts[f"{name}-{number}.md"] = f"# {row['title']}\n\n{row[text]}\n"
            asked[name].append(row["question"])
    corpus = [json.loads(line) for line in (data / "scifact" / "corpus.jsonl").read_text("utf-8").splitlines()]
    for row in rng.sample(corpus, 1200):  # an abstract's title asks for it; no claim and no judgement is used
        texts[f"abstract-{row['_id']}.txt"] = row["text"]
        asked["abstract"].append(row["title"])
    for number, (document, items) in enumerate(read_everyday(EVERYDAY)):
        if not is_held_out(document.id, HELD_OUT):
            texts[f"everyday-{number}.md"] = document.text
            asked["everyday"] += [item.text for item in items if item.kind != "claim" or rng.random() < 0.3]
    for path in sorted((data / "follow_ups").glob("*.jsonl.gz")):
        asked["conversation"] += [str(row["rewrite"]) for row in rows(path)]
    questions = [
        (name, text) for name, own in asked.items() for text in rng.sample(own, min(ASKED[name], len(own))) if text
    ]
    rng.shuffle(questions)
    return texts, questions


def ranked(folder: Path, texts: dict[str, str], questions: Iterable[Question], rng: random.Random) -> Iterator[Any]:
    """Each question with some of the passages that are found for it, and the reranker's logits of them."""
    files = folder / "texts"
    files.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (files / name).write_text(text, "utf-8")
    own = settings.read(index=folder / "index")
    open_ingest(own).update([files])
    models = load_models(own)
    index = Index(Store(own.index), models.embedder, models.reranker)
    for source, question in questions:
        text = keywords(question) if rng.random() < KEYWORDS else question
        found = index.candidates(text, Scope(), RETRIEVED)
        kept = [*found[:BEST], *rng.sample(found[BEST:], min(KEPT - BEST, len(found[BEST:])))]
        passages = [embedding_text(passage.chunk) for passage in kept]
        yield {
            "source": source,
            "question": text,
            "texts": passages,
            "logits": rounded(models.reranker.score(text, passages)),
        }


def marked(data: Path, reranker: OnnxReranker, rng: random.Random) -> Iterator[Any]:
    """Questions with their passage, and the logits of its sentences."""
    for name, source, text in (("nq", "qed_nq", "context"), ("boolq", "boolq", "passage")):
        for row in rng.sample(rows(data / "questions" / f"{source}.jsonl.gz"), MARKED[name]):
            yield sentence_logits(reranker, row["question"], row[text], name, rng)
    for row in rng.sample(rows(data / "questions" / "squad2_train_recovered.jsonl.gz"), MARKED["squad"]):
        yield sentence_logits(reranker, row["answerable_question"], row["context"], "squad", rng)


def sentence_logits(reranker: OnnxReranker, question: str, text: str, source: str, rng: random.Random) -> Any:
    """The passage with its sentences, and the logit of each by itself."""
    asked = keywords(question) if rng.random() < KEYWORDS else question
    places = [place for place in sentences(text) if text[slice(*place)].strip()]
    logits = reranker.score(asked, [text[start:end] for start, end in places])
    return {"source": source, "question": asked, "text": text, "sentences": places, "logits": rounded(logits)}


def rounded(logits: Sequence[float]) -> list[float]:
    return [round(logit, 3) for logit in logits]


def write(path: Path, found: Iterable[Any]) -> None:
    """Write the rows as gzipped JSON Lines, in one piece."""
    waiting = path.with_suffix(".tmp")
    with gzip.open(waiting, "wt", encoding="utf-8") as file:
        for number, row in enumerate(found, start=1):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            if number % 100 == 0:
                print(path.name, number, flush=True)
    waiting.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(".training/joint"))
    parser.add_argument("--seed", type=int, default=19)
    parser.add_argument("--limit", type=int, help="so many questions of each kind of label only")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    reranker = OnnxReranker(resolve(DEFAULT_RERANKER, "reranker"))
    rng = random.Random(options.seed)
    write(options.out / "sentences.jsonl.gz", islice(marked(options.data, reranker, rng), options.limit))
    texts, questions = texts_and_questions(options.data, rng)
    write(options.out / "ranked.jsonl.gz", islice(ranked(options.out, texts, questions, rng), options.limit))


if __name__ == "__main__":
    main()
