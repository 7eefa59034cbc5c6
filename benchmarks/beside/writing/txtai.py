"""txtai:benchmarks.beside.writing.txtai:build; installed with benchmarks/peers.txt

Its RAG pipeline as in its guide, with a reference: the passage that is most similar to what the model wrote.
"""

import os

from txtai import LLM, RAG, Embeddings
from txtai.pipeline import Segmentation

from benchmarks.beside.writing.given import CHARACTERS, EMBEDDER, MODEL, PASSAGES, WRITTEN

MODELS = {}  # of all sets of documents, kept by Embeddings: one embedder
SYSTEM = "You are a friendly assistant. You answer questions from users."
TEMPLATE = """Answer the following question using only the context below. Only include information specifically
discussed. If the context does not answer it, say that you don't know.

question: {question}
context: {context}"""


def build(documents):
    index = Embeddings(path=EMBEDDER, content=True, models=MODELS)
    passages = Segmentation(chunker="recursive", chunk_size=CHARACTERS)
    index.index(
        (f"{own.id}#{number}", passage, None) for own in documents for number, passage in enumerate(passages(own.text))
    )
    return RAG(index, written(), system=SYSTEM, template=TEMPLATE, context=PASSAGES, output="reference")


def written():
    server = {"api_base": os.environ["OPENAI_BASE_URL"], "api_key": os.environ["OPENAI_API_KEY"]}
    model = LLM(f"openai/{MODEL}", method="litellm", temperature=0, **server)
    return lambda prompts, **_: model(prompts, maxlength=WRITTEN)
