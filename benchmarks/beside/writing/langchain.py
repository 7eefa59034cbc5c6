"""langchain:benchmarks.beside.writing.langchain:build; installed with benchmarks/peers.txt

The chain of its guide to retrieval (``create_retrieval_chain``), with the prompt of its hub, rlm/rag-prompt, which asks
for no sources: this chain never cites.
"""

from functools import cache

from langchain_classic.chains import create_retrieval_chain
from langchain_classic.chains.combine_documents import create_stuff_documents_chain
from langchain_core.documents import Document
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_openai import ChatOpenAI
from langchain_text_splitters import RecursiveCharacterTextSplitter

from benchmarks.beside.writing.given import CHARACTERS, EMBEDDER, MODEL, PASSAGES, WRITTEN

PROMPT = ChatPromptTemplate.from_template(
    "You are an assistant for question-answering tasks. Use the following pieces of retrieved context to answer the "
    "question. If you don't know the answer, just say that you don't know. Use three sentences maximum and keep the "
    "answer concise.\nQuestion: {input} \nContext: {context} \nAnswer:"
)


def build(documents):
    whole = [Document(own.text, metadata={"document": own.id}) for own in documents]
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHARACTERS, chunk_overlap=0, add_start_index=True)
    store = InMemoryVectorStore.from_documents(splitter.split_documents(whole), embeddings())
    model = ChatOpenAI(model=MODEL, temperature=0, max_tokens=WRITTEN)
    retriever = store.as_retriever(search_kwargs={"k": PASSAGES})
    chain = create_retrieval_chain(retriever, create_stuff_documents_chain(model, PROMPT))
    return lambda question: chain.invoke({"input": question})


@cache  # one model for all sets of documents
def embeddings():
    return HuggingFaceEmbeddings(model_name=EMBEDDER, encode_kwargs={"normalize_embeddings": True})
