"""Keep the word embeddings that shipped encoders have in common in one file, ``words.bin``, beside them.

    python -m training.share_words [qa/weights]

All were trained from one reranker, whose word embeddings stay as they are: a third of each file. They become external
data of the ONNX files, which every reader of these files finds in their folder. What is shared already stays so; run it
after each export into the folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

import onnx
from onnx.external_data_helper import set_external_data

from qa.weights import WEIGHTS

WORDS = "words.bin"
NAME = "word_embeddings.weight_quantized"  # how the name of the weights ends


def share(folder: Path) -> None:
    """Take the word embeddings out of every ONNX file of the folder that has them.

    Raises:
        SystemExit: a file's are not those that are shared.
    """
    for path in sorted(folder.glob("*.onnx")):
        model = onnx.load(path, load_external_data=False)
        for weights in model.graph.initializer:
            if weights.name.endswith(NAME) and weights.raw_data:
                _keep(weights.raw_data, folder / WORDS, path)
                set_external_data(weights, WORDS, offset=0, length=len(weights.raw_data))
                weights.ClearField("raw_data")
                path.write_bytes(model.SerializeToString())
                print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def _keep(words: bytes, shared: Path, of: Path) -> None:
    if not shared.exists():
        shared.write_bytes(words)
    elif shared.read_bytes() != words:
        raise SystemExit(f"{of} has other word embeddings than {shared}")


if __name__ == "__main__":
    share(Path(*sys.argv[1:]) if sys.argv[1:] else WEIGHTS)
