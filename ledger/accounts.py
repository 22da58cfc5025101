"""What is booked under a deal: figures, exchange rates, statements, payments and closings, as some facts have it.

A pure fold. Figures are taken in the order of the rule (dated, place), so that a later restatement takes the place
of what it restates whatever order they were typed in; statements, payments and closings stand as they were recorded.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple, Protocol

from ledger.calendar import LAST_DAY, Span, after
from ledger.errors import Refusal
from ledger.events import (
    Figure,
    MeasureRestated,
    PaymentMade,
    PeriodClosed,
    PeriodReopened,
    RateRecorded,
    Report,
    StatementIssued,
)
from ledger.language import notation
from ledger.money import EXACT, ZERO
from ledger.rule import Fact

LAST = sys.maxsize  # a version that no entry has


class Period(Protocol):
    """Whatever is booked for some days, both included."""

    @property
    def start(self) -> date: ...

    @property
    def through(self) -> date: ...


class Account(NamedTuple):
    """Who owes whom, in which currency; `net`: what the payee owes is set off."""

    payer: str
    payee: str
    currency: str
    net: bool = False

    def __str__(self) -> str:
        return f"{self.payer} -> {self.payee}, {self.currency}"


class Filed(NamedTuple):
    """A figure, and the fact that brought it."""

    figure: Figure
    fact: Fact


class Stated(NamedTuple):
    """A statement that stands, and the fact that it is."""

    statement: StatementIssued
    fact: Fact

    @property
    def account(self) -> Account:
        return account_of(self.statement)

    @property
    def span(self) -> Span:
        return days_of(self.statement)


class Paid(NamedTuple):
    """A payment, and the fact that it is."""

    payment: PaymentMade
    fact: Fact


@dataclass
class Accounts:
    """All that is booked. `statements`: those that no other has taken the place of, in order of recording."""

    figures: dict[str, list[Filed]] = field(default_factory=lambda: defaultdict(list))
    rates: list[tuple[RateRecorded, Fact]] = field(default_factory=list)
    issued: dict[int, Stated] = field(default_factory=dict)  # every statement, by its version
    statements: list[Stated] = field(default_factory=list)
    payments: list[Paid] = field(default_factory=list)
    closings: dict[int, tuple[PeriodClosed, Fact]] = field(default_factory=dict)  # those not reopened, by version

    def filed(self) -> Iterator[Filed]:
        """Every figure that stands."""
        for figures in self.figures.values():
            yield from figures

    def standing(self, on: date = LAST_DAY) -> list[Stated]:
        """The statements dated by a day that no other dated by it has taken the place of, in order of recording."""
        dated = {version: stated for version, stated in self.issued.items() if stated.statement.dated <= on}
        replaced = {stated.statement.replaces for stated in dated.values()}
        return [stated for version, stated in dated.items() if version not in replaced]

    def of(self, account: Account) -> list[Stated]:
        """The statements of an account that stand, in order."""
        return [stated for stated in self.statements if stated.account == account]

    def paid(self, account: Account) -> list[Paid]:
        """The payments on an account, in order of their days."""
        found = [p for p in self.payments if self.issued[p.payment.statement_version].account == account]
        return sorted(found, key=lambda paid: paid.fact.order)

    def closed(self, span: Span) -> tuple[PeriodClosed, Fact] | None:
        """A closing that has one of these days."""
        return next((c for c in self.closings.values() if overlap(days_of(c[0]), span)), None)

    @property
    def since(self) -> date | None:
        """The first day of the first period that was ever stated."""
        return min((s.statement.start for s in self.issued.values()), default=None)

    @property
    def included(self) -> date | None:
        """From which day before it on statements have what earlier periods come to; None: nobody decided that."""
        told = (s.statement.earlier for s in self.issued.values())
        return min((one.since for one in told if one and one.since), default=None)

    @property
    def elsewhere(self) -> Stated | None:
        """The statement that says where what was due before all statements was settled."""
        told = (s for s in self.issued.values() if s.statement.earlier and s.statement.earlier.elsewhere)
        return next(told, None)

    @property
    def natures(self) -> dict[str, str]:
        """The natures of measures that were declared where they were reported."""
        return {filed.figure.measure: filed.figure.nature for filed in self.filed() if filed.figure.nature}

    @property
    def currency(self) -> str | None:
        """Of a flow that names none: the one in which the first amount of such a flow was stated, for good.

        Before that, the one that was first reported, in order of recording. What was stated must not hang on a report
        that is restated or voided after it.
        """
        for _, stated in sorted(self.issued.items()):
            if any(due.amount is not None and _names_no_currency(due.terms) for due in stated.statement.dues):
                return stated.statement.currency
        first = min((f for f in self.filed() if f.figure.currency), key=lambda f: f.fact.place, default=None)
        return first.figure.currency if first else None


def _names_no_currency(terms: str) -> bool:
    try:
        return notation.parse(terms).currency is None
    except Refusal:
        return False  # written into a statement by hand


def accounts_of(facts: Iterable[Fact], ours: Iterable[Fact] | None = None) -> Accounts:
    """What these facts book. `ours`: those of statements, payments and closings, where more of them count."""
    found = Accounts()
    booked = [fact for fact in facts if not fact.instrument.changes_terms]
    for fact in sorted(booked, key=lambda fact: fact.order):
        told = fact.instrument
        if isinstance(told, Report):
            _file(found, told, fact)
        elif isinstance(told, RateRecorded):
            found.rates.append((told, fact))
    for fact in booked if ours is None else ours:
        told = fact.instrument
        if isinstance(told, StatementIssued):
            found.issued[fact.place] = Stated(told, fact)
        elif isinstance(told, PaymentMade):
            found.payments.append(Paid(told, fact))
        elif isinstance(told, PeriodClosed):
            found.closings[fact.place] = told, fact
        elif isinstance(told, PeriodReopened):
            found.closings.pop(told.closed_version, None)
    found.statements = found.standing()
    found.payments = [paid for paid in found.payments if paid.payment.statement_version in found.issued]
    return found


def _file(accounts: Accounts, told: Report, fact: Fact) -> None:
    if isinstance(told, MeasureRestated):
        for measure in {figure.measure for figure in told.figures}:
            there = accounts.figures[measure]
            accounts.figures[measure] = [filed for filed in there if not replaces(told, filed.figure)]
    for figure in told.figures:
        accounts.figures[figure.measure].append(Filed(figure, fact))


def replaces(told: MeasureRestated, figure: Figure) -> bool:
    """Whether a restatement takes the place of a figure."""
    if told.whole:
        return inside(figure, told.whole) and any(figure.measure == own.measure for own in told.figures)
    return any(inside(figure, own) and same(figure, own) for own in told.figures)


def same(one: Figure, other: Figure) -> bool:
    """Whether two figures are of one measure, the same dimensions, and the same currency where both say one."""
    currencies = {one.currency, other.currency} - {None}
    return (one.measure, one.dimensions) == (other.measure, other.dimensions) and len(currencies) <= 1


def inside(inner: Period, outer: Period) -> bool:
    """Whether all days of one are days of the other."""
    return outer.start <= inner.start and inner.through <= outer.through


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans have a day in common."""
    return one.start < other.end and other.start < one.end


def days_of(booked: Period) -> Span:
    """The days of what is booked, half open."""
    return Span(booked.start, after(booked.through))


def account_of(statement: StatementIssued) -> Account:
    """The account that a statement is of."""
    return Account(statement.payer, statement.payee, statement.currency, statement.net)


def added(amounts: Iterable[Decimal | None]) -> Decimal:
    """The exact sum of the amounts that are known."""
    found = ZERO
    for amount in amounts:
        if amount is not None:
            found = EXACT.add(found, amount)
    return found
