"""Attacks by the hundred, one module for each way in. ``python -m benchmarks.attack`` tries them all.

A module has one function, ``attack(folder)``: it works in an empty folder and yields
one ``Tried`` for each kind of attack.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tried:
    """How often one kind of attack was tried, and by which inputs (one line each) it succeeded."""

    what: str
    tried: int
    succeeded: tuple[str, ...] = ()
