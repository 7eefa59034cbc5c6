"""The page's scripts that need no browser, by node's own test runner."""

from __future__ import annotations

import shutil
import subprocess

from components import lacking
from fakes import ROOT


def test_the_scripts_pass_their_own_tests() -> None:
    node = shutil.which("node") or lacking("node", "apt-get install nodejs")
    done = subprocess.run([node, "--test", "tests/scripts"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
