"""The rules of what is reported: every day of a figure is said once, and what restates it comes after it.

`accounts` is what stands before; `order` the day of what is told, and its place among the deal's entries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from ledger.accounts import Accounts, Filed, days_of, inside, overlap, replaces, same
from ledger.calendar import named, span
from ledger.errors import (
    AddsBeforeRestated,
    AddsOtherDimensions,
    AddsToOtherDays,
    AmountTooLarge,
    FigureTwice,
    NatureDiffers,
    NotAddedUp,
    NotAFigureName,
    NothingRestated,
    NothingToReport,
    ReportedAlready,
    ReportedInTheFuture,
    ReportedTwiceThen,
    RestatesLater,
    RestatesOtherCurrency,
    RestatesPart,
)
from ledger.events import Figure, MeasureAdded, MeasureReported, MeasureRestated, Report
from ledger.money import minor_unit

Order: TypeAlias = tuple[date, int]

LARGEST = Decimal(10) ** 30  # so that sums of many stay within sixty digits

_NAME = re.compile(r"[^\W\d]\w*")


def check_reported(accounts: Accounts, event: Report, today: date, place: int) -> None:
    """Raises the Refusal for the first rule that a report does not keep; `place`: see ledger.rule."""
    _check_figures(event.figures, today)
    _check_natures(accounts, event)
    if isinstance(event, MeasureReported):
        _report(accounts, event, (event.dated, place))
    elif isinstance(event, MeasureAdded):
        _add(accounts, event, (event.dated, place))
    else:
        _restate(accounts, event, (event.dated, place))


def _check_natures(accounts: Accounts, event: Report) -> None:
    """A measure has one nature; a stock and a rate are never added up."""
    there = {f.figure.measure: f for f in accounts.filed() if f.figure.nature and not _gone(event, f.figure)}
    for figure in event.figures:
        filed = there.get(figure.measure)
        declared = filed.figure.nature if filed else None
        if filed and declared and figure.nature not in (None, declared):
            raise NatureDiffers(figure.measure, str(figure.nature), declared, str(filed.fact.entry))
        nature = figure.nature or declared
        if nature in ("stock", "rate"):
            if isinstance(event, MeasureAdded):
                raise NotAddedUp(described(figure), nature, named(days_of(figure)), " with what is added")
            if figure.rows and figure.rows[0] > 1:
                count, first, last = figure.rows
                rows = f" ({count} rows of the file, from {first} to {last})"
                raise NotAddedUp(described(figure), nature, named(days_of(figure)), rows)


def _gone(event: Report, figure: Figure) -> bool:
    return isinstance(event, MeasureRestated) and replaces(event, figure)


def check_told_once(accounts: Accounts, undone: str) -> None:
    """Raises ReportedTwiceThen where, without the entry `undone`, two entries tell of one day."""
    ends: dict[tuple[Any, ...], dict[str | None, Filed]] = {}
    for filed in sorted(accounts.filed(), key=lambda filed: (filed.figure.start, filed.fact.order)):
        there = ends.setdefault(_key(filed.figure), {})
        for before in there.values():
            if before.fact is not filed.fact and clash(before.figure, filed.figure) and not _on_top(before, filed):
                entries = [str(before.fact.entry), str(filed.fact.entry)]
                raise ReportedTwiceThen(undone, described(filed.figure), named(days_of(filed.figure)), entries)
        there[filed.figure.currency] = filed


def _on_top(one: Filed, other: Filed) -> bool:
    """Whether one of two figures of the same days was added to the other."""
    added = any(isinstance(filed.fact.instrument, MeasureAdded) for filed in (one, other))
    return added and days_of(one.figure) == days_of(other.figure)


def clash(one: Figure, other: Figure) -> bool:
    """Whether two figures tell of one day; one without a currency may be in the other's."""
    return same(one, other) and overlap(days_of(one), days_of(other))


def _report(accounts: Accounts, event: MeasureReported, order: Order) -> None:
    there = _by_key(accounts, {figure.measure for figure in event.figures})
    for figure in event.figures:
        for other in there.get(_key(figure), ()):
            told = other.fact.instrument
            if isinstance(told, MeasureRestated) and other.fact.order > order and replaces(told, figure):
                continue  # restated later: this is what was restated
            if clash(other.figure, figure):
                raise ReportedAlready(described(figure), named(days_of(figure)), *_said(other))


def _add(accounts: Accounts, event: MeasureAdded, order: Order) -> None:
    """An addition is of the days and the dimensions that are reported, or of days of which nothing is."""
    for figure in event.figures:
        days = days_of(figure)
        for other in accounts.figures.get(figure.measure, ()):
            told = other.fact.instrument
            if isinstance(told, MeasureRestated) and other.fact.order > order and replaces(told, figure):
                later, dated = told.dated.isoformat(), event.dated.isoformat()
                raise AddsBeforeRestated(described(figure), named(days), str(other.fact.entry), later, dated)
            if not overlap(days_of(other.figure), days):
                continue
            if other.figure.dimensions.keys() != figure.dimensions.keys():
                by = " and ".join(sorted(other.figure.dimensions)) or "no dimension"
                raise AddsOtherDimensions(described(figure), named(days), str(other.fact.entry), by)
            if same(other.figure, figure) and days_of(other.figure) != days:
                raise AddsToOtherDays(described(figure), named(days), *_said(other))


def _restate(accounts: Accounts, event: MeasureRestated, order: Order) -> None:
    measures = {figure.measure for figure in event.figures}
    there = [filed for measure in measures for filed in accounts.figures.get(measure, ())]
    found = False
    for own in (event.whole,) if event.whole else event.figures:
        for other in there:
            figure = other.figure
            if isinstance(own, Figure) and not same(figure, own):
                continue
            if not overlap(days_of(figure), days_of(own)):
                continue
            if not inside(figure, own):
                raise RestatesPart(described(figure), named(days_of(own)), *_said(other))
            if other.fact.order > order and not _restates_again(event, other):
                later = other.fact.instrument.dated.isoformat()
                raise RestatesLater(described(figure), *_said(other), later, event.dated.isoformat())
            found = True
    if not found:
        first = event.figures[0]
        for other in there:
            if _key(other.figure) == _key(first) and overlap(days_of(other.figure), days_of(event.whole or first)):
                # Only its currency is another: beside it, the sales would count twice.
                raise RestatesOtherCurrency(described(first), *_said(other), other.figure.currency or "")
        raise NothingRestated(described(first), named(days_of(event.whole or first)))


def _restates_again(event: MeasureRestated, later: Filed) -> bool:
    """Whether a figure is of a later restatement, which takes the place of what this one says of its days."""
    told = later.fact.instrument
    clashing = [figure for figure in event.figures if clash(figure, later.figure)]
    return isinstance(told, MeasureRestated) and all(replaces(told, figure) for figure in clashing)


def _by_key(accounts: Accounts, measures: set[str]) -> dict[tuple[Any, ...], list[Filed]]:
    found: dict[tuple[Any, ...], list[Filed]] = {}
    for measure in measures:
        for filed in accounts.figures.get(measure, ()):
            found.setdefault(_key(filed.figure), []).append(filed)
    return found


def _key(figure: Figure) -> tuple[Any, ...]:
    return figure.measure, tuple(sorted(figure.dimensions.items()))


def _check_figures(figures: Sequence[Figure], today: date) -> None:
    if not figures:
        raise NothingToReport()
    ends: dict[tuple[Any, ...], Figure] = {}
    for figure in sorted(figures, key=lambda f: f.start):
        _check_figure(figure, today)
        key = *_key(figure), figure.currency  # sales in two currencies are two figures
        before = ends.get(key)
        if before is not None and before.through >= figure.start:
            raise FigureTwice(described(figure), named(days_of(before)), named(days_of(figure)))
        ends[key] = figure


def _check_figure(figure: Figure, today: date) -> None:
    for name in (figure.measure, *figure.dimensions):
        if not _NAME.fullmatch(name):
            raise NotAFigureName(name)
    for value in figure.dimensions.values():
        if not value or not value.isprintable() or value != value.strip():
            raise NotAFigureName(value)
    span(figure.start, figure.through, f"What is reported of {figure.measure}")
    if figure.start > today:
        raise ReportedInTheFuture(described(figure), named(days_of(figure)), today.isoformat())
    check_amount(figure.amount)
    if figure.currency is not None:
        minor_unit(figure.currency)


def check_amount(amount: Decimal) -> None:
    """Raises AmountTooLarge for what is no number to reckon with."""
    if not amount.is_finite() or abs(amount) > LARGEST:
        raise AmountTooLarge(f"The amount {amount:.6E}" if amount.is_finite() else f"'{amount}'", "10^30")


def described(figure: Figure) -> str:
    """The measure with its dimensions: `revenue[product = api]`."""
    pairs = ", ".join(f"{name} = {value}" for name, value in sorted(figure.dimensions.items()))
    return f"{figure.measure}[{pairs}]" if pairs else figure.measure


def _said(there: Filed) -> tuple[str, str]:
    return named(days_of(there.figure)), str(there.fact.entry)
