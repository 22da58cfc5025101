"""The log as people read it: every entry, what it says, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ledger import clauses, rule
from ledger.entry import Entry
from ledger.events import (
    AnyClause,
    ConditionMet,
    DealOpened,
    EntryCorrected,
    EntryVoided,
    Event,
    Instrument,
    Member,
    NothingChanged,
    PlanAdopted,
    PlanWithdrawn,
    Term,
)
from projections.point import Point


def log(entries: Sequence[Entry], point: Point, on: bool = False) -> Iterator[dict[str, Any]]:
    """A deal's entries recorded by the point, and known by it; with `on`, only those that set something for its day.

    Shape of each: see `entry_json`.
    """
    recorded = [entry for entry in entries if entry.position <= point.recorded]
    fates = rule.undone(recorded)
    positions = {entry.version: entry.position for entry in recorded}
    for entry in recorded:
        paper = instrument_of(entry)
        if paper and point.known and paper.known > point.known:
            continue
        if paper and point.confirmed_only and paper.evidence != "confirmed":
            continue
        if on and not (paper and any(_touches(clause, point) for clause in paper.sets())):
            continue
        yield entry_json(entry, positions, fates.get(entry.version))


def entry_json(entry: Entry, positions: dict[int, int], undone: Entry | None) -> dict[str, Any]:
    """An entry as it is shown: head, paper, what it says in words, its sources, and what undid it."""
    paper = instrument_of(entry)
    return {
        "position": entry.position,
        "recorded_at": entry.recorded_at,
        "recorded_by": entry.recorded_by,
        "deal": entry.deal,
        "version": entry.version,
        "event": type(entry.event).__name__,
        "key": entry.key,
        "dated": paper.dated.isoformat() if paper else None,
        "known_since": paper.known.isoformat() if paper else None,
        "standing": paper.standing if paper else None,
        "evidence": paper.evidence if paper else None,
        "says": says(entry.event, positions),
        "note": paper.note if paper else None,
        "sources": msgspec.to_builtins(paper.sources) if paper else [],
        "undone_by": undone.position if undone else None,
        "undone_how": undone_how(undone) if undone else None,
    }


def says(event: Event, positions: dict[int, int]) -> list[str]:
    """What an event says, in words; `positions` gives the number of an entry by its version."""
    match event:
        case EntryVoided():
            return [f"#{positions.get(event.entry_version)} should never have been made: {event.reason}"]
        case EntryCorrected():
            head = f"#{positions.get(event.entry_version)} should say otherwise: {event.reason}"
            return [head, *says(event.corrected, positions)]
        case Instrument():
            return [*_says_itself(event, positions), *(_says(c) for c in event.sets() if _worth_saying(c, event))]
    raise AssertionError(event)  # pragma: no cover - the three kinds of events that there are


def _says_itself(event: Instrument, positions: dict[int, int]) -> list[str]:
    match event:
        case DealOpened():
            return [f"{event.title}, between {', '.join(event.parties)}"]
        case PlanAdopted():
            return [f"the plan #{positions.get(event.plan_version)} is adopted"]
        case PlanWithdrawn():
            return [f"the plan #{positions.get(event.plan_version)} is withdrawn"]
        case ConditionMet():
            return [f"'{event.condition}' was met on {event.on}"]
        case NothingChanged():
            return [f"nothing changed: {event.statement}"]
    return [f"there is a pool '{pool}'" for pool in event.pools]


def _says(clause: AnyClause) -> str:
    if isinstance(clause, Term) and clause.ended:
        return clauses.text_of(clause)
    return clauses.text_of(clause) + clauses.span_text(clause)


def _worth_saying(clause: AnyClause, event: Instrument) -> bool:
    # The parties stand in the opening's own sentence.
    return not (isinstance(event, DealOpened) and isinstance(clause, Member) and clause.pool is None)


def undone_how(by: Entry) -> str:
    """`void` or `replaced`, with the reason."""
    assert isinstance(by.event, EntryVoided | EntryCorrected)
    how = "void" if isinstance(by.event, EntryVoided) else "replaced"
    return f"{how} by {by}: {by.event.reason}"


def instrument_of(entry: Entry) -> Instrument | None:
    """The instrument that an entry brings: its own, or the corrected one."""
    event = entry.event.corrected if isinstance(entry.event, EntryCorrected) else entry.event
    return event if isinstance(event, Instrument) else None


def _touches(clause: AnyClause, point: Point) -> bool:
    return clause.start <= point.on and (clause.through is None or point.on <= clause.through)
