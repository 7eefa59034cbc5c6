"""llamaindex:benchmarks.beside.writing.llamaindex:build; installed with benchmarks/peers.txt

Its query engine for citations (``CitationQueryEngine``) with the engine's own prompt, over an index of vectors.
"""

import os
from functools import cache

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.llms.openai_like import OpenAILike

from benchmarks.beside.writing.given import EMBEDDER, MODEL, PASSAGES, TOKENS, WRITTEN


def build(documents):
    whole = [Document(text=own.text, id_=own.id, metadata={"document": own.id}) for own in documents]
    for document in whole:  # the id is for us, neither to be searched nor to be read by a model
        document.excluded_embed_metadata_keys = document.excluded_llm_metadata_keys = ["document"]
    nodes = SentenceSplitter(chunk_size=TOKENS, chunk_overlap=0).get_nodes_from_documents(whole)
    index = VectorStoreIndex(nodes, embed_model=embedder())
    return CitationQueryEngine.from_args(index, llm=model(), similarity_top_k=PASSAGES)


@cache  # one model for all sets of documents
def embedder():
    return HuggingFaceEmbedding(EMBEDDER)


def model():
    return OpenAILike(
        model=MODEL,
        api_base=os.environ["OPENAI_BASE_URL"],
        api_key=os.environ["OPENAI_API_KEY"],
        is_chat_model=True,
        temperature=0,
        max_tokens=WRITTEN,
        context_window=4096,
    )
