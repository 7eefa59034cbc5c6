"""haystack:benchmarks.beside.haystack_pipeline:build, or :retriever; pip install haystack-ai"""

from haystack import Document, Pipeline, component
from haystack.components.builders import AnswerBuilder, PromptBuilder
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
from haystack.document_stores.in_memory import InMemoryDocumentStore

TEMPLATE = "{% for own in documents %}[{{ loop.index }}] {{ own.content.strip() }}\n{% endfor %}{{ question }}"


def retriever(documents):
    store, pipeline = InMemoryDocumentStore(), Pipeline()
    whole = [Document(content=own.text, meta={"document": own.id}) for own in documents]
    store.write_documents(DocumentSplitter(split_by="period", split_length=1).run(whole)["documents"])
    pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=5))
    return pipeline


def build(documents):
    pipeline = retriever(documents)
    pipeline.add_component("prompt", PromptBuilder(TEMPLATE, required_variables=["question"]))
    pipeline.add_component("model", First())
    pipeline.add_component("answer", AnswerBuilder(reference_pattern=r"\[(\d+)\]"))
    pipeline.connect("bm25.documents", "prompt.documents")
    pipeline.connect("bm25.documents", "answer.documents")
    pipeline.connect("prompt", "model")
    pipeline.connect("model.replies", "answer.replies")
    return pipeline


@component
class First:  # put your language model here, and let it number what it uses
    @component.output_types(replies=list[str])
    def run(self, prompt: str):
        return {"replies": [prompt.partition("\n")[0].removeprefix("[1] ") + " [1]"]}
