"""``--set KEY=VALUE,VALUE``: the settings of the runs of one command -> every combination of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import typer

# Settings that an evaluation takes by options of its own, or must not record.
_ELSEWHERE = {"index": "--index", "api_key": "REFDESK_API_KEY"}
_MOST = 100  # runs of one command
_HINT = "--set"
# A server's address says nothing of what answers.
_UNNAMED = ("base_url",)


@dataclass(frozen=True, slots=True)
class Variant:
    """One combination: ``settings`` are all that it sets, ``varied`` those that name its folder."""

    settings: Mapping[str, str]
    varied: Mapping[str, str]


def variants(given: Sequence[str], flags: Mapping[str, str | None], named: bool) -> list[Variant]:
    """Every combination of the values in ``given``, such as ["top_k=5,15"], the last key changing fastest.

    ``flags`` are settings that have options of their own; where the run is ``named``, its folder shows only what the
    command varies.

    Raises:
        typer.BadParameter: one is not written KEY=VALUE, is given twice, or cannot be set here.
    """
    values: dict[str, list[str]] = {}
    for text in given:
        key, sign, value = (part.strip() for part in text.partition("="))
        choices = list(dict.fromkeys(part.strip() for part in value.split(",")))
        if not (key and sign and all(choices)):
            raise typer.BadParameter(
                f"{text!r} is no setting: write it as KEY=VALUE, or KEY=VALUE,VALUE", param_hint=_HINT
            )
        if key in _ELSEWHERE:
            raise typer.BadParameter(f"{key} is not set here: use {_ELSEWHERE[key]}", param_hint=_HINT)
        if key in values or flags.get(key) is not None:
            raise typer.BadParameter(f"{key} is given twice: put all its values into one --set", param_hint=_HINT)
        values[key] = choices
    by_flag = {key: value for key, value in flags.items() if value is not None and key not in _UNNAMED}
    fixed = {} if named else {**by_flag, **{key: choices[0] for key, choices in values.items() if len(choices) == 1}}
    several = [key for key, choices in values.items() if len(choices) > 1]
    combined = [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]
    if len(combined) > _MOST:
        raise typer.BadParameter(f"these are {len(combined)} runs, more than {_MOST}: leave some out", param_hint=_HINT)
    return [Variant(own, {**fixed, **{key: own[key] for key in several}}) for own in combined]
