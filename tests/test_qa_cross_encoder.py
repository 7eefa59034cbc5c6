"""Any cross-encoder for natural language inference, with tiny BERTs of random weights that the tests make."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest
from commands import Run, fails

from index.models import DEFAULT_EMBEDDER, ModelError
from qa.assistant import compose
from qa.check.entailment import NAME, Entailment
from qa.evaluation.scoring.judges import open_judge, verbatim
from qa.settings import read

CLAIM = "Ulm has eleven bridges."
TEXTS = ("Eleven bridges span the river in Ulm.", "Bonn has twelve.", "Ulm lies on the river.")
SEEN = {"entailment": "supported", "contradiction": "contradicted", "neutral": "not_mentioned"}
LONGEST = 32  # tokens that the models take


def made(folder: Path, labels: Sequence[str], logits: Sequence[float] = ()) -> Path:
    """A complete model folder; with ``logits``, one for each label, it gives them whatever it reads."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    words = sorted({word for text in (CLAIM, *TEXTS) for word in text.lower().replace(".", " .").split()})
    vocabulary = {token: number for number, token in enumerate([*special, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    pad, unknown, cls, sep = special
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=pad, unk_token=unknown, cls_token=cls, sep_token=sep
    ).save_pretrained(folder)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=LONGEST, initializer_range=1.0, id2label=dict(enumerate(labels)),
        label2id={label: column for column, label in enumerate(labels)},
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    if logits:
        torch.nn.init.zeros_(model.classifier.weight)
        model.classifier.bias.data = torch.tensor(logits)
    model.save_pretrained(folder)
    return folder


def loaded(folder: Path) -> Entailment:
    """The model of the folder, by the setting that names it."""
    return compose.entailment_of(read(verifier=str(folder)))


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("shuffled"), ["neutral", "entailment", "contradiction"])


@pytest.mark.parametrize("order", list(itertools.permutations(SEEN))[::2])
def test_the_configuration_says_which_label_is_which(tmp_path: Path, order: Sequence[str]) -> None:
    spelled = [order[0].upper(), order[1].title(), order[2]]
    logits = [math.log(0.2), math.log(0.7), math.log(0.1)]
    (judged,) = loaded(made(tmp_path, spelled, logits)).judge([(CLAIM, TEXTS[0])])
    assert [getattr(judged, SEEN[label]) for label in order] == pytest.approx([0.2, 0.7, 0.1])


@pytest.mark.parametrize("other", ["not_entailment", "Not Entailment", "NOT-ENTAILMENT"])
def test_of_two_labels_the_other_is_not_mentioned(tmp_path: Path, other: str) -> None:
    logits = [math.log(0.3), math.log(0.7)]
    for labels, supported in ((["entailment", other], 0.3), ([other, "entailment"], 0.7)):
        (judged,) = loaded(made(tmp_path / labels[0], labels, logits)).judge([(CLAIM, TEXTS[0])])
        assert (judged.supported, judged.not_mentioned) == pytest.approx((supported, 1 - supported))
        assert judged.contradicted == 0


def test_the_text_is_the_premise_and_the_claim_the_hypothesis(shuffled: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    inputs = AutoTokenizer.from_pretrained(shuffled)(TEXTS[0], CLAIM, return_tensors="pt")
    with torch.no_grad():
        logits = AutoModelForSequenceClassification.from_pretrained(shuffled)(**inputs).logits[0]
    neutral, supported, contradicted = logits.softmax(-1).tolist()
    (judged,) = loaded(shuffled).judge([(CLAIM, TEXTS[0])])
    assert judged.supported == pytest.approx(supported, abs=1e-5)
    assert judged.contradicted == pytest.approx(contradicted, abs=1e-5)
    assert judged.not_mentioned == pytest.approx(neutral, abs=1e-5)


def test_a_text_is_judged_as_if_it_were_alone(shuffled: Path) -> None:
    model = loaded(shuffled)
    texts = [*TEXTS, " ".join(TEXTS), TEXTS[0]]
    judged = model.judge([(CLAIM, text) for text in texts])
    assert judged == [own for text in texts for own in model.judge([(CLAIM, text)])]
    assert len(set(judged)) == 4  # the model tells texts apart
    assert model.judge([]) == []


def test_a_text_longer_than_the_model_takes_is_cut(shuffled: Path) -> None:
    model = loaded(shuffled)
    long = " ".join(["river"] * 40)
    assert model.judge([(CLAIM, long)]) == model.judge([(CLAIM, f"{long} {TEXTS[0]}")])


def test_the_fingerprint_has_the_folder_and_changes_with_the_weights(shuffled: Path, tmp_path: Path) -> None:
    name, _, revision = loaded(shuffled).fingerprint.partition("@")
    assert name == str(shuffled)
    other = loaded(made(tmp_path, ["entailment", "not_entailment"]))
    assert other.fingerprint.partition("@")[2] != revision


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["LABEL_0", "LABEL_1"], "LABEL_0, LABEL_1"),
        (["negative", "neutral", "positive"], "negative, neutral, positive"),
        (["entailment"], "entailment"),
        (["entail\nment", "neutral", "contradiction", "4", "5", "6"], "entail ment, neutral, contradiction, 4, 5, …"),
    ],
)
def test_a_model_with_other_labels_is_refused_by_a_line_that_names_them(
    tmp_path: Path, labels: Sequence[str], shown: str
) -> None:
    with pytest.raises(ModelError) as refused:
        loaded(made(tmp_path, labels))
    assert str(refused.value) == (
        f"{tmp_path} is no model for natural language inference: its labels are {shown}, not entailment, contradiction "
        "and neutral, nor entailment and not_entailment"
    )


def test_it_judges_the_citations_of_a_run(tmp_path: Path) -> None:
    folder = made(tmp_path, ["entailment", "not_entailment"], [1.0, 0.0])
    judge = open_judge(str(folder), verbatim)
    assert judge.fingerprint.startswith(f"{folder}@")
    assert judge(CLAIM, TEXTS[0])
    assert judge.both(CLAIM, TEXTS[0]) == (True, False)  # the other one goes by the words
    assert not judge(CLAIM, "")


def test_a_folder_that_is_no_cross_encoder_is_refused_by_a_line(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ModelError, match="is not a cross-encoder") as refused:
            loaded(tmp_path)
    assert "\n" not in str(refused.value)


def test_an_embedder_is_no_verifier() -> None:
    with pytest.raises(ModelError, match="is a model of kind embedder, not verifier"):
        compose.entailment_of(read(verifier=DEFAULT_EMBEDDER))


def test_the_commands_load_the_model_that_is_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(CLAIM)
    assert run("index", "a.txt").code == 0
    assert run("info", "--json").json["verifier"] == NAME
    other = made(tmp_path / "other", ["LABEL_0", "LABEL_1"])
    refused = f"{other} is no model for natural language inference"
    fails(run("ask", "How many bridges has Ulm?", "--verifier", other), refused)
    fails(run("chat", "--port", 18735, "--verifier", other), refused)
    monkeypatch.setenv("REFDESK_VERIFIER", str(other))
    fails(run("ask", "How many bridges has Ulm?"), refused)
    assert run("info", "--json").json["verifier"] == str(other)
