"""Documents that several questions share, each once: what the sets of open questions have in common."""

from __future__ import annotations

from documents.document import Document
from documents.normalise import normalise


class Pool:
    """The documents of a dataset by name; those with the same name, title and text are one."""

    def __init__(self, parser: str) -> None:
        self.documents: dict[str, Document] = {}
        self._parser = parser
        self._names: dict[tuple[str, str, str], str] = {}

    def add(self, title: str, text: str) -> str:
        """The name in the pool of the document with this title, which is its name, and this text (else the title)."""
        title = " ".join(normalise(title).split())
        return self.put(title, Document(normalise(text) or title, title, parser=self._parser))

    def put(self, name: str, document: Document) -> str:
        """The document's name in the pool: a further one that is called alike gets a number, such as "Pumps (2)"."""
        name = " ".join(normalise(name).split())
        key = (name, document.title, document.id)
        if key not in self._names:
            own, count = name, 1
            while own in self.documents:
                count += 1
                own = f"{name} ({count})"
            self._names[key] = own
            self.documents[own] = document
        return self._names[key]
