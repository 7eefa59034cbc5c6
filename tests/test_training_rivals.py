"""Sets of documents, what is asked of several of them, and where that is answered."""

from __future__ import annotations

from pathlib import Path

from training.rivals import _places
from training.shared_everyday import read, sets

TEXT = """=== Price list | list | trams
A day ticket is 9.00. Children pay half.
---
Q: what is one
A: 9.00
E: A day ticket is

=== Notice | notice | trams
A day ticket is 8.50.
---
+++ Trams
D: What will one grown up pay for a day?
A: 9.00
A: 8.50
E: Price list :: A day ticket is
E: Notice :: A day ticket is
N: What is a month ticket?

=== Rules | rules | pool
No dogs.
---
+++ Pool
"""


def test_a_set_has_its_documents_by_title_and_what_is_asked_of_several(tmp_path: Path) -> None:
    path = tmp_path / "s01.txt"
    path.write_text(TEXT)
    (trams, asked), (pool, nothing) = sets(path)
    assert [list(trams), list(pool), nothing] == [["Price list", "Notice"], ["Rules"], []]
    assert [(item.kind, item.text) for item in asked] == [
        ("D", "What will one grown up pay for a day?"),
        ("N", "What is a month ticket?"),
    ]
    assert [[item.kind for item in items] for _, items in read(path)] == [["Q"], [], []]
    assert [document.text for document, _ in read(path)] == [own.text for own in (*trams.values(), *pool.values())]


def test_what_answers_is_found_in_each_document(tmp_path: Path) -> None:
    path = tmp_path / "s01.txt"
    path.write_text(TEXT)
    documents, (disagreement, near_miss) = next(iter(sets(path)))
    found = _places(disagreement, documents)
    texts = {document.id: document.text for document in documents.values()}
    assert [texts[key][slice(*place)] for key, places in found.items() for place in places] == [
        "A day ticket is 9.00.",
        "A day ticket is 8.50.",
    ]
    assert _places(near_miss, documents) == {}
