"""haystack:benchmarks.beside.writing.haystack:build; installed with benchmarks/peers.txt

A pipeline of a retriever by vectors, a prompt, a generator and an answer builder, with the prompt of its hub for
answers with references (deepset/question-answering-with-references).
"""

import os

from haystack import Document, Pipeline
from haystack.components.builders import AnswerBuilder, ChatPromptBuilder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.dataclasses import ChatMessage
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from benchmarks.beside.writing.given import EMBEDDER, MODEL, PASSAGES, WORDS, WRITTEN

NOTHING = "answering is not possible given the available information"
TEMPLATE = (
    "Create a concise and informative answer (no more than 50 words) for a given question based solely on the given "
    "documents. You must only use information from the given documents. Use an unbiased and journalistic tone. Do not "
    "repeat text. Cite the documents using Document[number] notation. If multiple documents contain the answer, cite "
    "those documents like 'as stated in Document[number], Document[number], etc.'. If the documents do not contain the "
    f"answer to the question, say that '{NOTHING}.'\n"
    "{% for document in documents %}\nDocument[{{ loop.index }}]: {{ document.content }}\n{% endfor %}\n"
    "Question: {{ question }}\nAnswer: "
)


def build(documents):
    store = InMemoryDocumentStore(embedding_similarity_function="dot_product")
    embedding = {"model": EMBEDDER, "normalize_embeddings": True, "progress_bar": False}
    store.write_documents(embedded(documents, embedding))
    pipeline = connected(store, embedding)

    def ask(question):
        asked = {"embedder": {"text": question}, "prompt": {"question": question}, "answer": {"query": question}}
        found = pipeline.run(asked, include_outputs_from={"found"})
        return None if NOTHING in found["answer"]["answers"][0].data.casefold() else found

    return ask


def connected(store, embedding):
    pipeline = Pipeline()
    pipeline.add_component("embedder", SentenceTransformersTextEmbedder(**embedding))
    pipeline.add_component("found", InMemoryEmbeddingRetriever(store, top_k=PASSAGES))
    prompt = ChatPromptBuilder([ChatMessage.from_user(TEMPLATE)], required_variables=["question"])
    pipeline.add_component("prompt", prompt)
    pipeline.add_component("model", model())
    pipeline.add_component("answer", AnswerBuilder(reference_pattern=r"Document\[(\d+)\]"))
    pipeline.connect("embedder.embedding", "found.query_embedding")
    pipeline.connect("found.documents", "prompt.documents")
    pipeline.connect("found.documents", "answer.documents")
    pipeline.connect("prompt.prompt", "model.messages")
    pipeline.connect("model.replies", "answer.replies")
    pipeline.warm_up()
    return pipeline


def embedded(documents, embedding):
    whole = [Document(content=own.text, meta={"document": own.id}) for own in documents]
    embedder = SentenceTransformersDocumentEmbedder(**embedding)
    embedder.warm_up()
    passages = DocumentSplitter(split_by="word", split_length=WORDS).run(whole)["documents"]
    return embedder.run(passages)["documents"]


def model():
    return OpenAIChatGenerator(
        model=MODEL,
        api_base_url=os.environ["OPENAI_BASE_URL"],
        generation_kwargs={"temperature": 0, "max_tokens": WRITTEN},
    )
