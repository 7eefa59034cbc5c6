"""The date and version that a document gives, and what its name and title are without them.

In the order of trust, a date is given by

- the Date field of a mail;
- a line at the beginning of the text that says what the date is ("Valid from 1 June 2025", "Stand: Mai 2025");
- a field that the author wrote: front matter, the metadata of a web page or a book, a field of a record;
- a line at the beginning that is hardly more than a date ("Ferrowby, 6 November 2024");
- the file's name, the title, the heading above the text, the heading of the newest release in a list of changes;
- an office program: when a file was last changed, where that is not when it was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime

from documents.dates import day_comes_first, find_dates, iso_date
from documents.document import MAX_TITLE, DatedBy, Document, Edition
from documents.first_lines import Beginning, beginning_of, lone_date, names_another_date, stated_date, stated_version
from documents.month_names import names_of
from documents.versions import MAX_VERSION, FoundVersion, find_dotted, find_versions
from documents.vocabulary import any_of

_LONGEST_NAME = 255  # characters
_HEADINGS = 5  # among which the newest release is looked for
# Words of a title beside its date: a longer one tells what happened then.
_FEW_WORDS, _FEW_WORDS_OF_A_DAY = 8, 12
_DATE_FIELDS = (
    "date", "published", "published_at", "pubdate", "issued", "timestamp", "modified", "updated", "updated_at",
    "lastmod", "created", "created_at",
)  # fmt: skip
_OFFICE = ("docx/", "pptx/", "xlsx/", "pdf/")
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}\Z")
_DIGITS_AROUND = re.compile(r"(?<=\d)_+(?=\d)")
_HYPHEN = re.compile(rf"-(?=[^\W\d_])(?!{any_of('pre_releases')}\d*(?![^\W_]))")
_PARENTHESES = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_QUARTER = re.compile(r"(?<![^\W_])Q[1-4](?![^\W_])", re.IGNORECASE)
_WORDS = re.compile(r"[^\W_]+")


def edition_of(
    document: Document, name: str = "", metadata: Sequence[tuple[str, str]] = (), language: str = "en"
) -> Edition:
    """What the document says of its date and version.

    ``name`` is the file's name, ``metadata`` the fields found in the file, ``language`` a two-letter code. A name
    without a suffix, such as the number of a record, has neither date nor version. Takes time linear in the length of
    the text.
    """
    is_file = bool(_SUFFIX.search(name))
    stem = stem_of(name) if is_file else ""
    beginning = beginning_of(document)
    fields = {**beginning.fields, **{key.lower(): value[:MAX_TITLE] for key, value in metadata}}
    date, dated_by = next(
        ((date, by) for date, by in _dates(document, stem, beginning, fields, language) if date), ("", "")
    )
    title = document.title or " ".join(beginning.headings[:1])
    bare = without_edition(title, language)
    return Edition(
        date,
        dated_by,
        _version(document, stem, beginning, fields, language)[:MAX_VERSION],
        without_edition(stem, language) if is_file else _joined_words(name.rpartition("/")[2]),
        bare if bare != _joined_words(title) else "",
    )


def stem_of(name: str) -> str:
    """A file's name without its suffix, in the form in which dates and versions are looked for."""
    base = name.rsplit("/", 1)[-1][-_LONGEST_NAME:]
    return _HYPHEN.sub(" ", _DIGITS_AROUND.sub("-", _SUFFIX.sub("", base)).replace("_", " "))


def title_with_name(title: str, name: str) -> str:
    """The title, below the words of a file's name where it has no word of these.

    A name of numbers and single letters ("2031-04.pdf", "B4.pdf") says nothing beside a title.
    """
    said = name_in_words(name)
    words = {word for word in said.casefold().split() if word.isalpha() and len(word) > 1}
    if title and (not words or words & set(_WORDS.findall(title.casefold()))):
        return title
    return " › ".join(filter(None, (said, title)))


def name_in_words(name: str) -> str:
    """The words and numbers in a file's name without its suffix, as they are written."""
    return " ".join(_WORDS.findall(_SUFFIX.sub("", name.rsplit("/", 1)[-1])))


def without_edition(text: str, language: str = "en") -> str:
    """The words of a name or title in lower case, without dates, months, versions, and parentheses around these."""
    text = text[:MAX_TITLE]
    kept = _PARENTHESES.sub(lambda found: " " if _spans(found[0], language) else found[0], text)
    for start, end in reversed(_spans(kept, language)):
        kept = f"{kept[:start]} {kept[end:]}"
    return _joined_words(kept)


def _joined_words(text: str) -> str:
    return " ".join(_WORDS.findall(text.casefold()))[:MAX_TITLE].rstrip()


def _spans(text: str, language: str) -> list[tuple[int, int]]:
    """Where the text has dates, versions, quarters and months; in order, and none overlaps another."""
    months = names_of(language).months
    found = [
        *((date.start, date.end) for date in find_dates(text, language)),
        *((version.start, version.end) for version in (*find_versions(text), *find_dotted(text))),
        *(match.span() for match in _QUARTER.finditer(text)),
        *(match.span() for match in _WORDS.finditer(text) if match[0].casefold() in months),
    ]
    chosen: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
        if not chosen or start >= chosen[-1][1]:
            chosen.append((start, end))
    return chosen


def _dates(
    document: Document, stem: str, beginning: Beginning, fields: Mapping[str, str], language: str
) -> Iterator[tuple[str, DatedBy]]:
    """The dates that the document gives, the most trusted first; "" where something gives none."""
    if document.parser.startswith("mail/"):
        yield _field_date(fields.get("date", ""), language), "mail"
    is_office = document.parser.startswith(_OFFICE)
    day_first = day_comes_first(document.text)
    yield stated_date(beginning.lines, language, day_first), "text"
    if not is_office:
        yield (
            next(
                (date for name in _DATE_FIELDS if name in fields and (date := _field_date(fields[name], language))), ""
            ),
            "metadata",
        )
    yield lone_date(beginning.lines, language, day_first), "text"
    yield _only_date(stem, language, day_first), "file name"
    yield _title_date(document.title, language, day_first), "title"
    for heading in beginning.headings:
        yield _title_date(heading, language, day_first), "heading"
    yield _release(document, language)[0], "heading"
    if is_office and fields.get("modified") != fields.get("created"):
        yield _field_date(fields.get("modified", ""), language), "metadata"


def _version(document: Document, stem: str, beginning: Beginning, fields: Mapping[str, str], language: str) -> str:
    """The version that the document gives: its title's, that of its first lines, of its name, of its newest release."""
    heads = " ".join(dict.fromkeys((document.title, *beginning.headings)))
    field = [f"version: {fields['version']}"] if "version" in fields else []
    in_name = {found.value for found in (*find_versions(stem), *_dotted(stem, language))}
    return (
        _only({found.value for found in find_versions(heads)})
        or stated_version((*field, *beginning.lines), language)
        or _only(in_name)
        or _release(document, language)[1]
    )


def _only(values: set[str]) -> str:
    return next(iter(values)) if len(values) == 1 else ""


def _dotted(text: str, language: str) -> list[FoundVersion]:
    """The numbers of several parts that are no dates."""
    dates = find_dates(text, language)
    dotted = find_dotted(text)
    return [found for found in dotted if all(found.end <= date.start or date.end <= found.start for date in dates)]


def _only_date(text: str, language: str, day_first: bool | None) -> str:
    """The most precise date in a name or title; "" where it has none, or several that differ."""
    values = {found.value for found in find_dates(text, language, day_first)}
    precise = [value for value in values if not any(other.startswith(f"{value}-") for other in values)]
    return precise[0] if len(precise) == 1 else ""


def _title_date(title: str, language: str, day_first: bool | None) -> str:
    """The date that a title of few words gives: "Handbook 2025", "Minutes of the meeting of 12 May 2025"."""
    date = _only_date(title, language, day_first)
    most = _FEW_WORDS_OF_A_DAY if date.count("-") > 1 else _FEW_WORDS
    is_short = len(without_edition(title, language).split()) <= most
    return date if is_short and not names_another_date(title) else ""


def _release(document: Document, language: str) -> tuple[str, str]:
    """Date and version of the first heading that is made of these, as in a list of changes: "3.2.1 – 2025-06-04"."""
    for section in document.sections[:_HEADINGS]:
        dates, versions = find_dates(section.title, language), _dotted(section.title, language)
        if len(dates) == len(versions) == 1 and not without_edition(section.title, language):
            return dates[0].value, versions[0].value
    return "", ""


def _field_date(value: str, language: str) -> str:
    """The date in a field of a file: ISO 8601, a mail's form, PDF's ("D:20250512…"), or as people write it."""
    value = value.strip().removeprefix("D:")
    if re.match(r"\d{14}", value) or re.match(r"\d{8}\Z", value):
        return iso_date(value[:4], value[4:6], value[6:8])
    if found := find_dates(value, language):
        return found[0].value
    try:
        return parsedate_to_datetime(value).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
