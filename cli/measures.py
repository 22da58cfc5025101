"""Words in: measures from options and files, to figures."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from ledger.calendar import Span, parse_day, parse_period
from ledger.calendar import span as inclusive
from ledger.computing.quotation import Given
from ledger.computing.run import Opening
from ledger.errors import BadMeasureFile, NotADay, NotAMeasure, NotAnOpening, NotAPeriod, NotDated, OpenedTwice, Refusal
from ledger.figures import period, read
from ledger.files import text_of, toml_of
from ledger.language.notation import parse_amount

_HEAD = ("measure", "period", "from", "through", "amount")


def figure(text: str, today: date | None = None) -> Given:
    """`revenue=60m`, `revenue[2025-Q1]=12m`, `revenue[2025-Q1, product=api]=3m`. Raises NotAMeasure."""
    found = read(text, today)
    if found.currency:  # what is quoted is one currency's
        raise NotAMeasure(text)
    return Given(found.measure, found.amount, found.span, found.dimensions)


def asked(period_: str | None, first: str | None, last: str | None, today: date) -> Span | None:
    """The days that --period, or --from and --through, ask for."""
    if period_ is not None:
        return period(period_, today)
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise NotAPeriod(f"{first or ''}..{last or ''}")
    return inclusive(parse_period(first, today).start, period(last, today).through, "The time asked for")


def since(text: str, today: date | None = None) -> tuple[str, date]:
    """A condition and the day it holds since: `launch=2025-03-01`."""
    name, sign, day = text.rpartition("=")
    try:
        if sign and name.strip():
            return name.strip(), parse_day(day.strip(), today)
    except NotADay:
        pass
    raise NotDated(text)


def opening(text: str) -> Given:
    """A measure, or a slice of one, and what its running totals stand at: `kwh=795m`, `sales[kind=x]=30`.

    Raises NotAnOpening where it names a period: an opening is what was before the first one.
    """
    found = figure(text)
    if found.span:
        raise NotAnOpening(text)
    return found


def openings(texts: Sequence[str]) -> dict[Opening, Decimal]:
    """The openings of measures, flows and slices of measures; raises OpenedTwice."""
    opened: dict[Opening, Decimal] = {}
    for text in texts:
        found = opening(text)
        key = (found.measure, found.dimensions) if found.dimensions else found.measure
        if key in opened:
            raise OpenedTwice(text.rpartition("=")[0])
        opened[key] = found.amount
    return opened


def read_file(path: Path, needed: Sequence[str]) -> list[Given]:
    """The figures of a CSV or TOML file. Raises BadMeasureFile with everything that is wrong in it."""
    problems: list[str] = []
    try:
        text = text_of(path)
        found = _toml(text, problems) if path.suffix == ".toml" else _csv(text, needed, problems)
    except (ValueError, TypeError, csv.Error) as error:
        raise BadMeasureFile(str(path), [str(error)]) from None
    if problems:
        raise BadMeasureFile(str(path), problems)
    return found


def _csv(text: str, needed: Sequence[str], problems: list[str]) -> list[Given]:
    rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
    names = [name.strip() for name in rows.fieldnames or ()]
    rows.fieldnames = names
    long = "measure" in names and "amount" in names
    measures = [name for name in names if name in needed]
    if not long and not measures:
        problems.append(f"the first line names no measure that is needed ({', '.join(needed)})")
    found: list[Given] = []
    for number, row in enumerate(rows, 2):
        cells = {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
        try:
            days = _days(cells)
            dims = {n: v for n, v in cells.items() if v and n not in _HEAD and (long or n not in measures)}
            pairs = [(cells["measure"], cells["amount"])] if long else [(m, cells[m]) for m in measures if cells[m]]
            pairs_ = tuple(sorted(dims.items()))
            found.extend(Given(measure, parse_amount(amount), days, pairs_) for measure, amount in pairs)
        except Refusal as problem:
            problems.append(f"line {number}: {problem}")
    return found


def _days(cells: dict[str, str]) -> Span | None:
    if cells.get("period"):
        return period(cells["period"])
    if cells.get("from"):
        return inclusive(parse_day(cells["from"]), parse_day(cells.get("through") or cells["from"]))
    return None


def _toml(text: str, problems: list[str]) -> list[Given]:
    """`[revenue]` with `2025-Q1 = "12m"` in it, or `revenue = "60m"`; or `[[reported]]` tables."""
    found: list[Given | None] = []
    for name, value in toml_of(text, parse_float=Decimal).items():
        if isinstance(value, list):
            entries = [(str(row.pop("measure", "")), row) for row in map(dict, value)]
            found.extend(_entry(measure, row, problems) for measure, row in entries)
        elif isinstance(value, dict):
            rows = [{"period": key, "amount": amount} for key, amount in value.items()]
            found.extend(_entry(name, row, problems) for row in rows)
        else:
            found.append(_entry(name, {"amount": value}, problems))
    return [given for given in found if given is not None]


def _entry(measure: str, row: dict[str, object], problems: list[str]) -> Given | None:
    cells = {name: str(value) for name, value in row.items()}
    try:
        dims = tuple(sorted((name, value) for name, value in cells.items() if name not in _HEAD))
        return Given(measure, parse_amount(cells.get("amount", "")), _days(cells), dims)
    except Refusal as problem:
        problems.append(f"{measure}: {problem}")
        return None
