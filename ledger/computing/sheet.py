"""A sheet of terms: one line of text for each definition and flow, as in a deal's clauses.

    # a comment
    net_sales: gross - returns
    GSK -> Theravance as royalty: tiers(net_sales per year: 6.5% to 750m, 8% above)
        every quarter from 2025-01-01 through 2025-12-31

A line that starts with a space goes on from the line before. A line without a name is a flow called
`amount`; with a name and without a payer, it is a definition, or a flow where it says when it is paid.
`from`, `through`, `until` and `survives` at the end say on which days it stands, as in a deal's clauses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from ledger.calendar import FIRST_DAY, LAST_DAY, Span, span
from ledger.clauses import Days, split_span
from ledger.computing.versions import ALWAYS, Line
from ledger.errors import KeySetTwice, NamedTwice, NotationError, PaysItself, Refusal, SheetRefused
from ledger.language import notation, terms
from ledger.language.formula import Expr
from ledger.language.reader import RESERVED
from ledger.language.terms import Flow

_NAMED = re.compile(r"\s*([^\W\d]\w*)\s*:")

NOT_MET: Mapping[str, date] = {}


def read_sheet(text: str, met: Mapping[str, date] = NOT_MET) -> list[Line]:
    """The lines of a sheet; `met`: since when conditions hold, for `until`.

    Raises SheetRefused with every problem and the number of its line.
    """
    found: list[Line] = []
    problems: list[tuple[int, Refusal]] = []
    for number, written in clauses(text):
        try:
            found = together([*found, read_line(written, met)])
        except Refusal as problem:
            problems.append((number, problem))
    if problems:
        raise SheetRefused(problems)
    return found


def clauses(text: str) -> list[tuple[int, str]]:
    """The clauses of a sheet, each with the number of the line that it starts on."""
    found: list[tuple[int, str]] = []
    for number, row in enumerate(text.splitlines(), 1):
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        if row[0].isspace() and found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{row}")
        else:
            found.append((number, row.strip()))
    return found


def read_line(text: str, met: Mapping[str, date] = NOT_MET) -> Line:
    """One clause: a flow with its parties, a named flow or definition, or a bare flow.

    Raises NotationError, ShareOutOfRange, PaysItself, or the refusal of its days.
    """
    text, days = split_span(text, Days(FIRST_DAY))
    name, said, payer, payee = _read(text)
    if payer is not None and payer == payee:
        raise PaysItself(payer)
    if isinstance(said, Flow):
        terms.check_shares(said)
    return Line(name, ((_stands(days, name, met), said),), payer, payee)


def _read(text: str) -> tuple[str, Flow | Expr, str | None, str | None]:
    head = _NAMED.match(text)
    if head is not None:
        try:
            return *notation.parse_defines(text), None, None
        except NotationError:
            if head[1] in RESERVED:
                raise
            return head[1], notation.parse_placed(text, head.end()), None, None
    if "->" in text:
        payer, payee, name, flow = notation.parse_pays(text)
        return name or f"{payer} -> {payee}", flow, payer, payee
    return "amount", notation.parse(text), None, None


def _stands(days: Days, name: str, met: Mapping[str, date]) -> Span:
    found = span(days.start, days.through, f"The span of '{name}'")
    end = met.get(days.until or "", LAST_DAY)
    return Span(found.start, max(found.start, min(found.end, end)))


def together(lines: Iterable[Line]) -> list[Line]:
    """The lines, with those of one name that stand on other days as versions of one line.

    Raises NamedTwice, or KeySetTwice where both stand on a day that one of them names.
    """
    found: dict[str, Line] = {}
    for line in lines:
        there = found.get(line.name)
        found[line.name] = line if there is None else _joined(there, line)
    return list(found.values())


def _joined(one: Line, other: Line) -> Line:
    for mine, _ in one.versions:
        for theirs, _ in other.versions:
            if mine.start < theirs.end and theirs.start < mine.end:
                day = max(mine.start, theirs.start)
                raise NamedTwice(one.name) if day == FIRST_DAY else KeySetTwice(one.name, day.isoformat())
    if one.is_flow != other.is_flow:
        raise NamedTwice(one.name)
    versions = sorted((*one.versions, *other.versions), key=lambda version: version[0].start)
    return Line(one.name, tuple(versions), other.payer, other.payee)


def write_line(one: Line) -> str:
    """The canonical text of a line's first version."""
    days, said = one.versions[0]
    if not isinstance(said, Flow):
        return notation.format_defines(one.name, said) + _days_text(days)
    if one.payer is not None and one.payee is not None:
        name = None if one.name == f"{one.payer} -> {one.payee}" else one.name
        return notation.format_pays(one.payer, one.payee, name, said) + _days_text(days)
    return (f"{one.name}: " if one.name != "amount" else "") + notation.format(said) + _days_text(days)


def _days_text(days: Span) -> str:
    if days == ALWAYS:
        return ""
    first = f" from {days.start}" if days.start != FIRST_DAY else ""
    return f"{first} through {days.through}" if days.through else first
