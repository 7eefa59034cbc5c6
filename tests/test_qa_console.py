"""What a terminal sees while the commands work."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from index.ingest import Progress as Indexing
from qa.cli import console
from qa.evaluation import RunProgress


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal in place of standard error."""
    screen = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=screen, force_terminal=True, width=120))
    return screen


def test_the_bar_of_questions_has_a_running_score(screen: io.StringIO) -> None:
    with console.asking("town") as show:
        show(RunProgress(3, 7, "F1", 0.8125, 0.251))
    for part in ("town", "3/7", "F1 0.812", "0.25 s a question"):
        assert part in screen.getvalue()


def test_without_a_score_it_has_none(screen: io.StringIO) -> None:
    with console.asking("claims") as show:
        show(RunProgress(3, 7, "", None, 0.251))
    assert "3/7" in screen.getvalue()


def test_what_is_printed_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    text = "mixed at 1:100:5 :smile: [bold]not bold[/bold]"
    for printer in (console._PLAIN, console._PLAIN | {"stderr": True}):
        Console(**printer).print(text)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (f"{text}\n", f"{text}\n")


def test_the_bar_of_files_names_the_one_at_hand(screen: io.StringIO) -> None:
    with console.indexing() as show:
        show(Indexing(1, 4, 50, 200, 12, "/d/a.txt"))
    for part in ("25%", "1/4 files", "a.txt"):
        assert part in screen.getvalue()


def test_what_is_no_terminal_gets_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with console.asking("town") as show:
        show(RunProgress(3, 7, "F1", 0.8125, 0.251))
    assert capsys.readouterr().err == ""
