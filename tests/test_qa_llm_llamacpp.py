"""A GGUF file through llama.cpp in a separate process, with SmolLM2."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from llm_server import ASKED, GGUF, SHA256, STORY, gguf, smollm2

from qa.assistant.generators import load_generator
from qa.llm.base import GenerationError, Message
from qa.llm.llamacpp import LlamaCpp
from qa.llm.usage import metered
from qa.settings import read

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def mortal() -> Iterator[LlamaCpp]:
    """A model whose process tests may kill, loaded with more context than the model has."""
    model = LlamaCpp(gguf(), context=9000)
    yield model
    model.close()


def test_a_loaded_model_has_a_fingerprint_and_its_own_context(mortal: LlamaCpp) -> None:
    assert mortal.fingerprint == f"llamacpp:{GGUF}@{SHA256}"
    assert mortal.context == 8192  # what SmolLM2 was trained with
    assert smollm2().context == 2048


def test_tokens_are_counted_by_the_model() -> None:
    assert smollm2().count("") == 0
    assert smollm2().count("the") == 1
    assert smollm2().count("Hello world, how are you?") == 7
    assert smollm2().count("<|im_end|>") > 1  # as text


def test_a_reply_does_not_depend_on_earlier_prompts(mortal: LlamaCpp) -> None:
    first = "".join(mortal.stream(STORY, 40))
    "".join(mortal.stream(ASKED, 10))
    assert "".join(mortal.stream(STORY, 40)) == first
    assert "".join(smollm2().stream(STORY, 40)) == first


def test_llama_cpp_tells_its_tokens() -> None:
    model = smollm2()
    with metered() as meter:
        text = "".join(model.stream(ASKED, 20))
    assert meter.tokens
    assert meter.tokens.read > sum(model.count(message.text) for message in ASKED)  # the template's marks are read, too
    assert 0 < meter.tokens.written <= 20
    assert abs(meter.tokens.written - model.count(text)) <= 1  # its end is a token


def test_simultaneous_replies_do_not_depend_on_each_other() -> None:
    alone = ["".join(smollm2().stream(messages, 20)) for messages in (ASKED, STORY)]
    together = ["", ""]

    def ask(place: int, messages: tuple[Message, ...]) -> None:
        together[place] = "".join(smollm2().stream(messages, 20))

    threads = [threading.Thread(target=ask, args=given) for given in enumerate((ASKED, STORY))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_a_process_killed_in_mid_answer_is_an_error_and_is_restarted(mortal: LlamaCpp) -> None:
    before = "".join(mortal.stream(ASKED, 10))
    stream = mortal.stream(STORY, 400)
    next(stream)
    os.kill(mortal.process.pid, signal.SIGKILL)
    with pytest.raises(GenerationError, match=r"llama.cpp died in mid-answer \(SIGKILL\): ask again"):
        list(stream)
    assert "".join(mortal.stream(ASKED, 10)) == before


def test_a_process_killed_between_answers_is_restarted(mortal: LlamaCpp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # there is no proxy, and none is needed
    killed = mortal.process.pid
    os.kill(killed, signal.SIGKILL)
    assert mortal.count("the") == 1
    assert mortal.process.pid != killed


SCRIPT = """
import sys, time
from pathlib import Path
from qa.llm.llamacpp import LlamaCpp
from qa.llm.usage import metered
model = LlamaCpp(Path(sys.argv[1]), context=256)
print(model.process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_the_process_ends_with_its_parent_and_prints_nothing() -> None:
    command = [sys.executable, "-c", SCRIPT, str(gguf())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout
        assert parent.stderr
        child = int(parent.stdout.readline())
        assert _runs(child)
        parent.kill()
        assert parent.stdout.read() == ""
        assert parent.stderr.read() == ""
    limit = time.monotonic() + 5
    while _runs(child):
        assert time.monotonic() < limit
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_file_that_is_no_model_is_a_one_line_error(tmp_path: Path) -> None:
    text, cut = tmp_path / "a.txt", tmp_path / "cut.gguf"
    text.write_text("no model")
    with gguf().open("rb") as whole:
        cut.write_bytes(whole.read(3_000_000))
    for file, reason in [
        (tmp_path / "none.gguf", "none.gguf: no such file or directory; set REFDESK_MODEL to a GGUF file"),
        (tmp_path, ": is a directory; set REFDESK_MODEL to a GGUF file"),
        (text, "a.txt is not a GGUF file; set REFDESK_MODEL to one"),
        (cut, "is not within the file bounds, model is corrupted or incomplete"),
    ]:
        with pytest.raises(GenerationError) as raised:
            LlamaCpp(file)
        assert str(raised.value).endswith(reason)
        assert "\n" not in str(raised.value)


def test_without_the_package_the_error_has_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(GenerationError, match=r'pip install "refdesk\[local-llm\]"'):
        LlamaCpp(Path("a.gguf"))
    with pytest.raises(GenerationError, match="no model is named: set REFDESK_MODEL to a GGUF file"):
        load_generator(read(backend="llamacpp"))
