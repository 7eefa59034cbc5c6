"""Settings: who wins, and a bad value is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.models import DEFAULT_EMBEDDER
from qa.settings import Settings, SettingsError, read


@pytest.fixture(autouse=True)
def _working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults() -> None:
    settings = read()
    assert settings.index == Path(".refdesk")
    assert settings.embedder is None
    assert settings.new_embedder == DEFAULT_EMBEDDER
    assert settings.reranker is None  # the judge ranks
    assert (settings.host, settings.port, settings.top_k) == ("127.0.0.1", 7860, 15)


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(top_k=None).top_k == 15
    Path("refdesk.toml").write_text('top_k = 4\nindex = "from-file"\nhost = "0.0.0.0"\n')
    assert read(top_k=None).top_k == 4
    monkeypatch.setenv("REFDESK_TOP_K", "5")
    monkeypatch.setenv("REFDESK_INDEX", "from-environment")
    assert read(top_k=None).top_k == 5
    assert read(top_k=6).top_k == 6
    settings = read(index=Path("from-flag"))
    assert (settings.index, settings.host, settings.top_k) == (Path("from-flag"), "0.0.0.0", 5)
    monkeypatch.setenv("REFDESK_TOP_K", "")
    assert read().top_k == 4  # set to nothing is not set


def test_the_home_folder_may_be_named_by_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("USERPROFILE", "/home/ann")
    Path("refdesk.toml").write_text('index = "~/desk"\n')
    assert read().index == Path("/home/ann/desk")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read().top_k = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("top_k", "0", "setting top_k = '0': input should be greater than or equal to 1"),
        ("top_k", "many", "setting top_k = 'many': input should be a valid integer"),
        ("port", "70000", "setting port = '70000': input should be less than or equal to 65535"),
        ("backend", "magic", "setting backend = 'magic': input should be 'extractive', 'local', 'openai'"),
        ("max_tokens", "4096", "setting max_tokens = '4096': it must be less than context (4096)"),
        ("context", "12", "setting context = '12': input should be greater than or equal to 256"),
        ("base_url", "localhost:8080", "setting base_url: it is no address such as http://localhost:8080/v1"),
        ("base_url", "http://[::1", "setting base_url: it is no address"),
        ("base_url", "http://ann:pass@desk", "setting base_url: leave name and password out of it"),
        ("api_key", "two\nlines", "setting api_key: a key is one line of ascii characters"),
        ("temperature", "3", "setting temperature = '3': input should be less than or equal to 2"),
        ("unsupported", "hide", "setting unsupported = 'hide': input should be 'quote', 'drop' or 'strike'"),
        ("threshold", "1.5", "setting threshold = '1.5': input should be less than or equal to 1"),
        ("index", " ", "setting index: it is empty: name a folder, or postgresql://"),
    ],
)
@pytest.mark.parametrize("way", ["flag", "environment", "file"])
def test_a_bad_value_is_one_line_that_names_it(
    way: str, name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = {}
    if way == "flag":
        flags = {name: value}
    elif way == "environment":
        monkeypatch.setenv(f"REFDESK_{name.upper()}", value)
    else:
        Path("named.toml").write_text(f"{name} = {json.dumps(value)}\n")
        monkeypatch.setenv("REFDESK_CONFIG", "named.toml")
    with pytest.raises(SettingsError) as raised:
        read(**flags)
    assert str(raised.value).startswith(reason)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"top_k = ", "refdesk.toml: "),
        (b"\xff\xfe", "refdesk.toml: "),
        (b"flavour = 'sour'\n", "refdesk.toml: there is no setting flavour: index, "),
        (b"[top_k]\nvalue = 3\n", "setting top_k = "),
    ],
)
def test_a_bad_file_is_one_line(content: bytes, reason: str) -> None:
    Path("refdesk.toml").write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        read()
    assert str(raised.value).startswith(reason)
    assert "\n" not in str(raised.value)


def test_the_file_that_is_named_is_read_in_the_place_of_the_one_in_the_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("refdesk.toml").write_text("top_k = 4\nseed = 7\n")
    Path("named.toml").write_text("top_k = 5\n")
    monkeypatch.setenv("REFDESK_CONFIG", "named.toml")
    assert (read().top_k, read().seed) == (5, 0)
    monkeypatch.setenv("REFDESK_CONFIG", "none.toml")
    with pytest.raises(SettingsError, match=r"^there is no file none.toml, which REFDESK_CONFIG names: name another"):
        read()


def test_variables_of_the_environment_that_are_no_settings_are_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFDESK_DEBUG", "1")
    assert isinstance(read(), Settings)


def test_a_key_is_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFDESK_API_KEY", "sk-secret")
    settings = read()
    assert settings.api_key
    assert settings.api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in f"{settings!r} {settings.model_dump_json()}"
    monkeypatch.setenv("REFDESK_API_KEY", "sk-secret\u2026")
    with pytest.raises(SettingsError) as raised:
        read()
    assert "sk-secret" not in f"{raised.value} {raised.value.__cause__}"


def test_a_context_smaller_than_a_reply_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"setting max_tokens = 512: it must be less than context \(300\)"):
        read(context=300)
