"""Images of text -> words with their boxes, by RapidOCR, whose models come in its wheel: nothing is downloaded.

This needs the extra ``refdesk[ocr]``; without it, reading an image fails with a message that says so.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from documents.formats.pdf_words import Word

if TYPE_CHECKING:
    from PIL.Image import Image

PARSER = "ocr/1"
EXTRA = 'to read them run: pip install "refdesk[ocr]"'

_LEAST_SCORE = 0.5  # the engine's own measure, 0 to 1


def is_installed() -> bool:
    """Whether the extra is installed."""
    return find_spec("rapidocr") is not None


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    engine = RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.return_word_box": True,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return engine


def words(image: Image, scale: float = 1.0) -> list[Word]:
    """The words of an RGB image; their boxes are in pixels divided by ``scale``."""
    import numpy as np

    found = _engine()(np.asarray(image)[:, :, ::-1])
    if found.boxes is None or found.txts is None:
        return []
    return [
        word
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if score >= _LEAST_SCORE
        for word in _split(text, box, scale)
    ]


def _split(text: str, box: Any, scale: float) -> list[Word]:
    """The words of one recognised line, each with a share of the line's width by its number of characters."""
    left, top = float(box[:, 0].min()) / scale, float(box[:, 1].min()) / scale
    right, bottom = float(box[:, 0].max()) / scale, float(box[:, 1].max()) / scale
    step = (right - left) / max(1, len(text))
    split: list[Word] = []
    place = 0
    for part in text.split():
        place = text.index(part, place)
        end = place + len(part)
        hyphen = end == len(text) and len(part) > 1 and part.endswith("-")
        split.append(Word(part, left + place * step, top, left + end * step, bottom, hyphen=hyphen))
        place = end
    return split
