"""Clauses as people write them, and back: the head and the formula by ledger.language.notation, the span behind them.

    OpenAI -> Microsoft as revenue_share: 20% of revenue every quarter from 2025-01-21 through 2030-12-31
    Microsoft as compute: right of first refusal on new computing capacity until launch

`from`, `through` and `until` may stand at the end of any clause; `survives` says that it outlives the term, `then as
before` that what it replaces holds again after it. What is left out comes from the instrument.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Literal, TypeAlias
from unicodedata import normalize

import msgspec

from ledger.calendar import LAST_DAY, ONE_DAY, parse_period
from ledger.errors import NotNetting, Refusal, TermNeedsAnEnd
from ledger.events import AnyClause, Commits, Defines, Drop, Event, Instrument, Member, Nets, Pays, Right, Term
from ledger.language import notation

_TAIL = re.compile(
    r"(?P<text>.*?)"
    r"(?:(?:^| )from (?P<start>\d{4}\S*))?"
    r"(?:(?:^| )through (?P<through>\d{4}\S*))?"
    r"(?:(?:^| )until (?P<until>[^\W\d][\w-]*|\"[^\"\n]+\"))?"
    r"(?P<survives> survives)?"
    r"(?P<then> then as before)?",
    re.DOTALL,
)


_PART = re.compile(r"(?P<party>.*\S)\s+(?P<part>\d[\d.]*%|\d+/\d+)")


@dataclass(frozen=True, slots=True)
class Days:
    """The span of a clause where its own text does not say it."""

    start: date
    through: date | None = None
    until: str | None = None
    survives: bool = False
    then: Literal["as before"] | None = None

    def fields(self) -> dict[str, Any]:
        """The fields of a clause that these are."""
        return {
            "start": self.start, "through": self.through, "until": self.until, "survives": self.survives,
            "then": self.then,
        }  # fmt: skip


Reader: TypeAlias = Callable[[str, Days], AnyClause]


def split_span(text: str, days: Days) -> tuple[str, Days]:
    """The clause without the span at its end, and its span."""
    found = _TAIL.fullmatch(clean(text))
    assert found  # the pattern takes any text
    if found["start"]:
        days = replace(days, start=first_day(found["start"]))
    if found["through"]:
        days = replace(days, through=last_day(found["through"]))
    if found["until"]:
        days = replace(days, until=found["until"].strip('"').strip())
    if found["then"]:
        days = replace(days, then="as before")
    return found["text"], replace(days, survives=days.survives or bool(found["survives"]))


def clean(text: str) -> str:
    """The text in Unicode's composed form, so that one name is one name however it was typed."""
    return normalize("NFC", text.strip())


def first_day(text: str, today: date | None = None) -> date:
    """The day, or the first of the month, quarter or year."""
    return parse_period(text, today).start


def last_day(text: str, today: date | None = None) -> date:
    """The day, or the last of the month, quarter or year."""
    end = parse_period(text, today).end
    return end if end == LAST_DAY else end - ONE_DAY


def pays(text: str, days: Days) -> Pays:
    """`OpenAI -> Microsoft as revenue_share: 20% of revenue every quarter`; raises NotationError."""
    text, days = split_span(text, days)
    payer, payee, name, flow = notation.parse_pays(text)
    return Pays(payer=payer, payee=payee, name=name, terms=notation.format(flow), **days.fields())


def defines(text: str, days: Days) -> Defines:
    """`net_sales: gross - returns`; raises NotationError."""
    text, days = split_span(text, days)
    name, expression = notation.parse_defines(text)
    return Defines(name=name, terms=notation.format(expression), **days.fields())


def right(text: str, days: Days) -> Right:
    """`Microsoft as compute: right of first refusal on new computing capacity`; raises NotationError."""
    text, days = split_span(text, days)
    holder, name, what = notation.parse_right(text)
    return Right(holder=holder, name=name, text=what, **days.fields())


def commits(text: str, days: Days) -> Commits:
    """`OpenAI -> Microsoft: 250bn of Azure services`; raises NotationError."""
    text, days = split_span(text, days)
    payer, payee, name, what, _amount = notation.parse_commits(text)
    return Commits(payer=payer, payee=payee, name=name, text=what, **days.fields())


def drop(text: str, days: Days) -> Drop:
    """`revenue_share`, or any other key, from a day through a day: nothing holds under it then."""
    key, span = split_span(text, days)
    return Drop(of=key, start=span.start, through=span.through, until=span.until)


def term(text: str, days: Days) -> Term:
    """`2019-07-22..2030-12-31`, `through 2030-12-31`, `until launch`; raises TermNeedsAnEnd.

    One that says no first day extends the term that there is.
    """
    start, dots, through = text.partition("..")
    said, span = split_span(through if dots else text, Days(first_day(start.strip()) if dots else days.start))
    last = last_day(said.strip()) if said.strip() else span.through
    if last is None and span.until is None:
        raise TermNeedsAnEnd(text)
    return Term(start=span.start, through=last, until=span.until, extends=not (dots or _says_first(text)))


def _says_first(text: str) -> bool:
    found = _TAIL.fullmatch(clean(text))
    return bool(found and found["start"])


def pool(text: str, days: Days) -> tuple[str, list[Member]]:
    """`commercial partners: Microsoft, Oracle 40%`, the pool and its first members; or the pool's name alone."""
    text, days = split_span(text, days)
    name, _, members = text.partition(":")
    parties = [party.strip() for party in members.split(",") if party.strip()]
    return name.strip(), [_member(party, name.strip(), days) for party in parties]


def _member(text: str, pool_name: str, days: Days) -> Member:
    found = _PART.fullmatch(text)
    party, part = (found["party"], found["part"]) if found else (text, None)
    return Member(party=party, pool=pool_name, part=part, **days.fields())


def nets(text: str, days: Days) -> Nets:
    """`HPS <-> SHPS`: what the two owe each other is set off; raises NotNetting."""
    text, days = split_span(text, days)
    one, sign, other = text.partition("<->")
    if not (sign and one.strip() and other.strip()):
        raise NotNetting(text)
    return Nets(one=one.strip(), other=other.strip(), **days.fields())


READERS: dict[str, Reader] = {
    "pays": pays, "defines": defines, "right": right, "commits": commits, "nets": nets, "drop": drop,
}  # fmt: skip


def canonical(event: Event) -> Event:
    """The event with its formulas in their canonical text; one that cannot be read stays, and will be refused."""
    if not isinstance(event, Instrument):
        return event
    written = tuple(_canonical(clause) for clause in event.clauses)
    return event if written == event.clauses else msgspec.structs.replace(event, clauses=written)


def _canonical(clause: AnyClause) -> AnyClause:
    if not isinstance(clause, Pays | Defines):
        return clause
    terms = _canonical_terms(clause.terms)
    return clause if terms == clause.terms else msgspec.structs.replace(clause, terms=terms)


@lru_cache(maxsize=16_384)
def _canonical_terms(text: str) -> str:
    try:
        return notation.format(notation.parse(text))
    except Refusal:
        return text


def text_of(clause: AnyClause) -> str:
    """The clause as people write it, without its span."""
    match clause:
        case Pays():
            return notation.format_pays(clause.payer, clause.payee, clause.name, notation.parse(clause.terms))
        case Commits():
            return f"{clause.payer} -> {clause.payee}{_named(clause.name)}: {clause.text}"
        case Right():
            return f"{clause.holder}{_named(clause.name)}: {clause.text}"
        case Defines():
            return f"{clause.name}: {clause.terms}"
        case Member():
            part = f", with {clause.part} of it" if clause.part else ""
            return f"{clause.party} in {clause.pool}{part}" if clause.pool else f"{clause.party} is a party"
        case Nets():
            return f"{clause.key} are set off"
        case Drop():
            return f"{clause.of} dropped"
        case Term():
            runs = "the agreement is renewed" if clause.renews else "the agreement runs"
            return f"the deal is over after {clause.through}" if clause.ended else runs


def span_text(clause: AnyClause) -> str:
    """The span of a clause as people write it: ` from 2025-01-21 through 2030-12-31`."""
    through = f" through {clause.through}" if clause.through else ""
    until = f" until {clause.until}" if clause.until else ""
    survives = " survives" if clause.survives and not isinstance(clause, Member | Drop) else ""
    then = f" then {clause.then}" if clause.then and not isinstance(clause, Member | Drop) else ""
    # One that only moves the end has no first day of its own: it is that of the paper.
    start = "" if isinstance(clause, Term) and clause.extends else f" from {clause.start}"
    return f"{start}{through}{until}{survives}{then}"


def _named(name: str | None) -> str:
    return f" as {name}" if name else ""
