"""All figures of a suite -> a page, in Markdown or as one HTML file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from qa.evaluation.pages import DARK, LIGHT
from qa.evaluation.pages import page as html_page
from qa.evaluation.suite.tables import Results, Table, tables


def page(results: Results, head: str, plots: str | None = None) -> str:
    """The page in Markdown, below ``head``; ``plots``: the folder of the tables' plots, None to leave them out."""
    parts = [head, *("\n".join(_markdown(table, plots)) for table in tables(results))]
    parts += [f"## Made with\n\n{_made_with(results)}"] if results else []
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def html(results: Results, title: str) -> str:
    """The page as one HTML file with its plots, which needs no network."""
    made_with = _made_with(results) if results else ""
    return html_page("suite.html", {"plain": _plain}, title=title, tables=list(tables(results)), made_with=made_with)


def plot_files(results: Results) -> Iterator[tuple[str, str]]:
    """The plots as files: name and text of an SVG image that follows its reader's light or dark setting."""
    style = f"<style>svg {{ {LIGHT} }} @media (prefers-color-scheme: dark) {{ svg {{ {DARK} }} }}</style>"
    for table in tables(results):
        if table.plot:
            opening, _, rest = table.plot.partition(">")
            yield f"{table.name}.svg", f"{opening}>{style}{rest}\n"


def _markdown(table: Table, plots: str | None) -> Iterator[str]:
    yield f"## {table.title}\n"
    if table.note:
        yield f"{table.note}\n"
    yield f"| {' | '.join(table.head)} |"
    yield "|" + "---|" * len(table.head)
    for row in table.rows:
        yield f"| {' | '.join(row)} |"
    if table.plot and plots:
        yield f"\n![{table.title}]({plots}/{table.name}.svg)"


def _plain(note: str) -> str:
    """A note without its links, which lead from the folder of the guide only."""
    return re.sub(r"\[(.+?)\]\(.+?\)", r"\1", note)


def _made_with(results: Results) -> str:
    models = {json.dumps(result["config"]["models"], sort_keys=True) for result in results.values()}
    named = sorted({f"{key} {name}" for text in models for key, name in json.loads(text).items()})
    machines = {
        "{processor}, {cores} cores, Python {python}".format(**r["config"]["machine"], **r["config"]["versions"])
        for r in results.values()
    }
    overheads = [o for r in results.values() if r["task"] == "qa" and (o := r["timing"].get("overhead")) is not None]
    bench = f" The bench itself took at most {max(overheads):.1%} of the answers' time in open QA." if overheads else ""
    thresholds = sorted({r["config"]["threshold"] for r in results.values() if r["config"]["threshold"]})
    decides = ", ".join(f"{value:g}" for value in thresholds)
    return (
        f"{'; '.join(named)}. Answers are given from a confidence of {decides or '0'} on. "
        f"{'; '.join(sorted(machines))}.{bench}"
    )
