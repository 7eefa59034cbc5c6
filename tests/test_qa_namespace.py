"""What a script may import from ``qa``, and the tree of errors it may catch."""

from __future__ import annotations

import inspect
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from evaluation_data import word_models
from fakes import filled

import documents
import index
import qa
from documents.errors import RefdeskError
from qa.assistant.compose import assistant_over

# They never leave the package they are raised in: errors of processes that serve others, and what the store explains.
INTERNAL = {"DamageError", "NoRouteError", "StructureError", "WireError"}


def every_module() -> list[str]:
    """The names of all modules of the three packages."""
    packages = (documents, index, qa)
    return [
        module.name
        for package in packages
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.name.endswith("__main__")
    ]


def errors() -> dict[str, type[Exception]]:
    """The public error classes that the packages define, by name."""
    found = {}
    for name in every_module():
        for kind, value in inspect.getmembers(import_module(name), inspect.isclass):
            if issubclass(value, Exception) and value.__module__ == name and not kind.startswith("_"):
                found[kind] = value
    return found


def test_every_exported_name_is_there_and_documented() -> None:
    assert set(qa.__all__) == set(qa._HOMES)
    for name in qa.__all__:
        assert inspect.getdoc(getattr(qa, name)), name
        assert name in dir(qa)


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'qa' has no attribute 'nonsense'"):
        _ = qa.nonsense


def test_importing_qa_loads_nothing_heavy() -> None:
    code = "import sys, qa; print(sorted({'numpy', 'pydantic', 'typer', 'torch', 'faiss'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_script_asks_and_follows_citations_with_the_exported_names(tmp_path: Path) -> None:
    desk = filled(tmp_path)
    assistant = assistant_over(desk.index, word_models(0.0), qa.read_settings(index=desk.store.folder))
    answer = assistant.ask("What does Beta store?", qa.Scope(), [qa.Turn("What does Alpha pump?", "water")])
    assert isinstance(answer, qa.Answer)
    assert answer.said == answer.statements != ()
    for citation in answer.citations:
        document = citation.document
        assert document.text[citation.start : citation.end] == citation.quote


def test_every_public_error_is_a_refdesk_error() -> None:
    assert {name for name, kind in errors().items() if not issubclass(kind, RefdeskError)} == INTERNAL


def test_the_docstring_of_refdesk_error_draws_the_tree() -> None:
    drawn = {}
    parents: dict[int, str] = {}
    for line in (RefdeskError.__doc__ or "").splitlines():
        found = re.match(r"(?P<branch>[\s│├└─]*)(?P<name>\w+Error)(\s|$)", line)
        if found:
            depth = len(found["branch"].lstrip("\n")) // 4
            parents[depth] = found["name"]
            drawn[found["name"]] = parents.get(depth - 1, "")
    actual = {name: kind.__bases__[0].__name__ for name, kind in errors().items() if issubclass(kind, RefdeskError)}
    assert {name: parent for name, parent in drawn.items() if name != "RefdeskError"} == {
        name: parent for name, parent in actual.items() if name != "RefdeskError"
    }


def test_the_readme_shows_names_that_are_exported() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    (names,) = re.findall(r"^from qa import (.+)$", readme, re.MULTILINE)
    assert set(names.split(", ")) <= set(qa.__all__)
