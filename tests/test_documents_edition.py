"""A document's date and version are those that it gives itself, and what gives them is recorded."""

from __future__ import annotations

import time

import pytest
from components import shared_data
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Document, Edition, Section
from documents.edition import edition_of, stem_of, without_edition
from documents.formats import markdown, text
from documents.language import language_of
from documents.load import parts, parts_of

# Date, what gives it, and version, as read by hand in the files.
EXPECTED = {
    "clinic/autoclave-manual.md": ("", "", "6"),
    "clinic/data-protection-notice.docx": ("2025-01-15", "text", ""),
    "clinic/delivery-thread.eml": ("2025-04-29", "mail", ""),
    "clinic/opening-hours-2023.md": ("2023-01-01", "text", ""),
    "clinic/opening-hours-2025.md": ("2025-03-01", "text", ""),
    "clinic/patient-faq.html": ("2025-06-02", "text", ""),
    "clinic/price-list.xlsx": ("", "", ""),
    "clinic/referral-procedure.docx": ("2025-04-07", "text", "4"),
    "clinic/staff-meeting-2025-02.txt": ("2025-02-11", "text", ""),
    "clinic/staff-meeting-2025-05.docx": ("2025-05-13", "text", ""),
    "clinic/vaccination-leaflet.pdf": ("2025-05", "text", ""),
    "school/budget-2025.xlsx": ("2025", "file name", ""),
    "school/canteen-plan.html": ("2025-11-03/2025-11-07", "text", ""),
    "school/curriculum-overview.pptx": ("2025/2026", "title", ""),
    "school/exam-rules.pdf": ("2025-09-01", "text", ""),
    "school/handbook-2024.docx": ("2024/2025", "text", ""),
    "school/handbook-2025.docx": ("2025/2026", "text", ""),
    "school/lab-safety.md": ("2025-08", "text", ""),
    "school/library-rules.txt": ("2025-09-15", "text", ""),
    "school/parents-evening-minutes.txt": ("2025-09-25", "text", ""),
    "school/timetable-9b.csv": ("", "", ""),
    "school/trip-letter.docx": ("2025-10-03", "text", ""),
    "tool/CHANGELOG.md": ("2025-06-04", "heading", "3.2.1"),
    "tool/CODE_OF_CONDUCT.md": ("2022-09-09", "text", "1.1"),
    "tool/README.md": ("", "", ""),
    "tool/api-reference.md": ("", "", "2"),
    "tool/api-v1-old.txt": ("", "", "1"),
    "tool/benchmark.csv": ("", "", ""),
    "tool/configuration.html": ("", "", ""),
    "tool/forum-thread.eml": ("2024-03-20", "mail", ""),
    "tool/install.md": ("", "", ""),
    "tool/migration-v2-to-v3.md": ("", "", ""),
    "tool/release-minutes-3.2.txt": ("2025-05-15", "text", "3.2"),
    "tool/troubleshooting.md": ("", "", ""),
    "town/bus-timetable-line-4.csv": ("", "", ""),
    "town/by-laws.txt": ("2024-06-04", "text", ""),
    "town/council-minutes-2025-03-18.docx": ("2025-03-18", "text", ""),
    "town/grant-call-2025.md": ("2025-04-01", "text", ""),
    "town/market-thread.eml": ("2025-09-08", "mail", ""),
    "town/open-data-report.md": ("2025-02", "text", ""),
    "town/press-release-2024-11-06.md": ("2024-11-06", "text", ""),
    "town/press-release-2025-04-24.md": ("2025-04-24", "text", ""),
    "town/swimming-pool-rules.html": ("2025-05-01", "text", ""),
    "town/town-history.pdf": ("2021", "text", "2"),
    "town/waste-calendar-2025.csv": ("2025", "file name", ""),
    "town/waste-guide.html": ("", "", ""),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_date_and_version_of_the_visitors_files_are_those_read_by_hand(name: str) -> None:
    path = shared_data(f"visitors/{name}")
    part = next(parts(path))
    assert part.document
    found = edition_of(part.document, path.name, part.metadata, language_of(part.document.text))
    assert (found.date, found.dated_by, found.version) == EXPECTED[name]


def of_text(content: str, name: str = "notes.txt", language: str = "en") -> tuple[str, str, str]:
    found = edition_of(text.parse(content), name, (), language)
    return found.date, found.dated_by, found.version


def of_file(data: bytes, name: str) -> tuple[str, str, str]:
    part = next(parts_of(data, name))
    assert part.document
    found = edition_of(part.document, name, part.metadata)
    return found.date, found.dated_by, found.version


@pytest.mark.parametrize(
    ("line", "language", "date"),
    [
        ("Valid from 1 June 2025 until 31 May 2026", "en", "2025-06-01"),
        ("Gültig ab 1. Juni 2025", "de", "2025-06-01"),
        ("Stand: Mai 2025", "de", "2025-05"),
        ("Mis à jour le 3 mars 2025", "fr", "2025-03-03"),
        ("Última actualización: 3 de marzo de 2025", "es", "2025-03-03"),
        ("2025年5月12日发布", "zh", "2025-05-12"),
        ("Version 3 of 7 April 2025, replaces version 2 of 2 May 2022.", "en", "2025-04-07"),
        ("Paris, le 3 mars 2025", "fr", "2025-03-03"),
        ("Minutes of the meeting of 12 May 2025", "en", "2025-05-12"),
        ("This Agreement is made on 1 March 2024 between A and B.", "en", "2024-03-01"),
        ("Effective Date: 12/25/2024", "en", "2024-12-25"),
        ("For the fiscal year ended December 2, 2022", "en", "2022-12-02"),
        ("Due date: 3 May 2025", "en", ""),
        ("Replaces the notice of 2 May 2022.", "en", ""),
        ("Valid until 31 December 2025", "en", ""),
        ("Date of birth: 12 May 1980", "en", ""),
        ("Your bakery since 1998", "en", ""),
        ("The bridge over the river will open on 14 June 2025, as the mayor said to all who had come.", "en", ""),
        ("In 2019 the council decided to build.", "en", ""),
    ],
)
def test_a_first_line_gives_the_date_of_the_document_and_no_other(line: str, language: str, date: str) -> None:
    assert of_text(f"{line}\n\nAll that follows is prose and says nothing of it.", "a.txt", language)[0] == date


def test_markup_and_lists_of_changes_are_seen_through() -> None:
    bold = edition_of(markdown.parse("# Guide\n\n**Version:** 3.2\n**Date:** 12 May 2025\n"), "a.md")
    assert (bold.date, bold.dated_by, bold.version) == ("2025-05-12", "text", "3.2")
    changes = edition_of(markdown.parse("# Changes\n\n## [Unreleased]\n\nA.\n\n## [1.4.0] - 2024-03-02\n\nB."), "a.md")
    assert (changes.date, changes.dated_by, changes.version) == ("2024-03-02", "heading", "1.4.0")


def test_the_order_of_trust() -> None:
    stated = "---\ndate: 2024-02-02\n---\n# Handbook 2022\n\nValid from 1 May 2025\n\nOslo, 3 March 2023\n"

    def found(content: str, name: str = "handbook-2021-07.md") -> tuple[str, str]:
        edition = edition_of(markdown.parse(content), name)
        return edition.date, edition.dated_by

    assert found(stated) == ("2025-05-01", "text")
    assert found(without_stated := stated.replace("Valid from 1 May 2025", "")) == ("2024-02-02", "metadata")
    assert found(without_field := without_stated.replace("date: 2024-02-02", "")) == ("2023-03-03", "text")
    assert found(only_title := without_field.replace("Oslo, 3 March 2023", "Text.")) == ("2021-07", "file name")
    assert found(only_title, "handbook.md") == ("2022", "title")
    assert found("Text.", "handbook.md") == ("", "")


def test_headings_give_the_date_where_there_is_no_title() -> None:
    document = Document("Budget 2025\n\n| a |", sections=(Section("Budget 2025", 1, 0, 11, 18),))
    assert edition_of(document, "a.xlsx") == Edition("2025", "heading", "", "a", "budget")


def test_a_mail_is_of_its_date() -> None:
    mail = b"From: a@b.c\nDate: Tue, 29 Apr 2025 23:42:00 -0700\nSubject: Plan v2\n\nValid from 1 May 2020\n"
    assert of_file(mail, "a.eml") == ("2025-04-29", "mail", "2")


def test_the_fields_of_web_pages_and_records_give_a_date() -> None:
    page = b"""<html><head><meta property="article:published_time" content="2025-05-12T10:00Z">
        <meta name="last-modified" content="2025-06-01"></head><body><p>Some words.</p></body></html>"""
    assert of_file(page, "a.html") == ("2025-05-12", "metadata", "")
    assert of_file(page.replace(b"article:pub", b"other:pub"), "a.html") == ("2025-06-01", "metadata", "")
    linked = b"""<p>Some words.</p><script type="application/ld+json">{"datePublished": "2025-05"}</script>"""
    assert of_file(linked, "a.html") == ("2025-05", "metadata", "")
    timed = b"<p>Some words <time datetime='2025-05-12' itemprop=\"datePublished\">May</time>.</p>"
    assert of_file(timed, "a.html") == ("2025-05-12", "metadata", "")
    assert of_file(b"<p>Some words <time datetime='2025-05-12'>then</time>.</p>", "a.html") == ("", "", "")
    records = b'[{"text": "The pump was repaired by the two of them in the end.", "date": "2025-05", "version": "3"}]'
    assert of_file(records, "a.json") == ("2025-05", "metadata", "3")


def test_the_number_of_a_record_is_no_date() -> None:
    assert edition_of(Document("Some words."), "2024") == Edition(name="2024")
    assert edition_of(Document("Some words."), "2024.txt") == Edition("2024", "file name")


def test_office_files_give_the_day_when_they_were_changed_after_they_were_made() -> None:
    document = Document("Some words.", parser="docx/1")
    made = ("created", "2025-01-01T10:00:00Z")
    assert edition_of(document, "a.docx", [made, ("modified", "2025-03-01T09:00:00Z")]) == Edition(
        "2025-03-01", "metadata", "", "a"
    )
    assert edition_of(document, "a.docx", [made, ("modified", made[1])]).date == ""
    assert edition_of(document, "a-2023.docx", [made, ("modified", "2025-03-01T09:00:00Z")]).date == "2023"


def test_a_table_at_the_beginning_gives_what_its_rows_say() -> None:
    page = b"<h1>Rules</h1><table><tr><td>Version</td><td>3.2</td></tr><tr><td>Valid from</td><td>1 May 2025</td></tr>"
    assert of_file(page + b"</table><p>Text.</p>", "a.html") == ("2025-05-01", "text", "3.2")
    rows = (
        "<tr><th>Date</th><th>What</th><th>Where</th></tr>" + "<tr><td>2025-05-12</td><td>Paper</td><td>North</td></tr>"
    )
    assert of_file(f"<table>{rows}</table>".encode(), "a.html") == ("", "", "")


@pytest.mark.parametrize(
    ("one", "other", "bare"),
    [
        ("handbook-2023", "handbook-2024", "handbook"),
        ("Minutes March", "Minutes of May", ""),
        ("minutes-march", "minutes-april", "minutes"),
        ("report_2025_05_12", "report 2024-01-31", "report"),
        ("manual-v2", "Manual v3.1", "manual"),
        ("HTTP API, version 2", "HTTP API, VERSION 1 (wickertail 2.x)", "http api"),
        ("results-2024-q1", "results-2024-q2", "results"),
        ("School year 2024-25", "School year 2025-26", "school year"),
        ("chapter-1", "chapter-2", ""),
        ("line 4", "line 5", ""),
    ],
)
def test_names_of_editions_differ_only_in_date_and_version(one: str, other: str, bare: str) -> None:
    first, second = (without_edition(stem_of(name)) for name in (one, other))
    assert (first == second) == bool(bare)
    assert not bare or first == bare


@given(st.text(max_size=400), st.text(max_size=40), st.sampled_from(["en", "de", "zh", "no", ""]))
def test_any_text_and_name_give_an_edition(content: str, name: str, language: str) -> None:
    found = edition_of(Document(content, name, parser="markdown/1"), name, [("date", content[:50])], language)
    assert bool(found.date) == bool(found.dated_by)
    assert len(found.version) <= 40
    assert max(len(found.name), len(found.title)) <= 500
    assert f"{found.name}{found.title}{found.version}".isprintable()


@pytest.mark.parametrize(
    "unit",
    ["1", " ", "12 ", "May ", "2025-", "12.12.", "1/2/2025 ", "v", "version ", "(", "|", "2025 a, ", "---\n", "a: b\n"],
)
def test_hostile_texts_are_read_in_little_time(unit: str) -> None:
    content = unit * (1_000_000 // len(unit))
    began = time.thread_time()
    for front in ("", "---\n"):
        document = Document(front + content, content, parser="markdown/1")
        edition_of(document, f"{content}.md", [("date", content), ("version", content)])
    assert time.thread_time() - began < 2  # it takes about 0.1 s; a quadratic rule would take minutes
