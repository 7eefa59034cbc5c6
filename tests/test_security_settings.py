"""A folder that was downloaded, an index or a run that was received: its settings take nothing and decide little.

Against: a ``refdesk.toml`` that sends the environment's key and the documents to its author, a run that does when it is
replayed or weakens a defence, an index that makes Refdesk load a model of its author's, a mistyped setting that is
passed over.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from commands import Run, fails
from evaluation_data import squad, word_harness
from llm_server import DONE, ScriptedServer, event, streams

from index.embed import load_embedder
from index.models import BGE_SMALL, DEFAULT_EMBEDDER, DEFAULT_RERANKER, ModelError, resolve
from index.store import FILE
from qa.assistant import compose
from qa.assistant.generators import load_generator
from qa.evaluation import Harness
from qa.llm.base import GenerationError, Message
from qa.settings import Settings, SettingsError, read
from qa.settings.settings import _QUIET

TEXT = "The granary of the old town holds 300 tons of wheat. It was built by Ann Miller."
QUESTION = "Who built the granary?"
KEY = "sk-of-the-environment"


@pytest.fixture
def harness() -> Harness:
    return word_harness()


@pytest.fixture(autouse=True)
def _working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OPENAI_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of one document."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "a.txt").write_text(TEXT)
    compose.open_ingest(read(index=folder / "index")).update([folder / "a.txt"])
    return folder / "index"


@pytest.fixture
def theirs() -> Iterator[ScriptedServer]:
    """The server of whoever made the file."""
    with ScriptedServer(streams(event("It was built by Ann Miller [1]."), event(finish="stop"), DONE)) as server:
        yield server


def says(**settings: object) -> Path:
    """A refdesk.toml in the working folder."""
    file = Path("refdesk.toml")
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
    return file.absolute()


# --- where keys and documents go ---


def test_the_environments_key_goes_to_no_server_that_a_file_names(
    run: Run, made: Path, theirs: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = says(backend="openai", model="m", base_url=theirs.url)
    monkeypatch.setenv("REFDESK_API_KEY", KEY)
    done = run("ask", QUESTION, "--index", made)
    assert theirs.requests == []
    assert (done.code, done.out) == (1, "")
    said, refused = done.err.splitlines()
    host = theirs.url.removesuffix("/v1")
    assert said == f"refdesk: {file} sets backend = openai, model = m, base_url = {host}"
    assert refused.startswith(f"refdesk: {file} names the server, but not the key (REFDESK_API_KEY)")
    assert refused.endswith("name the server with --base-url or REFDESK_BASE_URL; else unset REFDESK_API_KEY")
    assert KEY not in done.err
    assert run("info", "--index", made).code == 0  # which sends nothing


def test_a_server_of_the_flags_or_the_environment_gets_it(
    theirs: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(backend="openai", model="m", base_url="http://127.0.0.1:9/v1")
    monkeypatch.setenv("REFDESK_API_KEY", KEY)
    assert sent(read(base_url=theirs.url), theirs) == f"Bearer {KEY}"
    monkeypatch.setenv("REFDESK_BASE_URL", theirs.url)
    assert sent(read(), theirs) == f"Bearer {KEY}"
    says(backend="openai", model="m", base_url=theirs.url)  # the same in both places
    assert sent(read(), theirs) == f"Bearer {KEY}"


def test_a_files_own_key_goes_to_its_own_server_and_that_is_said(
    run: Run, made: Path, theirs: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = says(backend="openai", model="m", base_url=theirs.url, api_key="sk-of-the-file")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    done = run("ask", QUESTION, "--index", made)
    assert done.code == 0
    assert {headers["Authorization"] for headers, _ in theirs.requests} == {"Bearer sk-of-the-file"}
    host = theirs.url.removesuffix("/v1")
    assert done.err == f"refdesk: {file} sets backend = openai, model = m, base_url = {host}, api_key\n"


@pytest.mark.parametrize(
    ("setting", "place", "variable", "flag"),
    [
        ("index", "postgresql://desk@127.0.0.1:9/desk", "PGPASSWORD", "--index or "),
        ("otlp_endpoint", "http://127.0.0.1:9/v1/traces", "OTEL_EXPORTER_OTLP_HEADERS", ""),
        ("otlp_endpoint", "http://127.0.0.1:9/v1/traces", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", ""),
    ],
)
def test_other_secrets_of_the_environment_go_to_no_place_that_a_file_names(
    run: Run, monkeypatch: pytest.MonkeyPatch, setting: str, place: str, variable: str, flag: str
) -> None:
    file = says(**{setting: place})
    monkeypatch.setenv(variable, KEY)
    done = run("info")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"refdesk: {file} sets {setting}, but not {variable}, which is sent nowhere that a file names: if it may go "
        f"there, set {setting} by {flag}REFDESK_{setting.upper()}; else unset {variable}\n"
    )
    monkeypatch.setenv(f"REFDESK_{setting.upper()}", place)
    read()
    monkeypatch.delenv(f"REFDESK_{setting.upper()}")
    monkeypatch.delenv(variable)
    read()


def test_a_folder_that_a_file_names_as_the_index_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    says(index="elsewhere")
    monkeypatch.setenv("PGPASSWORD", KEY)
    assert read().index == Path("elsewhere")


def test_a_received_run_gets_no_key_when_it_is_replayed(
    run: Run, tmp_path: Path, theirs: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / run("eval", squad(tmp_path), "--task", "qa", "--json").json["run"]
    config = json.loads((folder / "config.json").read_text())
    config["settings"] |= {"backend": "openai", "model": "m", "base_url": theirs.url, "write_always": True}
    (folder / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("REFDESK_API_KEY", KEY)
    done = run("replay", folder)
    assert theirs.requests == []
    assert (done.code, done.out) == (1, "")
    assert f"{folder / 'config.json'} sets backend = openai" in done.err
    assert f"{folder / 'config.json'} names the server, but not the key" in done.err
    says(api_key="sk-of-another-file")
    monkeypatch.delenv("REFDESK_API_KEY")
    assert run("replay", folder).code == 1
    assert theirs.requests == []


def sent(settings: Settings, server: ScriptedServer) -> str | None:
    """The key that a server is told."""
    model = load_generator(settings)
    list(model.stream([Message("user", "Who?")], 5))
    return server.requests[-1][0].get("Authorization")


WEIGHTY = {
    "index": "elsewhere", "embedder": "somebody/model", "reranker": "./reranker", "backend": "transformers",
    "model": "~/model", "base_url": "http://192.0.2.1/v1", "api_key": "sk-x", "host": "0.0.0.0", "upload_limit": 1024,
}  # fmt: skip
WEAKENING = {
    "threshold": 0.0, "write_always": True, "beyond": True, "defence": False, "hosts": ["evil.example"],
    "trusted_proxy": "0.0.0.0/0",
    "rate_of_user": 0, "rate_of_address": 0, "file_memory": 1_048_576, "file_seconds": 86_400.0,
}  # fmt: skip


def test_what_matters_is_said_when_a_file_decides_it() -> None:
    file = says(**WEIGHTY, top_k=3, port=8000)
    (line,) = read().set_by_files
    assert line.startswith(f"{file} sets ")
    assert {part.split(" = ")[0] for part in line.removeprefix(f"{file} sets ").split(", ")} == set(WEIGHTY)
    assert "sk-x" not in line


@pytest.mark.parametrize("name", WEAKENING)
def test_a_file_that_is_found_weakens_no_defence(run: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file, value = says(**{name: WEAKENING[name]}), getattr(read_named(monkeypatch), name)
    assert getattr(read(), name) == value  # of a file that its owner names
    monkeypatch.delenv("REFDESK_CONFIG")
    by = f"by REFDESK_{name.upper()} or a file that REFDESK_CONFIG names"
    fails(run("info"), f"refdesk.toml: {name} is set {by}, not by one that is found in the folder and may have come ")
    file.unlink()
    assert getattr(read(), name) != value


def read_named(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings where the environment names the file in the working folder."""
    monkeypatch.setenv("REFDESK_CONFIG", "refdesk.toml")
    return read()


def test_harmless_and_usual_values_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    says(top_k=3, port=8000, host="127.0.0.1", backend="extractive", embedder="mine")
    monkeypatch.setenv("REFDESK_EMBEDDER", "ours")
    assert read(reranker="of a flag").set_by_files == ()


def test_a_setting_that_is_new_is_said_unless_it_is_known_to_be_harmless() -> None:
    assert set(Settings.model_fields) >= _QUIET
    assert not {*WEIGHTY, *WEAKENING} & _QUIET


# --- mistyped ---


@pytest.mark.parametrize(
    ("name", "near"),
    [("REFDESK_TOPK", "REFDESK_TOP_K"), ("REFDESK_TRESHOLD", "REFDESK_THRESHOLD"), ("refdesk_topk", "REFDESK_TOP_K"),
     ("REFDESK_APIKEY", "REFDESK_API_KEY"), ("REFDESK_BASEURL", "REFDESK_BASE_URL")],
)  # fmt: skip
def test_a_mistyped_variable_names_the_nearest_setting(
    run: Run, name: str, near: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "3")
    fails(run("info"), f"there is no setting {name}: did you mean {near}?")


def test_a_mistyped_name_in_the_file_too(run: Run) -> None:
    says(topk=3)
    fails(run("info"), "refdesk.toml: there is no setting topk: did you mean top_k?")
    Path("refdesk.toml").write_text('"top\\u001b[2J\\nk" = 3\n')
    fails(run("info"), "there is no setting top\\x1b[2J k")


def test_a_variable_like_no_setting_lists_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFDESK_QQQQ", "")
    assert read()  # set to nothing is not set
    monkeypatch.setenv("REFDESK_QQQQ", "1")
    with pytest.raises(SettingsError, match="there is no setting REFDESK_QQQQ: REFDESK_INDEX, "):
        read()


# --- models that others name ---


def test_a_folder_of_a_pinned_models_name_does_not_take_its_place(tmp_path: Path) -> None:
    for name, kind in ((DEFAULT_EMBEDDER, "embedder"), (DEFAULT_RERANKER, "reranker")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.onnx").write_bytes(b"theirs")
        assert resolve(name, kind).pinned  # type: ignore[arg-type]
        assert resolve(f"./{name}", kind).folder == tmp_path / name  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["somebody/model", "/srv/their/model", "model\x1b[2J"])
def test_an_index_makes_nobody_load_its_authors_model(run: Run, made: Path, tmp_path: Path, name: str) -> None:
    index = renamed(made, tmp_path, name)
    shown = name.replace("\x1b", "\\x1b")
    reason = f"was made with embedder {shown}, which is none of Refdesk's own: if you trust it, name it with --embedder"
    fails(run("ask", QUESTION, "--index", index), reason)
    fails(run("chat", "--index", index, "--port", 18733), reason)
    (tmp_path / "b.txt").write_text(TEXT)
    fails(run("index", "b.txt", "--index", index), reason)


def test_its_owner_names_it(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "embedder"
    shutil.copytree(resolve(BGE_SMALL, "embedder").folder, folder)
    (tmp_path / "a.txt").write_text(TEXT)
    assert run("index", "a.txt", "--embedder", folder).code == 0
    fails(run("ask", QUESTION), "which is none of Refdesk's own")
    assert "Ann Miller" in run("ask", QUESTION, "--embedder", "embedder").out
    assert run("index", "a.txt", "--embedder", folder).code == 0
    fails(run("ask", QUESTION, "--embedder", DEFAULT_EMBEDDER), f"was made with embedder {folder}@")


def test_a_file_does_not_choose_what_counts_as_supported(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / run("eval", squad(tmp_path), "--task", "qa", "--json").json["run"]
    says(verifier="somebody/model")
    refused = "verifier is set by --verifier or REFDESK_VERIFIER, not by a file, which may have come with the folder"
    fails(run("info"), f"refdesk.toml: {refused}")
    assert read(verifier="mine").verifier == "mine"
    monkeypatch.setenv("REFDESK_VERIFIER", "somebody/model")  # the same in both places
    assert read().verifier == "somebody/model"
    monkeypatch.delenv("REFDESK_VERIFIER")
    Path("refdesk.toml").unlink()
    config = json.loads((folder / "config.json").read_text())
    assert config["settings"]["verifier"] is None
    config["settings"]["verifier"] = "somebody/model"
    (folder / "config.json").write_text(json.dumps(config))
    fails(run("replay", folder), f"config.json: {refused}")


def test_code_beside_a_model_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by sentence-transformers nor by transformers, which else asks on the terminal and takes an answer."""
    monkeypatch.setattr("builtins.input", lambda *_: "y")
    (tmp_path / "theirs.py").write_text("open('run', 'w').close()\nclass Model: ...\n")
    mapped = {"AutoModel": "theirs.Model", "AutoConfig": "theirs.Model", "AutoModelForCausalLM": "theirs.Model"}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "theirs", "auto_map": mapped}))
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": "theirs.Model"}]))
    with pytest.raises(ModelError, match=r"not a sentence-transformers model"):
        load_embedder(str(tmp_path))
    with pytest.raises(GenerationError, match="cannot be loaded as a causal language model"):
        load_generator(read(backend="transformers", model=str(tmp_path)))
    with pytest.raises(ModelError, match="is not a cross-encoder"):
        compose.entailment_of(read(verifier=str(tmp_path)))
    assert not (tmp_path / "run").exists()


def test_weights_in_a_pickle_are_not_opened(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(resolve("all-MiniLM-L6-v2", "embedder").folder, folder)
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({}))
    with pytest.raises(ModelError, match=r"no file named model\.safetensors"):
        load_embedder(str(folder))
    with pytest.raises(ModelError, match=r"no file named model\.safetensors"):
        compose.entailment_of(read(verifier=str(folder)))


def renamed(made: Path, folder: Path, embedder: str) -> Path:
    """The index as if it had been made with another embedder."""
    shutil.copytree(made, folder / "received")
    with closing(sqlite3.connect(folder / "received" / FILE)) as db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'embedder'", (f"{embedder}@1",))
        db.commit()
    return folder / "received"
