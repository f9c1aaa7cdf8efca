"""What the present step allows beside its outcomes."""

from __future__ import annotations

from ..application import Application
from ..errors import ActionNotOffered
from ..procedure.document import Action
from ..records import Records
from .in_force import procedure_of


def require_action(records: Records, application: Application, action: Action) -> None:
    """Raises ActionNotOffered."""
    step = procedure_of(records, application).step(application.step)
    if action not in step.actions:
        raise ActionNotOffered(step.id, step.actions)
