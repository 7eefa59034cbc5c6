"""Chunks in, passages out: what is stored, embedded, searched and reranked."""
