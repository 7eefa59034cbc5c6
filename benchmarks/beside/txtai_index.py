"""txtai:benchmarks.beside.txtai_index:build, or :retriever; pip install txtai"""

import re
import zlib

import numpy as np
from txtai import RAG, Embeddings

words = re.compile(r"\w+").findall


def retriever(documents):
    # In place of ``method`` and ``transform``, name a model: path="sentence-transformers/all-MiniLM-L6-v2".
    index = Embeddings(method="external", transform=counted, hybrid=True, content=True)
    index.index(
        (f"{own.id}#{number}", passage.strip(), None)
        for own in documents
        for number, passage in enumerate(re.findall(r"\S[^.]*\.", own.text))
    )
    return index


def build(documents):
    return RAG(retriever(documents), first, template="{context}\n{question}", separator="\n", output="reference")


def first(prompts, **_):  # put your language model here: the name of one
    return [prompt.partition("\n")[0] for prompt in prompts]


def counted(texts):
    """Vectors that count words."""
    vectors = np.zeros((len(texts), 256), dtype=np.float32)
    for vector, text in zip(vectors, texts, strict=True):
        for word in words(text.lower()):
            vector[zlib.crc32(word.encode()) % 256] += 1
    return vectors
