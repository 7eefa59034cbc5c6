"""The real models: vectors are of length 1 and independent of other texts, and two runtimes agree."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from documents.load import load, sample_paths
from index.embed import Embedder, OnnxEmbedder, SentenceTransformerEmbedder, load_embedder
from index.models import (
    BGE_SMALL,
    DEFAULT_EMBEDDER,
    DEFAULT_RERANKER,
    MULTILINGUAL_EMBEDDER,
    PINNED,
    ModelError,
    resolve,
)
from index.rerank import Reranker, load_reranker

TEXTS = [
    "Beijing has more than 100,000 5G base stations.",
    "a",
    " ",
    ".",
    "What is it?",
    "北京正在建设全球数字经济标杆城市。",
    "東京は日本の首都です。",
    "Привет, мир! Здравствуйте.",
    "مرحبا بالعالم",
    "👩‍🚀🚀🎉 to the moon 🌕",
    "résumé naïve Ångström ﬁligree",
    "x" * 3000,
    "1,234.56 €/m² ± 3 % → 10⁻³",
    "def f(x):\n    return x ** 2  # code",
    "UPPER lower MiXeD",
    "The quick brown fox. " * 100,
    "word " * 254,
    "汉" * 600,
    "tab\tand\nline",
    "A sentence of medium length that says nothing in particular about anyone at all.",
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(DEFAULT_EMBEDDER)


@pytest.fixture(scope="module")
def multilingual() -> Embedder:
    return load_embedder(MULTILINGUAL_EMBEDDER)


@pytest.fixture(scope="module")
def reranker() -> Reranker:
    return load_reranker(DEFAULT_RERANKER)


def test_a_texts_vector_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS, "passage")
    alone = np.concatenate([embedder.embed([text], "passage") for text in TEXTS])
    backwards = embedder.embed(TEXTS[::-1], "passage")[::-1]
    assert together.tobytes() == alone.tobytes() == backwards.tobytes()
    assert together.shape == (len(TEXTS), 384)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-6)


def test_a_texts_vector_in_four_bits_does_not_depend_on_its_neighbours(multilingual: Embedder) -> None:
    together = multilingual.embed(TEXTS, "passage")
    assert together.tobytes() == b"".join(multilingual.embed([text], "passage").tobytes() for text in TEXTS)
    assert multilingual.embed([], "passage").shape == (0, 384)


def test_a_text_has_different_vectors_as_question_and_as_passage() -> None:
    embedder = load_embedder(BGE_SMALL)
    text = "How many base stations are there?"
    assert not np.array_equal(embedder.embed([text], "query"), embedder.embed([text], "passage"))


def test_a_question_lies_nearest_to_the_text_that_answers_it(embedder: Embedder) -> None:
    texts = ["Beijing has 100,000 base stations.", "The recipe asks for three eggs.", "The museum opens at nine."]
    (query,) = embedder.embed(["How many eggs do I need?"], "query")
    assert int(np.argmax(embedder.embed(texts, "passage") @ query)) == 1


def test_no_texts_give_no_vectors(embedder: Embedder, reranker: Reranker) -> None:
    assert len(embedder.embed([], "passage")) == 0
    assert reranker.score("What?", []) == []


def test_a_texts_logit_does_not_depend_on_its_neighbours(reranker: Reranker) -> None:
    question = "How many base stations does Beijing have?"
    together = reranker.score(question, TEXTS)
    assert together == [reranker.score(question, [text])[0] for text in TEXTS]
    assert max(together) == together[0]


@pytest.mark.parametrize("question", ["why " * 500, "为什么" * 666], ids=["words", "characters"])
def test_a_question_longer_than_the_models_window_is_cut(embedder: Embedder, reranker: Reranker, question: str) -> None:
    assert np.isfinite(reranker.score(question, TEXTS[:1])).all()
    assert np.isfinite(embedder.embed([question], "query")).all()


def test_the_sample_corpus_finds_its_own_sentences(embedder: Embedder, reranker: Reranker) -> None:
    """One answer that only the words' meaning leads to, through the real models."""
    texts = [line for line in load(sample_paths()[0]).text.split("\n") if len(line) > 80]
    question = "How many 5G base stations does Beijing have?"
    best = texts[int(np.argmax(reranker.score(question, texts)))]
    assert "5G" in best
    similarities = embedder.embed(texts, "passage") @ embedder.embed([question], "query")[0]
    assert "5G" in texts[int(np.argmax(similarities))]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """all-MiniLM-L6-v2 in fp32 ONNX, with the files of its sentence-transformers folder but the weights."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own
        import torch
        from transformers import AutoModel

        source = resolve("all-MiniLM-L6-v2", "embedder").folder
        folder = tmp_path_factory.mktemp("exported")
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.safetensors"))

        class States(torch.nn.Module):
            """The encoder; its mask is made as the exporter can follow it."""

            def __init__(self) -> None:
                super().__init__()
                self.encoder = AutoModel.from_pretrained(source, attn_implementation="eager")

            def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
                added = (1 - mask[:, None, None, :].float()) * -1e4
                output = self.encoder(input_ids=ids, attention_mask=added, token_type_ids=types)
                return torch.as_tensor(output.last_hidden_state)

        names = ["input_ids", "attention_mask", "token_type_ids"]
        example = torch.ones(1, 7).long()
        torch.onnx.export(
            States().eval(),
            (example, example, torch.zeros_like(example)),
            str(folder / "model.onnx"),
            input_names=names,
            output_names=["last_hidden_state"],
            dynamic_axes={name: {1: "length"} for name in (*names, "last_hidden_state")},
            opset_version=17,
            dynamo=False,  # the newer exporter takes several times as long
        )
    return folder


def test_onnx_and_sentence_transformers_agree(exported: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries, as they load
        reference = SentenceTransformerEmbedder(resolve("all-MiniLM-L6-v2", "embedder"))
    ours = load_embedder(str(exported))
    assert isinstance(ours, OnnxEmbedder)
    theirs = reference.embed(TEXTS, "passage")
    cosines = (ours.embed(TEXTS, "passage") * theirs).sum(axis=1)
    assert cosines.min() >= 0.9999, dict(zip(TEXTS, cosines, strict=True))
    assert np.linalg.norm(theirs, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-6)
    alone = np.concatenate([reference.embed([text], "query") for text in TEXTS[:8]])
    assert alone.tobytes() == theirs[:8].tobytes()  # this model has no prompts


def test_prompts_of_the_model_folder_are_prefixed_to_the_text(exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "prompted"
    shutil.copytree(exported, folder)
    plain = load_embedder(str(exported))
    prompts = {"prompts": {"query": "query: ", "document": "passage: "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    prompted = load_embedder(str(folder))
    for role, prefix in (("query", "query: "), ("passage", "passage: ")):
        assert np.array_equal(prompted.embed(["Some words."], role), plain.embed([f"{prefix}Some words."], role))


def test_an_unknown_pooling_is_an_error(exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "last"
    shutil.copytree(exported, folder)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_lasttoken": True}))
    with pytest.raises(ModelError, match="pooling"):
        load_embedder(str(folder))


@pytest.mark.parametrize("broken", ["model.onnx", "tokenizer.json"])
def test_a_broken_model_folder_is_an_error_of_one_line(exported: Path, tmp_path: Path, broken: str) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(exported, folder)
    (folder / broken).write_bytes(b"not what it was")
    with pytest.raises(ModelError, match=broken) as raised:
        load_embedder(str(folder))
    assert "\n" not in str(raised.value)


def test_torch_weights_that_are_no_model_are_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ModelError, match="is not a sentence-transformers model") as raised:
            load_embedder(str(tmp_path))
    assert "\n" not in str(raised.value)


def test_the_default_embeds_a_query_as_it_embeds_a_passage(embedder: Embedder) -> None:
    assert (embedder.embed(TEXTS, "query") == embedder.embed(TEXTS, "passage")).all()


def test_a_query_is_the_mean_of_its_two_views() -> None:
    embedder = load_embedder(BGE_SMALL)
    prefix = next(pin.query_prefix for pin in PINNED if pin.id == BGE_SMALL)
    for text in ("What is it?", "Beijing", "北京"):
        bare, prefixed = embedder.embed([text, prefix + text], "passage")
        mean = (bare + prefixed) / np.linalg.norm(bare + prefixed)
        assert embedder.embed([text], "query")[0] == pytest.approx(mean, abs=1e-6)


def test_the_multilingual_model_puts_a_question_nearest_to_its_answer(
    multilingual: Embedder,
) -> None:
    passages = multilingual.embed(
        ["北京有超过十万个5G基站。", "Кошка спит на диване.", "The cat sleeps on the sofa."], "passage"
    )
    for question, nearest in (
        ("How many 5G base stations does Beijing have?", 0),
        ("Combien de stations 5G y a-t-il à Pékin ?", 0),
        ("¿Dónde duerme el gato?", {1, 2}),
    ):
        best = int(np.argmax(passages @ multilingual.embed([question], "query")[0]))
        assert best in (nearest if isinstance(nearest, set) else {nearest})


def test_the_multilingual_models_vectors_do_not_depend_on_other_texts(multilingual: Embedder) -> None:
    long = next(text for text in TEXTS if "汉" in text)  # beyond the model's window: seconds, so once
    short = [text for text in TEXTS if len(text) < 600 and text != long]
    together = multilingual.embed([*short, long], "passage")
    alone = np.concatenate([multilingual.embed([text], "passage") for text in short])
    assert together[:-1].tobytes() == alone.tobytes()
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(together)), abs=1e-5)
    assert multilingual.embed([], "passage").shape[0] == 0
    cut, whole = multilingual.embed(["Beijing", "Beijing\0 has stations"], "passage")
    assert cut @ whole < 0.999  # a zero character does not end a text
