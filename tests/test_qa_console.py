"""What a terminal sees while the commands work."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from index.ingest import Progress as Indexing
from qa.cli import console
from qa.evaluation import RunProgress


@pytest.fixture
def terminal() -> Console:
    """A terminal in memory, in place of standard error."""
    return Console(file=io.StringIO(), force_terminal=True, width=120)


def shown(terminal: Console) -> str:
    """Everything that was written to the terminal in memory."""
    assert isinstance(terminal.file, io.StringIO)
    return terminal.file.getvalue()


def test_the_bar_of_questions_shows_the_running_score(terminal: Console) -> None:
    with console.asking("town", terminal) as show:
        show(RunProgress(3, 7, "F1", 0.8125, 0.251))
    for part in ("town", "3/7", "F1 0.812", "0.25 s a question"):
        assert part in shown(terminal)


def test_the_bar_of_questions_works_without_a_score(terminal: Console) -> None:
    with console.asking("claims", terminal) as show:
        show(RunProgress(3, 7, "", None, 0.251))
    assert "3/7" in shown(terminal)


def test_markup_and_emoji_codes_are_printed_as_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    text = "mixed at 1:100:5 :smile: [bold]not bold[/bold]"
    for printer in (console._PLAIN, console._PLAIN | {"stderr": True}):
        Console(**printer).print(text)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (f"{text}\n", f"{text}\n")


def test_the_bar_of_files_names_the_file_being_read(terminal: Console) -> None:
    with console.indexing(terminal) as show:
        show(Indexing(1, 4, 50, 200, 12, "/d/a.txt"))
    for part in ("25%", "1/4 files", "a.txt"):
        assert part in shown(terminal)


def test_no_bar_is_shown_where_standard_error_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with console.asking("town") as show:
        show(RunProgress(3, 7, "F1", 0.8125, 0.251))
    assert capsys.readouterr().err == ""
