"""Systems under evaluation, ready to be asked: Refdesk's own by name (``refdesk``), or any callable (``system``)."""

from qa.evaluation.systems.system import (
    SYSTEMS,
    OpenedSystem,
    System,
    SystemChoiceError,
    callable_system,
    check_system,
)

__all__ = [
    "SYSTEMS",
    "OpenedSystem",
    "System",
    "SystemChoiceError",
    "callable_system",
    "check_system",
]
