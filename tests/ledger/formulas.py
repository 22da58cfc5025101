"""Generated formulas, flows and heads, for the properties."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from ledger.language import formula as f
from ledger.language.terms import Flow
from ledger.money import ROUNDINGS

names = st.sampled_from(["revenue", "net_sales", "units", "größe", "収益", "x1", "_a", "month", "total", "last"])
digits = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False) | st.integers(0, 10**12).map(Decimal)
numbers = st.builds(f.Number, digits, st.sampled_from(["", "%", "k", "m", "bn", "tn"])) | st.builds(
    f.Number, st.integers(1000, 10**9).map(Decimal), st.just(""), st.just(True)
)
days = st.dates(date(2000, 1, 1), date(2040, 12, 31))
cycles = st.builds(
    f.Window,
    st.sampled_from(["day", "month", "quarter", "half-year", "year"]),
    st.just(False),
    st.none() | st.tuples(st.integers(1, 12), st.integers(1, 28)),
) | st.builds(f.Window, st.sampled_from(["month", "quarter", "half-year", "year"]), st.just(True))
windows = (
    cycles
    | st.just(f.LIFE)
    | st.builds(f.Window, st.just("life"), since=days)
    | st.builds(f.Window, st.just("last"), months=st.integers(1, 60))
    | st.builds(f.Window, st.just("year"), since=days)
)
values = st.sampled_from(["us", "New York", "roundup-365", "東京", 'say "so"', "or", "a\\b", "5%", "1.5", "007", "a b"])
filters = st.builds(
    f.Filter,
    st.sampled_from(["product", "territory", "month"]),
    st.lists(values, min_size=1, max_size=3, unique=True).map(tuple),
    st.booleans(),
)
named = st.builds(f.Name, names, st.lists(filters, max_size=2, unique_by=lambda p: p.dimension).map(tuple))


def _bounds(pair: list[f.Number]) -> f.Unknown:
    return f.Unknown(*sorted(pair, key=lambda number: number.value))


unknowns = (
    st.builds(f.Unknown, numbers)
    | st.builds(f.Unknown, st.none(), numbers)
    | st.just(f.Unknown())
    | st.lists(numbers, min_size=2, max_size=2).map(_bounds)
)
leaves = (
    numbers
    | named
    | unknowns
    | st.builds(f.About, numbers)
    | st.builds(f.Ordinal, cycles.filter(lambda w: w.unit != "day"))
    | st.builds(f.Days, st.none() | cycles)
)


# One composite strategy instead of many combined: hypothesis prints the parts again at every level.
@st.composite
def _bigger(draw: st.DrawFn, amounts: st.SearchStrategy[f.Expr]) -> f.Expr:
    return _KINDS[draw(st.integers(0, len(_KINDS) - 1))](draw, amounts)


Amounts = st.SearchStrategy[f.Expr]
_KINDS: list[Callable[[st.DrawFn, Amounts], f.Expr]] = [
    lambda d, a: f.Binary(d(st.sampled_from(["+", "-", "*", "/", "of", "^"])), d(a), d(a)),
    lambda d, a: f.Binary(d(st.sampled_from(["+", "-", "*", "/", "of", "^"])), d(a), d(a)),
    lambda d, a: f.Negative(d(a)),
    lambda d, a: f.Call(d(st.sampled_from(["max", "min"])), tuple(d(a) for _ in range(d(st.integers(1, 3))))),
    lambda d, a: f.Call(d(st.sampled_from(["floor", "ceiling", "abs"])), (d(a),)),
    lambda d, a: f.If(_condition(d, a, 2), d(a.filter(_reads_as_said)), d(a)),
    lambda d, a: d(st.sampled_from([f.Last, f.Increase, f.Overall]))(d(a)),
    lambda d, a: d(st.sampled_from([f.Total, f.Prior]))(d(a), d(windows)),
    lambda d, a: f.Each(d(st.sampled_from([("product",), ("product", "territory")])), d(a)),
    lambda d, a: f.EachPeriod(d(cycles), d(a)),
    lambda d, a: f.On(_steps(d, a)),
    lambda d, a: f.Due(_steps(d, a)),
    lambda d, a: f.Tiers(d(a), d(st.none() | windows), _slices(d, a, st.just(False))),
    lambda d, a: f.Band(d(a), _slices(d, a, st.booleans())),
    lambda d, a: d(st.sampled_from([f.Cap, f.AtLeast, f.Recoup, f.Excess]))(d(a), d(a), d(st.none() | windows)),
]


def _steps(draw: st.DrawFn, amounts: Amounts) -> tuple[f.Step, ...]:
    found = draw(st.lists(days, min_size=1, max_size=3, unique=True))
    return tuple(f.Step(day, draw(amounts)) for day in sorted(found))


def _slices(draw: st.DrawFn, amounts: Amounts, under: st.SearchStrategy[bool]) -> tuple[f.Slice, ...]:
    limits = sorted(draw(st.lists(st.integers(1, 10**6), max_size=3, unique=True)))
    found = [f.Slice(draw(amounts), f.Number(Decimal(limit)), draw(under)) for limit in limits]
    return (*found, f.Slice(draw(amounts), None))


def _condition(draw: st.DrawFn, amounts: Amounts, depth: int) -> f.Expr:
    match draw(st.sampled_from(["compare", "met", "not", "and", "or"] if depth else ["compare", "met"])):
        case "compare":
            return f.Binary(draw(st.sampled_from(sorted(f.COMPARISONS))), draw(amounts), draw(amounts))
        case "met":
            return f.Met(draw(values))
        case "not":
            return f.Not(_condition(draw, amounts, depth - 1))
        case logic:
            sides = (_condition(draw, amounts, depth - 1), _condition(draw, amounts, depth - 1))
            return f.Binary(logic, *sides)


def _reads_as_said(then: f.Expr) -> bool:
    """The grammar refuses `then 20% else 10% of revenue`, which is read aloud in another way."""
    return not (isinstance(then, f.Number) and then.unit == "%")


formulas = st.recursive(leaves, _bigger, max_leaves=8)
flows = st.builds(
    Flow,
    formulas,
    st.none() | cycles | st.just(f.ONCE),
    st.none() | st.integers(0, 365),
    st.none() | st.sampled_from(sorted(ROUNDINGS)),
    st.none(),
    st.none() | st.sampled_from(["EUR", "JPY"]),
)
parties = st.text(min_size=1, max_size=20).map(lambda t: " ".join(t.split())).filter(bool)
