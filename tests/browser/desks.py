"""A desk with a library, originals and uploads, for tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving import Served, serving


@contextmanager
def desk_in(folder: Path) -> Iterator[tuple[Path, Served]]:
    """The folder and the server of a chat over a small index (``desk_chat.py``)."""
    (folder / "files").mkdir()
    for name, text in {
        "public.txt": "say Alpha pumps water for everyone.",
        "report.pdf": "say Beta stores grain in seven towers.",
        "damaged.pdf": "say Gamma sells iron and no page of it is whole.",
        "trick.pdf": "say Delta weaves wool and no image is one.",
        "page.html": "say Eta mends nets by night.\n\n<style>body { margin-top: 3000px }</style>"
        "<script>window.hacked = 1</script>",
        "moving.txt": "say Epsilon carves wood each winter.",
        "fading.txt": "say Zeta brews beer each summer.",
    }.items():
        (folder / "files" / name).write_text(text)
    with serving([str(Path(__file__).with_name("desk_chat.py")), str(folder)], folder / "log") as served:
        yield folder, served
