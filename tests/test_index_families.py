"""Editions of one work and near-duplicates are a family, in which nobody sees what is not theirs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from components import shared_data
from fakes import Desk

from documents.document import Edition, Source
from index.families import is_newer, newest_first
from index.passage import Scope
from index.store import Store


@pytest.fixture
def desk(tmp_path: Path, new_store: Callable[..., Store]) -> Desk:
    return Desk(tmp_path, store=new_store())


def families(desk: Desk, scope: Scope = Scope()) -> list[list[str]]:  # noqa: B008 - frozen
    """The names in each family of several members, the newest first."""
    with desk.store.snapshot() as snapshot:
        found = {source.family: snapshot.family_of(source, scope) for source in snapshot.sources(scope)}
    return sorted([source.name for source in members] for members in found.values() if len(members) > 1)


def written(desk: Desk, **texts: str) -> None:
    desk.write(**texts)
    desk.ingest.update([desk.files])


def put_file(desk: Desk, path: str, text: str) -> Path:
    file = desk.files / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def test_names_that_differ_only_in_date_or_version_are_a_family(desk: Desk) -> None:
    names = [
        "handbook-2023",
        "handbook-2024",
        "api-v1",
        "api-v2",
        "minutes-march",
        "minutes-april",
        "chapter-1",
        "chapter-2",
    ]
    for name in names:
        put_file(desk, f"{name}.txt", f"This is {name} and nothing else.")
    desk.ingest.update([desk.files])
    assert families(desk) == [
        ["api-v2.txt", "api-v1.txt"],
        ["handbook-2024.txt", "handbook-2023.txt"],
        ["minutes-march.txt", "minutes-april.txt"],
    ]


def test_titles_that_differ_only_in_date_or_version_are_a_family(desk: Desk) -> None:
    written(desk, api__md="# HTTP API, version 2\n\nOne.", old__md="# HTTP API, version 1\n\nTwo.")
    written(desk, other__md="# Pumps\n\nThree.", another__md="# Pumps\n\nFour.")  # neither has a date or version
    assert families(desk) == [["api.md", "old.md"]]


def test_a_family_is_within_a_folder_and_its_editions(desk: Desk) -> None:
    for path in ("clinic/minutes-2024.txt", "town/minutes-2025.txt", "rules/2023/house.txt", "rules/2024/house.txt"):
        put_file(desk, path, f"Text of {path}.")
    put_file(desk, "days/2024-05-01.txt", "Sun.")
    put_file(desk, "days/2024-05-02.txt", "Rain.")
    desk.ingest.update([desk.files])
    assert families(desk) == [["2024-05-02.txt", "2024-05-01.txt"], ["house.txt", "house.txt"]]


def test_near_duplicates_and_copies_are_a_family(desk: Desk) -> None:
    words = random.Random(1).choices([f"word{number}" for number in range(500)], k=300)
    written(desk, report=" ".join(words))
    written(desk, letter="Something else.", draft=" ".join([*words[:150], "new", *words[151:]]), copy=" ".join(words))
    assert families(desk) == [["report.txt", "draft.txt", "copy.txt"]]


def test_families_that_a_document_connects_become_one_and_part_when_it_goes(desk: Desk) -> None:
    written(desk, **{"a-2023__md": "# Rates, version 1\n\nA.", "a-2024__md": "# Rates, version 2\n\nB."})
    written(desk, **{"b-2023__md": "# Fees, version 1\n\nC.", "b-2024__md": "# Fees, version 2\n\nD."})
    assert families(desk) == [["a-2024.md", "a-2023.md"], ["b-2024.md", "b-2023.md"]]
    written(desk, **{"b-2025__md": "# Rates, version 3\n\nE."})
    assert families(desk) == [["b-2025.md", "b-2024.md", "a-2024.md", "b-2023.md", "a-2023.md"]]
    (desk.files / "b-2025.md").unlink()
    desk.ingest.update([desk.files])
    assert families(desk) == [["a-2024.md", "a-2023.md"], ["b-2024.md", "b-2023.md"]]
    written(desk, **{"b-2024__md": "# Fees, version 9\n\nChanged text."})
    assert families(desk) == [["a-2024.md", "a-2023.md"], ["b-2024.md", "b-2023.md"]]


def test_a_visitors_upload_joins_a_family_but_others_do_not_see_it_there(desk: Desk, tmp_path: Path) -> None:
    written(desk, **{"rules-2023__md": "# Rules 2023\n\nOne."})
    uploads = tmp_path / "uploads"
    for owner, name in (("ann", "rules-2024.md"), ("ann", "rules-2025.md"), ("bob", "rules-2022.md")):
        folder = uploads / owner / name.removesuffix(".md")
        folder.mkdir(parents=True)
        (folder / name).write_text(f"# Rules {name[6:10]}\n\nOf {owner}.", "utf-8")
        desk.ingest.update([folder / name], owner=owner)
    assert families(desk) == []
    assert families(desk, Scope(owner="ann")) == [["rules-2025.md", "rules-2024.md"]]
    assert families(desk, Scope(owner="bob")) == []
    with desk.store.snapshot() as snapshot:
        theirs = next(source for source in snapshot.sources(Scope(owner="ann")) if source.owner)
        assert snapshot.family_of(theirs, Scope()) == []
        assert [source.name for source in snapshot.family_of(theirs, Scope(owner="bob"))] == ["rules-2022.md"]


def test_a_visitors_copy_joins_everyones_family_and_leaves_it_as_it_is(desk: Desk, tmp_path: Path) -> None:
    words = random.Random(2).choices([f"word{number}" for number in range(500)], k=300)
    written(desk, plan=" ".join(words))
    before = {source.path: source.family for source in _sources(desk)}
    upload = tmp_path / "upload" / "mine.txt"
    upload.parent.mkdir()
    upload.write_text(" ".join([*words[:150], "new", *words[151:]]), "utf-8")
    desk.ingest.update([upload], owner="ann")
    assert families(desk, Scope(owner="ann")) == [["mine.txt", "plan.txt"]]
    assert families(desk) == []
    assert {source.path: source.family for source in _sources(desk)} == before


def test_collections_have_families_of_their_own(desk: Desk) -> None:
    old, new = put_file(desk, "rules-2023.txt", "One."), put_file(desk, "rules-2024.txt", "Two.")
    desk.ingest.update([old], collection="a")
    desk.ingest.update([new], collection="b")
    assert families(desk) == []
    desk.ingest.update([new], collection="a")
    assert families(desk, Scope(collection="a")) == [["rules-2024.txt", "rules-2023.txt"]]


def test_a_source_is_stored_with_its_date_and_version(desk: Desk) -> None:
    written(desk, **{"rules-2024__md": "# Rules\n\nVersion 3, valid from 1 May 2025"})
    (source,) = _sources(desk)
    assert (source.date, source.dated_by, source.version) == ("2025-05-01", "text", "3")
    assert source.edition.name == "rules"
    written(desk)
    assert _sources(desk) == [source]


def test_documents_that_come_from_no_file_have_a_date_too(desk: Desk) -> None:
    from documents.formats.markdown import parse

    desk.ingest.add([("rules-2023.md", parse("# Rules\n\nOne.")), ("rules-2024.md", parse("# Rules\n\nTwo."))])
    assert families(desk) == [["rules-2024.md", "rules-2023.md"]]


def test_the_families_of_the_visitors_files_are_those_found_by_hand(tmp_path: Path) -> None:
    visitors = shared_data("visitors")
    desk = Desk(tmp_path, max_tokens=100)
    report = desk.ingest.update([visitors / folder for folder in ("clinic", "school", "tool", "town")])
    assert not report.failed
    assert families(desk) == [
        ["api-reference.md", "api-v1-old.txt"],
        ["handbook-2025.docx", "handbook-2024.docx"],
        ["opening-hours-2025.md", "opening-hours-2023.md"],
        ["press-release-2025-04-24.md", "press-release-2024-11-06.md"],
        ["staff-meeting-2025-05.docx", "staff-meeting-2025-02.txt"],
    ]


@pytest.mark.parametrize(
    ("members", "ordered"),
    [
        ([("a", "2023", "9"), ("b", "2024-05", "1"), ("c", "", "")], "bac"),
        ([("a", "2024", ""), ("b", "2024-05-12", "")], "ba"),
        ([("a", "2024/2025", ""), ("b", "2025/2026", "")], "ba"),
        ([("a", "", "3.10"), ("b", "2020", "3.9")], "ab"),
        ([("part-2", "", ""), ("part-10", "", "")], "part-10part-2"),
    ],
)
def test_the_newest_comes_first(members: list[tuple[str, str, str]], ordered: str) -> None:
    sources = [Source(path, "id", edition=Edition(date, "text", version)) for path, date, version in members]
    assert "".join(source.path for source in newest_first(sources)) == ordered


def test_only_of_one_family_a_source_is_newer_than_another() -> None:
    old, new = (Source(f"/{date}", date, family="f", edition=Edition(date, "text")) for date in ("2023", "2024"))
    assert is_newer(new, old)
    assert not is_newer(old, new)
    assert not is_newer(new, new)
    assert not is_newer(replace(new, family="g"), old)
    assert not is_newer(replace(new, family=""), replace(old, family=""))


def _sources(desk: Desk) -> list[Source]:
    with desk.store.snapshot() as snapshot:
        return snapshot.sources(Scope())
