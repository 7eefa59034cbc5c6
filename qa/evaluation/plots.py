"""A run's plots as SVG elements for the report. Their colours are the page's CSS variables, for light and dark alike.

Matplotlib draws them without its global state (pyplot): the same records give the same bytes.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.evaluation.metrics.abstention import BINS, reliability, risk_coverage
from qa.evaluation.scoring.confidence import confidences
from qa.evaluation.scoring.expectations import VERDICTS
from qa.evaluation.scoring.supplied import have_confidence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Placeholder colours, and the page's CSS variables that replace them in the SVG text.
_COLOURS = {
    "#010101": "var(--ink)", "#020202": "var(--muted)", "#030303": "var(--accent)", "#040404": "var(--other)",
    "#050505": "var(--bar)", "#060606": "var(--paper)",
}  # fmt: skip
_INK, _MUTED, _ACCENT, _OTHER, _BAR, _PAPER = _COLOURS
_STYLE: Any = {
    "svg.hashsalt": "refdesk", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9,
    "text.color": _INK, "axes.labelcolor": _INK, "axes.edgecolor": _MUTED, "xtick.color": _MUTED, "ytick.color": _MUTED,
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False, "axes.titlesize": 10,
}  # fmt: skip


Plots = Callable[[str, Sequence[Mapping[str, Any]]], list[str]]  # as ``plots``


def plots(task: str, records: Sequence[Mapping[str, Any]]) -> list[str]:
    """The plots of a run with these records, each the text of one ``<svg>`` element."""
    drawers: list[tuple[str, Callable[[Axes], None]]] = []
    if task == "retrieval":
        values = np.array([record["metrics"]["nDCG@10"] for record in records])
        drawers.append(("nDCG@10 of each question", lambda axes: _shares(axes, values, "nDCG@10")))
    elif task == "support":
        scores, positive = (np.array([r["signals"][name] for r in records]) for name in ("score", "positive"))
        drawers.append(("Scores by label", lambda axes: _by_label(axes, scores, positive > 0)))
    elif have_confidence(records):
        confidence, right = confidences(records)
        drawers += [
            ("Risk and coverage", lambda axes: _risk_coverage(axes, confidence, right)),
            ("Reliability of the confidence", lambda axes: _reliability(axes, confidence, right)),
        ]
    seconds = np.array([record["seconds"] for record in records if record["seconds"]])  # 0: nobody told it
    if seconds.size:
        drawers.append(("Latency", lambda axes: _latency(axes, seconds)))
    drawn = [_svg(title, draw) for title, draw in drawers]
    return [_verdicts_plot(records), *drawn] if task == "visitors" else drawn


def _verdicts_plot(records: Sequence[Mapping[str, Any]]) -> str:
    """How many questions of each kind have each verdict, the kinds with most questions above."""
    counts: dict[str, Counter[str]] = {}
    for record in records:
        counts.setdefault(record["slices"].get("kind", "all"), Counter())[record["verdict"]] += 1
    kinds = sorted(counts, key=lambda kind: (counts[kind].total(), kind))

    def draw(axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        left = np.zeros(len(kinds))
        for verdict, colour in zip(VERDICTS, (_ACCENT, _BAR, _OTHER, _MUTED, _INK), strict=True):
            width = np.array([counts[kind][verdict] for kind in kinds])
            bars = axes.barh(kinds, width, left=left, color=colour, label=verdict)
            left += width
            axes.bar_label(
                bars,
                [str(number or "") for number in width],
                label_type="center",
                color=_INK if colour == _BAR else _PAPER,
                fontsize=8,
            )
        axes.set(xlabel="questions")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(title, pad=22)  # above the legend
        axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncols=len(VERDICTS), handlelength=1, columnspacing=1)

    title, height = "Verdicts by kind of question", 1.4 + 0.22 * len(kinds)
    return _svg(title, draw, width=6, height=height, left=0.2, bottom=0.5 / height, top=1 - 0.6 / height)


def differences_plot(
    title: str, metrics: Mapping[str, Mapping[str, Any]], is_significant: Callable[[Mapping[str, Any]], bool]
) -> str:
    """The differences of a comparison's metrics with their intervals, the first above, as one ``<svg>`` element.

    Those that are significant stand out, by colour as by weight in the table.
    """
    rows = {name: (row["difference"], row["low"], row["high"]) for name, row in metrics.items()}

    def draw(axes: Axes) -> None:
        axes.axvline(0, color=_MUTED, linewidth=0.8, linestyle="--")
        axes.set(xlabel="difference, with 95% interval")

    return _intervals(title, rows, draw, lambda name: _ACCENT if is_significant(metrics[name]) else _MUTED)


def figures_plot(title: str, figures: Mapping[str, Mapping[str, Any]]) -> str:
    """One metric in several runs, by their labels, with its intervals, as one ``<svg>`` element."""
    rows = {f"{name} ({own['count']:,})": (own["value"], own["low"], own["high"]) for name, own in figures.items()}
    label = "with 95% interval; in brackets the number of questions"
    return _intervals(title, rows, lambda axes: axes.set(xlabel=label), lambda *_: _ACCENT)


def curves_plot(title: str, curves: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """The risk at each coverage, of one or two runs by their labels, as one ``<svg>`` element."""

    def draw(axes: Axes) -> None:
        for (label, points), colour in zip(curves.items(), (_ACCENT, _OTHER), strict=False):
            coverage, risk = [point["coverage"] for point in points], [point["risk"] for point in points]
            axes.plot(coverage, risk, "o-", color=colour, markersize=3, label=label)
        _name_risk(axes)
        axes.legend(loc="upper left")

    return _svg(title, draw)


def _intervals(
    title: str,
    rows: Mapping[str, tuple[float, float | None, float | None]],
    draw: Callable[[Axes], object],
    colour_of: Callable[[str], str],
) -> str:
    """A line for each row that has an interval, the first above, from its low to its high end."""
    known = [(name, value, low, high) for name, (value, low, high) in rows.items() if low is not None][::-1]

    def drawn(axes: Axes) -> None:
        for level, (name, value, low, high) in enumerate(known):
            assert low is not None
            assert high is not None
            colour = colour_of(name)
            axes.plot([low, high], [level, level], color=colour, linewidth=2)
            axes.plot([value], [level], "o", color=colour, markersize=5)
        axes.set_yticks(range(len(known)), [name for name, *_ in known])
        axes.set(ylim=(-0.7, len(known) - 0.3))
        draw(axes)

    height = 1 + 0.22 * len(known)
    return _svg(title, drawn, width=6, height=height, left=0.3, bottom=0.5 / height, top=1 - 0.3 / height)


def _svg(
    title: str,
    draw: Callable[[Axes], None],
    *,
    width: float = 4,
    height: float = 3,
    left: float = 0.15,
    bottom: float = 0.16,
    top: float = 0.9,
) -> str:
    """The drawing as an ``<svg>`` element; ``width`` and ``height`` in inches, margins as shares of them."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height))
        figure.subplots_adjust(left=left, right=0.96, bottom=bottom, top=top)
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        axes.set_title(title)
        draw(axes)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    for colour, name in _COLOURS.items():
        text = text.replace(colour, name)
    # Matplotlib's ids are unique within a figure only: the title makes them unique within the page.
    mark = re.sub(r"\W+", "-", title.lower())
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{mark}-", text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1).strip()


def _risk_coverage(axes: Axes, confidence: Any, right: Any) -> None:
    coverage, risk = risk_coverage(confidence, right)
    axes.plot(coverage, risk, color=_ACCENT)
    _name_risk(axes)


def _name_risk(axes: Axes) -> None:
    axes.set(xlabel="share of questions answered", ylabel="share of wrong answers", xlim=(0, 1), ylim=(0, 1))


def _reliability(axes: Axes, confidence: Any, right: Any) -> None:
    bins = reliability(confidence, right)
    axes.bar(bins.lower, bins.outcome, 1 / BINS, align="edge", color=_BAR, edgecolor=_ACCENT)
    for lower, count in zip(bins.lower, bins.count, strict=True):  # above all bars, where the diagonal crosses none
        axes.text(lower + 0.5 / BINS, 1.04, f"{count:,}", color=_INK, fontsize=8, ha="center")
    axes.plot([0, 1], [0, 1], color=_MUTED, linewidth=0.8, linestyle="--")
    label = "confidence; above each bar its number of questions"
    axes.set(xlabel=label, ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.1))


def _shares(axes: Axes, values: Any, label: str) -> None:
    _counted(axes, values, np.linspace(0, 1, BINS + 1))
    axes.set(xlabel=label, ylabel="questions", xlim=(0, 1))


def _by_label(axes: Axes, scores: Any, positive: Any) -> None:
    edges = np.histogram_bin_edges(scores, BINS)
    half = np.diff(edges) / 2
    parts = (("supported", _ACCENT, positive, 0.0), ("not, or in part", _OTHER, ~positive, half))
    for label, colour, chosen, shift in parts:
        counts, _ = np.histogram(scores[chosen], edges)
        bars = axes.bar(edges[:-1] + shift, counts, half, align="edge", color=colour, label=label)
        _label(axes, bars, counts)
    axes.set(xlabel="score", ylabel="claims")
    axes.margins(y=0.1)
    axes.legend(loc="upper left")


def _latency(axes: Axes, seconds: Any) -> None:
    _counted(axes, seconds, np.linspace(0, seconds.max(), BINS + 1))
    axes.set(xlabel="seconds a question", ylabel="questions")


def _counted(axes: Axes, values: Any, edges: Any) -> None:
    """A histogram with the count of each bin on its bar."""
    counts, _ = np.histogram(values, edges)
    _label(axes, axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=_BAR, edgecolor=_ACCENT), counts)
    axes.margins(y=0.1)


def _label(axes: Axes, bars: Any, counts: Any) -> None:
    """The count of each bin on its bar."""
    axes.bar_label(bars, [f"{count:,}" if count else "" for count in counts], color=_INK, fontsize=8)
