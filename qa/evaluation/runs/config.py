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
from qa.evaluation.scoring.answers import verbatim
from qa.settings import Settings

_LIBRARIES = ("refdesk", "numpy", "scipy", "onnxruntime", "faiss-cpu", "tokenizers", "tiktoken", "ir-measures")
_SETTINGS = {"embedder", "reranker", "verifier", "top_k", "threshold", "backend"}
_GENERATION = {"model", "base_url", "context", "max_tokens", "temperature", "seed", "unsupported", "write_always"}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What determines a run besides the dataset, the system and its settings; ``evaluate`` describes each field."""

    task: str | None = None
    out: Path = Path("runs")
    index: Path | None = None
    distractors: Mapping[str, Document] = field(default_factory=dict)
    limit: int | None = None
    seed: int = 0
    support: SupportJudge = verbatim
    resume: bool = False
    origin: Mapping[str, Any] = field(default_factory=dict)


def judge_name(support: SupportJudge) -> str:
    """The name under which a run records its support judge."""
    return str(getattr(support, "__qualname__", type(support).__name__))


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
) -> dict[str, Any]:
    """The content of ``config.json``; ``settings`` None: the system is not one of Refdesk's own."""
    generates = settings is not None and settings.backend != "extractive"
    kept = _SETTINGS | _GENERATION if generates else _SETTINGS
    return {
        "schema": SCHEMA,
        "task": task,
        "system": system,
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
        "support": judge_name(options.support),
        "threshold": threshold,
        "settings": settings.model_dump(mode="json", include=kept) if settings else {},
        "index_folder": str(options.index.absolute()) if options.index else None,
        "models": {},
        "index": None,
        **facts,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _LIBRARIES}},
        "machine": {"system": platform.system(), "processor": platform.machine(), "cores": cores()},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # Refdesk runs from its source folder
        return None
