"""The log as people read it: every entry, what it says, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ledger import clauses, rule
from ledger.application import Ledger
from ledger.entry import Entry, entry_of
from ledger.events import (
    AnyClause,
    Booked,
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
from projections import booked
from projections.point import Point

UNDOING = (EntryVoided.__name__, EntryCorrected.__name__)


def log(ledger: Ledger, point: Point, deal: str | None = None, on: bool = False) -> Iterator[dict[str, Any]]:
    """The entries recorded by the point, and known by it, in order, of all deals or one; memory stays flat.

    With `on`, only those that set something for the point's day. Shape of each: see `entry_json`. Raises
    NoSuchDeal.
    """
    told = ledger.history(deal) if deal else map(entry_of, ledger.entries.all_rows(up_to=point.recorded))
    fates = _fates(ledger, point.recorded, deal)
    for entry in (entry for entry in told if entry.position <= point.recorded):
        if _shown(instrument_of(entry), point, on):
            yield entry_json(entry, about(ledger, entry), fates.get((entry.deal, entry.version)))


def _fates(ledger: Ledger, up_to: int, deal: str | None) -> dict[tuple[str, int], Entry]:
    """Which entries were voided or replaced, by deal and version."""
    by_deal: dict[str, list[Entry]] = {}
    for row in ledger.entries.rows_of(deal, UNDOING, up_to):
        entry = entry_of(row)
        by_deal.setdefault(entry.deal, []).append(entry)
    return {(slug, version): by for slug, told in by_deal.items() for version, by in rule.undone(told).items()}


def about(ledger: Ledger, entry: Entry) -> dict[int, int]:
    """The position of the entry that an entry is about, by its version."""
    versions = set()
    for event in (entry.event, instrument_of(entry)):
        if isinstance(event, EntryVoided | EntryCorrected):
            versions.add(event.entry_version)
        elif isinstance(event, PlanAdopted | PlanWithdrawn):
            versions.add(event.plan_version)
        elif isinstance(event, Booked):
            versions |= booked.about(event)
    return {version: ledger.entries.position_of(entry.deal, version) for version in versions}


def _shown(paper: Instrument | None, point: Point, on: bool) -> bool:
    if paper is None:
        return not on
    known = point.known is None or paper.known <= point.known
    evident = not point.confirmed_only or paper.evidence == "confirmed"
    return known and evident and (not on or any(_touches(clause, point) for clause in paper.sets()))


def entry_json(entry: Entry, positions: Mapping[int, int], undone: Entry | None) -> dict[str, Any]:
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
        "says": says(entry.event, {version: f"#{position}" for version, position in positions.items()}),
        "note": paper.note if paper else None,
        "sources": msgspec.to_builtins(paper.sources) if paper else [],
        "undone_by": undone.position if undone else None,
        "undone_how": undone_how(undone) if undone else None,
    }


def says(event: Event, names: Mapping[int, str]) -> list[str]:
    """What an event says, in words; `names` says how to name an entry of the deal, by its version."""
    match event:
        case EntryVoided():
            return [f"{names.get(event.entry_version)} should never have been made: {event.reason}"]
        case EntryCorrected():
            head = f"{names.get(event.entry_version)} should say otherwise: {event.reason}"
            return [head, *says(event.corrected, names)]
        case Instrument():
            return [*_says_itself(event, names), *(_says(c) for c in event.sets() if _worth_saying(c, event))]
    raise AssertionError(event)  # pragma: no cover - the three kinds of events that there are


def _says_itself(event: Instrument, names: Mapping[int, str]) -> list[str]:
    match event:
        case DealOpened():
            return [f"{event.title}, between {', '.join(event.parties)}"]
        case PlanAdopted():
            return [f"the plan {names.get(event.plan_version)} is adopted"]
        case PlanWithdrawn():
            return [f"the plan {names.get(event.plan_version)} is withdrawn"]
        case ConditionMet():
            return [f"'{event.condition}' was met on {event.on}"]
        case NothingChanged():
            return [f"nothing changed: {event.statement}"]
        case Booked():
            return booked.says(event, names)
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
