"""``refdesk eval --list``: the formats of datasets that are known."""

from __future__ import annotations

from qa.cli.console import echo, print_json


def list_formats(as_json: bool) -> None:
    """Print each format: its files, what it measures, and where these come from."""
    from qa.evaluation.datasets.formats import FORMATS

    if as_json:
        print_json({"formats": [one._asdict() for one in FORMATS]})
        return
    for one in FORMATS:
        echo(one.name, f"  file      {one.file}", f"  measures  {one.measures}", f"  from      {one.origin}")
