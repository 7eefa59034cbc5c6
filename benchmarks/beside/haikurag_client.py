"""haikurag:benchmarks.beside.haikurag_client:build; pip install haiku.rag-slim (Python 3.12 or later)

The models are those of haiku.rag's configuration: by default Ollama's. With the extra ``docling`` installed,
``client.create_document(own.text, uri=own.id, title=own.title)`` splits a document by itself.
"""

import re
import tempfile

from docling_core.types.doc import DoclingDocument
from docling_core.types.doc.labels import DocItemLabel
from haiku.rag.client import HaikuRAG
from haiku.rag.store.models.chunk import Chunk


async def build(documents):
    client = await HaikuRAG(f"{tempfile.mkdtemp()}/try.lancedb", create=True).__aenter__()
    for own in documents:
        held, chunks = DoclingDocument(name=own.id), []
        for number, passage in enumerate(re.findall(r"\S[^.]*\.", own.text)):
            item = held.add_text(DocItemLabel.PARAGRAPH, passage)
            chunks.append(Chunk(content=passage, order=number, metadata={"doc_item_refs": [item.self_ref]}))
        await client.import_document(held, chunks, uri=own.id, title=own.title or None)
    return client
