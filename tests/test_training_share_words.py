"""Word embeddings that shipped encoders share lie in one file beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from qa.weights import WEIGHTS
from training.share_words import NAME, WORDS, share

TABLE = np.arange(12, dtype=np.uint8).reshape(4, 3)


def encoder(path: Path, table: np.ndarray) -> Path:
    """An ONNX file that looks words up in the table."""
    weights = numpy_helper.from_array(table, f"bert.{NAME}")
    node = helper.make_node("Gather", [weights.name, "ids"], ["found"])
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["words"])
    found = helper.make_tensor_value_info("found", TensorProto.UINT8, ["words", 3])
    graph = helper.make_graph([node], "lookup", [ids], [found], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def looked_up(path: Path) -> list[list[int]]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"ids": np.array([3, 0])})
    return found.tolist()  # type: ignore[no-any-return]


def test_what_is_shared_is_found_again_and_kept_once(tmp_path: Path) -> None:
    paths = [encoder(tmp_path / name, TABLE) for name in ("a.onnx", "b.onnx")]
    before = [looked_up(path) for path in paths]
    for _ in range(2):  # the second time there is nothing left to do
        share(tmp_path)
        assert [looked_up(path) for path in paths] == before == [[[9, 10, 11], [0, 1, 2]]] * 2
    assert (tmp_path / WORDS).read_bytes() == TABLE.tobytes()
    assert all(TABLE.tobytes() not in path.read_bytes() for path in paths)


def test_other_word_embeddings_are_refused_and_their_file_stays_as_it_is(tmp_path: Path) -> None:
    encoder(tmp_path / "a.onnx", TABLE)
    other = encoder(tmp_path / "b.onnx", TABLE + 1)
    whole = other.read_bytes()
    with pytest.raises(SystemExit, match=r"b\.onnx has other word embeddings than"):
        share(tmp_path)
    assert other.read_bytes() == whole


def test_what_ships_holds_word_embeddings_once() -> None:
    holding = [
        weights.name
        for path in WEIGHTS.glob("*.onnx")
        for weights in onnx.load(path, load_external_data=False).graph.initializer
        if weights.name.endswith(NAME) and weights.raw_data
    ]
    assert not holding
    assert (WEIGHTS / WORDS).stat().st_size == 30522 * 384
