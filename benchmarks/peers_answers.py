"""Answers of Refdesk, of a language model by itself and of four frameworks with the same model, side by side.

    python -m venv PEERS && PEERS/bin/pip install -r benchmarks/peers.txt
    pip install "refdesk[writer]"
    python -m benchmarks.peers_answers --python PEERS/bin/python --data DATA [--limit 60] [--out runs/peers]

The sets are the everyday documents (``benchmarks/everyday``), the manuals (``DATA/manuals``) and the questions about
the sample; of each, ``--limit`` questions are drawn, the same for all systems. Questions in a conversation are left
out, as the frameworks' chains are for single ones. The model is that of ``refdesk[writer]`` or a GGUF file
(``--model``).

Each system is asked in a process of its own, which starts a llama.cpp server of its own. "refdesk" quotes, without a
model; "refdesk-writer" has it write, as ``--backend local`` does; of "unverified" every sentence of the model stands,
and "closed-book" is the model without documents. The pipelines are those of ``benchmarks/beside/writing``: each
framework's own retriever with all-MiniLM-L6-v2, three passages, its own prompt. A run that was stopped goes on where
it was, and what is finished is not asked again; ``--table`` prints what there is. Every run is one of ``refdesk
eval``: ``refdesk compare`` sets two of them beside each other, and its report shows every answer.

A question is *right* where all that is expected is said, in whatever words are gold, or where a refusal is right;
whether it must be cited does not count here, as some do not cite. A model's own words are seldom the gold ones: *right,
read* counts what somebody who read the answers took for right (``--read``), "–" where not all of a run were read;
``--to-read`` writes those that were not, to be given a verdict and added. *Cited rightly* are the right answers, by
their words, whose cited passages hold the gold words: "–" of a system that cites nothing. *found@3* is the share of the
questions with known evidence that is in the first three passages found: what is not right of these was lost in reading;
"–" of a system that does not tell what it found. Memory is the peak of the process that answers and of the model's
server; Refdesk's holds the bench, too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from documents.document import Document
    from qa.evaluation import Dataset, Run
    from qa.llm.llamacpp import LlamaProcess

ROOT = Path(__file__).parent.parent
SETS = ("everyday", "manuals", "sample")
REFDESK, WRITING = "refdesk", "refdesk-writer"
BY_ITSELF = ("unverified", "closed-book")  # systems of ``refdesk eval``
PEERS = ("langchain", "llamaindex", "haystack", "txtai")
SYSTEMS = (REFDESK, WRITING, *BY_ITSELF, *PEERS)
EMBEDDER = "all-MiniLM-L6-v2"
CONTEXT = 4096
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "false",
    "ANONYMIZED_TELEMETRY": "false",
    "LITELLM_LOCAL_MODEL_COST_MAP": "true",
}
FOUND = "found@3"  # a metric of the bench: as many passages as the frameworks' pipelines read
OUTCOMES = ("right", "partly", "wrong", "refused")
HEAD = ("set", "system", "questions", FOUND, *OUTCOMES, "right, read", "cited rightly", "median s", "GB")
READ = ROOT / "benchmarks" / "everyday" / "read.jsonl"  # an answer a line: system, id, question, text, and its verdict
UNKNOWN = "–"
SERVER = "server.json"  # in a framework's run: the peak memory of the model's server, in bytes


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: how many questions had which outcome, and what they took."""

    questions: int
    found: float | None  # share of those whose evidence was among the first three passages; None: nobody knows it
    outcomes: Mapping[str, int]
    read: int | None  # that are right by a reader's verdict; None: not all were read
    answers: int  # that are right
    cited: int | None  # of these, rightly; None: the system cites nothing
    seconds: float
    memory: int | None

    @classmethod
    def of(cls, run: Run, system: str, verdicts: Mapping[tuple[str, str, str], str]) -> Row:
        """The line of a finished run of a system, with a reader's ``verdicts`` (``verdicts_read``)."""
        documents, _ = run.documents()
        among = run.metrics["metrics"].get(FOUND)
        found = [outcome(record) for record in run.records]
        answers = [own for own in run.records if own["said"] and outcome(own) == "right"]
        cites = any(record["answer"]["citations"] for record in run.records)
        cited = sum(is_cited_rightly(record, documents) for record in answers) if cites else None
        seconds, memory = run.metrics["timing"].get("p50", 0.0), run.metrics["cost"]["peak_memory"]
        if memory and (run.folder / SERVER).exists():
            memory += json.loads((run.folder / SERVER).read_text("utf-8"))["peak_memory"]
        judged = [verdicts.get(key_of(own, system)) if own["said"] else outcome(own) for own in run.records]
        read = None if None in judged else judged.count("right")
        counts = {name: found.count(name) for name in OUTCOMES}
        return cls(len(found), among and among["value"], counts, read, len(answers), cited, seconds, memory)

    def cells(self) -> Iterator[str]:
        yield str(self.questions)
        yield UNKNOWN if self.found is None else f"{self.found:.3f}"
        yield from (f"{self.outcomes[name] / self.questions:.3f}" for name in OUTCOMES)
        yield UNKNOWN if self.read is None else f"{self.read / self.questions:.3f}"
        yield UNKNOWN if self.cited is None else f"{self.cited} of {self.answers}"
        yield f"{self.seconds:.1f}"
        yield f"{self.memory / 1e9:.1f}" if self.memory else UNKNOWN


def key_of(record: Mapping[str, Any], system: str) -> tuple[str, str, str]:
    """What a reader's verdict on an answer is kept under: the answer's text is a part of it."""
    return system, record["id"], record["answer"]["text"]


def verdicts_read(path: Path) -> dict[tuple[str, str, str], str]:
    """What somebody who read the answers took them for, one of ``OUTCOMES``.

    Raises:
        SystemExit: a line has another verdict, or none yet.
    """
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    verdicts = {}
    for number, own in enumerate(map(json.loads, lines), start=1):
        if own["verdict"] not in OUTCOMES:
            raise SystemExit(f"{path}: line {number}: verdict must be one of {', '.join(OUTCOMES)}")
        verdicts[own["system"], own["id"], own["text"]] = own["verdict"]
    return verdicts


def to_read(systems: Sequence[str], sets: Sequence[str], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The answers of finished runs that nobody has read, each with what is gold and room for a verdict."""
    known = verdicts_read(options.read)
    for name in sets:
        for system in systems:
            run = finished(system, name, options)
            for own in run.records if run else ():
                if own["said"] and key_of(own, system) not in known:
                    gold = own["gold"].get("all") or own["gold"]["answers"]
                    asked = {"system": system, "id": own["id"], "question": own["question"]}
                    yield {**asked, "gold": gold, "text": own["answer"]["text"], "verdict": ""}


def outcome(record: Mapping[str, Any]) -> str:
    """Which of ``OUTCOMES`` a question had; one on which the system failed is wrong."""
    if record["metrics"]["right"]:
        return "right"
    if record["metrics"].get("partly"):
        return "partly"
    return "wrong" if record["said"] or "error" in record else "refused"


def is_cited_rightly(record: Mapping[str, Any], documents: Mapping[str, Document]) -> bool:
    """Whether what a right answer cites, where it stands in the documents, holds the gold words."""
    from qa.evaluation.metrics.wordings import folded, says
    from qa.saved.verification_source import said

    numbers = {number for statement in said(record["answer"]) for number in statement["citations"]}
    quotes = [
        own["quote"]
        for own in record["answer"]["citations"]
        if own["number"] in numbers
        and own["document"] in documents
        and documents[own["document"]].text[own["start"] : own["end"]] == own["quote"]
    ]
    text = folded("\n".join(quotes))
    groups = record["gold"].get("all") or [record["gold"]["answers"]]
    return all(says(text, group) for group in groups)


def load(name: str, data: Path | None) -> Dataset:
    """A set's single questions, whose answers need cite nothing to be right."""
    from qa.evaluation import load_dataset

    if name == "sample":
        article = ROOT / "documents" / "samples" / "benchmark-city-global-digital-economy.txt"
        return load_dataset(ROOT / "tests" / "fixtures" / "beijing_heldout.jsonl", corpus=article)
    dataset = load_dataset(ROOT / "benchmarks" / "everyday" if name == "everyday" else (data or Path()) / name)
    items = (
        replace(item, expect=replace(item.expect, cite=(), not_cite=()))
        for item in dataset.items
        if item.expect and not item.after
    )
    return replace(dataset, items=tuple(items))


def folder_of(name: str, options: argparse.Namespace) -> Path:
    """Where the runs on a set are: those of other questions are elsewhere."""
    return Path(options.out) / (f"{name}-{options.limit}" if options.limit else name)


def ask(system: str, name: str, options: argparse.Namespace) -> None:
    """Make, or go on with, the run of a system on a set; what this process started ends with it."""
    from qa import settings
    from qa.evaluation import evaluate
    from qa.evaluation.systems.spending import peak_memory

    dataset = load(name, options.data)
    made = {
        "out": folder_of(name, options),
        "name": system,
        "limit": options.limit,
        "seed": options.seed,
        "resume": True,
    }
    told = {"callbacks": told_progress(f"{name}, {system}")}
    if system in PEERS:
        server = serve(options.model)
        target = f"{system}:benchmarks.beside.writing.{system}:build"
        run = evaluate(dataset, target, python=options.python, **made, **told)
        (run.folder / SERVER).write_text(json.dumps({"peak_memory": peak_memory(server.pid)}), "utf-8")
        server.end()
        return
    model = {"backend": "llamacpp", "model": str(options.model), "context": CONTEXT} if options.model else {}
    writer = {"backend": "local", **model} if system != REFDESK else {}
    own = system if system in BY_ITSELF else "default"
    evaluate(dataset, own, settings=settings.read(**writer), **made, **told)


def serve(model: Path | None) -> LlamaProcess:
    """A server of the model, which the pipelines' process will find in its environment."""
    from index.models import resolve
    from qa.llm.carried import QWEN
    from qa.llm.llamacpp import LlamaProcess

    model = model or QWEN.joined()
    server = LlamaProcess(model, CONTEXT)
    server.wait()
    os.environ |= QUIET | {
        "OPENAI_BASE_URL": f"{server.address}/v1",
        "OPENAI_API_KEY": server.key.get_secret_value(),
        "PEERS_MODEL": model.name,
        "PEERS_EMBEDDER": str(resolve(EMBEDDER, "embedder").folder),
    }
    return server


def told_progress(what: str) -> Any:
    """Callbacks that tell on standard error how far a run is."""
    from qa.evaluation import Callbacks, RunProgress

    def tell(at: RunProgress) -> None:
        print(f"{what}: {at.done} of {at.of}, {at.seconds:.1f} s", file=sys.stderr, flush=True)

    return Callbacks(asking=tell)


def finished(system: str, name: str, options: argparse.Namespace) -> Run | None:
    """The finished run of a system on a set, with these options."""
    from qa.evaluation import Run
    from qa.evaluation.runs.run import METRICS

    def is_wanted(made: Mapping[str, Any]) -> bool:
        drawn = (made["limit"], made["seed"]) == (options.limit, options.seed)
        return drawn and (made["name"] or made["system"]) == system

    runs = (Run.open(file.parent) for file in sorted((folder_of(name, options)).glob(f"*/{METRICS}")))
    return next((run for run in runs if is_wanted(run.config)), None)


def table(systems: Sequence[str], sets: Sequence[str], options: argparse.Namespace) -> Iterator[str]:
    """The lines of the table, in Markdown."""
    verdicts = verdicts_read(options.read)
    yield f"| {' | '.join(HEAD)} |"
    yield "|---" * len(HEAD) + "|"
    for name in sets:
        for system in systems:
            run = finished(system, name, options)
            cells = list(Row.of(run, system, verdicts).cells()) if run else ["not finished"] + [""] * (len(HEAD) - 3)
            yield f"| {' | '.join([name, system, *cells])} |"


def ask_all(systems: Sequence[str], sets: Sequence[str], options: argparse.Namespace) -> None:
    """Have each system that is not finished asked in a process of its own, one after the other."""
    for name in sets:
        for system in systems:
            if finished(system, name, options) is None:
                command = [sys.executable, "-m", "benchmarks.peers_answers", *sys.argv[1:], "--one", f"{name}:{system}"]
                code = subprocess.run(command, cwd=ROOT, check=False).returncode
                if code:
                    print(f"{name}, {system}: not finished (exit {code}); the same command goes on", file=sys.stderr)


def chosen(known: Sequence[str], given: str) -> list[str]:
    """The names in a list with commas.

    Raises:
        argparse.ArgumentTypeError: there is no such name.
    """
    names = given.split(",")
    if unknown := [name for name in names if name not in known]:
        raise argparse.ArgumentTypeError(f"there is no {unknown[0]}: {', '.join(known)}")
    return names


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of the command line; paths are absolute, as the systems are asked from the repository's folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=interpreter, default=sys.executable, help="of the frameworks' environment")
    parser.add_argument("--data", type=absolute, help="the folder that has manuals")
    parser.add_argument("--sets", type=lambda given: chosen(SETS, given), default=list(SETS), help="such as sample")
    parser.add_argument("--systems", type=lambda given: chosen(SYSTEMS, given), default=list(SYSTEMS))
    parser.add_argument("--model", type=absolute, help="a GGUF file; default: that of refdesk[writer]")
    parser.add_argument("--out", type=absolute, default="runs/peers", help="the folder of runs")
    parser.add_argument("--limit", type=int, help="questions of each set")
    parser.add_argument("--seed", type=int, default=0, help="of the drawing")
    parser.add_argument("--table", action="store_true", help="ask nothing, print what there is")
    parser.add_argument("--read", type=absolute, default=READ, help="a reader's verdicts, a JSON object a line")
    parser.add_argument("--to-read", type=absolute, help="ask nothing, write the answers that nobody has read")
    parser.add_argument("--one", help=argparse.SUPPRESS)  # SET:SYSTEM, the process of its own
    options = parser.parse_args(arguments)
    if "manuals" in options.sets and options.data is None:
        parser.error("name the folder that has manuals with --data, or leave them out with --sets everyday,sample")
    return options


def absolute(path: str) -> Path:
    return Path(path).absolute()


def interpreter(path: str) -> str:
    """The absolute path, not resolved: a virtual environment's interpreter is a link whose own place matters."""
    if not Path(path).is_file():
        raise argparse.ArgumentTypeError(f"{path} is no file: name the environment's bin/python")
    return str(absolute(path))


def main() -> None:
    options = options_of()
    if options.one:
        from documents.errors import RefdeskError

        name, _, system = options.one.partition(":")
        try:
            ask(system, name, options)
        except RefdeskError as error:
            sys.exit(str(error))
        return
    if options.to_read:
        lines = (json.dumps(own, ensure_ascii=False) for own in to_read(options.systems, options.sets, options))
        options.to_read.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return
    if not options.table:
        ask_all(options.systems, options.sets, options)
    print(*table(options.systems, options.sets, options), sep="\n")


if __name__ == "__main__":
    main()
