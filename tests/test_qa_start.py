"""How the server starts: soon, without what Gradio needs not do, which may change; and with the samples, once."""

from __future__ import annotations

import re
from importlib.util import find_spec, module_from_spec
from pathlib import Path

import pytest
from fakes import Desk

from qa.cli.chat import _is_unfinished
from qa.serving.chat.gradio_import import _Finder


def source_of(file: str) -> str:
    gradio = find_spec("gradio")
    assert gradio
    assert gradio.submodule_search_locations
    (folder,) = gradio.submodule_search_locations
    return (Path(folder) / file).read_text("utf-8")


def test_gradio_writes_stubs_where_it_is_kept_from_it() -> None:
    """Where this fails, Gradio has changed: importing it may take as long as before, or need no help any more."""
    source = source_of("component_meta.py")
    assert "def create_or_modify_pyi(" in source
    assert "create_or_modify_pyi(component_class, name, events)" in source


def test_the_module_is_loaded_whole_and_without_what_it_writes(tmp_path: Path) -> None:
    (tmp_path / "component_meta.py").write_text("KEPT = 1\ndef create_or_modify_pyi(*given): raise OSError\n")
    spec = _Finder().find_spec("gradio.component_meta", [str(tmp_path)])
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.KEPT == 1
    assert module.create_or_modify_pyi(object, "Box", []) is None


def test_other_modules_are_left_to_python(tmp_path: Path) -> None:
    (tmp_path / "blocks.py").write_text("")
    assert _Finder().find_spec("gradio.blocks", [str(tmp_path)]) is None
    assert _Finder().find_spec("gradio.component_meta", [str(tmp_path)]) is None  # not there: Python says so itself


def test_gradio_can_do_without_the_protocols_library() -> None:
    """Where this fails, importing Gradio may fail, too: then it must not be hidden any more."""
    assert re.search(r"    try:\n(        from mcp.*\n)+    except ImportError:\n        pass\n", source_of("mcp.py"))
    with pytest.raises(ModuleNotFoundError, match="mcp"):
        _Finder().find_spec("mcp", None)


def test_gradios_queue_rests_as_long_as_the_page_says() -> None:
    """Where this fails, a closed queue may look for work a thousand times a second again (``qa.serving.chat``)."""
    source = source_of("queueing.py")
    assert "self.sleep_when_free = " in source
    assert "await asyncio.sleep(self.sleep_when_free)" in source
    assert "self._queue = " in source_of("blocks.py")


def test_samples_are_indexed_again_after_an_interrupt_and_not_when_somebody_has_removed_them(desk: Desk) -> None:
    samples = {desk.path("a.txt"), desk.path("b.txt")}
    for name, unfinished in (("a", True), ("b", False)):
        desk.write(**{name: "Alpha pumps water."})
        desk.ingest.update([desk.files])
        assert _is_unfinished(desk.store, samples) is unfinished
    for path in sorted(samples):
        Path(path).unlink()
        desk.ingest.update([desk.files])
        assert not _is_unfinished(desk.store, samples)
