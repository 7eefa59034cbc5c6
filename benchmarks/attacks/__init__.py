"""Hundreds of attacks, one module for each way in; ``python -m benchmarks.attack`` tries them all.

A module has one function, ``attack(folder)``: it works in an empty folder and yields
one ``Tried`` for each kind of attack.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tried:
    """How often one kind of attack was tried, and the inputs with which it succeeded, a line each."""

    what: str
    tried: int
    succeeded: tuple[str, ...] = ()
