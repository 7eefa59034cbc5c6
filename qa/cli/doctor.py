"""The command ``refdesk doctor``: is everything in order, and if not, what to do."""

from __future__ import annotations

import dataclasses

import typer

from qa import settings as configuration
from qa.cli.console import echo, print_json
from qa.cli.options import EmbedderOption, IndexOption, JsonOption


def doctor(index: IndexOption = None, embedder: EmbedderOption = None, as_json: JsonOption = False) -> None:
    """Check models, index, permissions, disk, settings and port, and say what to do; exit 1 when something is wrong.

    Nothing is changed. Everything in the index is read once.
    """
    from qa.serving.operations.doctor import examine

    found = []
    for finding in examine(configuration.read(index=index, embedder=embedder)):
        found.append(finding)
        if not as_json:
            advice = f" → {finding.advice}" if finding.advice else ""
            echo(f"{finding.status:<8}{finding.check:<12} {finding.detail}{advice}")
    is_wrong = any(finding.status == "wrong" for finding in found)
    if as_json:
        print_json({"in_order": not is_wrong, "checks": [dataclasses.asdict(finding) for finding in found]})
    if is_wrong:
        raise typer.Exit(1)
