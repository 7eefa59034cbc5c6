"""The page's scripts that need no browser, by node's own test runner; skipped where there is no node, except in CI."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from fakes import ROOT


def test_the_scripts_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if not node and os.environ.get("CI", "").lower() != "true":
        pytest.skip("no node on the path")
    assert node, "no node on the path"
    done = subprocess.run([node, "--test", "tests/scripts"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
