"""What the scripts share that verify claims, each against a text of its own."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from documents.document import Chunk, Document, Source
from index.passage import Passage
from qa import settings
from qa.assistant import compose
from qa.check.entailment import Entailment


def parser_of(doc: str | None) -> argparse.ArgumentParser:
    """A parser with what they have in common: which verifier reads, and where its verdicts are written."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verifier", help="a cross-encoder's folder or hub name [the shipped model]")
    parser.add_argument("--rows", type=Path, help="write every verdict here")
    return parser


def entailment_of(options: argparse.Namespace) -> Entailment:
    """The entailment model of the verifier that was named."""
    return compose.entailment_of(settings.read(verifier=options.verifier))


def passage_of(text: str, title: str = "") -> Passage:
    """The text as the only passage of a document."""
    document = Document(text, title)
    return Passage(Chunk(document, 0, len(text)), Source("text.txt", document.id), 1.0)


def write_rows(path: Path | None, rows: Iterable[Mapping[str, object]]) -> None:
    """Write the rows as JSON Lines, where a path was named."""
    if path:
        path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
