"""Our own visitors' questions (``benchmarks/visitors``): a benchmark that can be read, of documents that are there."""

from __future__ import annotations

import pytest
from fakes import ROOT

from documents.load import load
from qa.evaluation import load_dataset

FOLDER = ROOT / "benchmarks" / "visitors"
CORPORA = ("coop", "museum", "sailing", "vet", "festival", "bikes", "heat")


def test_every_question_is_of_documents_that_can_be_read_and_no_two_have_one_id() -> None:
    items = load_dataset(FOLDER).items
    assert {item.corpus for item in items} == set(CORPORA)
    assert len({item.id for item in items}) == len(items) == 591
    for item in items:
        assert item.expect is not None
        assert all((FOLDER / item.corpus / name).is_file() for name in item.expect.cite)


@pytest.mark.parametrize("corpus", CORPORA)
def test_every_document_can_be_read(corpus: str) -> None:
    assert all(load(path).text for path in (FOLDER / corpus).iterdir())
