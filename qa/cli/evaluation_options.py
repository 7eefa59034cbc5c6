"""What ``refdesk eval`` is given: its options, as typer reads them, and whether they go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from qa.cli.options import (
    BackendOption,
    BaseUrlOption,
    EmbedderOption,
    JsonOption,
    ModelOption,
    VerifierOption,
    index_folder,
)

if TYPE_CHECKING:
    from qa.evaluation import Harness

RUNS = Path("runs")
# Before a server's address, and an endpoint's file; those of qa.evaluation.systems, which takes long to import.
SERVER, ENDPOINT = "openai:", "http:"
DEFAULT, SPLIT = "default", "test"  # of --system and --split


@dataclass(frozen=True, slots=True)
class Given:
    """What the command was given: a field is an option, but ``context``, which is typer's."""

    context: typer.Context
    datasets: Annotated[
        list[Path] | None,
        typer.Argument(help="Benchmark files and folders; the format is told by the content.", show_default=False),
    ] = None
    task: Annotated[
        Literal["retrieval", "reading", "qa", "support", "visitors"] | None,
        typer.Option(help="Default: what the dataset is made for."),
    ] = None
    system: Annotated[
        str,
        typer.Option(
            help="Refdesk itself; a baseline (bm25, dense, hybrid, closed-book, unverified, coverage, reranker); "
            "openai:URL, a server that answers from documents by OpenAI's chat completions; http:TEMPLATE.json, any "
            "endpoint; or a pipeline of yours: langchain:MODULE:ATTRIBUTE, llamaindex:, haystack:, txtai:, haikurag:, "
            "python:."
        ),
    ] = DEFAULT
    python: Annotated[
        str | None, typer.Option(help="The interpreter of the environment that a pipeline of yours is in.")
    ] = None
    index: Annotated[
        Path | None,
        typer.Option(parser=index_folder, metavar="DIR", help="Ask this index, not one of the dataset's documents."),
    ] = None
    embedder: EmbedderOption = None
    backend: BackendOption = None
    model: ModelOption = None
    base_url: BaseUrlOption = None
    verifier: VerifierOption = None
    name: Annotated[str | None, typer.Option(help="Of the run, in its folder's name; default: the system's.")] = None
    chosen: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Any setting; of several values, such as top_k=5,15, a run each. Repeatable.",
        ),
    ] = None
    out_folder: Annotated[Path | None, typer.Option("--out", help="Folder of runs; default: ./runs.")] = None
    resume: Annotated[bool, typer.Option("--resume", help="Continue the latest run of the same name.")] = False
    limit: Annotated[int | None, typer.Option(min=1, help="Ask so many questions, drawn with the seed.")] = None
    seed: Annotated[int, typer.Option(min=0, help="Of the drawing and of the intervals.")] = 0
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Says whether quotes support statements: a cross-encoder's folder or hub name, or openai:URL#MODEL.",
        ),
    ] = None
    jobs: Annotated[int, typer.Option(min=1, help="Ask a server so many questions at a time.")] = 1
    distractors: Annotated[
        list[Path] | None, typer.Option(help="Index also the documents of this file or folder; repeatable.")
    ] = None
    corpus: Annotated[Path | None, typer.Option(help="The documents that an open-QA file asks about.")] = None
    split: Annotated[str, typer.Option(help="Of a BEIR folder.")] = SPLIT
    answers: Annotated[
        Path | None, typer.Option(help="Score another system's answers from this JSON Lines file instead.")
    ] = None
    suite: Annotated[
        Literal["standard"] | None, typer.Option(help="Run the published benchmarks instead; needs --data.")
    ] = None
    data: Annotated[Path | None, typer.Option(help="The folder of the suite's public files.")] = None
    only: Annotated[str, typer.Option(metavar="PATTERN", help="Of the suite, those whose name matches.")] = "*"
    make_template: Annotated[
        Path | None, typer.Option(help="Write a first draft of visitors' questions about the documents of this folder.")
    ] = None
    listed: Annotated[
        bool, typer.Option("--list", help="Tell which formats of datasets are known, and where their files come from.")
    ] = False
    as_json: JsonOption = False

    @property
    def harness(self) -> Harness:
        return harness_of(self.context)

    @property
    def out(self) -> Path:
        return self.out_folder or RUNS

    @property
    def server(self) -> str | None:
        """The address of the server that is asked; None: Refdesk itself or a baseline is."""
        return self.system.removeprefix(SERVER) if self.system.startswith(SERVER) else None

    @property
    def is_searched(self) -> bool:
        """Whether the dataset's documents are searched, by a system that says itself what it lacks."""
        return self.answers is None and self.server is None and not self.system.startswith(ENDPOINT)

    @property
    def flags(self) -> dict[str, str | None]:
        """The settings that have options of their own."""
        return {
            "embedder": self.embedder,
            "backend": self.backend,
            "model": self.model,
            "base_url": self.server or self.base_url,
            "verifier": self.verifier,
        }

    @property
    def options(self) -> dict[str, Any]:
        """The options of ``import_run``, which ``evaluate`` has, too."""
        made_with = {"harness": self.harness, "support": self.judge}
        return {
            "task": self.task,
            "name": self.name,
            "out": self.out,
            "limit": self.limit,
            "seed": self.seed,
        } | made_with

    def origin(self, path: Path) -> Mapping[str, Any]:
        """What a run records of where the dataset in ``path`` came from."""
        return {
            "path": str(path.absolute()),
            "split": self.split,
            "corpus": str(self.corpus.absolute()) if self.corpus else None,
            "distractors": [str(path.absolute()) for path in self.distractors or []],
        }

    def check_suite(self) -> Path:
        """The folder of the suite's data.

        Raises:
            typer.BadParameter: it is missing, or an option is given that the suite does not take.
        """
        if self.data is None:
            raise typer.BadParameter("name the folder of its public files with --data", param_hint="--suite")
        others = (
            self.datasets, self.answers, self.index, self.resume, self.distractors, self.corpus, self.chosen,
            self.backend, self.model, self.base_url, self.embedder, self.verifier, self.name, self.judge, self.task,
            self.seed, self.system != DEFAULT, self.python, self.split != SPLIT,
        )  # fmt: skip
        if any(others):
            raise typer.BadParameter("it takes only --data, --only, --out, --limit and --json", param_hint="--suite")
        return self.data

    def check_datasets(self) -> list[Path]:
        """The datasets.

        Raises:
            typer.BadParameter: none is named, or options do not go together.
        """
        if not self.datasets:
            raise typer.BadParameter("name a dataset: a file or a folder", param_hint="DATASET")
        if self.answers is not None:
            self._check_answers(self.datasets)
        if self.server is not None and (self.base_url or self.backend or self.index):
            raise typer.BadParameter(
                "the server has its own documents: leave out --base-url, --backend, --index", param_hint="--system"
            )
        self._check_other()
        return self.datasets

    def _check_answers(self, datasets: list[Path]) -> None:
        if len(datasets) > 1:
            raise typer.BadParameter("answers are of one dataset", param_hint="--answers")
        if any((self.system != DEFAULT, self.index, self.resume, self.distractors, self.backend, self.chosen)):
            raise typer.BadParameter(
                "another system's answers are only scored: leave out --system, --index, --resume, --distractors, "
                "--backend, --set",
                param_hint="--answers",
            )

    def _check_other(self) -> None:
        settings = (self.index, self.embedder, self.backend, self.model, self.base_url, self.verifier, self.chosen)
        if self.server is None and ":" in self.system:
            if any(settings):
                raise typer.BadParameter(
                    "what it searches and answers with is its own: leave out --index, --embedder, --backend, --model, "
                    "--base-url, --verifier, --set",
                    param_hint="--system",
                )
        elif self.python:
            raise typer.BadParameter(
                "it is for pipelines of other frameworks, such as langchain:MODULE:ATTRIBUTE: leave it out",
                param_hint="--python",
            )


def harness_of(context: typer.Context) -> Harness:
    """What ``main`` was given to evaluate with, else the default."""
    from qa.evaluation import Harness

    return context.obj or Harness()
