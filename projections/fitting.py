"""Whether an event fits where it stands: the least that applying it needs, without the rest of its deal."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.events import (
    DealOpened,
    EntryCorrected,
    EntryVoided,
    Event,
    Instrument,
    Pays,
    PlanAdopted,
    PlanWithdrawn,
)
from ledger.language import notation


def misplaced(event: Event, version: int) -> Iterator[str]:
    """Whether an opening stands elsewhere than first, or something else does."""
    if (version == 1) != isinstance(event, DealOpened):
        yield "a deal starts with its opening, and with nothing else"


def not_applicable(event: Event, version: int) -> Iterator[str]:
    """Why an event means nothing where it stands."""
    about = 0
    if isinstance(event, EntryVoided | EntryCorrected):
        about = event.entry_version
    elif isinstance(event, PlanAdopted | PlanWithdrawn):
        about = event.plan_version
    if not 0 <= about < version or (not about and isinstance(event, EntryVoided | EntryCorrected)):
        yield f"it is about entry {about} of its deal, which is not before it"
    if isinstance(event, Instrument):
        for clause in event.sets():
            if isinstance(clause, Pays):
                notation.parse(clause.terms)
