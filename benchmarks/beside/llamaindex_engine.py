"""llamaindex:benchmarks.beside.llamaindex_engine:build, or :retriever; pip install llama-index-retrievers-bm25"""

from llama_index.core import Document
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import CitationQueryEngine
from llama_index.retrievers.bm25 import BM25Retriever


def retriever(documents):
    whole = [Document(text=own.text, id_=own.id, metadata={"document": own.id}) for own in documents]
    for document in whole:  # the id is for us, neither to be searched nor to be read by a model
        document.excluded_embed_metadata_keys = document.excluded_llm_metadata_keys = ["document"]
    nodes = SentenceSplitter(chunk_size=128, chunk_overlap=0).get_nodes_from_documents(whole)
    return BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=min(5, len(nodes)))


def build(documents):
    return CitationQueryEngine.from_args(index=None, llm=First(), retriever=retriever(documents))


class First(CustomLLM):  # put your language model here; the engine's prompt makes it number what it uses
    @property
    def metadata(self):
        return LLMMetadata()

    def complete(self, prompt, formatted=False, **_):  # noqa: ARG002
        passage = prompt.rpartition("Source 1:\n")[2].partition("\n")[0]
        return CompletionResponse(text=f"{passage} [1]")

    def stream_complete(self, prompt, formatted=False, **_):  # noqa: ARG002
        yield self.complete(prompt)
