"""What was reported, in one currency: figures as measures, converted at the rates that were recorded.

A rate is said for a day or a period. What was reported for some days is converted at the rate that covers the last
of them; the shortest period that does goes before longer ones, and among equal ones the latest. Where there is
none, the amount cannot be told: it is never taken as it is.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ledger.accounts import Accounts, Filed, added, days_of, overlap
from ledger.calendar import Span, after, named
from ledger.computing.reported import Amount, Dimensions, Gap, Measures, Reported, add
from ledger.events import Figure, RateRecorded
from ledger.money import EXACT, plain
from ledger.reports import described
from ledger.rule import Fact


class Converted(NamedTuple):
    """A figure that came into another currency: by which rate, from how much to how much."""

    figure: Figure
    rate: RateRecorded
    fact: Fact
    amount: Decimal


class Revenue:
    """The figures of a deal in one currency."""

    def __init__(self, accounts: Accounts, currency: str) -> None:
        self.currency = currency
        self.converted: list[Converted] = []
        self._rates = sorted(accounts.rates, key=lambda told: told[1].order, reverse=True)
        amounts: dict[tuple[str, date, date, Dimensions], Amount] = {}
        for filed in accounts.filed():
            figure = filed.figure
            dimensions = figure.dimensions
            told = dimensions.items() if len(dimensions) < 2 else sorted(dimensions.items())
            key = figure.measure, figure.start, figure.through, tuple(told)
            amount = figure.amount if figure.currency in (None, currency) else self._amount(filed)
            # Sales of the same days in two currencies are one measure.
            amounts[key] = add(amounts[key], amount) if key in amounts else amount
        self.measures = Measures(
            Reported(measure, Span(start, after(through)), amount, by)
            for (measure, start, through, by), amount in amounts.items()
        ).declared(accounts.natures)

    def notes(self, measures: list[str], days: Span) -> list[str]:
        """How the figures of some measures for some days were converted: a sentence for each measure and rate."""
        found: dict[tuple[str, int], list[Converted]] = {}
        for told in self.converted:
            if told.figure.measure in measures and overlap(days_of(told.figure), days):
                found.setdefault((told.figure.measure, told.fact.entry.position), []).append(told)
        return [self._note(told) for told in found.values()]

    def _note(self, told: list[Converted]) -> str:
        rate, first = told[0].rate, told[0].figure
        before, after_ = added(one.figure.amount for one in told), added(one.amount for one in told)
        said = f"{plain(before)} {first.currency} at {plain(rate.rate)} {rate.base}/{rate.quote} ({told[0].fact.entry})"
        hull = Span(min(one.figure.start for one in told), after(max(one.figure.through for one in told)))
        what = described(first) if len(told) == 1 else first.measure
        return f"{what} for {named(hull)}: {said} = {plain(after_)} {self.currency}"

    def _amount(self, filed: Filed) -> Amount:
        """A figure in another currency, as it comes into this one."""
        figure = filed.figure
        found = self._rate(figure)
        if found is None:
            return Gap(f"the rate {figure.currency}/{self.currency} on {figure.through}", reported=True)
        rate, fact = found
        direct = rate.base == figure.currency
        amount = (EXACT.multiply if direct else EXACT.divide)(figure.amount, rate.rate)
        self.converted.append(Converted(figure, rate, fact, amount))
        return amount

    def _rate(self, figure: Figure) -> tuple[RateRecorded, Fact] | None:
        pair = {figure.currency, self.currency}
        found = [
            told
            for told in self._rates
            if {told[0].base, told[0].quote} == pair and told[0].start <= figure.through <= told[0].through
        ]
        # Stable: among spans of one length the latest goes first, one in the same direction before its inverse.
        return min(
            found, key=lambda told: (days_of(told[0]).days, told[0].base != figure.currency), default=None
        )  # fmt: skip
