"""The command ``refdesk feedback``: what people said of answers, as a list and as a question file."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from documents.errors import RefdeskError
from qa.cli.console import echo, note, numbered, print_json, read_settings
from qa.cli.options import IndexOption, JsonOption

if TYPE_CHECKING:
    from qa.serving.answering.feedback import Opinion

feedback = typer.Typer(name="feedback", help="What people said of answers.", no_args_is_help=True)


class ExportError(RefdeskError):
    """The question file cannot be made. The message is one line."""


@feedback.command("list")
def listing(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List what was said of answers, oldest first."""
    rows = [_row(said) for said in _listed(index)]
    if as_json:
        print_json({"feedback": rows})
        return
    for row in rows:
        more = "".join(f"; {name}: {row[name]}" for name in ("reason", "expected") if row[name])
        echo(f"{row['time']}  {row['verdict']}  {row['who'] or 'somebody'}  {row['question']}{more}")


@feedback.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file: JSON Lines.")],
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a question file for refdesk eval.

    Answers that were called right are gold answers, refusals that were called right are unanswerable questions. Of what
    was called wrong, that is written whose right answer was said.
    """
    found = [said.as_question() for said in _listed(index)]
    lines = list(dict.fromkeys(json.dumps(one, ensure_ascii=False) for one in found if one))
    left = sum(one is None for one in found)
    if not lines:
        raise ExportError("nothing was said of answers that tells what is right: refdesk feedback list shows all of it")
    try:
        with open(file, "x", encoding="utf-8", newline="\n", opener=_for_owner) as target:
            target.writelines(f"{line}\n" for line in lines)
    except FileExistsError as error:
        raise ExportError(f"{file} exists already; name another file, or move it away") from error
    if as_json:
        print_json({"file": str(file), "questions": len(lines), "left_out": left})
        return
    echo(f"{file}: {numbered(len(lines), 'question')}")
    if left:
        note(f"{left} left out: what would be right was not said (refdesk feedback list).", prefix="")


def _for_owner(path: str, flags: int) -> int:
    """Opens a file that only its owner may read: what visitors asked is for whoever runs Refdesk."""
    return os.open(path, flags, 0o600)


def _listed(index: Any) -> list[Opinion]:
    from qa.serving.answering.feedback import Feedback

    return Feedback(read_settings(index=index).folder).listed()


def _row(said: Opinion) -> dict[str, Any]:
    return {
        "time": datetime.fromtimestamp(said.time, UTC).isoformat(timespec="seconds"),
        "who": said.who,
        "verdict": said.verdict,
        "question": said.question,
        "kind": said.kind,
        "said": said.said,
        "reason": said.reason,
        "expected": said.expected,
    }
