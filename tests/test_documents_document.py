"""Documents: identity, sections and pages at an offset, and the context of chunks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from documents.document import Chunk, Document, Page, Section, Source

TEXT = "x" * 100


def _document(levels: list[int]) -> Document:
    bounds = [10 * number + 5 for number in range(len(levels))] + [100]
    sections = tuple(
        Section(f"s{number}", level, bounds[number], bounds[number] + 2, bounds[number + 1])
        for number, level in enumerate(levels)
    )
    return Document(TEXT, "Title", sections)


def test_section_path_follows_levels() -> None:
    document = _document([1, 2, 3, 2, 1, 3])
    assert document.section_path(0) == ()
    assert document.section_path(5) == ("s0",)
    assert document.section_path(30) == ("s0", "s1", "s2")
    assert document.section_path(35) == ("s0", "s3")
    assert document.section_path(99) == ("s4", "s5")


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 6), max_size=9), st.integers(0, 99))
def test_section_path_equals_that_of_a_plain_walk(levels: list[int], offset: int) -> None:
    document = _document(levels)
    path: list[Section] = []
    for section in document.sections:
        if section.start <= offset:
            path = [outer for outer in path if outer.level < section.level] + [section]
    assert document.section_path(offset) == tuple(section.title for section in path)


def test_page_at_an_offset() -> None:
    document = Document(TEXT, pages=(Page(1, 0, 40), Page(2, 50, 100)))
    pages = {offset: document.page_at(offset) for offset in (0, 39, 40, 49, 50, 99, 100)}
    assert pages == {0: 1, 39: 1, 40: None, 49: None, 50: 2, 99: 2, 100: None}
    assert Document(TEXT).page_at(3) is None


def test_documents_are_identified_by_their_text() -> None:
    assert Document("a").id == Document("a", "Title").id != Document("b").id
    assert Document("a").id == "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


def test_a_chunks_context_names_title_and_sections_once() -> None:
    document = Document(TEXT, "s0", _document([1, 2]).sections)
    assert Chunk(document, 20, 30).context == "s0 › s1"
    assert Chunk(document, 20, 30).text == TEXT[20:30]


def test_a_sources_name_is_the_last_part_of_its_path() -> None:
    assert [Source(path, "id").name for path in ("a/b.txt", "C:\\x\\y.md", "z/")] == ["b.txt", "y.md", "z"]
