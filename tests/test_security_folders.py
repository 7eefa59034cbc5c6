"""A hostile folder costs only itself: links, ignore files, patterns, depth, names and what is no file."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Run
from fakes import Desk
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from documents import patterns
from documents.document import DocumentError
from documents.find import MAX_RULES, find, folders_below
from documents.patterns import MAX_BYTES, MAX_PATTERNS, Patterns

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links, pipes and such names are POSIX's")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose files lie in two folders, one of which is to be made hostile."""
    desk = Desk(tmp_path)
    for folder, text in (("bad", "Beta hides here."), ("good", "Alpha pumps water.")):
        (desk.files / folder).mkdir()
        (desk.files / folder / "a.txt").write_text(text)
    yield desk
    subprocess.run(["rm", "-rf", str(desk.files)], check=True)  # shutil's way fails in deep folders


def indexed(desk: Desk, *paths: Path) -> tuple[list[str], dict[str, str]]:
    """What was added and what failed, as paths within the desk's files."""
    report = desk.ingest.update(paths or [desk.files])
    begin = f"{desk.files}{os.sep}"
    return [path.removeprefix(begin) for path in report.added], {
        path.removeprefix(begin): reason.removeprefix(begin) for path, reason in report.failed.items()
    }


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1024**4)


def make_binary(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\xff")


def make_many(path: Path) -> None:
    path.write_text("*\n" * (MAX_PATTERNS + 1))


def make_wrong(path: Path) -> None:
    path.write_text("!\n")


def make_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_pipe, "not a file; remove it"),
        (make_device, "not a file; remove it"),
        (make_folder, "not a file; remove it"),
        (make_huge, f"larger than {MAX_BYTES // 1024} KB, the limit; use fewer patterns"),
        (make_binary, "cannot be read (it is not UTF-8)"),
        (make_many, f"more than {MAX_PATTERNS} patterns, the limit; use fewer"),
        (make_wrong, "Invalid git pattern: '!'"),
    ],
)
def test_an_ignore_file_that_cannot_be_used_costs_only_its_folder(desk: Desk, make: object, reason: str) -> None:
    assert callable(make)
    make(desk.files / "bad" / ".refdeskignore")
    assert indexed(desk) == (["good/a.txt"], {"bad": f"bad/.refdeskignore: {reason}"})


def test_the_command_says_it_in_a_line_and_goes_on(run: Run, tmp_path: Path) -> None:
    for name in ("bad", "good"):
        (tmp_path / "files" / name).mkdir(parents=True)
        (tmp_path / "files" / name / "a.txt").write_text("Alpha pumps water.")
    os.mkfifo(tmp_path / "files" / "bad" / ".refdeskignore")
    done = run("index", str(tmp_path / "files"), "--json")
    assert done.code == 3
    assert done.err == f"refdesk: {tmp_path / 'files' / 'bad' / '.refdeskignore'}: not a file; remove it\n"
    assert done.json["added"] == [str(tmp_path / "files" / "good" / "a.txt")]


def test_documents_below_an_unusable_ignore_file_stay_indexed(desk: Desk) -> None:
    assert indexed(desk)[0] == ["bad/a.txt", "good/a.txt"]
    make_binary(desk.files / "bad" / ".refdeskignore")
    report = desk.ingest.update([desk.files])
    assert (report.removed, len(report.unchanged)) == ([], 1)
    assert desk.search("hides", limit=1) == ["Beta hides here."]


def test_links_to_where_one_is_and_to_everything_are_not_entered(desk: Desk) -> None:
    for name, target in (("a", "."), ("b", "."), ("c", ".."), ("root", "/"), ("circle", "circle")):
        (desk.files / "bad" / name).symlink_to(target)
    assert indexed(desk)[0] == ["bad/a.txt", "good/a.txt"]
    assert list(find([desk.files / "**" / "*.txt"])) == [desk.files / "bad" / "a.txt", desk.files / "good" / "a.txt"]
    assert list(find([desk.files / "bad" / "**" / "**" / "**" / "*.txt"])) == [desk.files / "bad" / "a.txt"]
    assert list(find([desk.files / "*" / "**"])) == [desk.files / "bad" / "a.txt", desk.files / "good" / "a.txt"]
    with pytest.raises(DocumentError, match="nothing matches"):
        list(find([desk.files / "bad" / "*" / "*" / "*.txt"]))
    assert folders_below([desk.files]) == {desk.files, desk.files / "bad", desk.files / "good"}


STARS = ("a*" * 40 + "b", "*a" * 60 + "b", "[a-z]*" * 40 + "!", "[!b]*" * 40 + "b", "*?" * 40 + "b", "*" * 1000 + "b")


@pytest.mark.parametrize("pattern", [*STARS, "a*" * 20 + "/" + "a*" * 20 + "b", "a/**/a/**/b"])
def test_no_pattern_takes_exponential_time(pattern: str) -> None:
    compared = Patterns([pattern], "ignored")
    began = time.thread_time()
    for name in ("a" * 250, "/".join(["a" * 250] * 16), "a/" * 2000 + "c"):
        assert not compared.matches(name)
    assert time.thread_time() - began < 1


def test_a_pattern_of_more_ways_than_can_be_tried_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"^x: '.*' holds more than 2 \*\* that stand for any folders"):
        Patterns(["**/a/**/b/**/c"], "x")
    with pytest.raises(DocumentError, match=r"^x: bad character range z-a"):
        Patterns(["[z-a]"], "x")


def test_patterns_that_take_too_long_together_cost_only_their_folder(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "SECONDS", 0.0)
    monkeypatch.setattr(patterns, "SECONDS_EACH", 0.0)
    (desk.files / "bad" / ".refdeskignore").write_text("*a*b*\n")
    failed = dict[Path, DocumentError]()
    added = list(find([desk.files], failed=failed.__setitem__))
    assert added == [desk.files / "good" / "a.txt"]
    assert str(failed[desk.files / "bad"]).endswith(
        ".refdeskignore: its patterns take too long to compare; use simpler ones"
    )


ALPHABET = st.sampled_from(["a", "b", "*", "**", "/", "?", "[ab]", "!", "\\*", "**/", "/**/", "."])
NAMES = st.lists(st.text("ab*.", min_size=1, max_size=6), min_size=1, max_size=5).map("/".join)


@given(st.lists(ALPHABET, min_size=1, max_size=9).map("".join), NAMES, st.sampled_from(["", "/"]))
def test_patterns_mean_what_they_mean_to_pathspec(pattern: str, name: str, end: str) -> None:
    try:
        theirs = GitIgnoreSpec.from_lines([pattern])
        ours = Patterns([pattern], "x")
    except (ValueError, DocumentError):
        return
    assert ours.decision(name + end) == theirs.check_file(name + end).include


def test_a_class_means_no_slash() -> None:
    assert Patterns(["/a[!b]c"], "x").matches("axc")
    assert not Patterns(["/a[!b]c"], "x").matches("a/c")


def test_a_thousand_levels_are_walked_and_what_is_deeper_than_the_system_allows_is_named(desk: Desk) -> None:
    here = Path.cwd()
    try:
        for folder, name, times in (("good", "d", 1500), ("bad", "x" * 200, 25)):
            os.chdir(desk.files / folder)
            for _ in range(times):
                Path(name).mkdir()
                os.chdir(name)
            Path("deep.txt").write_text(f"Deep in {folder}.")
    finally:
        os.chdir(here)
    added, failed = indexed(desk)
    assert added == ["bad/a.txt", "good/a.txt", f"good/{'d/' * 1500}deep.txt"]
    assert [reason.endswith(": cannot be read (File name too long)") for reason in failed.values()] == [True]
    assert len(list(find([desk.files / "good" / "**" / "*.txt"]))) == 2


def test_ignore_files_in_every_level_are_counted(desk: Desk) -> None:
    folder = desk.files / "bad"
    for _ in range(MAX_RULES + 5):
        (folder / ".refdeskignore").write_text("*.tmp\n")
        (folder / "b.txt").write_text("Beta.")
        folder = folder / "d"
        folder.mkdir()
    added, failed = indexed(desk)
    assert len(added) == MAX_RULES + 2
    assert list(failed.values()) == [
        f"bad{'/d' * MAX_RULES}: more than {MAX_RULES} ignore files above one another, the limit"
    ]


def test_what_is_no_file_is_passed_over_and_strange_names_are_one_line(desk: Desk) -> None:
    bad = desk.files / "bad"
    make_pipe(bad / "pipe.txt")
    make_device(bad / "zero.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(bad)
        try:
            listener.bind("socket.txt")
        finally:
            os.chdir("/")
    (bad / "new\nline.txt").write_text("Gamma sells iron.")
    for name in (b"bad\xff\nname.txt", b"bad\xffname.md"):
        Path(os.fsdecode(os.fsencode(bad) + b"/" + name)).write_text("Delta weaves wool.")
    added, failed = indexed(desk)
    assert added == ["bad/a.txt", "bad/new\nline.txt", "good/a.txt"]
    assert all(reason.endswith(": the name is not valid text; rename the file") for reason in failed.values())
    assert len(failed) == 2
    assert not any("\n" in reason for reason in failed.values())
    report = desk.ingest.update([bad / "pipe.txt"])
    assert report.failed == {str(bad / "pipe.txt"): f"{bad / 'pipe.txt'}: not a file"}
