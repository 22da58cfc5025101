"""What is booked under a deal, in words: reports, exchange rates, statements, payments, closings."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.accounts import account_of, days_of
from ledger.calendar import ONE_DAY, Span, named
from ledger.events import (
    Booked,
    Figure,
    LinesFile,
    MeasureAdded,
    MeasureReported,
    MeasureRestated,
    PaymentMade,
    PeriodClosed,
    PeriodReopened,
    RateRecorded,
    StatementIssued,
)
from ledger.money import plain
from ledger.reports import described

FIGURES_SAID = 12


def says(event: Booked, names: Mapping[int, str]) -> list[str]:
    """What is booked, in words; `names` says how to name an entry of the deal, by its version."""
    match event:
        case MeasureReported():
            return [*_figures(event.figures, "reported"), *_file(event.file)]
        case MeasureRestated(whole=whole):
            all_of = [f"in the place of all that was reported of them for {named(days_of(whole))}"] if whole else []
            return [*_figures(event.figures, "restated"), *all_of, *_file(event.file)]
        case MeasureAdded():
            return [*_figures(event.figures, "added"), *_file(event.file)]
        case RateRecorded():
            return [f"1 {event.base} = {plain(event.rate)} {event.quote} for {named(days_of(event))}"]
        case StatementIssued():
            closing = f"{event.closing:,f} {event.currency} owed at its end"
            again = f", in the place of {names.get(event.replaces)}" if event.replaces else ""
            return [f"statement for {named(days_of(event))}, {account_of(event)}: {closing}{again}"]
        case PaymentMade():
            return [f"{event.amount:,f} paid against {names.get(event.statement_version)}"]
        case PeriodClosed():
            return [f"{named(days_of(event))} is closed"]
        case PeriodReopened():
            return [f"{names.get(event.closed_version)} is reopened: {event.reason}"]
    raise AssertionError(event)  # pragma: no cover - the kinds of bookings that there are


def about(event: Booked) -> set[int]:
    """The versions of the entries that it is about."""
    match event:
        case PaymentMade(statement_version=version) | PeriodReopened(closed_version=version):
            return {version}
        case StatementIssued(replaces=int(version)):
            return {version}
    return set()


def following(deal: str, event: Booked) -> str:
    """The next useful command after it."""
    match event:
        case MeasureReported(figures=figures) | MeasureRestated(figures=figures) | MeasureAdded(figures=figures):
            return f"deal settle {_settled(figures)} {deal}"
        case RateRecorded() | PeriodReopened():
            return f"deal log {deal}"
    return f"deal balance {deal}"


def _settled(figures: tuple[Figure, ...]) -> str:
    """The period of the figures where it has a name, else the quarter of their last day."""
    last = max(figure.through for figure in figures)
    hull = Span(min(figure.start for figure in figures), last + ONE_DAY)
    if hull.days > 27 and " to " not in named(hull):
        return named(hull)
    return f"{last.year:04}-Q{(last.month + 2) // 3}"


def _figures(figures: tuple[Figure, ...], how: str) -> list[str]:
    said = [
        f"{described(figure)} for {named(days_of(figure))} {how}: {plain(figure.amount)}"
        + (f" {figure.currency}" if figure.currency else "")
        for figure in figures[:FIGURES_SAID]
    ]
    more = len(figures) - FIGURES_SAID
    return [*said, f"and {more:,} figures more"] if more > 0 else said


def _file(file: LinesFile | None) -> list[str]:
    if file is None:
        return []
    rows = "1 row" if file.rows == 1 else f"{file.rows:,} rows"
    return [f"summed by {file.by} from {rows} of {file.name}, SHA-256 {file.sha256}"]
