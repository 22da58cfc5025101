"""Vouchers: the forms of what is booked under a deal, and what a correction of one makes of them.

Fields: `figure` (`revenue[2025-Q1, product=api]=3m EUR`, any number), `period` and `dim` for the figures that do not
say them, `currency`; `pair` and `rate`; `statement` and `amount`; `closing` and `reason`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from ledger import figures
from ledger.batch import Make
from ledger.calendar import ONE_DAY, Span
from ledger.clauses import clean, last_day
from ledger.entry import Entry
from ledger.errors import (
    FieldMissing,
    NotADimension,
    NotAPair,
    NotClosed,
    NotIssuedYet,
    ReportWithoutPeriod,
    UnknownField,
)
from ledger.events import (
    Booked,
    DaySpan,
    Event,
    Figure,
    Instrument,
    MeasureAdded,
    MeasureReported,
    MeasureRestated,
    PaymentMade,
    PeriodClosed,
    PeriodReopened,
    RateRecorded,
    Report,
    StatementIssued,
)
from ledger.fields import Form, day_in, paper_in, reason_in, text_in, texts_in
from ledger.language.notation import parse_amount
from ledger.money import EXACT, in_units

FIGURES = ("figure", "period", "dim", "currency", "nature")

FIELDS: dict[str, tuple[str, ...]] = {
    "report": FIGURES,
    "restate": (*FIGURES, "whole"),
    "add": FIGURES,
    "rate": ("pair", "rate", "on", "period"),
    "pay": ("statement", "amount"),
    "close": ("period",),
    "reopen": ("closing", "reason"),
}
ABOUT = {"pay": "statement", "reopen": "closing"}


def figures_in(form: Form, today: date | None = None) -> tuple[Figure, ...]:
    """The figures of a form, those of the same days and dimensions in the order in which they are given."""
    days = days_in(form, "period", today) if "period" in form else None
    pairs = dict(_pair(text) for text in texts_in(form, "dim"))
    currency = text_in(form, "currency") if "currency" in form else None
    natures = figures.natures(texts_in(form, "nature"))
    found = tuple(_figure(text, days, pairs, currency, today) for text in texts_in(form, "figure"))
    return tuple(replace(one, nature=natures.get(one.measure)) for one in found) if natures else found


def _figure(text: str, days: Span | None, pairs: Mapping[str, str], currency: str | None, today: date | None) -> Figure:
    found = figures.read(text, today)
    span = found.span or days
    if span is None:
        raise ReportWithoutPeriod(found.measure)
    return Figure(
        measure=found.measure, start=span.start, through=span.end - ONE_DAY, amount=found.amount,
        currency=found.currency or currency,
        dimensions={name: clean(value) for name, value in sorted({**pairs, **dict(found.dimensions)}.items())},
    )  # fmt: skip


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise NotADimension(text)
    return name.strip(), value.strip()


def days_in(form: Form, field: str, today: date | None = None) -> Span:
    """The days that a field says: a period, or `first..last`; a day where a file has one."""
    value = form.get(field)
    return figures.period(value.isoformat() if isinstance(value, date) else str(text_in(form, field)), today)


# --- the events, by their words ---------------------------------------------------------------------------


def _report(form: Form) -> Event:
    return MeasureReported(figures=figures_in(form), **paper_in(form))


def _add(form: Form) -> Event:
    return MeasureAdded(figures=figures_in(form), **paper_in(form))


def _restate(form: Form) -> Event:
    whole = days_in(form, "whole") if "whole" in form else None
    days = DaySpan(start=whole.start, through=whole.end - ONE_DAY) if whole else None
    return MeasureRestated(figures=figures_in(form), whole=days, **paper_in(form))


def _rate(form: Form) -> Event:
    base, sign, quote = text_in(form, "pair").partition("/")
    if not sign:
        raise NotAPair(text_in(form, "pair"))
    days = _rate_days(form)
    return RateRecorded(
        base=base.strip(), quote=quote.strip(), rate=_amount(form, "rate"), start=days.start,
        through=days.end - ONE_DAY, **paper_in(form),
    )  # fmt: skip


def _rate_days(form: Form) -> Span:
    if "period" in form:
        return days_in(form, "period")
    if "on" not in form:
        raise FieldMissing("on", "rate")
    day = day_in(form, "on", last_day)
    return Span(day, day + ONE_DAY)


def _amount(form: Form, field: str) -> Decimal:
    value = form.get(field)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return figures.plain(Decimal(value))
    text = text_in(form, field)
    return figures.plain(-parse_amount(text[1:]) if text.startswith("-") else parse_amount(text))


def _pay(form: Form) -> Make:
    paper, amount = paper_in(form), _amount(form, "amount")

    def make(entry: Entry, there: Instrument | None) -> Event:
        if not isinstance(there, StatementIssued):
            raise NotIssuedYet(str(entry))
        return PaymentMade(statement_version=entry.version, amount=in_units(amount, there.currency), **paper)

    return make


def _close(form: Form) -> Event:
    days = days_in(form, "period")
    return PeriodClosed(start=days.start, through=days.end - ONE_DAY, **paper_in(form))


def _reopen(form: Form) -> Make:
    paper, reason = paper_in(form), reason_in(form)

    def make(entry: Entry, there: Instrument | None) -> Event:
        if not isinstance(there, PeriodClosed):
            raise NotClosed()
        return PeriodReopened(closed_version=entry.version, reason=reason, **paper)

    return make


EVENTS: dict[str, Callable[[Form], Event | Make]] = {
    "report": _report, "restate": _restate, "add": _add, "rate": _rate, "pay": _pay, "close": _close, "reopen": _reopen,
}  # fmt: skip


# --- corrections ------------------------------------------------------------------------------------------


def corrected(form: Form, there: Booked) -> dict[str, Any]:
    """The fields of what is booked as they should have been: a figure stands in for the one of the same days."""
    fields: dict[str, Any] = {}
    for name, kind in _CORRECTS.items():
        if name in form and not isinstance(there, kind):
            raise UnknownField(name, "correct", tuple(sorted(n for n, k in _CORRECTS.items() if isinstance(there, k))))
    if isinstance(there, Report) and "figure" in form:
        given = figures_in(form)
        replaced = [figure for own in given for figure in _in_place_of(own, there.figures)]
        fields["figures"] = (*(figure for figure in there.figures if figure not in replaced), *given)
    if "amount" in form and isinstance(there, PaymentMade):
        amount = _amount(form, "amount")
        in_cents = EXACT.quantize(amount, there.amount)  # as the payment has them
        fields["amount"] = in_cents if in_cents == amount else amount
    if "rate" in form:
        fields["rate"] = _amount(form, "rate")
    return fields


_CORRECTS: dict[str, Any] = {
    "figure": Report, "amount": PaymentMade, "rate": RateRecorded,
}  # fmt: skip


def _in_place_of(own: Figure, there: Sequence[Figure]) -> list[Figure]:
    """The figures that one stands in for: of its days and dimensions, and its currency where they are in several."""
    found = [figure for figure in there if _place(figure) == _place(own)]
    return [figure for figure in found if figure.currency == own.currency] or found


def _place(figure: Figure) -> tuple[Any, ...]:
    return figure.measure, figure.start, figure.through, tuple(figure.dimensions.items())
