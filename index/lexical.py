"""BM25 over chunks, kept by SQLite's FTS5 in the same file and transaction as the chunks themselves.

So the lexical index is never behind the truth and never needs a rebuild. Scores are Okapi BM25 with FTS5's
k1 = 1.2, b = 0.75 (Robertson et al. 1994; sqlite.org/fts5.html), on Porter stems with diacritics removed. Marks
count as parts of words, so that Indic words stay whole. Scripts written without spaces are indexed by overlapping
character pairs.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable

from documents.normalise import normalise

# Contentless: FTS5 keeps the postings only. To delete a row it must be told the same terms again.
SCHEMA = """
CREATE VIRTUAL TABLE lexical USING fts5 (
    terms, content = '', tokenize = "porter unicode61 remove_diacritics 2 categories 'L* M* N* Co'"
);
"""

_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")

STOP_WORDS = frozenset(
    """a about an and any are as at be been but by can could did do does doing for from had has have having he her
    hers him his how i if in into is it its me my of on or our ours she should so some such than that the their
    theirs them then there these they this those to us was we were what when where which while who whom whose why
    will with would you your yours s t""".split()  # noqa: SIM905 - a hundred quoted words read worse
)


def terms(text: str) -> str:
    """``text`` as FTS5 is to tokenise it: runs of unspaced script become pairs of characters."""
    return _UNSPACED_RUN.sub(lambda run: f" {' '.join(_pairs(run.group()))} ", text)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def match_expression(question: str) -> str:
    """An FTS5 query that asks for any of the question's content words; empty when it has no words.

    FTS5 folds case in the question as it did in the texts, so it is left as it is here.
    """
    words = _words(terms(normalise(question)))
    content = [word for word in words if word.lower() not in STOP_WORDS] or words
    return " OR ".join(f'"{word}"' for word in content)


def _words(text: str) -> list[str]:
    """Each run of letters, marks and digits, once."""
    spaced = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in text)
    return list(dict.fromkeys(spaced.split()))


def add(db: sqlite3.Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Index ``(chunk id, text)`` rows."""
    db.executemany("INSERT INTO lexical (rowid, terms) VALUES (?, ?)", ((i, terms(text)) for i, text in rows))


def remove(db: sqlite3.Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Take ``(chunk id, text)`` rows out again; the text must be the one they were added with."""
    db.executemany(
        "INSERT INTO lexical (lexical, rowid, terms) VALUES ('delete', ?, ?)", ((i, terms(text)) for i, text in rows)
    )


def search(
    db: sqlite3.Connection, question: str, limit: int, allowed: Iterable[int] | None = None
) -> list[tuple[int, float]]:
    """The ``limit`` best ``(chunk id, BM25 score)``, best first; only ids in ``allowed`` where it is given."""
    expression = match_expression(question)
    if not expression:
        return []
    query = "SELECT rowid, -rank FROM lexical WHERE lexical MATCH ?"
    if allowed is not None:
        db.execute("CREATE TEMP TABLE IF NOT EXISTS allowed (id INTEGER PRIMARY KEY)")
        db.execute("DELETE FROM temp.allowed")
        db.executemany("INSERT INTO temp.allowed VALUES (?)", ((int(i),) for i in allowed))
        query += " AND rowid IN temp.allowed"
    found = db.execute(f"{query} ORDER BY rank, rowid LIMIT ?", (expression, limit))
    return [(int(i), float(score)) for i, score in found]
