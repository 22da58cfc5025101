"""What stands between a function's brackets, one reader for each.

function  = (max | min)(formula, ...) | (floor | ceiling | abs)(formula)
          | (last | rate | increase | overall)(formula) | (total | prior)(formula per window)
          | each(dimension, ...: formula) | each(period: formula) | met("condition")
          | (on | due)(day: formula, ...) | number(period) | days([window])
          | tiers(formula [per window]: slices) | band(formula: slices)
          | (cap | atleast | recoup)(formula, formula [per window])
          | excess(formula over formula [per window])
slices    = rate to limit, ..., rate above
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ledger.language import formula as f
from ledger.language.reader import WINDOWS, Reader
from ledger.language.tokens import refusal, unquoted


def _call(r: Reader, name: str, start: int) -> f.Expr:
    found = [r.amount()]
    while r.skip(","):
        found.append(r.amount())
    if f.FUNCTIONS[name] and len(found) != f.FUNCTIONS[name]:
        raise refusal(r.text, start, f"one number in {name}(...)", FUNCTIONS[name].example)
    return f.Call(name, tuple(found))


def _one(r: Reader, name: str, start: int) -> f.Expr:
    kind: dict[str, Callable[[f.Expr], f.Expr]] = {
        "last": f.Last,
        "rate": f.Rate,
        "increase": f.Increase,
        "overall": f.Overall,
    }
    return kind[name](r.amount())


def _running(r: Reader, name: str, start: int) -> f.Expr:
    of = r.amount()
    window = r.per()
    if window is None:
        raise r.refusal(f"'per' and a window: {WINDOWS}", FUNCTIONS[name].example)
    return f.Total(of, window) if name == "total" else f.Prior(of, window)


def _each(r: Reader, name: str, start: int) -> f.Expr:
    if r.starts_window():
        window = r.window()
        r.need(":", "each(month: excess(net_sales over 11k))")
        return f.EachPeriod(window, r.amount())
    found = [r.name("the name of a dimension", FUNCTIONS[name].example)]
    while r.skip(","):
        found.append(r.name("the name of a dimension", FUNCTIONS[name].example))
    r.need(":", FUNCTIONS[name].example, "',' or ':'")
    return f.Each(tuple(dict.fromkeys(found)), r.amount())


def _met(r: Reader, name: str, start: int) -> f.Expr:
    token = r.step()
    if token.kind != "string":
        expected = "the condition's name in double quotes"
        raise refusal(r.text, token.start, expected, FUNCTIONS[name].example)
    return f.Met(unquoted(token.text))


def _dated(r: Reader, name: str, start: int) -> f.Expr:
    steps = [_dated_step(r, name)]
    while r.skip(","):
        at = r.token.start
        steps.append(_dated_step(r, name))
        if steps[-1].day <= steps[-2].day:
            raise refusal(r.text, at, "a later day than the one before", FUNCTIONS[name].example)
    return f.On(tuple(steps)) if name == "on" else f.Due(tuple(steps))


def _dated_step(r: Reader, name: str) -> f.Step:
    day = r.day(FUNCTIONS[name].example)
    r.need(":", FUNCTIONS[name].example)
    return f.Step(day, r.amount())


def _ordinal(r: Reader, name: str, start: int) -> f.Expr:
    window = r.window()
    if window.unit not in f.MONTHS or window.unit == "day":
        raise refusal(
            r.text, r.token.start, "month, quarter, half-year, year or contract year", FUNCTIONS[name].example
        )
    return f.Ordinal(window)


def _days(r: Reader, name: str, start: int) -> f.Expr:
    return f.Days(None if r.word == ")" else r.window())


def _tiers(r: Reader, name: str, start: int) -> f.Expr:
    of = r.amount()
    window = r.per()
    r.need(":", FUNCTIONS[name].example, "'per' and a window, or ':'")
    return f.Tiers(of, window, _slices(r, name))


def _band(r: Reader, name: str, start: int) -> f.Expr:
    of = r.amount()
    r.need(":", FUNCTIONS[name].example)
    return f.Band(of, _slices(r, name))


def _slices(r: Reader, name: str) -> tuple[f.Slice, ...]:
    found = [_slice(r, name)]
    while found[-1].limit is not None:
        if not r.skip(","):
            raise r.refusal("',' and the next slice; the last one ends with 'above'", FUNCTIONS[name].example)
        at = r.token.start
        found.append(_slice(r, name))
        low, high = found[-2].limit, found[-1].limit
        if (
            isinstance(low, f.Number)
            and isinstance(high, f.Number)
            and not (high.value > low.value or (high.value == low.value and found[-2].under and not found[-1].under))
        ):
            expected = "a slice with a higher limit than the one before"
            raise refusal(r.text, at, expected, FUNCTIONS[name].example)
    return tuple(found)


def _slice(r: Reader, name: str) -> f.Slice:
    rate = r.amount()
    if r.skip("above"):
        return f.Slice(rate, None)
    if name == "band" and r.skip("under"):
        return f.Slice(rate, r.amount(), under=True)
    if not r.skip("to"):
        words = "'to', 'under' or 'above'" if name == "band" else "'to' or 'above'"
        raise r.refusal(f"{words} after the slice's rate", FUNCTIONS[name].example)
    return f.Slice(rate, r.amount())


def _limited(r: Reader, name: str, start: int) -> f.Expr:
    kind = {"cap": f.Cap, "atleast": f.AtLeast, "recoup": f.Recoup, "excess": f.Excess}[name]
    of = r.amount()
    r.need("over" if name == "excess" else ",", FUNCTIONS[name].example)
    limit = r.amount()
    return kind(of, limit, r.per())


class Function(NamedTuple):
    """How to read what stands in the brackets (reader, name, where the name starts), and an example to
    show.
    """

    read: Callable[[Reader, str, int], f.Expr]
    example: str


FUNCTIONS = {
    "max": Function(_call, "max(5% of revenue, 10k)"),
    "min": Function(_call, "min(discounts, 5% of gross)"),
    "floor": Function(_call, "25 * floor(units / 1000)"),
    "ceiling": Function(_call, "25 * ceiling(units / 1000)"),
    "abs": Function(_call, "abs(gross - returns)"),
    "last": Function(_one, "last(subscribers)"),
    "rate": Function(_one, "units * rate(price)"),
    "increase": Function(_one, "increase(last(subscribers))"),
    "overall": Function(_one, "each(title: streams / overall(streams) * pool)"),
    "total": Function(_running, "total(revenue per year)"),
    "prior": Function(_running, "prior(revenue per year)"),
    "each": Function(_each, "each(product: max(5% of revenue, 10k))"),
    "met": Function(_met, 'if met("launch") then 5m else 0'),
    "on": Function(_dated, "on(2025-01-01: 5%, 2027-01-01: 6%) of revenue"),
    "due": Function(_dated, "due(2025-01-01: 500k, 2025-07-01: 500k)"),
    "number": Function(_ordinal, "band(number(contract year): 5% to 3, 6% above) of revenue"),
    "days": Function(_days, "12k * days() / days(year)"),
    "tiers": Function(_tiers, "tiers(net_sales per year: 6.5% to 750m, 8% to 1.25bn, 10% above)"),
    "band": Function(_band, "band(last(subscribers): 6.25% to 5000, 7% above) of gross"),
    "cap": Function(_limited, "cap(5% of revenue, 40m per life)"),
    "atleast": Function(_limited, "atleast(5% of revenue, 3m per year)"),
    "recoup": Function(_limited, "recoup(10% of revenue, 500k per contract year)"),
    "excess": Function(_limited, "30% of excess(net_sales over 11k)"),
}
