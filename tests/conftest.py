"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fakes import Desk
from hypothesis import HealthCheck, settings

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
