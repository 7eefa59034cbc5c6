"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from commands import Done, Run
from fakes import Desk
from hypothesis import HealthCheck, settings

from qa.cli.app import main

if TYPE_CHECKING:
    from qa.evaluation import Harness

settings.register_profile("refdesk", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("refdesk")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no setting of whoever runs them."""
    for name in [name for name in os.environ if name.startswith("REFDESK_") and name != "REFDESK_CHROMIUM"]:
        monkeypatch.delenv(name)


@pytest.fixture
def harness() -> Harness | None:
    """What ``refdesk eval`` and ``replay`` evaluate with; None is the default. Tests override it for small models."""
    return None


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harness: Harness | None
) -> Run:
    """Runs ``refdesk`` in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments], harness)
        captured = capsys.readouterr()
        code = left.value.code
        return Done(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run
