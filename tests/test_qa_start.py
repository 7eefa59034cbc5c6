"""What is done to start soon: Gradio is imported without the stubs that it writes."""

from __future__ import annotations

from importlib.util import find_spec, module_from_spec
from pathlib import Path

from qa.serving.chat.gradio_import import _Finder


def test_gradio_writes_stubs_where_it_is_kept_from_it() -> None:
    """Where this fails, Gradio has changed: importing it may take as long as before, or need no help any more."""
    gradio = find_spec("gradio")
    assert gradio
    assert gradio.submodule_search_locations
    (folder,) = gradio.submodule_search_locations
    source = (Path(folder) / "component_meta.py").read_text("utf-8")
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
