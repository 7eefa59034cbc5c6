"""What a language model writes about documents, and how much of it passes verification.

    python -m benchmarks.written DATA/xquad/xquad.en.json --backend llamacpp --model MODEL.gguf \
        [--questions 160] [--context 1024] [--rows ROWS.jsonl] [--labels LABELS.jsonl]

Answerable questions of a SQuAD file and the 40 of the sample (``tests/fixtures/beijing_dev.jsonl``) are asked of one
index of all their documents, with a threshold of 0, so that the model also writes where the evidence is weak. Fallbacks
to the extractive answer do not count as written. ``--rows`` writes every sentence with the span it was verified
against, to be labelled by hand; ``--labels`` reads such labels ({"key", "supported"};
``benchmarks/written_labels.jsonl`` has ours), and prints the share of supported sentences among those shown and among
all that were written.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import statistics
import sys
from collections.abc import Generator as Pieces
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from documents.load import load, sample_paths
from index.onnx import cores
from index.passage import Passage
from qa import settings
from qa.answer import Answer
from qa.assistant import Assistant, compose
from qa.assistant.generators import load_generator
from qa.check.verifier import Verdict
from qa.evaluation import Dataset, load_dataset
from qa.evaluation.datasets.dataset import sample
from qa.evaluation.metrics.answers import contains_answer
from qa.evaluation.systems.indexing import indexed
from qa.llm.base import Generator, Message
from qa.write.grounds import Verifier, claim_of

SAMPLE = Path("tests/fixtures/beijing_dev.jsonl")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its acceptable answers, and the place of one of them: document id, start and end."""

    question: str
    answers: tuple[str, ...]
    document: str
    start: int
    end: int
    paragraph: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that the model wrote, the verdict on it, and whether it was shown."""

    asked: Asked
    text: str
    claim: str
    verdict: Verdict
    shown: bool

    @property
    def span(self) -> str:
        if self.verdict.passage is None:
            return ""
        return self.verdict.passage.document.text[self.verdict.start : self.verdict.end]

    @property
    def key(self) -> str:
        """The key of a label: a hash of the claim and the span that it was verified against."""
        return hashlib.sha256(f"{self.claim}\0{self.span}".encode()).hexdigest()[:16]

    @property
    def states_the_answer(self) -> bool:
        return contains_answer(self.text, self.asked.answers) > 0

    @property
    def cites_the_place(self) -> bool:
        """Whether the span overlaps the right answer, or contains the same words elsewhere."""
        passage = self.verdict.passage
        if passage is None:
            return False
        own = passage.document.id == self.asked.document
        there = own and self.verdict.start < self.asked.end and self.asked.start < self.verdict.end
        return there or contains_answer(self.span, self.asked.answers) > 0


class CachingGenerator:
    """A generator that keeps replies in a file and repeats them for the same prompt, because writing takes longest."""

    def __init__(self, generator: Generator, path: Path) -> None:
        self._generator = generator
        self._path = path
        self.fingerprint, self.context, self.count = generator.fingerprint, generator.context, generator.count
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self._replies = {row["prompt"]: row["reply"] for row in map(json.loads, lines)}
        self.written = 0

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Pieces[str, None, None]:
        prompt_data = json.dumps([self.fingerprint, max_tokens, [[message.role, message.text] for message in messages]])
        prompt = hashlib.sha256(prompt_data.encode()).hexdigest()
        if prompt not in self._replies:
            self._replies[prompt] = "".join(self._generator.stream(messages, max_tokens))
            self.written += 1
            with self._path.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"prompt": prompt, "reply": self._replies[prompt]}, ensure_ascii=False) + "\n")
        yield self._replies[prompt]


class RecordingVerifier:
    """A verifier that remembers its last verdict on each claim."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self.fingerprint = verifier.fingerprint
        self.verdicts: dict[str, Verdict] = {}

    def verify(self, claim: str, passages: Sequence[Passage]) -> Verdict:
        verdict = self._verifier.verify(claim, passages)
        self.verdicts[claim] = verdict
        return verdict


def questions_of(dataset: Dataset, count: int) -> Iterator[Asked]:
    """``count`` answerable questions of the dataset, drawn with seed 0."""
    for item in sample([item for item in dataset.items if item.answerable], count, seed=0):
        gold = item.answers[0]
        assert gold.document is not None
        assert gold.start is not None  # SQuAD gives them
        document = dataset.documents[gold.document]
        answers = tuple(answer.text for answer in item.answers)
        yield Asked(item.question, answers, document.id, gold.start, gold.start + len(gold.text), document.text)


def questions_of_sample() -> Iterator[Asked]:
    """The answerable questions of the sample."""
    documents = [load(path) for path in sample_paths()]
    for line in SAMPLE.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["answerable"]:
            evidence = row["evidence"] if isinstance(row["evidence"], str) else row["evidence"][0]
            document = next(document for document in documents if evidence in document.text)
            start = document.text.index(evidence)
            end = start + len(evidence)
            yield Asked(row["question"], tuple(row["answers"]), document.id, start, end, document.text[start:end])


def ask(assistant: Assistant, recorded: RecordingVerifier, asked: Asked) -> tuple[Answer, list[Sentence]]:
    """The answer, and every sentence that the model wrote for it."""
    recorded.verdicts.clear()
    answer = assistant.ask(asked.question)
    written = answer.model.get("backend") == answer.model.get("generator")
    said = [statement.text for statement in answer.said if written]
    shown = {claim_of(text, asked.question) for text in said}
    return answer, [
        Sentence(asked, claim.removeprefix(f"{asked.question} "), claim, verdict, claim in shown)
        for claim, verdict in recorded.verdicts.items()
    ]


def report(name: str, part: float, of: float) -> None:
    print(f"{name:<68} {part:g} of {of:g}" + (f" = {part / of:.3f}" if of else ""))


def print_figures(answers: Sequence[Answer], sentences: Sequence[Sequence[Sentence]], asked: Sequence[Asked]) -> None:
    """Print the figures that need no labels."""
    every = [sentence for own in sentences for sentence in own]
    shown = [sentence for sentence in every if sentence.shown]
    report("questions of which the model wrote something", sum(bool(own) for own in sentences), len(asked))
    report("sentences shown, of those written", len(shown), len(every))
    report("questions with a written sentence shown", sum(any(s.shown for s in own) for own in sentences), len(asked))
    for name, chosen in (("shown", shown), ("written", every)):
        stating = [sentence for sentence in chosen if sentence.states_the_answer]
        report(
            f"{name} sentences that state the answer: span holds it",
            sum(s.cites_the_place for s in stating),
            len(stating),
        )
    with_answer = [
        contains_answer(" ".join(s.text for s in own), one.answers) > 0
        for own, one in zip(sentences, asked, strict=True)
    ]
    kept = [
        contains_answer(" ".join(s.text for s in own if s.shown), one.answers) > 0
        for own, one in zip(sentences, asked, strict=True)
    ]
    right = [contains_answer(answer.text, one.answers) > 0 for answer, one in zip(answers, asked, strict=True)]
    report("the model wrote the right answer", sum(with_answer), len(asked))
    report("… and it is shown in the model's words", sum(kept), sum(with_answer))
    report("the whole answer (written or quoted) holds the right one", sum(right), len(asked))


def print_times(answers: Sequence[Answer]) -> None:
    """Print the time of an answer, and the share that verification adds."""
    spent = [answer.timings_ms for answer in answers if "verify" in answer.timings_ms]
    verifying, total = sum(times["verify"] for times in spent), sum(times["total"] for times in spent)
    print(f"{'seconds an answer, median':<68} {statistics.median(times['total'] for times in spent) / 1000:.2f}")
    print(f"{'verification beside the rest of the time':<68} {verifying / (total - verifying):.3f}")


def print_labelled(sentences: Sequence[Sequence[Sentence]], labels: Path) -> None:
    """Print the figures by the labels."""
    judged = {row["key"]: row["supported"] for row in map(json.loads, labels.read_text("utf-8").splitlines())}
    known = [[sentence for sentence in own if sentence.key in judged] for own in sentences]
    every = [sentence for own in known for sentence in own]
    for name, chosen in (("shown", [s for s in every if s.shown]), ("written, before verification", every)):
        report(f"judged by hand: supported, of the sentences {name}", sum(judged[s.key] for s in chosen), len(chosen))
    true = [own for own in known if any(judged[s.key] for s in own)]
    kept = sum(any(s.shown for s in own) for own in true)
    report("… questions with a sentence shown, where a supported one was written", kept, len(true))


def write_rows(path: Path, sentences: Sequence[Sequence[Sentence]]) -> None:
    """Write every sentence with what a person needs to label it."""
    with path.open("w", encoding="utf-8") as out:
        for own in sentences:
            for sentence in own:
                row = {"key": sentence.key, "shown": sentence.shown, "question": sentence.asked.question,
                       "sentence": sentence.text, "span": sentence.span, "paragraph": sentence.asked.paragraph,
                       "score": round(sentence.verdict.score, 3), "missing": sentence.verdict.missing}  # fmt: skip
                out.write(json.dumps(row, ensure_ascii=False) + "\n")


def options_of() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("squad", type=Path, help="a SQuAD file")
    parser.add_argument("--backend", default="llamacpp")
    parser.add_argument("--model")
    parser.add_argument("--base-url")
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--questions", type=int, default=160, help="of the SQuAD file")
    parser.add_argument("--no-sample", action="store_true", help="leave the sample's questions out")
    parser.add_argument("--indexes", type=Path, default=Path(".benchmarks/indexes"))
    parser.add_argument("--replies", type=Path, default=Path(".benchmarks/replies.jsonl"), help="kept replies")
    parser.add_argument("--rows", type=Path, help="write every sentence here")
    parser.add_argument("--labels", type=Path, help="judgements by hand")
    return parser.parse_args()


def main() -> None:
    options = options_of()
    chosen = settings.read(
        backend=options.backend, model=options.model, base_url=options.base_url, context=options.context,
        max_tokens=options.max_tokens, threshold=0, unsupported="strike",
    )  # fmt: skip
    dataset = load_dataset(options.squad)
    models = compose.load_models(chosen)
    documents = {**dataset.documents, **{path.name: load(path) for path in sample_paths()}}
    index = indexed(documents, options.indexes, models, lambda _: None)
    generator = CachingGenerator(load_generator(chosen), options.replies)
    writer = compose.writer_of(generator, models, chosen)
    recorded = RecordingVerifier(writer.verifier)
    assistant = Assistant(
        index, compose.extractor_of(models), writer=replace(writer, verifier=recorded), top_k=chosen.top_k
    )
    asked = list(questions_of(dataset, options.questions))
    if not options.no_sample:
        asked += questions_of_sample()
    answers, sentences = [], []
    for number, one in enumerate(asked, start=1):
        answer, own = ask(assistant, recorded, one)
        answers.append(answer)
        sentences.append(own)
        print(f"\r{number} of {len(asked)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{writer.generator.fingerprint}, {writer.prompt.fingerprint}, {writer.verifier.fingerprint}")
    print_figures(answers, sentences, asked)
    if generator.written == len(asked):  # times are of replies that were written now
        print_times(answers)
    if options.labels:
        print_labelled(sentences, options.labels)
    if options.rows:
        write_rows(options.rows, sentences)
    print(f"machine: {platform.machine()}, {cores()} cores, Python {platform.python_version()}")


if __name__ == "__main__":
    main()
