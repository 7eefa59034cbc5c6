"""The sizes that functions and classes keep, so that each can be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FUNCTION, CLASS, COMPLEXITY = 60, 200, 20
_BRANCHES = (
    ast.If, ast.For, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.With, ast.Assert,
)  # fmt: skip


def complexity(function: ast.AST) -> int:
    """McCabe's cyclomatic complexity, each ``and`` and ``or`` a branch of its own."""
    nodes = list(ast.walk(function))
    operators = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    return 1 + operators + sum(isinstance(node, _BRANCHES) for node in nodes)


def too_large(source: str) -> Iterator[str]:
    """What in the source is beyond the limits."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and (lines := _lines(node)) > CLASS:
            yield f"the class {node.name} has {lines} lines"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if (lines := _lines(node)) > FUNCTION:
                yield f"the function {node.name} has {lines} lines"
            if (branches := complexity(node)) > COMPLEXITY:
                yield f"the function {node.name} has a complexity of {branches}"


def _lines(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def test_functions_and_classes_keep_their_limits() -> None:
    paths = [path for package in ("documents", "index", "qa") for path in sorted((ROOT / package).rglob("*.py"))]
    found = [
        f"{path.relative_to(ROOT).as_posix()}: {what}" for path in paths for what in too_large(path.read_text("utf-8"))
    ]
    assert len(paths) > 100
    assert found == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n" + "    pass\n" * FUNCTION, [f"the function f has {FUNCTION + 1} lines"]),
        ("def f():\n" + "    pass\n" * (FUNCTION - 1), []),
        ("class C:\n" + "    x = 1\n" * CLASS, [f"the class C has {CLASS + 1} lines"]),
        ("class C:\n" + "    x = 1\n" * (CLASS - 1), []),
        ("def f(a):\n    return " + " or ".join("a" * (COMPLEXITY + 1)), ["the function f has a complexity of 21"]),
        ("def f(a):\n    return " + " or ".join("a" * COMPLEXITY), []),
    ],
)
def test_the_limits_are_told_apart_to_a_line(source: str, expected: list[str]) -> None:
    assert list(too_large(source)) == expected


def test_branches_and_operators_add_to_the_complexity() -> None:
    source = "def f(a, b):\n    if a and b:\n        return [x for x in a if x or b]\n    return a if b else None\n"
    assert complexity(ast.parse(source)) == 6
