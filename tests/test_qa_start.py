"""How the server starts: soon, without what Gradio needs not do, which may change; and with the samples, once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec, module_from_spec
from pathlib import Path

import pytest
from commands import Done, fails
from fakes import ROOT, Desk

from documents.load import sample_paths
from index.address import DatabaseUrl
from qa.cli.chat import _is_new
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


def test_the_samples_are_indexed_into_a_folder_to_which_nothing_was_ever_written(desk: Desk) -> None:
    folder = desk.store.folder
    assert _is_new(desk.store, folder)
    desk.ingest.update([desk.files])  # of an empty folder, and as an interrupted first start leaves it
    assert desk.store.exists
    assert _is_new(desk.store, folder)
    desk.write(a="Alpha pumps water.")
    desk.ingest.update([desk.files])
    assert not _is_new(desk.store, folder)
    Path(desk.path("a.txt")).unlink()
    desk.ingest.update([desk.files])
    assert not _is_new(desk.store, folder)


def test_one_of_the_samples_that_somebody_indexed_does_not_bring_the_other(desk: Desk) -> None:
    desk.ingest.update(sample_paths()[:1])
    assert not _is_new(desk.store, desk.store.folder)


def test_the_samples_are_one_change_so_that_an_interrupt_leaves_none_or_all(desk: Desk) -> None:
    desk.ingest.update(sample_paths())
    with desk.store.snapshot() as snapshot:
        assert (snapshot.generation, len(snapshot.sources())) == (1, 2)


def test_a_database_whose_worker_has_written_nothing_yet_gets_no_samples(desk: Desk) -> None:
    location = DatabaseUrl("postgresql://ann@desk.example/desk")
    assert not _is_new(desk.store, location)
    desk.ingest.update([desk.files])
    assert not _is_new(desk.store, location)


LIMITED = """
import resource, sys
from qa.__main__ import main
name, most = sys.argv[1].split("=")
resource.setrlimit(getattr(resource, name), (int(most), int(most)))
sys.argv[1:] = ["serve"]
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process")
@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("RLIMIT_NOFILE=64", "a process may have 64 files open here, and serving needs 256: raise it (ulimit -n 256)"),
        ("RLIMIT_AS=1500000000", "a process may reserve 1.4 GB of memory here, and serving needs 2.5 GB: raise it"),
    ],
)
def test_a_server_that_is_granted_too_little_says_of_what_and_does_not_listen(
    limit: str, reason: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", LIMITED, limit]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    fails(Done(done.returncode, done.stdout, done.stderr), reason)
