"""Why a clause is what it is: the entry that wins, what it overruled, what changes it later, and what did not count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ledger import clauses, rule
from ledger.calendar import ALL_DAYS, ONE_DAY, Span, after
from ledger.entry import Entry
from ledger.errors import NoSuchClause
from ledger.events import AnyClause, ConditionMet, Drop, PlanAdopted, Term
from projections.history import entry_json, instrument_of, undone_how
from projections.point import Point
from projections.state import Trail, claim_state, head_json


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one clause in one entry, at the point: `holds`, or the reason why it does not."""

    entry: Entry
    clause: AnyClause
    verdict: str
    reason: str

    def json(self) -> dict[str, Any]:
        paper = instrument_of(self.entry)
        assert paper is not None  # only instruments have clauses
        return {
            "position": self.entry.position,
            "event": type(self.entry.event).__name__,
            "says": clauses.text_of(self.clause) + clauses.span_text(self.clause),
            "dated": paper.dated.isoformat(),
            "known_since": paper.known.isoformat(),
            "standing": paper.standing,
            "evidence": paper.evidence,
            "verdict": self.verdict,
            "reason": self.reason,
        }


def why(slug: str, entries: Sequence[Entry], key: str, point: Point) -> dict[str, Any]:
    """The shape `deal.why/1`: what holds, the entries that made it so with their sources, every other verdict.

    Raises NoSuchClause where no entry of the deal ever set the key.
    """
    recorded = [entry for entry in entries if entry.position <= point.recorded]
    books = rule.read(recorded, point.view)
    verdicts = list(_verdicts(entries, recorded, books, key, point))
    if not verdicts:
        raise NoSuchClause(key, slug, _keys(entries))
    line = books.timelines.get(key, rule.Timeline())
    claim, days = _held(books, line, key, point)
    trail = Trail(recorded)
    made_by = trail.of(claim.fact.entry) if claim else ()
    positions = {entry.version: entry.position for entry in recorded}
    fates = rule.undone(recorded)
    return {
        "schema": "deal.why/1",
        "deal": slug,
        "clause": key,
        **point.json(),
        "holds": claim_state(claim, days, trail).json() if claim else None,
        "ends_by": _ends_by(claim, books) if claim else None,
        "because": [entry_json(e, positions, fates.get(e.version)) for e in recorded if e.position in made_by],
        "later": [_later(s.start, c) for s, c in line.spans() if s.start > point.on],
        "verdicts": [verdict.json() for verdict in verdicts],
        "head": head_json(point),
    }


def _held(books: rule.Books, line: rule.Timeline, key: str, point: Point) -> tuple[rule.Claim | None, Span]:
    """What holds at the point, and on which days around it."""
    if key != "term":
        return line.on(point.on), line.around(point.on)
    term = books.terms.on(point.on)
    return (term.claim, Span(term.claim.start, term.end)) if term else (None, ALL_DAYS)


def _verdicts(
    entries: Sequence[Entry], recorded: Sequence[Entry], books: rule.Books, key: str, point: Point
) -> Iterator[Verdict]:
    fates = rule.undone(recorded)
    places = rule.places(entries)
    seen = rule.known(rule.in_books(recorded), rule.View(point.known, True, point.confirmed_only))
    open_plans = {fact.entry.version for fact in seen if fact.standing == "planned"}
    facts = rule.in_books(recorded)
    ended = rule.concluded([f for f in facts if point.known is None or f.instrument.known <= point.known])
    for entry in entries:
        paper = instrument_of(entry)
        for clause in paper.sets() if paper else ():
            if clause.key != key or paper is None:
                continue
            if entry.position > point.recorded:
                yield Verdict(entry, clause, "not yet recorded", f"recorded as {entry}, after #{point.recorded}")
            elif entry.version in fates:
                how = undone_how(fates[entry.version])
                yield Verdict(entry, clause, how.split(" ")[0], how)
            elif point.known and paper.known > point.known:
                yield Verdict(entry, clause, "not yet known", f"known since {paper.known}, after {point.known}")
            elif point.confirmed_only and paper.evidence != "confirmed":
                yield Verdict(entry, clause, "only reported", "no party has confirmed it")
            elif paper.standing == "planned" and entry.version not in open_plans:
                done = ended[places[entry.version]]
                how = "adopted" if isinstance(done.instrument, PlanAdopted) else "withdrawn"
                yield Verdict(entry, clause, how, f"{how} by {done.entry}, known since {done.instrument.known}")
            elif paper.standing == "planned" and not point.planned:
                yield Verdict(entry, clause, "planned", "a plan, not in force; --planned lays plans over")
            else:
                yield Verdict(entry, clause, *_by_days(entry, clause, books, point))


def _by_days(entry: Entry, clause: AnyClause, books: rule.Books, point: Point) -> tuple[str, str]:
    """The verdict on a claim that counts, by the days it speaks of and by what wins there."""
    if isinstance(clause, Term):
        return _by_term(entry, books, point)
    end = books.end_of(clause)
    line = books.timelines.get(clause.key, rule.Timeline())
    if point.on < clause.start:
        return "begins later", f"begins on {clause.start}"
    if point.on >= end:
        return "over", f"its last day is {end - ONE_DAY}"
    winner = line.wins(point.on)
    if winner is None:
        return "lapsed", "the term before was over then, and the next had not begun"
    if winner.fact.entry == entry and winner.clause == clause:
        if winner.stopped:
            by = winner.stopped.fact
            return "over", f"it was replaced by {by.entry}, dated {by.instrument.dated}, and ended with it"
        return ("holds", "the latest that speaks of this day") if winner.holds else ("drops", "nothing holds by it")
    return "overruled", f"by {winner.fact.entry}, dated {winner.fact.instrument.dated}"


def _by_term(entry: Entry, books: rule.Books, point: Point) -> tuple[str, str]:
    periods = books.terms.periods
    period = next((period for period in reversed(periods) if period.claim.fact.entry == entry), None)
    if period is None:
        winner = periods[-1].claim.fact
        return "overruled", f"by {winner.entry}, dated {winner.instrument.dated}"
    if len(periods) == 1:
        return "holds", "the latest says for every day how long the agreement runs"
    if period.claim is getattr(books.terms.on(point.on), "claim", None):
        return "holds", f"how long the agreement runs from {period.start} on"
    if point.on < period.start:
        return "begins later", f"begins on {period.start}"
    return "over", f"its last day is {period.end - ONE_DAY}"


def _ends_by(claim: rule.Claim, books: rule.Books) -> str | None:
    """What sets the last day of a claim."""
    clause = claim.clause
    if clause.until and books.met.get(clause.until) == claim.end:
        met = next(
            f for f in books.facts if isinstance(f.instrument, ConditionMet) and f.instrument.condition == clause.until
        )
        return f"the condition '{clause.until}', met by {met.entry}"
    if clause.through and after(clause.through) == claim.end:
        return f"the clause itself ({claim.fact.entry})"
    term = next((period for period in books.terms.periods if period.end == claim.end), None)
    if term:
        return f"the {'end of the deal' if term.ended else 'term'} ({term.claim.fact.entry})"
    return None


def _later(start: object, claim: rule.Claim) -> dict[str, Any]:
    return {
        "from": str(start),
        "says": clauses.text_of(claim.clause),
        "standing": claim.fact.standing,
        "entry": claim.fact.entry.position,
    }


def _keys(entries: Sequence[Entry]) -> list[str]:
    papers = [paper for entry in entries if (paper := instrument_of(entry))]
    return sorted({clause.key for paper in papers for clause in paper.sets() if not isinstance(clause, Drop)})
