"""The options of a run, and what ``config.json`` records: everything that determines the run's answers and figures."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from documents.document import Document
from index.onnx import cores
from qa.evaluation.datasets.dataset import Dataset
from qa.evaluation.metrics.citations import SupportJudge
from qa.evaluation.runs.run import SCHEMA
from qa.settings import Settings

_LIBRARIES = ("refdesk", "numpy", "scipy", "onnxruntime", "faiss-cpu", "tokenizers", "tiktoken", "ir-measures")
_SETTINGS = {"embedder", "reranker", "verifier", "top_k", "threshold", "backend"}
GENERATION = {"model", "base_url", "context", "max_tokens", "temperature", "seed", "unsupported", "write_always"}
GENERATION |= {"prompt", "beyond"}  # fmt: skip

# Settings of the chat, of reading files, and what must not be kept.
_ELSEWHERE = {
    "index", "api_key", "generation_seconds", "host", "port", "public", "hosts", "trusted_proxy", "concurrency",
    "upload_limit", "file_seconds", "file_memory",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run is made with besides the dataset, the system and its settings; ``evaluate`` describes each field."""

    task: str | None = None
    out: Path = Path("runs")
    index: Path | None = None
    distractors: Mapping[str, Document] = field(default_factory=dict)
    limit: int | None = None
    seed: int = 0
    judge: str | None = None
    resume: bool = False
    origin: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    varied: Mapping[str, str] = field(default_factory=dict)
    jobs: int = 1


def judge_name(support: SupportJudge) -> str:
    """The name under which a run records its support judge: its fingerprint or, of a function, its name."""
    name = getattr(support, "__qualname__", type(support).__name__)
    return str(getattr(support, "fingerprint", name))


def run_config(
    dataset: Dataset,
    options: RunOptions,
    *,
    task: str,
    system: str,
    settings: Settings | None,
    threshold: float | None,
    facts: Mapping[str, Any],
    items: int,
    support: SupportJudge,
) -> dict[str, Any]:
    """The content of ``config.json``; ``settings`` None: the system is not one of Refdesk's own."""
    generates = settings is not None and settings.backend != "extractive"
    kept = {*_SETTINGS, *(GENERATION if generates else ()), *(_changed(settings) if settings else ())}
    return {
        "schema": SCHEMA,
        "task": task,
        "system": system,
        "name": options.name,
        "varied": dict(options.varied) or None,
        "own": settings is not None,
        "dataset": {
            "name": dataset.name,
            "kind": dataset.kind,
            "language": dataset.language,
            "digest": dataset.digest,
            "notes": list(dataset.notes),
        },
        "origin": dict(options.origin),
        "items": items,
        "limit": options.limit,
        "seed": options.seed,
        "distractors": len(options.distractors),
        "support": judge_name(support),
        "judge": options.judge,
        "threshold": threshold,
        "settings": settings.model_dump(mode="json", include=kept) if settings else {},
        "index_folder": str(options.index.absolute()) if options.index else None,
        "models": {},
        "index": None,
        **facts,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _LIBRARIES}},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": cores()},
    }


def _changed(settings: Settings) -> set[str]:
    """The settings that are not at their default, of those that could matter to an answer."""
    names = Settings.model_fields.keys() - GENERATION - _ELSEWHERE
    return {name for name in names if getattr(settings, name) != Settings.model_fields[name].default}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # Refdesk runs from its source folder
        return None
