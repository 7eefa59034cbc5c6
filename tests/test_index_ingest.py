"""Ingest does only what changed, and reports it."""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from fakes import Desk, WordEmbedder, filled, small_splitter, unprivileged
from index_checks import check_store

from documents.document import Document, DocumentError
from index.embed import Role, Vectors
from index.ingest import Ingest, remove
from index.integrity import damage
from index.passage import Scope
from index.report import Progress, Report
from index.store import Store, StoreError


@pytest.fixture
def desk(tmp_path: Path, new_store: Callable[..., Store]) -> Desk:
    return Desk(tmp_path, store=new_store())


def test_a_second_run_over_the_same_files_changes_nothing(folder_desk: Desk) -> None:
    desk = folder_desk
    desk.write(a="Alpha pumps water.", b__md="# Beta\n\nBeta stores grain.")
    first = desk.ingest.update([desk.files])
    assert (first.added, first.changed, first.unchanged) == ([desk.path("a.txt"), desk.path("b.md")], [], [])
    assert first.embedded == 2
    before = desk.store.path.read_bytes()
    names = sorted(path.name for path in desk.store.folder.iterdir())
    second = desk.ingest.update([desk.files])
    assert (second.added, second.changed, second.removed) == ([], [], [])
    assert second.unchanged == first.added
    assert second.embedded == 0
    assert desk.store.path.read_bytes() == before
    assert sorted(path.name for path in desk.store.folder.iterdir()) == names


def test_a_text_that_two_parsers_read_is_unchanged_in_the_next_run(desk: Desk) -> None:
    text = "# Beta\n\nBeta stores grain."
    desk.write(a__txt=text, b__md=text)
    desk.ingest.update([desk.files])
    again = desk.ingest.update([desk.files])
    assert (again.added, again.changed) == ([], [])
    assert len(again.unchanged) == 2


def test_the_report_lists_added_changed_unchanged_and_removed_files(desk: Desk) -> None:
    desk.write(same="Alpha.", edited="Beta.", gone="Gamma.")
    desk.ingest.update([desk.files])
    desk.write(edited="Beta two.", new="Delta.")
    (desk.files / "gone.txt").unlink()
    report = desk.ingest.update([desk.files])
    assert report.added == [desk.path("new.txt")]
    assert report.changed == [desk.path("edited.txt")]
    assert report.unchanged == [desk.path("same.txt")]
    assert report.removed == [desk.path("gone.txt")]
    assert report.failed == {}
    assert report.embedded == 2


def test_a_moved_file_is_not_embedded_again(desk: Desk) -> None:
    desk.write(a="Alpha pumps water. Beta stores grain. Gamma sells iron to those who want it.")
    desk.ingest.update([desk.files])
    embedded = list(desk.embedder.embedded)
    (desk.files / "sub").mkdir()
    (desk.files / "a.txt").rename(desk.files / "sub" / "b.txt")
    report = desk.ingest.update([desk.files])
    assert report.added == [desk.path("sub/b.txt")]
    assert report.removed == [desk.path("a.txt")]
    assert report.embedded == 0
    assert desk.embedder.embedded == embedded


def test_a_file_that_cannot_be_read_is_reported_and_the_others_are_indexed(desk: Desk) -> None:
    desk.write(a="Alpha.", c="Gamma.")
    (desk.files / "b.txt").write_bytes(bytes(range(256)) * 8)
    report = desk.ingest.update([desk.files])
    assert report.added == [desk.path("a.txt"), desk.path("c.txt")]
    assert list(report.failed) == [desk.path("b.txt")]
    assert "\n" not in report.failed[desk.path("b.txt")]


def test_a_file_that_can_no_longer_be_read_stays_indexed_as_it_was(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    (desk.files / "a.txt").write_bytes(b"")
    report = desk.ingest.update([desk.files])
    assert list(report.failed) == [desk.path("a.txt")]
    assert report.removed == []
    assert desk.search("water") == ["Alpha pumps water."]


@pytest.mark.skipif(sys.platform == "win32", reason="names are always text there")
def test_a_file_whose_name_is_not_valid_text_fails_alone(desk: Desk) -> None:
    desk.write(a="Alpha.")
    Path(os.fsdecode(os.fsencode(desk.files) + b"/caf\xe9.txt")).write_text("Beta.")
    report = desk.ingest.update([desk.files])
    assert report.added == [desk.path("a.txt")]
    assert report.failed == {
        desk.path("caf?.txt"): f"{desk.path('caf?.txt')}: the name is not valid text; rename the file"
    }


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_nothing_below_an_unreadable_folder_is_removed() -> None:
    with tempfile.TemporaryDirectory() as name:
        desk = Desk(Path(name))
        (desk.files / "locked").mkdir()
        desk.write(a="Alpha.", gone="Beta.")
        (desk.files / "locked" / "c.txt").write_text("Gamma.")
        desk.ingest.update([desk.files])
        (desk.files / "gone.txt").unlink()
        with unprivileged(Path(name)):
            (desk.files / "locked").chmod(0)
            report = desk.ingest.update([desk.files])
            (desk.files / "locked").chmod(0o700)
        assert list(report.failed) == [desk.path("locked")]
        assert report.removed == [desk.path("gone.txt")]
        assert desk.counts()["sources"] == 2


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_folder_that_may_not_be_searched_is_passed_over() -> None:
    with tempfile.TemporaryDirectory() as name:
        desk = Desk(Path(name))
        (desk.files / "listed").mkdir()
        (desk.files / "listed" / "c.txt").write_text("Gamma.")
        desk.write(a="Alpha.")
        with unprivileged(Path(name)):
            (desk.files / "listed").chmod(0o400)
            report = desk.ingest.update([desk.files])
            (desk.files / "listed").chmod(0o700)
        assert report.added == [desk.path("a.txt")]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_an_index_that_this_user_may_only_read_can_be_searched_but_not_changed() -> None:
    with tempfile.TemporaryDirectory() as name:
        desk = filled(Path(name))
        with unprivileged(Path(name)):
            desk.store.folder.chmod(0o500)
            desk.store.path.chmod(0o400)
            (found,) = desk.index.retrieve("pumps water", Scope(), 1)
            assert set(found.stage_scores) == {"dense", "bm25", "fusion"}
            desk.write(d="Delta buys salt.")
            with pytest.raises(StoreError, match="no permission to write"):
                desk.ingest.update([desk.files])
            desk.store.folder.chmod(0o700)


def test_a_hidden_file_that_was_indexed_stays_until_it_is_deleted(desk: Desk) -> None:
    desk.write(a="Alpha.")
    hidden = desk.files / ".hidden.txt"
    hidden.write_text("Beta.")
    desk.ingest.update([hidden])
    assert desk.ingest.update([desk.files]).removed == []
    hidden.unlink()
    assert desk.ingest.update([desk.files]).removed == [str(hidden)]


def test_a_file_is_one_source_however_its_path_is_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write(a="Alpha.")
    monkeypatch.chdir(desk.files)
    for written in (desk.files, Path(), Path("../files"), desk.files / ".." / "files" / "a.txt", Path("a.txt")):
        desk.ingest.update([written])
    assert desk.counts()["sources"] == 1
    assert remove(desk.store, [Path("../files/a.txt")]) == [desk.path("a.txt")]


def test_only_sources_below_the_given_folders_are_removed(desk: Desk) -> None:
    for name in ("one", "one-more", "two"):
        (desk.files / name).mkdir()
        (desk.files / name / "a.txt").write_text(f"Words of {name}.")
    desk.ingest.update([desk.files])
    desk.ingest.update([desk.files], collection="second")
    desk.ingest.update([desk.files], owner="ann")
    for name in ("one", "one-more", "two"):
        (desk.files / name / "a.txt").unlink()
    report = desk.ingest.update([desk.files / "one"])
    assert report.removed == [desk.path("one/a.txt")]
    assert desk.counts()["sources"] == 8


def test_what_a_pattern_found_is_removed_when_it_is_gone(desk: Desk) -> None:
    desk.write(a__md="Alpha pumps water.", b__md="Beta stores grain.", c="Gamma sells iron.")
    (desk.files / "d1").mkdir()
    (desk.files / "d1" / "e.txt").write_text("Epsilon carves wood.")
    patterns = [desk.files / "*.md", desk.files / "d*"]
    desk.ingest.update([*patterns, desk.files / "c.txt"])
    for name in ("b.md", "c.txt", "d1/e.txt"):
        (desk.files / name).unlink()
    report = desk.ingest.update(patterns)
    assert report.removed == [desk.path("b.md"), desk.path("d1/e.txt")]  # c.txt is no pattern's
    assert (report.unchanged, report.failed) == ([desk.path("a.md")], {})


def test_members_of_a_file_keep_apart_whatever_they_are_called(desk: Desk) -> None:
    names = ("Re: plan.txt", "Fwd: plan.txt", "10:30 call/notes.txt", "11:30 call/notes.txt", "C:\\plan.txt")
    with zipfile.ZipFile(desk.files / "m.zip", "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(name, f"Number {number} weaves wool.")
    assert len(desk.ingest.update([desk.files]).added) == len(names)
    with desk.store.snapshot() as snapshot:
        paths = [Path(source.path) for source in snapshot.sources()]
    assert len(set(paths)) == len(names)
    assert all(desk.files / "m.zip" in path.parents for path in paths)


def test_a_source_that_another_process_stored_anew_is_removed_with_what_it_is_now(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.", b="Beta stores grain.")
    desk.ingest.update([desk.files])
    with desk.store.snapshot() as snapshot:
        before = next(source for source in snapshot.sources() if source.path == desk.path("a.txt"))
    desk.write(a="Alpha pumps oil.")
    desk.ingest.update([desk.files])  # meanwhile
    with desk.store.transaction() as transaction:
        transaction.remove(before)
        transaction.remove(before)  # is not there any more
    check_store(desk.store)
    with desk.store.snapshot() as snapshot:
        assert [source.path for source in snapshot.sources()] == [desk.path("b.txt")]
        assert damage(snapshot) == []
    assert [own.chunk.text for own in desk.index.retrieve("oil", Scope(), 5)] == ["Beta stores grain."]


def test_a_document_without_a_source_is_damage(folder_desk: Desk) -> None:
    folder_desk.write(a="Alpha pumps water.")
    folder_desk.ingest.update([folder_desk.files])
    with closing(sqlite3.connect(folder_desk.store.path)) as db, db:
        db.execute("DELETE FROM sources")
    with folder_desk.store.snapshot() as snapshot:
        assert damage(snapshot) == ["1 documents have no source"]


def test_remove_takes_files_and_folders_out_of_one_or_all_collections(desk: Desk) -> None:
    desk.write(a="Alpha.", b="Beta.")
    desk.ingest.update([desk.files])
    desk.ingest.update([desk.files], collection="second")
    assert remove(desk.store, [desk.files / "a.txt"], collection="second") == [desk.path("a.txt")]
    assert remove(desk.store, [desk.files / "nothing.txt"]) == []
    assert remove(desk.store, [desk.files]) == [desk.path("a.txt"), desk.path("b.txt"), desk.path("b.txt")]
    assert set(desk.counts().values()) == {0}
    assert (desk.files / "a.txt").exists()


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b", "c"]], ids=len)
def test_progress_only_grows_and_ends_at_the_total(desk: Desk, names: list[str]) -> None:
    ingest = Ingest(desk.store, desk.embedder, small_splitter(), texts_at_once=2)
    for name in names:
        desk.write(
            **{name: " ".join(f"Sentence {number} of file {name} is ten words long, more." for number in range(9))}
        )
    events: list[Progress] = []
    report = ingest.update([desk.files], on_progress=events.append)
    for kind in ("files", "bytes", "embedded"):
        values = [getattr(progress, kind) for progress in events]
        assert values == sorted(values)
    last = events[-1]
    assert (last.files, last.bytes, last.embedded) == (len(names), last.of_bytes, report.embedded)
    assert last.of_bytes == sum(path.stat().st_size for path in desk.files.iterdir())
    assert {progress.of_bytes for progress in events} == {last.of_bytes}
    assert len(events) > 5 * len(names)


# --- documents that come from no file ---


def documents_of(**texts: str) -> dict[str, Document]:
    return {name: Document(text) for name, text in texts.items()}


def test_documents_without_files_are_added_changed_and_found_by_name(desk: Desk) -> None:
    first = desk.ingest.add(documents_of(a="Alpha pumps water.", b="Beta stores grain.").items())
    assert (first.added, first.changed, first.unchanged, first.embedded) == (["a", "b"], [], [], 2)
    again = desk.ingest.add(documents_of(b="Beta stores grain.", a="Alpha pumps oil.", c="Gamma.").items())
    assert (again.added, again.changed, again.unchanged, again.embedded) == (["c"], ["a"], ["b"], 2)
    (best, *_) = desk.index.retrieve("oil", Scope(), 5)
    assert (best.source.path, best.chunk.text) == ("a", "Alpha pumps oil.")
    check_store(desk.store)


def test_added_documents_leave_files_and_other_collections_alone(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    desk.ingest.add(documents_of(a="Alpha pumps water.").items(), collection="bench")
    desk.ingest.update([desk.files])
    assert desk.counts() == {"sources": 2, "documents": 1, "chunks": 1, "embeddings": 1}


def test_added_documents_share_transactions_of_a_bounded_size(desk: Desk) -> None:
    ingest = Ingest(desk.store, desk.embedder, small_splitter(), characters_at_once=40)
    texts = {f"d{number}": f"Document {number} is short." for number in range(6)}  # of 20 characters each
    events: list[Progress] = []
    report = ingest.add(documents_of(long="A longer one. " * 5, **texts).items(), on_progress=events.append)
    with desk.store.snapshot() as snapshot:
        assert snapshot.generation == 4
    assert [progress.files for progress in events if progress.path] == sorted([0, 0, *[1, 1], *[3, 3], *[5, 5]])
    assert (events[-1].files, events[-1].bytes, events[-1].of_bytes) == (7, 70 + 6 * 20, 70 + 6 * 20)
    assert [p.bytes for p in events] == sorted(p.bytes for p in events)
    assert report.added == ["long", *texts]
    assert ingest.add([]).added == []


def test_small_files_share_transactions_of_a_bounded_size(desk: Desk) -> None:
    ingest = Ingest(desk.store, desk.embedder, small_splitter(), characters_at_once=40)
    desk.write(**{f"d{number}": f"Document {number} is short." for number in range(6)})  # of 20 characters each
    events: list[Progress] = []
    report = ingest.update([desk.files], on_progress=events.append)
    assert report.added == [desk.path(f"d{number}.txt") for number in range(6)]
    with desk.store.snapshot() as snapshot:
        assert snapshot.generation == 3
    assert list(dict.fromkeys(progress.files for progress in events)) == [0, 2, 4, 6]
    assert [progress.bytes for progress in events] == sorted(progress.bytes for progress in events)
    assert (events[-1].bytes, events[-1].of_bytes) == (6 * 20, 6 * 20)
    check_store(desk.store)


def test_a_text_that_moves_between_files_written_together_keeps_its_embedding(desk: Desk) -> None:
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    desk.write(a="Beta stores grain.", b="Alpha pumps water.")
    report = desk.ingest.update([desk.files])
    assert (report.changed, report.added) == ([desk.path("a.txt")], [desk.path("b.txt")])
    assert report.embedded == 1
    desk.write(a="Alpha pumps water.", b="Gamma sells iron.")
    assert desk.ingest.update([desk.files]).embedded == 1
    check_store(desk.store)
    assert desk.counts()["embeddings"] == 2


def test_an_interrupted_add_continues_in_the_next_run(desk: Desk) -> None:
    ingest = Ingest(desk.store, desk.embedder, small_splitter(), characters_at_once=1)
    texts = documents_of(a="Alpha pumps water.", b="Beta stores grain.", c="Gamma sells iron.")

    def interrupted(progress: Progress) -> None:
        if progress.files == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest.add(texts.items(), on_progress=interrupted)
    check_store(desk.store)
    report = ingest.add(texts.items())
    assert (report.unchanged, report.added, report.embedded) == (["a", "b"], ["c"], 1)


def test_a_run_can_be_ended_while_the_texts_of_a_document_are_put_together(desk: Desk) -> None:
    ingest = Ingest(desk.store, desk.embedder, small_splitter(), texts_at_once=2)
    seen: list[Progress] = []

    def interrupted(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest.add(
            documents_of(a="\n\n".join(f"Pump {number} is old." for number in range(40))).items(),
            on_progress=interrupted,
        )
    assert desk.embedder.embedded == []


def test_an_empty_folder_makes_an_empty_index(desk: Desk) -> None:
    assert desk.ingest.update([desk.files]) == Report()
    assert set(desk.counts().values()) == {0}


@pytest.mark.parametrize("name", ["missing", "picture.raw"])
def test_a_path_that_cannot_be_indexed_changes_nothing(desk: Desk, name: str) -> None:
    desk.write(a="Alpha.")
    (desk.files / "picture.raw").touch()
    with pytest.raises(DocumentError, match=name):
        desk.ingest.update([desk.files, desk.files / name])
    assert not desk.store.exists


def test_vectors_of_two_embedders_are_never_mixed(desk: Desk) -> None:
    desk.write(a="Alpha.")
    other = Ingest(desk.store, WordEmbedder("words@2"), small_splitter())
    desk.ingest.update([desk.files])
    message = r"holds vectors of embedder words@1, not words@2: name that one with --embedder, or make another index"
    with pytest.raises(StoreError, match=message):
        Ingest(desk.store, WordEmbedder("words@2"), small_splitter())
    with pytest.raises(StoreError, match=message):
        other.update([desk.files])


def test_an_embedding_that_another_process_drops_meanwhile_is_embedded_again(desk: Desk) -> None:
    shared = "One sentence of exactly twelve words stands here in both of these."
    desk.write(a=shared)
    desk.ingest.update([desk.files])

    class Interrupted(WordEmbedder):
        def embed(self, texts: list[str], role: Role) -> Vectors:  # type: ignore[override]
            remove(desk.store, [desk.files / "a.txt"])
            return super().embed(texts, role)

    embedder = Interrupted()
    desk.write(b=f"{shared} More.")
    report = Ingest(desk.store, embedder, small_splitter()).update([desk.files / "b.txt"])
    assert embedder.embedded == ["More.", shared]
    assert report.embedded == 2
    assert desk.counts() == {"sources": 1, "documents": 1, "chunks": 2, "embeddings": 2}
    assert shared in desk.search("twelve words")
