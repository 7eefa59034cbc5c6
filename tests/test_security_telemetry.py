"""Nothing is reported to anybody. From 1.29 on, onnxruntime tells its maker which models are run, if it may."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOAD = (
    "from index.models import DEFAULT_EMBEDDER, resolve; from index.onnx import OnnxModel; "
    "OnnxModel(resolve(DEFAULT_EMBEDDER, 'embedder').onnx)"
)
OFF = "ORT_DISABLE_TELEMETRY"


def written_at_home(home: Path, **variables: str) -> list[str]:
    """The names of the files that loading a model leaves in an empty home."""
    # Where there is a variable of continuous integration, onnxruntime is silent by itself.
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    environment = {**kept, "HOME": str(home), **variables}
    subprocess.run([sys.executable, "-c", LOAD], env=environment, check=True, timeout=60)
    return sorted(path.name for path in home.rglob("*") if path.is_file())


def test_loading_a_model_reports_nothing(tmp_path: Path) -> None:
    assert written_at_home(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="where onnxruntime keeps its reports")
def test_onnxruntime_would_report_by_itself(tmp_path: Path) -> None:
    assert "deviceid" in written_at_home(tmp_path, **{OFF: "0"})
