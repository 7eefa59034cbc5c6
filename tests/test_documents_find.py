"""Finding files in folders: patterns, ignore files and links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from documents.document import DocumentError
from documents.find import find

FILES = ("a.txt", "b.md", "draft.txt", "sub/c.txt", "sub/draft.md", "sub/deep/d.txt", "old/e.txt", ".hidden/f.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (*FILES, "sub/picture.xyz"):
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    return tmp_path / "files"


def found(folder: Path, *paths: Path, **chosen: list[str]) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find(paths or [folder], **chosen)]


ALL = ["a.txt", "b.md", "draft.txt", "old/e.txt", "sub/c.txt", "sub/deep/d.txt", "sub/draft.md"]


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        ([], [], ALL),
        (["*.md"], [], ["b.md", "sub/draft.md"]),
        (["sub/"], [], ["sub/c.txt", "sub/deep/d.txt", "sub/draft.md"]),
        ([], ["draft.*"], ["a.txt", "b.md", "old/e.txt", "sub/c.txt", "sub/deep/d.txt"]),
        ([], ["/draft.txt", "old/", "**/deep/*"], ["a.txt", "b.md", "sub/c.txt", "sub/draft.md"]),
        (["*.txt"], ["*", "!a.txt"], ["a.txt"]),
        (["*.md", "/a.txt"], ["sub"], ["a.txt", "b.md"]),
    ],
)
def test_include_and_exclude_patterns_select_files(
    folder: Path, include: list[str], exclude: list[str], expected: list[str]
) -> None:
    assert found(folder, include=include, exclude=exclude) == expected


def test_an_ignore_file_applies_to_its_folder_and_those_below(folder: Path) -> None:
    (folder / ".refdeskignore").write_text("# drafts are not for asking\ndraft.*\nold/\n/c.txt\n", "utf-8")
    assert found(folder) == ["a.txt", "b.md", "sub/c.txt", "sub/deep/d.txt"]
    (folder / "sub" / ".refdeskignore").write_text("!draft.md\ndeep\n")
    assert found(folder) == ["a.txt", "b.md", "sub/c.txt", "sub/draft.md"]
    assert found(folder, folder / "sub") == ["sub/c.txt", "sub/draft.md"]  # ignore files above it do not apply


def test_a_file_given_by_name_is_found_despite_exclude_patterns(folder: Path) -> None:
    (folder / ".refdeskignore").write_text("*")
    assert found(folder, folder / "draft.txt", exclude=["*"]) == ["draft.txt"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.txt", ["a.txt", "draft.txt"]),
        ("**/*.md", ["b.md", "sub/draft.md"]),
        ("sub/[cd]*", ["sub/deep/d.txt", "sub/c.txt", "sub/draft.md"]),
        ("s?b", ["sub/c.txt", "sub/deep/d.txt", "sub/draft.md"]),
    ],
)
def test_a_path_may_be_a_pattern(folder: Path, pattern: str, expected: list[str]) -> None:
    assert found(folder, folder / pattern) == expected


def test_an_existing_file_whose_name_looks_like_a_pattern_is_found(folder: Path) -> None:
    (folder / "notes [1].txt").write_text("text")
    assert found(folder, folder / "notes [1].txt") == ["notes [1].txt"]


@pytest.mark.parametrize(
    ("name", "chosen", "message"),
    [
        ("*.pdf", {}, r"^nothing matches .*\*\.pdf$"),
        ("sub/*.xyz", {}, r"^no file of a known format matches .*\*\.xyz$"),
        ("", {"include": ["*.html", "x"]}, r"^no file matches --include \*\.html x$"),
        ("", {"exclude": ["!"]}, r"^--exclude: Invalid git pattern: '!'$"),
    ],
)
def test_an_invalid_pattern_or_one_without_matches_is_a_one_line_error(
    folder: Path, name: str, chosen: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(DocumentError, match=message):
        list(find([folder / name], **chosen))


@pytest.mark.parametrize("content", [b"!\n", b"\xff\xfe\xff"])
def test_the_error_names_an_unusable_ignore_file(folder: Path, content: bytes) -> None:
    (folder / "sub" / ".refdeskignore").write_bytes(content)
    with pytest.raises(DocumentError, match=r"^.*sub/\.refdeskignore: [^\n]+$"):
        list(find([folder]))


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_out_of_the_given_folder_are_not_followed(folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("text")
    (folder / "link").symlink_to(outside)
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "inner.txt").symlink_to(folder / "sub" / "c.txt")
    assert found(folder) == sorted([*ALL, "inner.txt"])
    assert found(folder, folder / "*.txt") == ["a.txt", "draft.txt", "inner.txt"]
    assert found(folder, folder / "*" / "*.txt") == ["old/e.txt", "sub/c.txt"]
