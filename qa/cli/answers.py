"""The commands about answers: ``refdesk ask`` and ``verify``."""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from qa import settings as configuration
from qa.cli.console import echo, print_json, read_settings
from qa.cli.options import (
    BackendOption,
    BaseUrlOption,
    CollectionOption,
    EmbedderOption,
    IndexOption,
    JsonOption,
    ModelOption,
    VerifierOption,
)
from qa.cli.scope import (
    BeforeOption,
    FieldOption,
    FolderOption,
    SinceOption,
    SourceOption,
    TypeOption,
    check_scope,
    scope_of,
)


def ask(
    question: Annotated[str | None, typer.Argument(help="A question, in quotes.", show_default=False)] = None,
    index: IndexOption = None,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
    embedder: EmbedderOption = None,
    backend: BackendOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    verifier: VerifierOption = None,
    top_k: Annotated[int | None, typer.Option(min=1, max=100, help="How many passages to rank [15]")] = None,
    after: Annotated[
        Path | None, typer.Option(help="Ask as a follow-up to the answers in this file, of refdesk ask --json.")
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(
            help="Ask the questions of this JSON Lines file (-: standard input); with --json, one object a line, in "
            "their order."
        ),
    ] = None,
    source: SourceOption = None,
    folder: FolderOption = None,
    kind: TypeOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    field: FieldOption = None,
) -> None:
    """Answer a question with cited sentences, or say that the documents do not hold the answer."""
    from qa.assistant.compose import open_assistant
    from qa.cli.batch import ask_all, read_batch

    if (question is None) == (batch is None):
        raise typer.BadParameter("ask one question, or those of a file with --batch", param_hint="QUESTION")
    asked = list(read_batch(batch)) if batch else []  # before any model is loaded
    scope = scope_of(collection, source, folder, kind, since, before, field)
    models = {"embedder": embedder, "backend": backend, "model": model, "base_url": base_url, "verifier": verifier}
    settings = read_settings(index=index, top_k=top_k, **models)
    history = _turns(after)
    assistant = open_assistant(settings)
    check_scope(assistant.index.store, scope)
    if question is None:
        ask_all(asked, history, lambda text, turns: assistant.ask(text, scope, turns), as_json)
        return
    answer = assistant.ask(question, scope, history)
    if as_json:
        print_json(answer.to_dict())
    else:
        from qa.cli.answer_text import as_text

        echo(*as_text(answer).split("\n"))


def verify(
    answers: Annotated[
        Path, typer.Argument(help="A file that refdesk ask --json wrote (JSON or JSON Lines), or a run's folder.")
    ],
    index: IndexOption = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not load a model to verify again what a language model wrote.")
    ] = False,
    verifier: VerifierOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check saved answers against the documents again, and name what cannot be checked; exit 1 when something is wrong.

    A run's folder holds the documents it cites; a file's are looked up in the index.
    """
    from qa.saved.verify import check_file

    load = None if quick else partial(_load_verifier, verifier)
    if answers.is_dir():
        from qa.evaluation.runs.check import check_run

        checked = check_run(answers, load)
    else:
        checked = check_file(answers, read_settings(index=index).index, load)
    if as_json:
        print_json(dataclasses.asdict(checked))
    else:
        for row in checked.problems:
            echo(f"answer {row['record']}: {row['problem']}")
        echo(f"{checked.answers} answers, {checked.citations} citations checked, {len(checked.problems)} problems")
        echo(f"Not checked: {'; '.join(checked.not_checked)}.")
    if checked.problems:
        raise typer.Exit(1)


def _load_verifier(name: str | None) -> Any:
    """The verifier; what picks it is imported only where a statement has to be verified."""
    from qa.assistant.compose import load_verifier

    return load_verifier(configuration.read(verifier=name))


def _turns(path: Path | None) -> list[Any]:
    """The saved answers as a conversation."""
    if path is None:
        return []
    from qa.saved.read import read_answers
    from qa.saved.turns import turns_of

    return turns_of(read_answers(path))
