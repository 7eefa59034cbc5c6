"""A copy of one of our modules without a defence, on which the attack that it is there for must succeed."""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from types import ModuleType


def without(name: str, defence: str, instead: str) -> ModuleType:
    """The module made from the same source, with ``instead`` wherever that has ``defence``."""
    source = inspect.getsource(module := import_module(name))
    assert defence in source, f"{name} has no {defence!r}: is it defended otherwise?"
    copy = ModuleType(f"{name}_undefended")
    copy.__package__ = module.__package__
    sys.modules[copy.__name__] = copy  # where dataclasses look while they are made
    try:
        exec(compile(source.replace(defence, instead), copy.__name__, "exec"), copy.__dict__)
    finally:
        del sys.modules[copy.__name__]
    return copy
