"""Our own sets in the visitors' form: benchmarks that can be read, of documents that are there."""

from __future__ import annotations

import pytest
from fakes import ROOT

from documents.load import load
from qa.evaluation import load_dataset

CORPORA = {
    "visitors": (591, ("coop", "museum", "sailing", "vet", "festival", "bikes", "heat")),
    "ways": (210, ("bakery", "rowing", "observatory", "repair")),
}


@pytest.mark.parametrize("name", CORPORA)
def test_every_question_is_of_documents_that_can_be_read_and_no_two_have_one_id(name: str) -> None:
    folder, (count, corpora) = ROOT / "benchmarks" / name, CORPORA[name]
    items = load_dataset(folder).items
    assert {item.corpus for item in items} == set(corpora)
    assert len({item.id for item in items}) == len(items) == count
    for item in items:
        assert item.expect is not None
        assert all((folder / item.corpus / cited).is_file() for cited in item.expect.cite)


@pytest.mark.parametrize(("name", "corpus"), [(name, own) for name, (_, of) in CORPORA.items() for own in of])
def test_every_document_can_be_read(name: str, corpus: str) -> None:
    assert all(load(path).text for path in (ROOT / "benchmarks" / name / corpus).iterdir())
