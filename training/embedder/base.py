"""The embedder that a training starts from."""

from __future__ import annotations

from pathlib import Path

from index.models import BGE_SMALL, Pinned, resolve


def pin() -> Pinned:
    """How the embedder to start from is meant to be used."""
    pinned = resolve(BGE_SMALL, "embedder").pinned
    assert pinned is not None  # as its name is one of the pinned ones
    return pinned


def start() -> Path:
    """The folder of the embedder to start from."""
    return resolve(BGE_SMALL, "embedder").folder
