"""What a clause's text says, without computing it: its canonical form, what it needs, what nobody knows
of it. Clauses that are read together are checked together, as an agreement that sets them would be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from msgspec import structs

from ledger import clauses, parts
from ledger.calendar import FIRST_DAY
from ledger.checks import check_instrument
from ledger.clauses import Days
from ledger.computing.evaluation import compile
from ledger.computing.sheet import clauses as rows_of
from ledger.computing.sheet import read_line, together, write_line
from ledger.computing.versions import Line
from ledger.errors import Refusal, listed
from ledger.events import AnyClause, DealOpened, Drop, Member, Nets
from ledger.language import formula as f
from ledger.language import terms
from ledger.language.printer import formula_text
from ledger.language.terms import Flow
from ledger.said import named, said_of
from ledger.standing import Standing

KINDS = ("pays", "defines", "right", "commits", "nets", "drop", "pool", "term")

_RIGHT = re.compile(r"\s*[^:]*\sas\s+[^\W\d][\w-]*\s*:")


@dataclass(frozen=True, slots=True)
class Said:
    """A text and where it stands: its line in a sheet; `kind`: one of `KINDS` where somebody says so."""

    number: int
    text: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One clause as it was read; `number` is its line in a sheet."""

    number: int
    name: str
    kind: str
    canonical: str
    measures: list[str] = field(default_factory=list)
    dimensions: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    days: Days = field(default_factory=lambda: Days(FIRST_DAY))
    line: Line | None = None
    clauses: tuple[AnyClause, ...] = ()

    @property
    def computable(self) -> bool:
        return not self.unknown

    def record(self) -> dict[str, object]:
        days = self.days
        return {
            **{name: getattr(self, name) for name in _TOLD},
            "problem": None,  # of the promised shape: what was said here is a refusal
            "computable": self.computable,
            "from": None if days.start == FIRST_DAY else days.start.isoformat(),
            "through": days.through.isoformat() if days.through else None,
            "until": days.until,
            "survives": days.survives,
        }

    def in_words(self) -> str:
        rows = [self.canonical]
        if self.line is None:
            return f"{self.canonical}\n  reads as    {_READS_AS[self.kind]}"
        rows.append(f"  needs       {', '.join(self.measures) or 'no measure'}")
        if self.dimensions:
            rows.append(f"  dimensions  {', '.join(self.dimensions)}")
        if self.conditions:
            rows.append(f"  conditions  {', '.join(self.conditions)}")
        rows.append(f"  computable  {self._verdict()}")
        return "\n".join(rows)

    def one_line(self) -> str:
        if self.line is None:
            return f"{self.number}: {self.canonical}  # {_READS_AS[self.kind]}"
        needs = ", ".join(self.measures) or "no measure"
        return f"{self.number}: {self.canonical}  # needs {needs}; {self._verdict()}"

    def _verdict(self) -> str:
        return "yes" if self.computable else f"no: {listed(self.unknown)} is not known"


_TOLD = ("number", "name", "kind", "canonical", "measures", "dimensions", "conditions", "unknown")

_READS_AS = {
    "right": "a right: what it says is kept as text",
    "commits": "a promise: what it says is kept as text",
    "nets": "what the two owe each other is set off",
    "drop": "the end of the clause of that key",
    "pool": "a pool and its first members",
    "term": "how long the agreement runs",
}


def read_clauses(texts: Iterable[Said], day: date) -> list[Reading | tuple[int, Refusal]]:
    """The readings of texts that belong together; for what cannot be read, its line and the refusal.

    `day`: on which they stand where they do not say their days.
    """
    found: list[Reading | tuple[int, Refusal]] = []
    for said in texts:
        try:
            found.append(_reading(said))
        except Refusal as refusal:
            found.append((said.number, refusal))
    readings = [one for one in found if isinstance(one, Reading)]
    defined = {one.name for one in readings if one.line}
    return [*(_without(one, defined) if isinstance(one, Reading) else one for one in found), *_problems(readings, day)]


def _without(one: Reading, defined: set[str]) -> Reading:
    """The reading, which needs no report of what is defined beside it."""
    return replace(one, measures=[name for name in one.measures if name not in defined])


def rows(text: str) -> list[Said]:
    """The clauses of a sheet."""
    return [Said(number, written) for number, written in rows_of(text)]


def _problems(readings: Sequence[Reading], day: date) -> list[tuple[int, Refusal]]:
    """What cannot stand together: each with the line where it shows."""
    found: list[tuple[int, Refusal]] = []
    lines: list[Line] = []
    for one in readings:
        try:
            lines = together([*lines, *([one.line] if one.line else [])])
        except Refusal as refusal:
            found.append((one.number, refusal))
    if not found and lines:
        _try(found, readings, lambda: compile(lines, start=day))
    if not found:
        _try(found, readings, lambda: _agree([c for one in readings for c in one.clauses], day))
    return found


def _try(found: list[tuple[int, Refusal]], readings: Sequence[Reading], check: Callable[[], object]) -> None:
    try:
        check()
    except Refusal as refusal:
        names = getattr(refusal, "names", ()) or (getattr(refusal, "key", ""),)
        at = [one.number for one in readings if one.name in names]
        found.append((at[-1] if at else readings[-1].number, refusal))


def _agree(set_: Sequence[AnyClause], day: date) -> None:
    """Raises the Refusal of an agreement of that day that would set these clauses."""
    members = [clause for clause in set_ if isinstance(clause, Member)]
    pools = tuple(dict.fromkeys(clause.pool for clause in members if clause.pool))
    parties = dict.fromkeys(name for clause in set_ for name in named(clause) if name not in pools)
    said = [d for c in set_ for d in (c.start, c.through) if d is not None and d != FIRST_DAY]
    day = min([day, *said])
    held = tuple(
        structs.replace(clause, start=day) if clause.start == FIRST_DAY else clause
        for clause in set_
        if not isinstance(clause, Drop)
    )
    opening = DealOpened(dated=day, title="terms", parties=tuple(parties), pools=pools, clauses=held)
    check_instrument(Standing("terms"), said_of(opening), day)


def _reading(said: Said) -> Reading:
    kind = said.kind or _kind(said.text)
    text, days = clauses.split_span(said.text, Days(FIRST_DAY))
    if kind not in (None, "pays", "defines"):
        return _other(said, kind, days)
    if kind in ("pays", "defines"):
        clauses.READERS[kind](said.text, Days(FIRST_DAY))
    line = read_line(said.text)
    value = line.versions[0][1]
    expr = value.expr if isinstance(value, Flow) else value
    open_ = dict.fromkeys(formula_text(n) for n in f.walk(expr) if isinstance(n, f.Unknown | f.About))
    own = "pays" if isinstance(value, Flow) else "defines"
    with_parties = own == "defines" or line.payer is not None
    return Reading(
        said.number,
        line.name,
        own,
        write_line(read_line(text)) + _tail(days),
        terms.measures(expr),
        terms.dimensions(expr),
        terms.conditions(expr),
        list(open_),
        days=days,
        line=line,
        clauses=(clauses.READERS[own](said.text, Days(FIRST_DAY)),) if with_parties else (),
    )


def _kind(text: str) -> str | None:
    """The kind that only such a text can be of."""
    if "<->" in text:
        return "nets"
    return "right" if "->" not in text and _RIGHT.match(text) else None


def _other(said: Said, kind: str, days: Days) -> Reading:
    """A clause that is no formula."""
    if kind == "pool":
        name, members = clauses.pool(said.text, Days(FIRST_DAY))
        for member in members:
            if member.part is not None:
                parts.read(member.part)
        listed_ = ", ".join(f"{member.party}{f' {member.part}' * bool(member.part)}" for member in members)
        canonical = f"{name}: {listed_}" if listed_ else name
        return Reading(said.number, name, kind, canonical + _tail(days), days=days, clauses=tuple(members))
    if kind == "term":
        term = clauses.term(said.text, Days(FIRST_DAY))
        days = Days(term.start, term.through, term.until)
        canonical = f"{term.start}..{term.through}" if days.start != FIRST_DAY else _tail(days).strip()
        return Reading(said.number, "term", kind, canonical, days=days, clauses=(term,))
    clause = clauses.READERS[kind](said.text, Days(FIRST_DAY))
    text = clause.key if isinstance(clause, Nets | Drop) else clauses.text_of(clause)
    return Reading(said.number, clause.key, kind, text + _tail(days), days=days, clauses=(clause,))


def _tail(days: Days) -> str:
    """The days of a clause as its text says them."""
    first = f" from {days.start}" if days.start != FIRST_DAY else ""
    through = f" through {days.through}" if days.through else ""
    word = days.until if days.until is None or " " not in days.until else f'"{days.until}"'
    until = f" until {word}" if word else ""
    return f"{first}{through}{until}{' survives' if days.survives else ''}"
