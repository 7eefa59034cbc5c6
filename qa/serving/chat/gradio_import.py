"""Imports Gradio without two things that it takes long for, and that the page does not need.

Whenever Gradio is imported, it parses the source of each of its components and writes a stub for editors beside it
(``gradio.component_meta.create_or_modify_pyi``). That takes a third of the import, and changes installed files.

It also imports the library of the Model Context Protocol where there is one, for a server of its own that is off here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_MODULE, _STUBS = "gradio.component_meta", "create_or_modify_pyi"
_PROTOCOL = "mcp"


def import_gradio() -> None:
    """Import the package if it is not yet; whoever needs it imports it afterwards."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        import gradio  # noqa: F401
    finally:
        sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    """Finds the one module that writes stubs, and hides the protocol's library, which Gradio can do without."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == _PROTOCOL:
            raise ModuleNotFoundError(f"{_PROTOCOL} is imported later", name=_PROTOCOL)
        spec = PathFinder.find_spec(fullname, path, target) if fullname == _MODULE else None
        if spec and spec.loader:
            spec.loader = _WithoutStubs(spec.loader)
        return spec


class _WithoutStubs(Loader):
    """Loads it, and leaves its function for stubs with nothing to do."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if hasattr(module, _STUBS):
            setattr(module, _STUBS, lambda *_: None)
