"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from index.address import SCHEMES

IndexOption = Annotated[
    str | None, typer.Option("--index", help="Index folder, or postgresql://… [REFDESK_INDEX, ./.refdesk]")
]
EmbedderOption = Annotated[
    str | None, typer.Option(help="The embedder that the index was made with, where it is none of the known ones.")
]
BackendOption = Annotated[
    str | None,
    typer.Option(help="How answers are composed: extractive, local, openai, llamacpp or transformers [extractive]"),
]
ModelOption = Annotated[
    str | None, typer.Option(help="The language model: the server's name for it, a GGUF file, a folder or a hub name.")
]
BaseUrlOption = Annotated[
    str | None, typer.Option(help="Of backend openai, the server, such as http://localhost:11434/v1.")
]
VerifierOption = Annotated[
    str | None,
    typer.Option(help="What says whether a text supports a statement: a cross-encoder's folder or hub name."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
CollectionOption = Annotated[str | None, typer.Option(help="Only this collection of sources.")]


def index_folder(text: str) -> Path:
    """An index's folder, where only one in a folder will do."""
    if text.startswith(SCHEMES):
        raise typer.BadParameter("evaluation asks an index in a folder, not one in a database")
    return Path(text)


def _path(text: str) -> Path:
    if not text.strip():  # as of an unset variable: not the working folder
        raise typer.BadParameter("a path is empty: name a file, a folder or a pattern")
    return Path(text)


Paths = Annotated[list[Path], typer.Argument(parser=_path, metavar="PATH…", help="Files, folders, patterns in quotes.")]
