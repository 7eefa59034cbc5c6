"""What a figure was measured on."""

from __future__ import annotations

import platform
from pathlib import Path

from index.onnx import cores

FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")  # that models and vectors are faster with


def machine() -> str:
    """Cores that may be used, the processor, those of ``FLAGS`` that it has, memory, Python; in one line."""
    fields = _fields(Path("/proc/cpuinfo"))
    has = set(fields.get("flags", "").split())
    memory = int(_fields(Path("/proc/meminfo")).get("MemTotal", "0 kB").split()[0]) / 2**20
    flags = " ".join(flag for flag in FLAGS if flag in has) or "none"
    name = fields.get("model name", platform.machine())
    return f"{cores()} cores of {name} ({flags}), {memory:.0f} GB of memory, Python {platform.python_version()}"


def _fields(path: Path) -> dict[str, str]:
    """The first value of each name in a file of /proc; none where there is no such file."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = [line.partition(":") for line in reversed(lines)]
    return {name.strip(): value.strip() for name, _, value in found}
