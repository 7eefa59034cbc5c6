"""The documentation is right: links lead somewhere, and commands, options, settings and paths exist."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from fakes import ROOT
from typer.main import get_command

from qa.cli.app import app
from qa.settings import Settings

PAGES = [
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "training" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]  # fmt: skip
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?:^|[`\s])refdesk ([a-z]+)((?: [^`\n#]*)?)", re.MULTILINE)
_OPTION = re.compile(r"(?<=\s)--[a-z-]+")
_MODULE = re.compile(r"python -m ((?:benchmarks|training)\.\w+)")
_SETTING = re.compile(r"REFDESK_([A-Z_]*[A-Z])")
_PATH = re.compile(r"`((?:documents|index|qa|benchmarks|tests|training|docs)/[a-z0-9_./-]+)`")

pages = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())


def anchors(page: Path) -> set[str]:
    """The names by which a link reaches the page's headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(page.read_text("utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pages
def test_every_command_and_option_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md":  # it names what was so at its time
        return
    for name, rest in _COMMAND.findall(page.read_text("utf-8")):
        assert name in COMMANDS, name
        command = COMMANDS[name]
        for word in rest.split():  # of a group, the command
            command = getattr(command, "commands", {}).get(word, command)
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(_OPTION.findall(rest)) <= {*known, "--help"}, f"{name}{rest}"


@pages
def test_every_module_and_path_exists(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return
    text = page.read_text("utf-8")
    for module in _MODULE.findall(text):
        assert find_spec(module), module
    for path in _PATH.findall(text):
        assert (ROOT / path).exists(), path


@pages
def test_every_setting_exists(page: Path) -> None:
    for name in _SETTING.findall(page.read_text("utf-8")):
        assert name.lower() in Settings.model_fields or name in ("CONFIG", "DATA", "DEBUG", "PEERS"), name


def test_the_pages_have_links_commands_modules_paths_and_settings() -> None:
    """What the tests above look for, of which each page alone may have none."""
    every = "".join(page.read_text("utf-8") for page in PAGES)
    for pattern, least in ((_LINK, 150), (_COMMAND, 150), (_MODULE, 100), (_PATH, 60), (_SETTING, 60)):
        assert len(pattern.findall(every)) >= least, pattern.pattern


def test_the_page_of_commands_names_every_command() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert all(f"`refdesk {name}" in page for name in COMMANDS)


def test_the_first_page_stays_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_the_figures_of_the_confidence_are_those_of_the_shipped_calibration() -> None:
    fitted = json.loads((ROOT / "qa" / "read" / "confidence" / "calibration.json").read_text("utf-8"))
    page = (ROOT / "docs" / "figures.md").read_text("utf-8")
    told = page.partition("## Confidence and refusals")[2].partition("\n## ")[0]
    names = (
        "right_sentence", "auroc_answerable_open", "auroc_answerable_or_silent", "answerable_answered",
        "unanswerable_refused_open", "silent_refusal_precision", "silent_refusal_recall", "ece_open",
        "unseen_auroc_right", "unseen_ece", "coverage_at_80_open",
    )  # fmt: skip
    assert [name for name in names if f"{fitted['cross_validated'][name]:.3f}" not in told] == []
    assert f"{fitted['cross_validated']['unseen_questions']} questions about everyday documents" in told
    answers = " ".join((ROOT / "docs" / "answers.md").read_text("utf-8").split())
    percent = f"{round(100 * fitted['accuracy'])} times in 100"
    assert f"The default threshold, {fitted['threshold']}, is the lowest from which answers were right" in answers
    assert percent in answers
