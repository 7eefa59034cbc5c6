"""What holds of every store at every moment."""

from __future__ import annotations

import numpy as np
from fakes import WordEmbedder

from index.embedding_policy import is_embedded
from index.integrity import damage
from index.snapshot import embedding_key, embedding_text
from index.store import Store


def check_store(store: Store) -> None:
    """Assert that the store, filled with a WordEmbedder's vectors, is whole and holds nothing that is not needed."""
    with store.snapshot() as snapshot:
        assert damage(snapshot) == []
        ids, vectors = snapshot.embeddings.all()
        assert len(ids) == snapshot.embeddings.count
        every = [row[0] for row in snapshot.db.execute("SELECT id FROM chunks ORDER BY id")]
        assert ids.tolist() == [number for number in every if is_embedded(snapshot.chunk(number))]
        embedder, owned = WordEmbedder(), set[str]()
        for chunk_id, vector in zip(ids, vectors, strict=True):
            chunk = snapshot.chunk(int(chunk_id))
            assert chunk.text
            assert chunk.text == chunk.document.text[chunk.start : chunk.end]
            owned.add(embedding_key(embedding_text(chunk)))
            assert np.array_equal(vector, embedder.embed([embedding_text(chunk)], "query")[0])
        assert snapshot.count("embeddings") == len(owned)
        assert {source.document_id for source in snapshot.sources()} == {
            row[0] for row in snapshot.db.execute("SELECT id FROM documents")
        }
