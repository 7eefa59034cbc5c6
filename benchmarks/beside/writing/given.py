"""What the pipelines that ask a language model are given (``benchmarks.peers_answers`` sets it): the same for all.

A server with OpenAI's API is named by ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY``, as its own client reads them.
"""

import os

MODEL = os.environ.get("PEERS_MODEL", "")  # the server's name for it
EMBEDDER = os.environ.get("PEERS_EMBEDDER", "sentence-transformers/all-MiniLM-L6-v2")  # a folder, or a hub's name
PASSAGES = 3  # that an answer is written from
CHARACTERS, WORDS, TOKENS = 640, 95, 140  # of a passage, in the unit that a framework splits by: about as much text
WRITTEN = 160  # tokens of an answer, at most
