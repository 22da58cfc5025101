"""The gate: a row's cells are good, and say what they say; or they are bad, and this says why.

Every engine finds the same rows bad, and the reasons are always these. Amounts are decimal(18, 4): fourteen digits
before the point and four after it, or as many of the eighteen after it as the mapping says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from ledger.calendar import ONE_DAY, Span, after, parse_day, parse_period
from ledger.calendar import months as months_from
from ledger.calendar import span as inclusive
from ledger.computing.reported import Dimensions
from ledger.errors import Refusal, UnknownCurrency
from ledger.money import minor_unit
from projections.revenue.columns import Form, Layout, Plan

DIGITS = 18
FIRST_YEAR, LAST_YEAR = 1900, 2200

_MEASURE = re.compile(r"[^\W\d]\w*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d+)?")
_EXPONENT = re.compile(r"[-+]?\d+(?:\.\d+)?[eE][-+]?\d+")
_EMPTY = "the {} is empty"


class Bad(Exception):
    """Why a cell is bad; never leaves this package."""


class Head(NamedTuple):
    """What a line's amount is of, without its days."""

    deal: str
    measure: str
    currency: str | None
    dimensions: Dimensions

    def __str__(self) -> str:
        dimensions = ", ".join(f"{name} = {value}" for name, value in self.dimensions)
        return f"{self.measure}{f'[{dimensions}]' if dimensions else ''} of {self.deal}"


class Gate:
    """Reads the rows of one layout by one plan."""

    def __init__(self, plan: Plan, layout: Layout) -> None:
        self.plan, self.layout = plan, layout
        self.amount = amount_reader(plan.form)
        self._days = lru_cache(maxsize=100_000)(self._read_span)

    def heads(self, cells: Sequence[str]) -> tuple[Head, ...]:
        """What the amounts of a row are of, one for each column of amounts. Raises Bad at the first bad cell."""
        layout = self.layout
        deal = self.word("deal", layout.deal, cells)
        currency = self.word("currency", layout.currency, cells) or None
        dimensions = self.dimensions(cells)
        names = [name for name, _ in layout.measures] or [self.word("measure", layout.measure, cells)]
        return tuple(Head(deal, name, currency, dimensions) for name in names)

    def word(self, word: str, at: int | None, cells: Sequence[str]) -> str:
        """The deal, the measure or the currency of a row, in our words. Raises Bad."""
        text = self.plan.constants.get(word, "") if at is None else self._ours(word, cells[at])
        _CHECKS[word](text)
        return text

    def dimensions(self, cells: Sequence[str]) -> Dimensions:
        """The dimensions that have a value, in order of their names. Raises Bad."""
        found = {n: v for n, v in self.plan.constants.items() if n not in _NO_DIMENSIONS}
        for name, at in self.layout.dimensions:
            if text := self._ours(name, cells[at]):
                if _CONTROL.search(text):
                    raise Bad(f"the {name} {text!a} has control signs in it")
                found[name] = text
        return tuple(sorted(found.items()))

    def span(self, texts: Sequence[str]) -> Span:
        """The days of a row, by the texts of its columns of days. Raises Bad."""
        found = self._days(tuple(texts))
        if isinstance(found, Bad):
            raise found
        return found

    def problems(self, cells: Sequence[str], deals: Container[str]) -> list[str]:
        """Everything that is bad in a row; `deals` are those that there are."""
        layout, found = self.layout, []
        checks: list[Callable[[], object]] = [
            lambda: self._known(self.word("deal", layout.deal, cells), deals),
            lambda: self.span([cells[number] for number in layout.when]),
            lambda: None if layout.measures else self.word("measure", layout.measure, cells),
            lambda: self.word("currency", layout.currency, cells),
            lambda: self.dimensions(cells),
        ]
        for check in checks:
            try:
                check()
            except Bad as bad:
                found.append(str(bad))
        return found + list(self._bad_amounts(cells))

    def _bad_amounts(self, cells: Sequence[str]) -> Iterator[str]:
        layout = self.layout
        named = [("amount", layout.amount)] if layout.amount is not None else layout.measures
        for name, at in named:
            if at is not None and not (layout.measures and not cells[at].strip()):
                try:
                    self.amount(cells[at])
                except Bad as bad:
                    yield str(bad) if name == "amount" else f"{name}: {bad}"

    def _known(self, deal: str, deals: Container[str]) -> None:
        if deal not in deals:
            raise Bad(f"there is no deal '{deal}'")

    def _ours(self, word: str, text: str) -> str:
        text = text.strip()
        values = self.plan.values.get(word)
        return values.get(text, text) if values and text else _utf8(text)

    def _read_span(self, texts: tuple[str, ...]) -> Span | Bad:
        kind, form = self.layout.kind or "day", self.plan.form.day
        texts = texts or tuple(self.plan.constants[w] for w in (kind, "through")[: 1 + (kind == "from")])
        try:
            days = [_utf8(text.strip()) for text in texts]
            if not all(days):
                raise Bad(_EMPTY.format(kind if days[0] == "" else "through"))
            span = _span(kind, days, form if self.layout.when else None)
        except Refusal as refusal:
            return Bad(_first_sentence(refusal))
        except Bad as bad:
            return bad
        if not FIRST_YEAR <= span.start.year <= (span.end - ONE_DAY).year <= LAST_YEAR:
            return Bad(f"the {kind} '{' '.join(days)}' is not in the years {FIRST_YEAR} to {LAST_YEAR}")
        return span


def _deal(text: str) -> None:
    if not text:
        raise Bad(_EMPTY.format("deal"))


def _measure(text: str) -> None:
    if not text:
        raise Bad(_EMPTY.format("measure"))
    if not _MEASURE.fullmatch(text):
        raise Bad(f"'{text}' is not a measure: a name is a letter, then letters, digits and _")


def _currency(text: str) -> None:
    try:
        _ = minor_unit(text) if text else None
    except UnknownCurrency:
        raise Bad(f"'{text}' is not a currency: write the three capital letters of ISO 4217") from None


_CHECKS: dict[str, Callable[[str], None]] = {"deal": _deal, "measure": _measure, "currency": _currency}
_NO_DIMENSIONS = {"deal", "measure", "amount", "currency", "day", "period", "from", "through"}


def _utf8(text: str) -> str:
    """The text. Raises Bad where it was not UTF-8: the reader keeps such bytes as lone surrogates."""
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Bad(f"{text!a} is not UTF-8")
    return text


def _first_sentence(refusal: Refusal) -> str:
    """What is so, without the remedy: that stands once, below all rows."""
    sentence = str(refusal).split(". ", 1)[0]
    return sentence[0].lower() + sentence[1:]


# --- days -------------------------------------------------------------------------------------------------


def _span(kind: str, days: Sequence[str], form: str | None) -> Span:
    if kind == "from":
        return inclusive(_first_day(days[0], form), _first_day(days[1], form), "the row")
    if form is not None:
        return _formed(days[0], form)
    if kind == "day":
        day = parse_day(days[0])
        return Span(day, after(day))
    first, dots, last = days[0].partition("..")
    start = parse_period(first.strip())
    return Span(start.start, parse_period(last.strip()).end) if dots else start


def _first_day(text: str, form: str | None) -> date:
    return parse_day(text) if form is None else _formed(text, form).start


def _formed(text: str, form: str) -> Span:
    """A day, or the month or the year where the form has no day or no month."""
    try:
        day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a civil date has no time zone
    except ValueError:
        raise Bad(f"'{text}' is not a day written as {form}") from None
    if any(sign in form for sign in ("%d", "%j", "%x", "%D")):
        return Span(day, after(day))
    return months_from(day, 1) if any(sign in form for sign in ("%m", "%b", "%B")) else months_from(day, 12)


# --- amounts ----------------------------------------------------------------------------------------------


def pattern(places: int) -> str:
    """The regular expression of a plain amount with so many places; RE2, Java and Python read it alike."""
    whole = f"0*[0-9]{{1,{DIGITS - places}}}"
    part = f"[.][0-9]{{1,{places}}}0*" if places else "[.]0+"
    return f" *[-+]?({whole}({part})?|{part}) *"


def amount_reader(form: Form) -> Callable[[str], int]:
    """Reads an amount into units of its last place. What it returns raises Bad."""
    places = form.places
    match = re.compile(rf" *([-+]?)0*([0-9]*)(?:\.([0-9]{{1,{places or 1}}})(0*))? *", re.ASCII).fullmatch
    whole = DIGITS - places
    shift: list[int] = [10 ** (places - n) for n in range(places + 1)]

    def plain(text: str) -> int:
        before, point, rest = text.partition(".")
        simple = before and len(rest) <= places and len(before) <= whole and bool(point) == bool(rest)
        if simple and (before + rest).isdecimal() and text.isascii():
            return int(before + rest) * shift[len(rest)]  # most amounts: a third of the time of what follows
        found = match(text)
        if found is None or (not found[2] and not found[3] and "0" not in text):
            raise Bad(_why_no_amount(text, places))
        if len(found[2]) > whole:
            raise Bad(f"the amount '{text.strip()}' has more than {whole} digits before the point")
        part = (found[3] or "") if places else ""
        if not places and found[3] not in (None, "0"):
            raise Bad(_why_no_amount(text, places))
        units = int((found[2] or "0") + part.ljust(places, "0"))
        return -units if found[1] == "-" else units

    if form.plain_amounts:
        return plain
    return lambda text: plain(_respelled(text.strip(), form))


def _respelled(text: str, form: Form) -> str:
    """The amount as it would be written plainly. Raises Bad where it is not in the form that was said."""
    bare, sign = text, ""
    if form.negative == "1-" and bare.endswith("-"):
        bare, sign = bare[:-1].rstrip(), "-"
    elif form.negative == "(1)" and bare.startswith("(") and bare.endswith(")"):
        bare, sign = bare[1:-1].strip(), "-"
    if form.thousands:
        whole, _, part = bare.partition(form.decimal)
        first, *groups = whole.split(form.thousands)
        if any(len(group) != 3 for group in groups) or (groups and not first.lstrip("+-")) or form.thousands in part:
            raise Bad(f"the amount '{text}' is not grouped by thousands with '{form.thousands}'")
        bare = bare.replace(form.thousands, "")
    if form.decimal == ",":
        if "." in bare:
            raise Bad(f"the amount '{text}' has a point where the mapping says a decimal comma")
        bare = bare.replace(",", ".")
    return sign + bare


def _why_no_amount(text: str, places: int) -> str:
    bare = _utf8(text.strip())
    if not bare:
        return _EMPTY.format("amount")
    if re.fullmatch(r"[-+]?\d*\.\d+", bare, re.ASCII):
        return f"the amount '{bare}' has more than {places} places after the point"
    if _GROUPED.fullmatch(bare) or re.fullmatch(r"[-+]?\d+,\d+", bare):
        return f"the amount '{bare}' could be read in two ways: write digits and a point, or say form.decimal"
    if _EXPONENT.fullmatch(bare):
        return f"the amount '{bare}' has an exponent: write it in full"
    return f"'{bare}' is not an amount: write digits with a point for decimals"
