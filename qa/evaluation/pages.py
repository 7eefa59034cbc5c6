"""Pages that need nothing but themselves: their templates, in one frame, escape all they print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

# What the pages' and the plots' colours are, by their reader's setting.
LIGHT = (
    "--ink: #1c1e21; --paper: #fff; --muted: #5b6370; --rule: #e2e5ea; --accent: #1f5fbf; --other: #c2571a; "
    "--soft: #f4f6f9; --bar: #9dbcec;"
)
DARK = (
    "--ink: #e6e8eb; --paper: #15181c; --muted: #9aa3ae; --rule: #30363d; --accent: #7db0ff; --other: #ff9c63; "
    "--soft: #1e2329; --bar: #365a92;"
)


def page(template: str, helpers: Mapping[str, Callable[..., Any]], **values: object) -> str:
    """The page that a template of ``templates/`` makes of the values; it may call the helpers."""
    return _templates().get_template(template).render({**helpers, **values})


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("qa.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals |= {"light": LIGHT, "dark": DARK}
    templates.filters |= {"number": _number, "signed": _signed, "interval": _interval}
    return templates


def _number(value: float | None) -> str:
    """A figure as tables show it."""
    return "–" if value is None else f"{value:.3f}"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.3f}".replace("-", "−")


def _interval(figure: Mapping[str, Any]) -> str:
    """The interval's ends as tables show them."""
    return f"{_number(figure['low'])} – {_number(figure['high'])}" if figure["low"] is not None else "–"
